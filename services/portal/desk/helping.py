"""The help desk: a grievance filed for who calls or stands at the counter, and where those stand
that they have filed."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Conflict, Invalid, NotFound, PalikaError
from palika.india import normal_phone
from palika.text import is_blank, plain_digits
from services.portal.accounts import door, looked_at_all, who
from services.portal.accounts.looks import phone as phone_of
from services.portal.accounts.parts import parts
from services.portal.citizen import shown
from services.portal.citizen.filing import ANSWER, NOWHERE, TAKEN, answers_of, wards
from services.portal.citizen.kinds import by_group, kind, kinds, name_of, searched
from services.portal.desk import terms
from services.portal.domain.reads import Reason
from services.portal.pages.formats import moment_in
from services.portal.pages.languages import LANGUAGES, NAMES, current
from services.portal.pages.words import N_, gettext
from services.portal.rooms import EMPTY, FORM, page, refusal, services, within

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{10,100}")
_NONE: Final = N_("no grievance has this token; look again, each letter counts")
_PHONE: Final = N_("must be a 10-digit Indian mobile number")
_AGAIN: Final = N_("It was filed already as %(number)s. Its token is not told again.")
_CHANNELS: Final = (("phone", N_("They call")), ("counter", N_("They are at the counter")))
_FIELDS: Final = ("description", "address", "ward", "name", "phone", "language", "channel")
_SHOWN_AS: Final = {
    "citizen_name": "name",
    "citizen_phone": "phone",
    "lat": "address",
    "lon": "address",
    "anonymous": "phone",
    "category": "description",
    **{name: name for name in _FIELDS},
}


def add_to(desk: Blueprint) -> None:
    """Add the pages to the blueprint."""
    desk.add_url_rule("/help", "help", begin, methods=["GET", "POST"])
    desk.add_url_rule("/help/new", "help_kind", choose_kind)
    desk.add_url_rule("/help/new/<category>", "help_file", file, methods=["GET", "POST"])
    desk.add_url_rule("/help/filed/<token>", "help_filed", filed)


@door("helpdesk", "officer", "supervisor")
def begin() -> Response:
    """Where a grievance stands: by its token or, for a help desk, by the caller's number."""
    typed = request.form
    if request.method == "GET":
        return _page("help")
    if "phone" in typed:
        return _by_phone(typed)
    key = plain_digits(typed.get("token", "")[:200]).strip()
    if is_blank(key):
        return _page("help", 400, values=typed, errors={"token": [EMPTY]})
    try:
        found = _tracked(key)
    except NotFound:
        return _page("help", 404, values=typed, errors={"token": [_NONE]})
    except PalikaError as error:
        return _refused("help", error, values=typed)
    return _page("help", values=typed, found=shown.told(found))


@door("helpdesk", "officer", "supervisor")
def choose_kind() -> Response:
    """What it is about: by words of the caller, or out of the list."""
    query = request.args.get("q", "")[:200].strip()
    try:
        groups, found = by_group(kinds()), searched(query)
    except PalikaError as error:
        return _refused("help_kind", error, asked=query)
    return _page("help_kind", asked=query, groups=groups, found=found)


@door("helpdesk", "officer", "supervisor")
def file(category: str) -> Any:
    """All of it on one page, as it is said; filed once, however often it is sent."""
    asked = kind(category)
    typed = request.form
    beside: dict[str, Any] = {
        "kind": asked,
        "wards": wards(),
        "channels": _channels(),
        "languages": _languages(),
    }
    if request.method == "GET":
        values = {"language": current(), "channel": "phone"}
        return _page("help_file", values=values, source_id=str(uuid4()), **beside)
    source_id = _uuid(typed.get("source_id", ""))
    values = {name: within(typed.get(name, ""), 4_000) for name in _FIELDS}
    answers = _answers(typed, asked)
    errors = _missing(values, answers, asked)
    shown_again: dict[str, Any] = {"values": {**typed, **answers}, "source_id": source_id, **beside}
    if errors:
        return _page("help_file", 400, errors=errors, **shown_again)
    try:
        made = _file(asked, values, answers, source_id)
    except PalikaError as error:
        told = refusal(error, {**_SHOWN_AS, **answers_of(asked)}, only=True)
        if isinstance(error, Conflict) and "source_id" in error.details:
            told.errors[FORM] = [TAKEN]
        return _page("help_file", told.status, errors=told.errors, **shown_again)
    if made["token"] is None:
        return redirect(url_for("desk.help", number=made["number"]), 303)
    return redirect(url_for("desk.help_filed", token=made["token"]), 303)


