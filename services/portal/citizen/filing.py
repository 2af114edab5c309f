"""Filing a grievance: what, where, words and photograph, contact and check. Four forms, of which
each keeps what was typed before it goes on."""

import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for

from palika.auth import ANONYMOUS, Identity
from palika.errors import Conflict, Invalid, PalikaError, Unavailable
from palika.formats import Format, recognise
from palika.text import is_blank, plain_digits
from services.portal.accounts.doors import door
from services.portal.accounts.numbers import own_phone
from services.portal.accounts.present import who, who_if_known
from services.portal.citizen import drafts
from services.portal.citizen.drafts import Draft
from services.portal.citizen.kinds import Kind, by_group, kind, kinds, searched
from services.portal.errors import TooMany, problem
from services.portal.pages.frame import frame
from services.portal.pages.languages import current
from services.portal.pages.words import N_
from services.portal.rooms import EMPTY, page, refusal, services

PHOTO_BYTES: Final = 10 * 1024 * 1024
"""As the grievance service takes it: decision 0012."""
_LARGEST: Final = 3 * PHOTO_BYTES
"""A photograph that is too large is told beside its field, and the words stay; what is larger than
this is not read."""
_WITH_PHOTO: Final = ("citizen.words", "citizen.photo")
_PHOTOS: Final = (Format.JPEG, Format.PNG, Format.WEBP, Format.HEIC)
_ATTACH_S: Final = 30.0
_NUMBER: Final = re.compile(r"[+-]?[\d,]+(\.\d+)?", re.ASCII)
ANSWER: Final = "answer-"
"""The names of a kind's own questions begin with it."""
LARGE: Final = N_("must be a photograph of at most 10 MB")
NO_PHOTO: Final = N_("must be a photograph: JPEG, PNG, WebP or HEIC")
NOWHERE: Final = N_("say where it is: in words, by the ward, or by your position")
_NO_CONTACT: Final = N_("choose how you want to file it")
_NO_NUMBER: Final = N_("must be a number")
_NAMED_ONLY: Final = N_(
    "this kind is taken from who is signed in only: sign in with your mobile number"
)
TAKEN: Final = N_("it was filed already with other words; begin anew if it is another matter")
_SHOWN_AS: Final = {
    "lat": "place",
    "lon": "place",
    "address": "place",
    "ward": "place",
    "category": "kind",
    "description": "description",
    "citizen_name": "name",
    "citizen_phone": "phone",
    "anonymous": "contact",
}
"""Where a field of the service stands on the last page."""


def add_to(citizen: Blueprint) -> None:
    """Add the pages to the blueprint."""
    both = ["GET", "POST"]
    citizen.add_url_rule("/new", "what", what)
    citizen.add_url_rule("/where/<category>", "where", where, methods=both)
    citizen.add_url_rule("/words", "words", words, methods=both)
    citizen.add_url_rule("/check", "check", check, methods=both)


def widen(endpoint: str | None, _: Any) -> None:
    """Let a photograph come in where there is a field for one; before the form is read."""
    if endpoint in _WITH_PHOTO:
        request.max_content_length = _LARGEST


@door("anonymous")
def what() -> Response:
    """The kind: by words in either language, or out of the list."""
    query = request.args.get("q", "")[:200].strip()
    try:
        groups, found = by_group(kinds()), searched(query)
    except PalikaError:
        return page("citizen/what.html", 503, query=query, away=True)
    return page("citizen/what.html", query=query, groups=groups, found=found)


@door("anonymous")
def where(category: str) -> Any:
    """The place: words, ward, and the position if the browser gives it."""
    typed = request.form
    try:
        asked = kind(category)
        before = drafts.draft()
    except (Unavailable, TooMany) as error:
        return _away("where", error, values=typed, wards=wards(), kind=None, category=category)
    values: Mapping[str, Any] = typed
    if request.method == "GET":
        values = before.typed if before and before.number is None else {}
        return page("citizen/where.html", values=values, wards=wards(), kind=asked)
    given = {name: typed.get(name, "")[:500].strip() for name in ("address", "ward", "lat", "lon")}
    if not any(map(_is_said, given.values())):
        errors = {"address": [NOWHERE]}
        return page(
            "citizen/where.html", 400, values=values, errors=errors, wards=wards(), kind=asked
        )
    try:
        drafts.keep({**given, "category": asked["service_code"]})
    except (Unavailable, TooMany) as error:
        return _away("where", error, values=values, wards=wards(), kind=asked)
    return redirect(url_for("citizen.words"), 303)


