"""What the events of the e-office add: to the department of the file or receipt, and to no ward.

Added up from the first day to the end of any day, `eoffice.opened` less `eoffice.ended` is what was
open when that day ended.
"""

from services.kpi.domain.projecting.fields import (
    Data,
    Delta,
    Given,
    Rule,
    code,
    india_day,
    minutes,
    whole,
)
from services.kpi.domain.sketches import bucket, register


def _given(data: Data, field: str, *given: Delta) -> Given:
    return (code(data, "department"), "", india_day(data, field)), data, given


def _once(field: str, *given: Delta) -> Rule:
    """A rule that gives the same of every event, on the day of `field`."""

    def rule(data: Data) -> list[Given]:
        return [_given(data, field, *given)]

    return rule


def _file_moved(data: Data) -> list[Given]:
    held = minutes(data, "minutes_held")
    given = (
        ("eoffice.moved", 0, 1),
        ("eoffice.minutes_held", 0, held),
        ("eoffice.desk_time", bucket(held), 1),
        ("eoffice.posts", register(code(data, "from_post")), 1),
    )
    return [_given(data, "moved_at", *given)]


def _approval(sign: int) -> Rule:
    """A rule for what an approval gives (+1) or, when it is cancelled, takes back (-1) on its day.
    One without money writes zeros, so that the measures have data."""

    def rule(data: Data) -> list[Given]:
        with_money = data["amount_paise"] is not None
        paise = whole(data, "amount_paise") if with_money else 0
        given = (
            ("eoffice.approved", 0, sign),
            ("eoffice.sanctioned", 0, sign * int(with_money)),
            ("eoffice.sanctioned_paise", 0, sign * paise),
        )
        return [_given(data, "approved_at", *given)]

    return rule


def _closing(data: Data, sign: int) -> tuple[Delta, ...]:
    """What a closing gives (+1) or, when the file is opened again, takes back (-1)."""
    was_open = minutes(data, "minutes_open")
    return (
        ("eoffice.closed", 0, sign),
        ("eoffice.minutes_open", 0, sign * was_open),
        ("eoffice.open_time", bucket(was_open), sign),
    )


def _file_closed(data: Data) -> list[Given]:
    return [_given(data, "closed_at", *_closing(data, 1), ("eoffice.ended", 0, 1))]


def _file_reopened(data: Data) -> list[Given]:
    return [
        _given(data, "reopened_at", ("eoffice.reopened", 0, 1), ("eoffice.ended", 0, -1)),
        _given(data, "closed_at", *_closing(data, -1)),
    ]


def _file_overdue(data: Data) -> list[Given]:
    of_desk = int(code(data, "against") == "desk")
    given = (("eoffice.overdue", 0, 1), ("eoffice.desk_overdue", 0, of_desk))
    return [_given(data, "overdue_at", *given)]


RULES: dict[str, Rule] = {
    "eoffice.file_opened.v1": _once("opened_at", ("eoffice.opened", 0, 1)),
    "eoffice.file_moved.v1": _file_moved,
    "eoffice.file_approved.v1": _approval(1),
    "eoffice.approval_cancelled.v1": _approval(-1),
    "eoffice.file_closed.v1": _file_closed,
    "eoffice.file_returned.v1": _once("returned_at", ("eoffice.returned", 0, 1)),
    "eoffice.file_overdue.v1": _file_overdue,
    "eoffice.file_reopened.v1": _file_reopened,
    "eoffice.receipt_diarised.v1": _once("diarised_at", ("eoffice.receipts", 0, 1)),
}

_NONE: frozenset[str] = frozenset()
_MOVE = frozenset({"kind"})
_APPROVAL = frozenset({"power"})

ATTRIBUTES: dict[str, frozenset[str]] = {
    "eoffice.opened": _NONE,
    "eoffice.ended": _NONE,
    "eoffice.moved": _MOVE,
    "eoffice.minutes_held": _MOVE,
    "eoffice.desk_time": _MOVE,
    "eoffice.posts": _MOVE,
    "eoffice.approved": _APPROVAL,
    "eoffice.sanctioned": _APPROVAL,
    "eoffice.sanctioned_paise": _APPROVAL,
    "eoffice.closed": _NONE,
    "eoffice.minutes_open": _NONE,
    "eoffice.open_time": _NONE,
    "eoffice.returned": _NONE,
    "eoffice.overdue": frozenset({"against"}),
    "eoffice.desk_overdue": _NONE,
    "eoffice.reopened": _NONE,
    "eoffice.receipts": frozenset({"kind", "category", "language"}),
}
DISTRIBUTIONS = frozenset({"eoffice.desk_time", "eoffice.open_time"})
DISTINCT = frozenset({"eoffice.posts"})
