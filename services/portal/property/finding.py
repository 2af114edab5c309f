"""A property is found by its whole number, and what it owes is shown; by an owner's name in a ward
one only learns how the number of one's own ends."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Invalid, NotFound, Unavailable
from palika.text import is_blank
from services.portal.accounts.client import client
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who_if_known
from services.portal.asking import DEADLINE_S, Part, Question
from services.portal.citizen.filing import citizen_or_nobody, wards
from services.portal.commands.take import take
from services.portal.domain.limits import Limit
from services.portal.errors import TooMany
from services.portal.pages.words import N_
from services.portal.property import shown
from services.portal.rooms import EMPTY, ask, page, refusal, services

_ONE: Final = 20
NONE: Final = N_("no property has this number; look again at your bill, each character counts")
NOBODY: Final = N_("no owner of this name has a property in this ward")


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.add_url_rule("/", "start", start)
    pages.add_url_rule("/<uuid:property_id>", "one", one)


@door("anonymous")
def start() -> Any:
    """The way in: by number, or by name and ward."""
    given = {name: request.args.get(name, "")[:200].strip() for name in ("number", "name", "ward")}
    values = {"wards": wards(), "values": given, "present": who_if_known()}
    asked = _asked(given)
    if asked is None:
        return page("property/start.html", **values)
    wrong = _missing(given)
    if wrong:
        return page("property/start.html", 400, errors=wrong, **values)
    try:
        count_look()
        with services(as_=citizen_or_nobody()) as city:
            found = city.tax.look_up(**asked, limit=_ONE)
    except Invalid as error:
        return page("property/start.html", 400, errors=refusal(error).errors, **values)
    except TooMany as error:
        return page("property/start.html", 429, error, **values)
    except Unavailable as error:
        return page("property/start.html", 503, error, away=True, **values)
    rows = found["items"]
    if given["number"] and rows:
        # A stranger is told of a whole number only, so it is this one.
        return redirect(url_for("property.one", property_id=rows[0]["id"]), 303)
    if not rows:
        field, rule = ("number", NONE) if given["number"] else ("name", NOBODY)
        return page("property/start.html", 404, errors={field: [rule]}, **values)
    told = [
        {**row, "ward_name": shown.ward(row["ward"]), "use_name": shown.use(row["use"])}
        for row in rows
    ]
    return page("property/start.html", rows=told, more=found["more"], **values)


def _asked(given: Mapping[str, str]) -> dict[str, str] | None:
    """What is looked for; None: nothing yet."""
    if not ({"number", "name", "ward"} & request.args.keys()):
        return None
    names = ("number",) if given["number"] else ("name", "ward")
    return {name: given[name] for name in names}


def _missing(given: Mapping[str, str]) -> dict[str, list[str]]:
    if given["number"]:
        return {}
    if "number" in request.args:
        return {"number": [EMPTY]}
    return {name: [EMPTY] for name in ("name", "ward") if is_blank(given[name])}


def count_look() -> None:
    """Count one more look of the network, within minutes and within the day.

    Raises:
        TooMany: it has looked too often.
        Unavailable: it cannot be counted; nobody searches then, or the register could be read.
    """
    here = parts()
    with here.store.begin() as session:
        network = here.keeping.of_client(client().network)
        take(session, Limit.PROPERTIES_OF_CLIENT, network, here.now())
        take(session, Limit.PROPERTIES_OF_CLIENT_A_DAY, network, here.now())


@door("anonymous")
def one(property_id: UUID) -> Response:
    """What it is, what it owes today, its bills."""
    try:
        count_look()
    except TooMany as error:
        return page("property/start.html", 429, error, wards=wards(), values={})
    except Unavailable:
        # Its key cannot be guessed: who has it may go on to pay.
        pass
    found = looked(property_id)
    owed, dues = found["owed"], found["dues"]
    if isinstance(owed.error, NotFound):
        return page("property/start.html", 404, errors={"number": [NONE]}, wards=wards(), values={})
    return page(
        "property/one.html",
        503 if owed.missing and dues.missing else 200,
        owed=None if owed.missing else shown.property_told(owed.value),
        dues=None if dues.missing else shown.owed(dues.value),
        key=property_id,
        present=who_if_known(),
    )


def looked(property_id: UUID, deadline_s: float = DEADLINE_S) -> dict[str, Part]:
    """A property (``owed``) and its ``dues``, asked at once."""
    key = str(property_id)
    return ask(
        deadline_s,
        citizen_or_nobody(),
        owed=Question("tax", "get", {"id": key}),
        dues=Question("tax", "dues", {"id": key, "ahead": True}),
    )
