"""A grievance is filed: which kind, what the kind asks, and the filing with its photograph."""

import base64
import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound, PalikaError, Unavailable
from palika.roles import HELPDESK
from services.notify.chat.actions.at import At
from services.notify.chat.actions.kinds import catalogue
from services.notify.domain.chat.conversation import Outcome

_log = logging.getLogger(__name__)
_SHOWN: Final = 6
_A_STORY: Final = 25
"""Words of so many characters say what is wrong, not only of which kind it is."""
_DRAFT: Final = (
    "words", "group", "group_name", "groups", "kinds", "kind", "kind_name", "attributes",
    "asked_for", "answer", "answer_name", "values", "question", "hint", "description", "place",
    "address", "spot", "photo",
)  # fmt: skip


def match(at: At) -> Outcome:
    """Which kinds the citizen's words may mean."""
    known = catalogue(at)
    found = known.matcher.find(str(at.memory["words"]), _SHOWN)
    if not found:
        return Outcome("none")
    return Outcome("some", {"kinds": [_row(each.code, each.names[at.language]) for each in found]})


def groups(at: At) -> Outcome:
    """The headings of the catalogue."""
    found = dict.fromkeys(str(each["group"]) for each in catalogue(at).services[at.language])
    return Outcome("some", {"groups": [_row(_short(name), name) for name in found]})


def kinds(at: At) -> Outcome:
    """The kinds under a heading."""
    rows = [
        _row(each["service_code"], each["service_name"])
        for each in catalogue(at).services[at.language]
        if _short(str(each["group"])) == at.memory["group"]
    ]
    return Outcome("some", {"kinds": rows})


def question(at: At) -> Outcome:
    """What the kind still has to be told before it can be filed; first an answer is taken."""
    answers = dict(at.memory.get("attributes") or {})
    asked_for = at.memory.get("asked_for")
    kind = at.memory["kind"]
    if isinstance(asked_for, Mapping) and asked_for.get("kind") == kind and "answer" in at.memory:
        answer = str(at.memory["answer"])
        answers[str(asked_for["code"])] = [answer] if asked_for["many"] else answer
    elif not isinstance(asked_for, Mapping) or asked_for.get("kind") != kind:
        answers = {}
    asked = at.ask("grievance", "open311_service", code=kind, language=at.language)["attributes"]
    known = {each["code"] for each in asked}
    answers = {code: each for code, each in answers.items() if code in known}
    given = {"attributes": answers}
    forget = ("answer", "answer_name")
    missing = [each for each in asked if each["required"] and each["code"] not in answers]
    if not missing:
        return _told(at, given, forget)
    each = missing[0]
    given["asked_for"] = {
        "kind": kind,
        "code": each["code"],
        "many": each["datatype"] == "multivaluelist",
    }
    given["question"] = each["description"]
    if each["values"]:
        rows = [_row(value["key"], value["name"]) for value in each["values"]]
        return Outcome("pick", given | {"values": rows}, forget=forget)
    return Outcome("ask", given | {"hint": each["datatype_description"]}, forget=forget)


def _told(at: At, given: Mapping[str, Any], forget: tuple[str, ...]) -> Outcome:
    """Nothing is missing but the description, or the place, or not even these."""
    description = at.memory.get("description")
    words = str(at.memory.get("words") or "")
    if description is None and len(words) >= _A_STORY:
        description = words
    if description is None:
        return Outcome("done", given, forget=forget)
    given = {**given, "description": description}
    if at.memory.get("place") or at.memory.get("address"):
        return Outcome("ready", given | {"spot": _spot(at)}, forget=forget)
    return Outcome("described", given, forget=forget)


def place(at: At) -> Outcome:
    """Whether what was sent as the place is in the city, and how it is shown before it is filed."""
    sent = at.memory.get("place")
    if isinstance(sent, Mapping) and _is_outside(at, sent):
        return Outcome("outside", forget=("place", "address", "spot"))
    name = "photographed" if "photo" in at.memory else "taken"
    return Outcome(name, {"spot": _spot(at)})


