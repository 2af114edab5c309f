"""By how much forecasts were wrong that were made so many months before.

Of each milestone that was reached it is known what was said of it at any moment before. The error
is in days: reached minus forecast; above 0 the forecast was optimistic.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from uuid import UUID

from palika.india import start_of
from services.warroom.domain.facts import Basis


@dataclass(frozen=True, slots=True)
class Said:
    """A forecast as it was known between two moments; ``day`` None: it could not be told."""

    since: datetime
    until: datetime
    day: date | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone that was reached, and all that was forecast of it.

    Attributes:
        said: by whose forecast it was.
    """

    project: UUID
    department: str
    milestone: UUID
    done_on: date
    said: Mapping[Basis, Collection[Said]]


@dataclass(frozen=True, slots=True)
class Error:
    """How wrong forecasts were.

    Attributes:
        key: of the group: a project's id, a department.
        months: before the milestone was reached.
        count: of milestones of which there was a forecast then.
        median_days: the middle error.
        mean_days: the mean of the errors; above 0 on the whole optimistic.
        late_percent: of how many the forecast was too early.
    """

    key: str
    basis: Basis
    months: int
    count: int
    median_days: float
    mean_days: float
    late_percent: float


def months_before(day: date, months: int) -> date:
    """The day so many months before; the last of that month where it has no such day."""
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def optimism(reached: Iterable[Reached], months: Collection[int], by: str) -> list[Error]:
    """The errors of groups, by group, basis and months.

    Args:
        months: how long before; each 1 or more.
        by: ``project`` or ``department``.
    """
    errors: dict[tuple[str, Basis, int], list[int]] = {}
    for each in reached:
        key = str(each.project) if by == "project" else each.department
        for basis, said in each.said.items():
            for number in months:
                day = _said_at(said, start_of(months_before(each.done_on, number)))
                if day is not None:
                    errors.setdefault((key, basis, number), []).append((each.done_on - day).days)
    return [
        Error(
            *group,
            len(found),
            float(median(found)),
            round(sum(found) / len(found), 1),
            round(100 * sum(each > 0 for each in found) / len(found), 1),
        )
        for group, found in sorted(errors.items())
    ]


def _said_at(said: Iterable[Said], moment: datetime) -> date | None:
    return next((each.day for each in said if each.since <= moment < each.until), None)
