"""One grievance as the office sees it, and what may be done with it now."""

import base64
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Conflict, Invalid, NotFound, PalikaError, Unavailable
from services.portal.accounts import door, looked_at, who
from services.portal.accounts.looks import of_grievance
from services.portal.asking import Question
from services.portal.citizen.filing import LARGE, PHOTO_BYTES
from services.portal.citizen.kinds import kinds
from services.portal.desk import telling
from services.portal.desk.acts import ACTS, Act, fields_of, given, options
from services.portal.domain.reads import Reason
from services.portal.errors import TooMany
from services.portal.pages.languages import current
from services.portal.pages.words import gettext
from services.portal.rooms import EMPTY, as_told, ask, page, post_names, refusal, services, within

_LARGEST: Final = 3 * PHOTO_BYTES
_ATTACH_S: Final = 30.0
_OFFICERS: Final = 200
_WITH_FILES: Final = ("desk.act", "desk.help_file")
_BESIDE: Final = {"detach": "attachment_id", "unlink": "other"}
"""Acts at one attachment or link: their forms stand beside it."""


def add_to(desk: Blueprint) -> None:
    """Add the pages to the blueprint."""
    desk.add_url_rule("/grievances/<number>", "grievance", grievance)
    desk.add_url_rule("/grievances/<number>/contact", "contact", contact, methods=["POST"])
    desk.add_url_rule("/grievances/<number>/pictures/<uuid:picture>", "picture", picture)
    desk.add_url_rule("/grievances/<number>/<act>", "act", act, methods=["POST"])
    desk.add_url_rule("/grievances/<number>/<act>", "act_page", act_page)


def widen(endpoint: str | None, _: Any) -> None:
    """Let a file come in where there is a field for one; before the form is read."""
    if endpoint in _WITH_FILES:
        request.max_content_length = _LARGEST


@door("officer", "supervisor")
def grievance(number: str) -> Response:
    """All that the service tells of it."""
    return shown(number)


@door("officer", "supervisor")
def act_page(number: str, act: str) -> Any:
    """Where a form was sent to, the language is switched and the page loaded again."""
    del act
    return redirect(url_for("desk.grievance", number=number), 303)


@door("officer", "supervisor")
def contact(number: str) -> Response:
    """The same with who has filed it: the service notes who has asked."""
    try:
        with services() as city:
            found = city.grievance.contact(number=number)
    except PalikaError as error:
        told = refusal(error)
        return shown(number, told.status, errors=told.errors)
    return shown(number, contact=found)


@door("officer", "supervisor")
def picture(number: str, picture: UUID) -> Response:
    """An attachment; ``?small=1`` is a small one of a photograph."""
    with services(_ATTACH_S) as city:
        of = city.grievance.get(number=number)
        found = city.grievance.attachment(
            id=of["id"], attachment_id=str(picture), thumbnail=request.args.get("small") == "1"
        )
    looked_at(of_grievance(of), _why(of))
    return as_told(found["headers"], found["content_base64"])


@door("officer", "supervisor")
def act(number: str, act: str) -> Any:
    """Do something with it; what was typed stays where that cannot be done.

    Raises:
        NotFound: there is no such act.
    """
    typed = request.form
    known, beside = ACTS.get(act), _BESIDE.get(act)
    if known is None and beside is None:
        raise NotFound("there is no such act")
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    if known is not None:
        values, errors = given(known, act, typed)
    elif beside is not None:
        values = {beside: typed.get("of", ""), **_reason(act, typed)}
    if errors:
        return shown(number, 400, open_act=act, values=typed, errors=errors)
    names_ = {} if known is None else fields_of(known, act)
    try:
        _do(number, act, known, values, typed)
    except PalikaError as error:
        if not (isinstance(error, Conflict) and error.details.get("carried_out")):
            return _refused(number, act, typed, error, names_)
    return redirect(url_for("desk.grievance", number=number, told=act), 303)


def shown(number: str, status: int = 200, **values: Any) -> Response:
    """The page of a grievance, with what else is to be said.

    Raises:
        PalikaError: it cannot be shown.
    """
    identity = who().identity
    with services(as_=identity) as city:
        found = city.grievance.get(number=number)
    told = _around(found)
    contact_of = [] if values.get("contact") is None else of_grievance(values["contact"])
    looked_at([*of_grievance(found), *contact_of], _why(found))
    offered = [name for name in ACTS if name in found["steps"]]
    appeals = told["appeals"].value["items"] if not told["appeals"].missing else []
    pending = next((each for each in appeals if each["decided_at"] is None), None)
    if pending is not None and "supervisor" in identity.roles:
        offered.insert(0, "decide_appeal")
    return page(
        "desk/grievance.html",
        status,
        **{
            "grievance": telling.shown(found),
            "acts": [(name, ACTS[name]) for name in offered],
            "first": _first(offered),
            "options": _options(found, told),
            "appeals": [telling.appeal(each) for each in appeals],
            "similar": telling.similar(found, told),
            "away": [name for name, part in told.items() if part.away],
            "key": str(uuid4()),
            "sent": {},
            "open_act": None,
            "contact": None,
            "told": _told(request.args.get("told", "")),
            **values,
        },
    )


def offer(found: Mapping[str, Any]) -> dict[str, Question]:
    """What has to be asked for the choices of acts: officers of its department, reasons."""
    of = {"department": found["department"], "active": True, "limit": _OFFICERS}
    return {
        "officers": Question("grievance", "officers", of),
        "rejections": Question("grievance", "rejections", keep_s=60),
    }


