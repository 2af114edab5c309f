"""The counter's first page, and who pays: a property by its number, owner or telephone."""

import re
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import PalikaError
from palika.india import day_of, normal_phone
from palika.text import is_blank, plain_digits
from services.portal.accounts import door, looked_at_all
from services.portal.accounts.looks import of_property, phone
from services.portal.accounts.parts import parts
from services.portal.counter.page import mine, page, told_all, told_of
from services.portal.desk.places import names
from services.portal.domain.reads import Reason
from services.portal.rooms import EMPTY, services

_PHONE: Final = re.compile(r"(?:\+?91|0)?[6-9]\d{9}", re.ASCII)
_FOUND: Final = 20


def add_to(counter: Blueprint) -> None:
    """Add the pages to the blueprint."""
    counter.add_url_rule("/", "start", start)
    counter.add_url_rule("/open", "open", open_, methods=["GET", "POST"])
    counter.add_url_rule("/find", "find", find, methods=["GET", "POST"])


@door("officer", "supervisor")
def start() -> Response:
    """The session, the search for who pays, and the sessions of the day."""
    return _start()


@door("officer", "supervisor")
def open_() -> Any:
    """Open one's session for today."""
    if request.method == "GET":
        return redirect(url_for("counter.start"), 303)
    typed = request.form
    values = {name: typed.get(name, "")[:50].strip() for name in ("place", "counter")}
    errors = {name: [EMPTY] for name, each in values.items() if is_blank(each)}
    if errors:
        return _start(400, values=typed, errors=errors)
    values["counter"] = plain_digits(values["counter"])
    try:
        with services() as city:
            city.tax.open_counter(**values)
    except PalikaError as error:
        return _start(values=typed, **told_of(error, {name: name for name in values}))
    return redirect(url_for("counter.start"), 303)


@door("officer", "supervisor")
def find() -> Any:
    """Properties; the words stand in no address, as they may be somebody's."""
    if request.method == "GET":
        return redirect(url_for("counter.start"), 303)
    typed = request.form
    words = typed.get("words", "")[:200].strip()
    if is_blank(words):
        return _start(400, values=typed, errors={"words": [EMPTY]})
    asked = _key(words)
    try:
        with services() as city:
            found = city.tax.look_up(**asked, limit=_FOUND)
    except PalikaError as error:
        # Whatever it was looked for by, it was typed into the one field.
        return _start(values=typed, **told_of(error, dict.fromkeys(asked, "words")))
    items = found["items"]
    whose = [one for each in items for one in of_property(each)]
    # Whose number it is was looked for, whatever has been found.
    whose += [phone(normal_phone(asked["phone"]))] if "phone" in asked else []
    looked_at_all(whose, Reason.CALLER)
    called = names()["wards"]
    rows = [{**each, "ward_name": called.get(each["ward"], each["ward"])} for each in items]
    return page("found", values=typed, rows=rows, more=found["next"] is not None)


def _start(status: int = 200, **values: Any) -> Response:
    here = mine()
    day, found = day_of(parts().now()), None
    try:
        with services() as city:
            listed = city.tax.counters(day=day.isoformat())["items"]
        found = told_all(listed, here["places"])
    except PalikaError:
        # The session and the search are there all the same.
        found = None
    return page("start", status, counter=here, sessions=found, day=day, **values)


def _key(words: str) -> dict[str, str]:
    """As what the words are looked for: a telephone number, the beginning of a number, a name."""
    plain = plain_digits(words)
    if _PHONE.fullmatch(re.sub(r"[\s().-]", "", plain)):
        return {"phone": plain}
    if any(each.isdigit() for each in plain):
        return {"number": plain}
    return {"name": words}
