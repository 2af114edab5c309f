"""A grievance in the words of its citizen: where it stands, and what has happened to it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.portal.citizen.filing import wards
from services.portal.citizen.kinds import name_of
from services.portal.pages.formats import moment_in
from services.portal.pages.frame import frame
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext
from services.portal.rooms import post_names

_STATES: Final = {
    "filed": (N_("Filed"), N_("It will be given to an officer.")),
    "acknowledged": (
        N_("Read by the office"),
        N_("The office has read it and gives it to an officer."),
    ),
    "assigned": (N_("With an officer"), N_("An officer has it in hand.")),
    "in_progress": (N_("Work has begun"), N_("The work is going on.")),
    "waiting": (
        N_("Waiting for your answer"),
        N_("The office has asked you something. The clock stands still until you answer."),
    ),
    "resolved": (
        N_("Put right, says the office"),
        N_("Look whether it is done, and say whether you are satisfied."),
    ),
    "closed": (N_("Closed"), N_("It is at its end.")),
    "rejected": (N_("Not accepted"), N_("The office has not accepted it; the reason is below.")),
    "withdrawn": (N_("Taken back"), N_("You have taken it back.")),
    "merged": (
        N_("Joined with another"),
        N_("Somebody had told us of the same before; the two go on as one."),
    ),
}
"""What a state is called, and what it means to who waits."""
_STEPS: Final = {
    "file": N_("You filed it"),
    "acknowledge": N_("The office has read it"),
    "assign": N_("It was given to an officer"),
    "start": N_("The work has begun"),
    "wait": N_("The office asked you something"),
    "wait_over": N_("No answer has come; the clock goes on"),
    "answer": N_("The question was answered"),
    "resolve": N_("The office says that it is put right"),
    "rate": N_("You have rated the work"),
    "close": N_("It was closed"),
    "reopen": N_("It was opened again"),
    "reject": N_("It was not accepted"),
    "transfer": N_("It was sent to where it belongs"),
    "withdraw": N_("You took it back"),
    "merge": N_("It was joined with another about the same"),
    "unmerge": N_("It goes on by itself again"),
    "comment": N_("Somebody has added a word"),
    "attach": N_("Something was attached"),
    "photo": N_("A photograph was added"),
    "detach": N_("An attachment was taken away"),
    "locate": N_("Its place was added"),
    "breach": N_("The promised time has run out"),
    "escalate": N_("A senior officer was told that it is late"),
    "appeal": N_("An appeal was made"),
    "appeal_overdue": N_("The appeal was not decided in time"),
    "decide": N_("The appeal was decided"),
    "restore": N_("It was taken up again after an appeal"),
}
"""What has happened; steps that are not here are the office's own."""
_RATINGS: Final = (
    N_("Very bad"),
    N_("Bad"),
    N_("Fair"),
    N_("Good"),
    N_("Very good"),
)
_REASONS: Final = {
    "not_done": N_("The work was not done"),
    "badly_done": N_("It was done badly"),
    "came_back": N_("The trouble has come back"),
    "other": N_("Something else"),
}


def state(code: str) -> tuple[str, str]:
    """What a state is called, and what it means."""
    name, meaning = _STATES.get(code, (code, ""))
    return gettext(name), gettext(meaning) if meaning else ""


def ratings() -> list[tuple[str, str]]:
    """1 to 5, in words."""
    return [(str(number), gettext(each)) for number, each in enumerate(_RATINGS, 1)]


def reasons() -> list[tuple[str, str]]:
    """Why one opens it again: codes and words."""
    return [(code, gettext(each)) for code, each in _REASONS.items()]


def told(grievance: Mapping[str, Any]) -> dict[str, Any]:
    """A grievance for its page, as ``grievance.track`` or ``get`` gives it.

    Moments are aware; ``late`` says whether its promise is broken; ``done`` and ``before`` are the
    photographs; ``fresh`` says whether the work is yet to begin.
    """
    name, meaning = state(grievance["status"])
    due = moment_in(grievance.get("due_at"))
    ended = moment_in(grievance.get("resolved_at")) or datetime.now(UTC)
    entries = _entries(grievance["timeline"])
    officer = next((each["post"] for each in reversed(entries) if each["post"]), None)
    photos = [each for each in grievance["attachments"] if each["kind"].startswith("photo_")]
    return {
        **grievance,
        "state": name,
        "meaning": meaning,
        "kind": name_of(grievance["category"]),
        "department_name": _department(grievance["department"]),
        "ward_name": dict(wards()).get(grievance.get("ward") or "", grievance.get("ward")),
        "filed": moment_in(grievance["filed_at"]),
        "due": due,
        "late": due is not None and ended > due,
        "over": grievance["status"] in ("closed", "rejected", "withdrawn", "merged"),
        "fresh": grievance["status"] in ("filed", "acknowledged", "assigned"),
        "entries": entries,
        "officer_name": officer,
        "question": _question(entries) if grievance["status"] == "waiting" else None,
        "done": [each for each in photos if each["kind"] == "photo_after"],
        "before": [each for each in photos if each["kind"] == "photo_before"],
    }


def _is_photo(entry: Mapping[str, Any]) -> bool:
    return entry["step"] == "attach" and str(entry["data"].get("kind", "")).startswith("photo_")


def _entries(timeline: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    posts = post_names(each["data"]["officer"] for each in timeline if each["data"].get("officer"))
    found = []
    for each in timeline:
        words = _STEPS.get("photo" if _is_photo(each) else each["step"])
        if words is None:
            continue
        code = each["data"].get("officer") if each["step"] in ("assign", "reopen") else None
        found.append(
            {
                "at": moment_in(each["at"]),
                "words": gettext(words),
                "note": each.get("note"),
                "post": code and posts.get(code, code),
                "step": each["step"],
            }
        )
    return found


def _question(entries: list[dict[str, Any]]) -> str | None:
    asked = (each["note"] for each in reversed(entries) if each["step"] == "wait")
    return next(asked, None)


def _department(code: str) -> str:
    content = frame().shelf.content
    if code not in content.city["departments"]:
        return code
    return str(content.department_name(code).in_(current()))
