"""What the events of grievances add.

Added up from the first day to the end of any day, `grievance.filed` less `grievance.ended` is what
was open when that day ended, and `grievance.overdue_open` what was late of that. So these are given
on the day on which it began to be so and taken on the day on which it ended, whatever came after; a
transfer takes what is open, and late, from one department to another.

All others are happenings. One that was undone (a resolution by a reopening) is taken back on the
day on which it was given.
"""

from services.kpi.domain.projecting.fields import (
    Data,
    Delta,
    Given,
    Place,
    Rule,
    code,
    flag,
    india_day,
    minutes,
    ward,
    whole,
)
from services.kpi.domain.sketches import bucket, register

_ENDS: Delta = ("grievance.ended", 0, 1)
_BEGINS: Delta = ("grievance.ended", 0, -1)
_LATE: Delta = ("grievance.overdue_open", 0, 1)
_LATE_NO_MORE: Delta = ("grievance.overdue_open", 0, -1)


def _place(data: Data, field: str) -> Place:
    return code(data, "department"), ward(data), india_day(data, field)


def _once(measure: str, field: str) -> Rule:
    """A rule that counts one on the day of `field`."""
    given: tuple[Delta, ...] = ((measure, 0, 1),)

    def rule(data: Data) -> list[Given]:
        return [(_place(data, field), data, given)]

    return rule


def _was_late(data: Data) -> bool:
    """Whether the promise was broken, and had been told so, by then: `breached_at` is told, null
    where it was not. Of events from before it was told, `on_time` says so; not of an import, which
    nobody was in charge of and nobody was told was late, and of other endings nothing does."""
    if "breached_at" in data:
        return data["breached_at"] is not None
    return "officer" in data and data.get("on_time") is False


def _ending(data: Data, *given: Delta) -> tuple[Delta, ...]:
    return (*given, _ENDS, _LATE_NO_MORE) if _was_late(data) else (*given, _ENDS)


def _opening(data: Data, *given: Delta) -> tuple[Delta, ...]:
    return (*given, _BEGINS, _LATE) if _was_late(data) else (*given, _BEGINS)


def _resolution(data: Data, sign: int) -> tuple[Delta, ...]:
    """What a resolution gives (+1) or, when the grievance is opened again, takes back (-1)."""
    taken = minutes(data, "minutes_taken")
    return (
        ("grievance.resolved", 0, sign),
        ("grievance.resolved_on_time", 0, sign if flag(data, "on_time") else 0),
        ("grievance.resolution_minutes", 0, sign * taken),
        ("grievance.resolution_time", bucket(taken), sign),
    )


def _resolved(data: Data) -> list[Given]:
    given = _ending(data, *_resolution(data, 1))
    there = _place(data, "resolved_at")
    since = _late_untold(data)
    if since is None:
        return [(there, data, given)]
    return [(there, data, (*given, _LATE_NO_MORE)), (since, data, (_LATE,))]


def _late_untold(data: Data) -> Place | None:
    """Where a grievance was late and open, from the day on which it was due, that nobody was told
    was late: what is entered or taken over afterwards is looked at when it is resolved already, and
    breaches nothing. None: it was in time, or late for less than a day, or had been told."""
    if data.get("breached_at", "") is not None or flag(data, "on_time"):
        return None
    due = _place(data, "due_at")
    return due if due[2] < india_day(data, "resolved_at") else None


def _reopened(data: Data) -> list[Given]:
    return [
        (_place(data, "reopened_at"), data, _opening(data, ("grievance.reopened", 0, 1))),
        (_place(data, "resolved_at"), data, _resolution(data, -1)),
    ]


def _rejected(data: Data) -> list[Given]:
    given = _ending(data, ("grievance.rejected", 0, 1))
    return [(_place(data, "rejected_at"), data, given)]


def _restored(data: Data) -> list[Given]:
    return [
        (_place(data, "restored_at"), data, _opening(data, ("grievance.restored", 0, 1))),
        (_place(data, "rejected_at"), data, (("grievance.rejected", 0, -1),)),
    ]


