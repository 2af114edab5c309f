"""What the bot can do: the actions that a table of states may name, and what each may come to.

The edge (``services/notify/chat``) has a function for each; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Came:
    """An outcome. ``gives``: the fields and lists that are there afterwards."""

    gives: frozenset[str] = frozenset()


def _came(*gives: str) -> Came:
    return Came(frozenset(gives))


_DONE = {"done": _came()}

ACTIONS: Final[Mapping[str, Mapping[str, Came]]] = {
    # -- property tax
    "properties": {"none": _came(), "one": _came("property"), "many": _came("properties")},
    "property": {"ok": _came("number", "where"), "lapsed": _came()},
    "dues": {"owed": _came("payable", "on", "forgone"), "nothing": _came(), "lapsed": _came()},
    "pay_link": {
        "sent": _came("payable", "link", "until"),
        "nothing": _came(),
        "refused": _came(),
        "lapsed": _came(),
    },
    "bill": {"sent": _came(), "none": _came(), "lapsed": _came()},
    "receipts": {"some": _came("receipts"), "none": _came(), "lapsed": _came()},
    "receipt": {"sent": _came(), "none": _came(), "lapsed": _came()},
    "notices": {
        "some": _came("notices", "before"),
        "before": _came("before"),
        "none": _came(),
        "lapsed": _came(),
    },
    "notice": {"sent": _came(), "none": _came(), "lapsed": _came()},
    "unlink": _DONE,
    # -- linking a property by a code
    "code_to_this_number": {
        "sent": _came("masked", "minutes"),
        "unknown": _came(),
        "too_many": _came(),
    },
    "code_for_property": {
        "sent": _came("masked", "minutes"),
        "unknown": _came(),
        "no_number": _came(),
        "too_many": _came(),
    },
    "check_code": {
        "linked": _came("count"),
        "wrong": _came("left"),
        "over": _came(),
    },
    # -- grievances
    "match": {"some": _came("kinds"), "none": _came()},
    "groups": {"some": _came("groups")},
    "kinds": {"some": _came("kinds")},
    "question": {
        "ask": _came("question", "hint"),
        "pick": _came("question", "values"),
        "done": _came(),
        "described": _came("description"),
        "ready": _came("description", "spot"),
    },
    "place": {"taken": _came("spot"), "photographed": _came("spot"), "outside": _came()},
    "file": {
        "filed": _came("number"),
        "without_photo": _came("number"),
        "outside": _came(),
        "wrong_answer": _came(),
        "refused": _came(),
    },
    "grievances": {"some": _came("grievances"), "none": _came()},
    "grievance": {
        "open": _came("number", "about", "stands"),
        "asked": _came("number", "about", "stands", "asked"),
        "resolved": _came("number", "about", "stands"),
        "reopenable": _came("number", "about", "stands"),
        "ended": _came("number", "about", "stands"),
        "gone": _came(),
    },
    "rate": {"closed": _came(), "reopened": _came(), "kept": _came(), "late": _came()},
    "reopen": {"done": _came(), "late": _came()},
    "answer": {"done": _came(), "late": _came()},
    # -- people, and the citizen's own wishes
    "call_person": {"called": _came(), "waiting": _came()},
    "tell_person": {"told": _came(), "over": _came()},
    "leave_person": _DONE,
    "opt_out": _DONE,
    "opt_in": _DONE,
}

NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "property": frozenset({"property"}),
    "dues": frozenset({"property"}),
    "pay_link": frozenset({"property"}),
    "bill": frozenset({"property"}),
    "receipts": frozenset({"property"}),
    "receipt": frozenset({"property", "receipts", "receipt"}),
    "notices": frozenset({"property"}),
    "notice": frozenset({"property", "notices", "notice"}),
    "unlink": frozenset({"property"}),
    "code_for_property": frozenset({"typed"}),
    "check_code": frozenset({"code"}),
    "match": frozenset({"words"}),
    "kinds": frozenset({"group"}),
    "question": frozenset({"kind"}),
    "place": frozenset({"kind", "description"}),
    "file": frozenset({"kind", "description"}),
    "grievance": frozenset({"grievance"}),
    "rate": frozenset({"grievance", "rating"}),
    "reopen": frozenset({"grievance", "why", "reason"}),
    "answer": frozenset({"grievance", "reply"}),
    "call_person": frozenset({"about"}),
    "tell_person": frozenset({"told"}),
}
"""What has to be remembered when an action is begun; others want nothing."""

LISTS: Final = frozenset(
    {"properties", "receipts", "notices", "groups", "kinds", "values", "grievances"}
)
"""Of what actions give, the lists of rows."""