def _is_outside(at: At, sent: Mapping[str, Any]) -> bool:
    """As the grievance service has it, that is asked what is alike there. Where it is away nobody
    has to wait for it here: the filing looks again."""
    try:
        at.ask_as_citizen(
            "grievance",
            "similar",
            category=at.memory["kind"],
            description=at.memory["description"],
            lat=sent["lat"],
            lon=sent["lon"],
            language=at.language,
        )
    except Unavailable:
        return False
    except Invalid as error:
        if set(error.fields) & {"lat", "lon"}:
            return True
        _log.warning("a place could not be looked at: %s", ", ".join(sorted(error.fields)))
    return False


def _spot(at: At) -> str:
    """The place in words: its address, or the position."""
    sent = at.memory.get("place")
    if not isinstance(sent, Mapping):
        return str(at.memory.get("address") or "")
    position = f"{sent['lat']:.5f}, {sent['lon']:.5f}"
    written = str(sent.get("address") or "")[:500]
    return f"{written} ({position})" if written else position


def file(at: At) -> Outcome:
    """File it. The same again, in the same conversation, is the first one."""
    draft = _filing(at)
    # A citizen files over web and app only; over WhatsApp it is taken down for them, as a helpdesk
    # does at the telephone. It is theirs: the subject is the citizen's.
    desk = Identity.of(at.subject, "citizen", HELPDESK)
    try:
        filed = at.ports.call(
            desk, "grievance", "file", **draft, source=at.subject, source_id=_key(at, draft)
        )
    except Invalid as error:
        return _wrong(at, error)
    except (Conflict, Forbidden, NotFound) as error:
        _log.warning("a grievance was refused: %s: %s", error.code, error)
        return Outcome("refused", forget=_DRAFT, over=True)
    given = {"number": filed["number"]}
    photo = at.memory.get("photo")
    if isinstance(photo, Mapping) and not _attached(at, filed["id"], photo):
        return Outcome("without_photo", given, forget=_DRAFT, over=True)
    return Outcome("filed", given, forget=_DRAFT, over=True)


def _filing(at: At) -> dict[str, Any]:
    place = at.memory.get("place")
    found: dict[str, Any] = {
        "category": at.memory["kind"],
        "description": at.memory["description"],
        "attributes": dict(at.memory.get("attributes") or {}),
        "attributes_as_text": True,
        "address": at.memory.get("address"),
        "citizen_phone": at.phone,
        "citizen_name": at.name[:200] or None,
        "language": at.language,
        "channel": "whatsapp",
    }
    if isinstance(place, Mapping):
        found |= {"lat": place["lat"], "lon": place["lon"]}
        found["address"] = found["address"] or str(place.get("address") or "")[:500] or None
    return found


def _key(at: At, draft: Mapping[str, Any]) -> str:
    """Of what is filed, and of the conversation: a lost answer or a second press files nothing."""
    written = json.dumps([at.began_at.isoformat(), draft], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _wrong(at: At, error: Invalid) -> Outcome:
    named = set(error.fields)
    if named & {"lat", "lon"}:
        return Outcome("outside", forget=("place", "address"))
    codes = {each.removeprefix("attributes.") for each in named if each.startswith("attributes.")}
    if codes:
        kept = {
            code: each
            for code, each in dict(at.memory.get("attributes") or {}).items()
            if code not in codes
        }
        return Outcome("wrong_answer", {"attributes": kept})
    _log.error("a grievance is invalid: %s", ", ".join(sorted(named)))
    return Outcome("refused", forget=_DRAFT, over=True)


def _attached(at: At, key: str, photo: Mapping[str, Any]) -> bool:
    """Add the photograph. The filing stands without it: nothing here fails."""
    try:
        content = at.ports.media(str(photo["media_id"]))
        at.ask_as_citizen(
            "grievance",
            "attach",
            id=key,
            kind="photo_before",
            content_base64=base64.b64encode(content).decode(),
        )
    except PalikaError as error:
        _log.warning("a photograph was not added: %s: %s", error.code, error)
        return False
    return True


def _row(code: str, name: str) -> dict[str, str]:
    return {"id": code, "title": name}


def _short(name: str) -> str:
    """A heading has no code where it is shown: its name, in few characters."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