def _withdrawn(data: Data) -> list[Given]:
    given = _ending(data, ("grievance.withdrawn", 0, 1))
    return [(_place(data, "withdrawn_at"), data, given)]


def _merged(data: Data) -> list[Given]:
    return [(_place(data, "merged_at"), data, _ending(data, ("grievance.merged", 0, 1)))]


def _unmerged(data: Data) -> list[Given]:
    # Of the first of these events nobody knows any more when it had been merged.
    given = "merged_at" if "merged_at" in data else "unmerged_at"
    return [
        (_place(data, "unmerged_at"), data, _opening(data, ("grievance.unmerged", 0, 1))),
        (_place(data, given), data, (("grievance.merged", 0, -1),)),
    ]


def _transferred(data: Data) -> list[Given]:
    """From one department (or category) to another, with what is open and late of it.

    `breached_at` is of the promise that it was under; `stays_breached`, whether the new one has
    been broken as well.
    """
    there = _place(data, "transferred_at")
    here = code(data, "from_department"), there[1], there[2]
    stays = "stays_breached" in data and flag(data, "stays_breached")
    coming: tuple[Delta, ...] = (("grievance.transferred_in", 0, 1), _BEGINS)
    return [
        (
            here,
            {
                "category": code(data, "from_category"),
                "parent_category": data.get("from_parent_category"),
            },
            _ending(data, ("grievance.transferred_out", 0, 1)),
        ),
        (there, data, (*coming, _LATE) if stays else coming),
    ]


def _breached(data: Data) -> list[Given]:
    """Broken when the promise ran out; open and late since it is open there, if that is later."""
    late = "open_late_since" if "open_late_since" in data else "breached_at"
    return [
        (_place(data, "breached_at"), data, (("grievance.breached", 0, 1),)),
        (_place(data, late), data, (_LATE,)),
    ]


def _located(data: Data) -> list[Given]:
    """It was of no ward, and is of one from now on."""
    there = _place(data, "located_at")
    here = there[0], "", there[2]
    return [(here, data, _ending(data)), (there, data, _opening(data))]


def _waited(measure: str, field: str) -> Rule:
    def rule(data: Data) -> list[Given]:
        waited = minutes(data, "waited_minutes")
        given = ((measure, 0, 1), ("grievance.waited_minutes", 0, waited))
        return [(_place(data, field), data, given)]

    return rule


def _rated(data: Data) -> list[Given]:
    given = (
        ("grievance.rated", 0, 1),
        ("grievance.rating_stars", 0, whole(data, "rating")),
        ("grievance.satisfied", 0, int(flag(data, "satisfied"))),
    )
    return [(_place(data, "rated_at"), data, given)]


def _checked(data: Data) -> list[Given]:
    not_done = int(code(data, "outcome") == "not_done")
    given = (("grievance.checked", 0, 1), ("grievance.checked_false", 0, not_done))
    return [(_place(data, "checked_at"), data, given)]


def _appeal_decided(data: Data) -> list[Given]:
    given = (
        ("grievance.appeals_decided", 0, 1),
        ("grievance.appeals_in_time", 0, int(flag(data, "in_time"))),
    )
    return [(_place(data, "decided_at"), data, given)]


def _assigned(data: Data) -> list[Given]:
    given = (
        ("grievance.assigned", 0, 1),
        ("grievance.officers", register(code(data, "officer")), 1),
    )
    return [(_place(data, "assigned_at"), data, given)]