def chosen_of(name: str, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The values of a choice, by what the services have answered; empty, where one is away."""
    fixed = options(name)
    if fixed is not None:
        return fixed
    if name == "categories":
        try:
            return [(each["service_code"], each["service_name"]) for each in kinds()]
        except PalikaError:
            return []
    part = told.get(name)
    if part is None or part.missing:
        return []
    if name == "rejections":
        return [(each["code"], each[current()]) for each in part.value["items"]]
    called = post_names(each["code"] for each in part.value["items"])
    return [
        (each["code"], f"{called.get(each['code'], each['code'])} ({each['open']})")
        for each in sorted(part.value["items"], key=lambda each: each["load"])
    ]


def _around(found: Mapping[str, Any]) -> dict[str, Any]:
    same = {
        name: found[name]
        for name in ("category", "description", "address", "ward", "lat", "lon")
        if found.get(name) is not None
    }
    asked = {
        **offer(found),
        "appeals": Question("grievance", "appeals_of", {"id": found["id"]}),
    }
    if "merge" in found["steps"]:
        asked["similar"] = Question("grievance", "similar", {**same, "language": current()})
    return ask(**asked)


def _do(
    number: str, name: str, known: Act | None, values: dict[str, Any], typed: Mapping[str, str]
) -> None:
    """Ask the service for it. What was sent twice is done once: the form has the call's id."""
    identity = who().identity
    key = _uuid(typed.get("key", ""))
    with services(as_=identity) as city:
        found = city.grievance.get(number=number)
    for each in known.asked if known else ():
        if each.kind == "number":
            values[each.name] = _id_of(values[each.name], f"{each.name}")
    if name == "locate":
        values = {axis: _degrees(axis, values[axis]) for axis in ("lat", "lon")}
    content = request.files.get(f"{name}-photo") if known and known.has_file else None
    if content is not None and content.filename:
        _attach(found["id"], name, content, typed, key)
    elif name == "attach":
        raise Invalid("no file", {"photo": [EMPTY]})
    if name == "attach":
        return
    handle: dict[str, Any] = {"id": found["id"]}
    version = typed.get("version", "")
    # An attachment of just now has made it another version.
    if version.isascii() and version.isdigit() and not (content and content.filename):
        handle["version"] = int(version)
    with services(call=key, as_=identity) as city:
        getattr(city.grievance, name)(**handle, **values)


def _attach(of: str, act: str, content: Any, typed: Mapping[str, str], key: str | None) -> None:
    read = content.stream.read(PHOTO_BYTES + 1)
    if len(read) > PHOTO_BYTES:
        raise Invalid("too large", {"content_base64": [LARGE]})
    kind, public = "photo_after", True
    if act == "attach":
        kind, public = typed.get("attach-kind", ""), typed.get("attach-public") == "yes"
    call = key if key is None or act == "attach" else str(uuid5(UUID(key), "photo"))
    try:
        with services(_ATTACH_S, call=call) as city:
            city.grievance.attach(
                id=of, kind=kind, content_base64=base64.b64encode(read).decode(), public=public
            )
    except Conflict as error:
        # Its answer was lost: it is there, and the act goes on.
        if not error.details.get("carried_out"):
            raise


def _id_of(number: str, field: str) -> str:
    try:
        with services() as city:
            return str(city.grievance.get(number=number)["id"])
    except (NotFound, Invalid) as error:
        raise Invalid(
            "no such grievance", {field: [gettext("no grievance has this number")]}
        ) from error


def _degrees(axis: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Invalid("no number", {axis: [gettext("must be a number")]}) from error


def _reason(act: str, typed: Mapping[str, str]) -> dict[str, str]:
    if act != "detach":
        return {}
    return {"reason": within(typed.get("reason", ""), 2_000)}


def _refused(
    number: str, act: str, typed: Mapping[str, str], error: PalikaError, names: Mapping[str, str]
) -> Response:
    told = refusal(error, names, only=True)
    given = {"open_act": act, "values": typed, "errors": told.errors}
    if not isinstance(error, Unavailable | TooMany):
        return shown(number, told.status, **given)
    try:
        # It may have been done: sent again, it is the same call, on what was read then.
        return shown(number, told.status, sent=typed, **given)
    except PalikaError:
        # The page itself is away with the service.
        return page("desk/away.html", 503, number=number, typed=typed, act=act)


def _why(found: Mapping[str, Any] | None = None) -> Reason:
    """Why it is looked at: who has it in hand handles it."""
    post = who().post
    if found is None or (post and found.get("officer") == post.code):
        return Reason.HANDLES
    return Reason.SUPERVISES if "supervisor" in who().roles else Reason.HANDLES


def _first(offered: list[str]) -> str | None:
    """The act that comes next in its life."""
    usual: tuple[str, ...] = (
        "decide_appeal",
        "acknowledge",
        "assign",
        "start",
        "resolve",
        "answer",
        "unmerge",
    )
    if "resolve" in offered:
        usual = ("decide_appeal", "start", "resolve")
    return next((name for name in usual if name in offered), None)


def _told(name: str) -> str | None:
    if name in _BESIDE:
        return gettext("It is taken away.")
    return gettext(ACTS[name].done) if name in ACTS else None


def _options(found: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    del found
    wanted = {each.options for act in ACTS.values() for each in act.asked if each.options}
    return {name: chosen_of(name, told) for name in wanted}


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