@door("anonymous")
def words() -> Any:
    """What is wrong in the citizen's words, a photograph, and what the kind asks."""
    typed = request.form
    try:
        here = drafts.draft()
        if here is None or here.number is not None:
            return redirect(_elsewhere(here), 303)
        asked = kind(here.typed["category"])
    except (Unavailable, TooMany) as error:
        return _away("words", error, values=typed, kind=None, draft=None)
    if request.method == "GET":
        return page("citizen/words.html", values=here.typed, kind=asked, draft=here)
    given = _words_of(typed, asked)
    errors = {name: [EMPTY] for name in _needed(asked) if not _is_said(given.get(name, ""))}
    errors |= {name: [_NO_NUMBER] for name in _numbers(asked) if _is_no_number(given[name])}
    content, wrong = read_photo()
    if wrong:
        errors["photo"] = [wrong]
    try:
        drafts.keep(given)
        if content is not None or typed.get("without-photo"):
            drafts.keep_photo(content)
        here = drafts.draft()
    except (Unavailable, TooMany) as error:
        return _away("words", error, values=given, kind=asked, draft=here)
    if errors:
        return page("citizen/words.html", 400, values=given, errors=errors, kind=asked, draft=here)
    return redirect(url_for("citizen.check"), 303)


@door("anonymous")
def check() -> Any:
    """All of it, once more, and who it is from; then it is filed, once however often it is sent."""
    typed = request.form
    shown: dict[str, Any] = {"kind": None, "draft": None}
    try:
        here = drafts.draft()
        if here is None or here.number is not None or "description" not in here.typed:
            return redirect(_elsewhere(here), 303)
        phone = _own_phone()
        # What was typed is shown, and who files it, also while the kind cannot be asked for.
        shown |= {"draft": here, "phone": phone, "place": _place(here)}
        shown["kind"] = asked = kind(here.typed["category"])
    except (Unavailable, TooMany) as error:
        return _away("check", error, values=typed, **shown)
    if request.method == "GET":
        values = {"contact": "me" if phone else "phone"}
        return page("citizen/check.html", values=values, **shown)
    errors = _wrong_contact(typed, phone)
    if errors:
        return page("citizen/check.html", 400, values=typed, errors=errors, **shown)
    try:
        filed = drafts.filed_once(lambda draft: _file(draft, asked, typed, phone))
    except Invalid as error:
        return page("citizen/check.html", 400, values=typed, errors=_wrong(error, asked), **shown)
    except Conflict as error:
        if "source_id" not in error.details:
            raise
        return page("citizen/check.html", 409, values=typed, errors={"contact": [TAKEN]}, **shown)
    except (Unavailable, TooMany) as error:
        return _away("check", error, values=typed, **shown)
    return redirect(_after(filed), 303)


def read_photo(name: str = "photo") -> tuple[bytes | None, str | None]:
    """The photograph of a form and what is wrong with it; neither, if none was chosen."""
    given = request.files.get(name)
    if given is None or not given.filename:
        return None, None
    content = given.stream.read(PHOTO_BYTES + 1)
    if len(content) > PHOTO_BYTES:
        return None, LARGE
    return (content, None) if recognise(content) in _PHOTOS else (None, NO_PHOTO)


def attach(identity: Identity, handle: Mapping[str, str], content_base64: str) -> None:
    """Give a photograph to the grievance service.

    Raises:
        PalikaError: it was not taken.
    """
    given = {**handle, "kind": "photo_before", "content_base64": content_base64}
    with services(_ATTACH_S, as_=identity) as city:
        city.grievance.attach(**given)


def wards() -> list[tuple[str, str]]:
    """The wards that the site has an office of: their codes and names."""
    offices = frame().shelf.content.documents["offices"].values()
    return [
        (each.facts["ward"], each.title.in_(current()))
        for each in offices
        if each.facts.get("ward")
    ]


def citizen_or_nobody() -> Identity:
    """As whom the page calls: a citizen that is signed in; an officer files as anybody does."""
    present = who_if_known()
    return present.identity if present.citizen_id is not None else ANONYMOUS


def _away(name: str, error: PalikaError, **values: Any) -> Response:
    """The page with what was typed, and that it cannot go on just now."""
    return page(f"citizen/{name}.html", problem(error).status, error, away=True, **values)


def _is_said(given: Any) -> bool:
    return bool(given) and (not isinstance(given, str) or not is_blank(given))