RULES: dict[str, Rule] = {
    "grievance.filed.v1": _once("grievance.filed", "filed_at"),
    "grievance.acknowledged.v1": _once("grievance.acknowledged", "acknowledged_at"),
    "grievance.assigned.v1": _assigned,
    "grievance.started.v1": _once("grievance.started", "started_at"),
    "grievance.waiting.v1": _once("grievance.asked", "waiting_at"),
    "grievance.answered.v1": _waited("grievance.answered", "answered_at"),
    "grievance.wait_over.v1": _waited("grievance.unanswered", "wait_over_at"),
    "grievance.resolved.v1": _resolved,
    "grievance.closed.v1": _once("grievance.closed", "closed_at"),
    "grievance.reopened.v1": _reopened,
    "grievance.rejected.v1": _rejected,
    "grievance.restored.v1": _restored,
    "grievance.withdrawn.v1": _withdrawn,
    "grievance.merged.v1": _merged,
    "grievance.unmerged.v1": _unmerged,
    "grievance.transferred.v1": _transferred,
    "grievance.located.v1": _located,
    "grievance.due_soon.v1": _once("grievance.due_soon", "due_soon_at"),
    "grievance.breached.v1": _breached,
    "grievance.escalated.v1": _once("grievance.escalated", "escalated_at"),
    "grievance.rated.v1": _rated,
    "grievance.sampled.v1": _once("grievance.sampled", "sampled_at"),
    "grievance.checked.v1": _checked,
    "grievance.appealed.v1": _once("grievance.appealed", "appealed_at"),
    "grievance.appeal_decided.v1": _appeal_decided,
    "grievance.appeal_overdue.v1": _once("grievance.appeals_overdue", "overdue_at"),
    "grievance.attached.v1": _once("grievance.attached", "attached_at"),
    "grievance.commented.v1": _once("grievance.commented", "commented_at"),
}

_CATEGORY = frozenset({"category", "parent_category"})
_LATENESS = _CATEGORY | {"priority"}

ATTRIBUTES: dict[str, frozenset[str]] = {
    "grievance.filed": _CATEGORY | {"channel", "priority"},
    "grievance.ended": _CATEGORY,
    "grievance.overdue_open": _CATEGORY,
    "grievance.acknowledged": _CATEGORY,
    "grievance.assigned": _CATEGORY,
    "grievance.officers": _CATEGORY,
    "grievance.started": _CATEGORY,
    "grievance.asked": _CATEGORY,
    "grievance.answered": _CATEGORY,
    "grievance.unanswered": _CATEGORY,
    "grievance.waited_minutes": _CATEGORY,
    "grievance.resolved": _CATEGORY,
    "grievance.resolved_on_time": _CATEGORY,
    "grievance.resolution_minutes": _CATEGORY,
    "grievance.resolution_time": _CATEGORY,
    "grievance.closed": _CATEGORY | {"closed_by"},
    "grievance.reopened": _CATEGORY | {"reason"},
    "grievance.rejected": _CATEGORY | {"rejection"},
    "grievance.restored": _CATEGORY | {"rejection"},
    "grievance.withdrawn": _CATEGORY,
    "grievance.merged": _CATEGORY,
    "grievance.unmerged": _CATEGORY | {"by"},
    "grievance.transferred_out": _CATEGORY,
    "grievance.transferred_in": _CATEGORY | {"from_department"},
    "grievance.due_soon": _LATENESS,
    "grievance.breached": _LATENESS,
    "grievance.escalated": _LATENESS | {"level", "post"},
    "grievance.rated": _CATEGORY | {"rating", "satisfied"},
    "grievance.rating_stars": _CATEGORY,
    "grievance.satisfied": _CATEGORY,
    "grievance.sampled": _CATEGORY,
    "grievance.checked": _CATEGORY | {"outcome"},
    "grievance.checked_false": _CATEGORY,
    "grievance.appealed": _CATEGORY | {"level", "against", "late"},
    "grievance.appeals_decided": _CATEGORY | {"level", "outcome", "reopened"},
    "grievance.appeals_in_time": _CATEGORY | {"level", "outcome"},
    "grievance.appeals_overdue": _CATEGORY | {"level", "against"},
    "grievance.attached": _CATEGORY | {"kind", "by"},
    "grievance.commented": _CATEGORY | {"by", "public"},
}
DISTRIBUTIONS = frozenset({"grievance.resolution_time"})
DISTINCT = frozenset({"grievance.officers"})
