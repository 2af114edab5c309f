"""What became of what the citizen has filed here; their word on it."""

from collections.abc import Mapping
from typing import Any, Final

from palika.errors import Conflict, Forbidden, NotFound
from services.notify.chat.actions.at import At
from services.notify.chat.actions.kinds import catalogue
from services.notify.domain.chat.conversation import Outcome

_SHOWN: Final = 10
_OPEN: Final = frozenset({"filed", "acknowledged", "assigned", "in_progress", "waiting"})


def grievances(at: At) -> Outcome:
    """The citizen's own, the newest first."""
    found = at.ask_as_citizen("grievance", "mine", limit=_SHOWN)["items"]
    if not found:
        return Outcome("none")
    names = catalogue(at)
    rows = [
        {
            "id": each["id"],
            "title": each["number"],
            "text": f"{names.name(each['category'], at.language)} · {at.called(each['status'])}",
        }
        for each in found
    ]
    return Outcome("some", {"grievances": rows})


def grievance(at: At) -> Outcome:
    """Where one stands, and what the citizen may do with it."""
    try:
        found = at.ask_as_citizen("grievance", "get", id=at.memory["grievance"])
    except NotFound:
        return Outcome("gone")
    told = {
        "number": found["number"],
        "about": catalogue(at).name(found["category"], at.language),
        "stands": at.called(found["status"]),
    }
    steps, status = set(found["steps"]), found["status"]
    if status == "waiting" and "answer" in steps:
        return Outcome("asked", told | {"asked": _asked(found)})
    if status in _OPEN:
        return Outcome("open", told)
    if "rate" in steps:
        return Outcome("resolved", told)
    return Outcome("reopenable" if "reopen" in steps else "ended", told)


def _asked(found: Mapping[str, Any]) -> str:
    questions = [each["note"] for each in found["timeline"] if each["step"] == "wait"]
    return str(questions[-1] or "–") if questions else "–"


def rate(at: At) -> Outcome:
    """The citizen's word on the work: it closes the grievance, or opens it again."""
    try:
        now = at.ask_as_citizen(
            "grievance", "rate", id=at.memory["grievance"], rating=int(at.memory["rating"])
        )
    except (Conflict, Forbidden, NotFound):
        now = _as_it_is(at)
        if now is None or now["rating"] != int(at.memory["rating"]):
            return Outcome("late")
    if now["status"] == "closed":
        return Outcome("closed", over=True)
    return Outcome("reopened" if now["status"] in _OPEN else "kept", over=True)


def reopen(at: At) -> Outcome:
    """It is not put right after all."""
    try:
        at.ask_as_citizen(
            "grievance",
            "reopen",
            id=at.memory["grievance"],
            reason=at.memory["reason"],
            code=at.memory["why"],
        )
    except (Conflict, Forbidden, NotFound):
        now = _as_it_is(at)
        if now is None or now["status"] not in _OPEN:
            return Outcome("late")
    return Outcome("done", over=True)


def answer(at: At) -> Outcome:
    """The answer to what the office has asked; one that it has already is not given twice."""
    now = _as_it_is(at)
    if now is None:
        return Outcome("late")
    if _has_answer(now, at.memory["reply"]):
        return Outcome("done", over=True)
    try:
        at.ask_as_citizen(
            "grievance", "answer", id=at.memory["grievance"], answer=at.memory["reply"]
        )
    except (Conflict, Forbidden, NotFound):
        return Outcome("late")
    return Outcome("done", over=True)


def _as_it_is(at: At) -> Mapping[str, Any] | None:
    """The grievance now: a step that is refused may be the one that was taken before a crash."""
    try:
        found: Mapping[str, Any] = at.ask_as_citizen("grievance", "get", id=at.memory["grievance"])
    except NotFound:
        return None
    return found


def _has_answer(found: Mapping[str, Any], text: str) -> bool:
    """Whether the last question has this answer."""
    for each in reversed(found["timeline"]):
        if each["step"] == "wait":
            return False
        if each["step"] == "answer" and each["note"] == text:
            return True
    return False