@door("helpdesk", "officer", "supervisor")
def filed(token: str) -> Response:
    """Number and token, to be read to the caller or printed for them.

    Raises:
        NotFound: there is none.
    """
    return _page("help_filed", found=shown.told(_tracked(token)), token=token)


def _by_phone(typed: Mapping[str, str]) -> Response:
    try:
        number = normal_phone(plain_digits(typed["phone"][:40]))
    except Invalid:
        return _page("help", 400, values=typed, errors={"phone": [_PHONE]})
    try:
        with services() as city:
            found = city.grievance.look_up(phone=number)
    except PalikaError as error:
        return _refused("help", error, values=typed)
    whose = [f"grievance:{each['number']}" for each in found["items"]]
    looked_at_all([phone_of(number), *whose], Reason.CALLER)
    now = parts().now()
    rows = [
        {
            **each,
            "kind": name_of(each["category"]) if each.get("category") else gettext("private"),
            "state": terms.state(each["status"]),
            "filed": moment_in(each["filed_at"]),
            "late": terms.due_words(moment_in(each.get("due_at")), now)
            if each["status"] in _OPEN
            else None,
        }
        for each in found["items"]
    ]
    return _page("help", values=typed, rows=rows, more=found["next"] is not None)


_OPEN: Final = ("filed", "acknowledged", "assigned", "in_progress", "waiting")


def _tracked(token: str) -> Any:
    if not _TOKEN.fullmatch(token):
        raise NotFound("this is no token")
    with services() as city:
        return city.grievance.track(token=token)


def _file(
    asked: Mapping[str, Any],
    values: Mapping[str, str],
    answers: Mapping[str, Any],
    source_id: str,
) -> Any:
    given: dict[str, Any] = {
        "category": asked["service_code"],
        "description": values["description"],
        "address": values["address"],
        "ward": values["ward"],
        "citizen_name": values["name"],
        "citizen_phone": plain_digits(values["phone"]),
        "language": values["language"],
        "channel": values["channel"],
    }
    identity = who().identity
    with services(as_=identity) as city:
        return city.grievance.file(
            **{name: each for name, each in given.items() if each},
            attributes={name.removeprefix(ANSWER): each for name, each in answers.items() if each},
            attributes_as_text=True,
            source=identity.subject,
            source_id=source_id,
        )


def _answers(typed: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in asked["attributes"]:
        name = ANSWER + each["code"]
        many = each["datatype"] == "multivaluelist"
        found[name] = typed.getlist(name) if many else within(typed.get(name, ""), 2_000)
    return found


def _missing(
    values: Mapping[str, str], answers: Mapping[str, Any], asked: Mapping[str, Any]
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if is_blank(values["description"]):
        errors["description"] = [EMPTY]
    if is_blank(values["address"]) and is_blank(values["ward"]):
        errors["address"] = [gettext(NOWHERE)]
    for each in asked["attributes"]:
        name = ANSWER + each["code"]
        if each["required"] and not answers[name]:
            errors[name] = [EMPTY]
    if values["channel"] not in dict(_CHANNELS):
        errors["channel"] = [EMPTY]
    if values["language"] not in LANGUAGES:
        errors["language"] = [EMPTY]
    return errors


def _channels() -> list[tuple[str, str]]:
    return [(code, gettext(words)) for code, words in _CHANNELS]


def _languages() -> list[tuple[str, str]]:
    return [(code, NAMES[code]) for code in LANGUAGES]


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid4())


def _page(name: str, status: int = 200, **values: Any) -> Response:
    number = request.args.get("number", "")[:40]
    again = gettext(_AGAIN, number=number) if number else None
    by_phone = "helpdesk" in who().roles
    return page(f"desk/{name}.html", status, by_phone=by_phone, again=again, **values)


def _refused(name: str, error: PalikaError, **values: Any) -> Response:
    told = refusal(error)
    return _page(name, told.status, errors=told.errors, **values)