def answers_of(asked: Kind) -> dict[str, str]:
    """What a kind asks, by the service's name of it, and what a form calls it."""
    return {f"attributes.{each['code']}": ANSWER + each["code"] for each in asked["attributes"]}


def _needed(asked: Kind) -> list[str]:
    of_kind = [ANSWER + each["code"] for each in asked["attributes"] if each["required"]]
    return ["description", *of_kind]


def _numbers(asked: Kind) -> list[str]:
    return [ANSWER + each["code"] for each in asked["attributes"] if each["datatype"] == "number"]


def _is_no_number(given: str) -> bool:
    """What is certainly none; within which bounds it has to be, the service says."""
    return _is_said(given) and not _NUMBER.fullmatch(plain_digits(given))


def _words_of(typed: Any, asked: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {"description": typed.get("description", "")[:4_000].strip()}
    for each in asked["attributes"]:
        name = ANSWER + each["code"]
        many = each["datatype"] == "multivaluelist"
        found[name] = typed.getlist(name) if many else typed.get(name, "")[:1_000].strip()
    return found


def _own_phone() -> str | None:
    """The number that who is signed in has proved; None: nobody is, or an officer."""
    return None if who().citizen_id is None else own_phone()


def _wrong_contact(typed: Mapping[str, str], phone: str | None) -> dict[str, list[str]]:
    chosen = typed.get("contact", "")
    if chosen not in ({"me", "anonymous"} if phone else {"phone", "anonymous"}):
        return {"contact": [_NO_CONTACT]}
    if chosen == "phone" and is_blank(typed.get("phone", "")):
        return {"phone": [EMPTY]}
    return {}


def _file(
    draft: Draft, asked: Kind, typed: Mapping[str, str], own_phone: str | None
) -> tuple[str, str | None]:
    said, chosen = draft.typed, typed["contact"]
    identity = citizen_or_nobody() if chosen == "me" else ANONYMOUS
    given: dict[str, Any] = {
        "category": said["category"],
        "description": said["description"],
        "address": said.get("address"),
        "ward": said.get("ward"),
        "lat": said.get("lat"),
        "lon": said.get("lon"),
        "citizen_name": typed.get("name", "").strip() if chosen != "anonymous" else None,
        "citizen_phone": {"me": own_phone, "phone": typed.get("phone")}.get(chosen),
    }
    # Those of a kind that was chosen before are of no use to this one.
    names = {each["code"]: ANSWER + each["code"] for each in asked["attributes"]}
    answers = {code: said[name] for code, name in names.items() if _is_said(said.get(name))}
    with services(as_=identity) as city:
        filed = city.grievance.file(
            **{name: each for name, each in given.items() if _is_said(each)},
            attributes=answers,
            attributes_as_text=True,
            anonymous=chosen == "anonymous",
            language=current(),
            channel="web",
            source=identity.subject,
            source_id=str(draft.id),
        )
    return filed["number"], filed["token"]


def _wrong(error: Invalid, asked: Kind) -> dict[str, list[str]]:
    """A refusal of the service, by the fields of the last page."""
    if "anonymous" in error.fields:
        error = Invalid(error.message, {**error.fields, "anonymous": [_NAMED_ONLY]})
    return refusal(error, {**_SHOWN_AS, **answers_of(asked)}).errors


def _after(filed: Draft | None) -> str:
    """Where who has filed comes to, once the photograph is with the grievance."""
    if filed is None or filed.number is None or filed.token is None:
        return _elsewhere(filed)
    told = {"filed": "yes"}
    content = drafts.photo()
    if content is not None:
        try:
            attach(ANONYMOUS, {"token": filed.token}, content)
        except PalikaError as error:
            told["photo"] = "refused" if isinstance(error, Invalid) else "away"
        drafts.keep_photo(None)
    return url_for("citizen.follow", key=filed.token, **told)


def _elsewhere(draft: Draft | None) -> str:
    """Where somebody goes on whose page is not for this draft."""
    if draft is None:
        return url_for("citizen.what")
    if draft.number is None:
        return url_for("citizen.words")
    if draft.token is None:
        return url_for("citizen.ask", number=draft.number)
    return url_for("citizen.follow", key=draft.token, filed="yes")


def _place(draft: Draft) -> dict[str, Any]:
    said = draft.typed
    names = dict(wards())
    return {
        "address": said.get("address"),
        "ward": names.get(said.get("ward", ""), said.get("ward")),
        "position": f"{said['lat']}, {said['lon']}" if said.get("lat") else None,
    }
