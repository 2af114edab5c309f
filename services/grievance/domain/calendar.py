"""Working time: the minutes that count towards a promise.

Two kinds keep it: an office with its hours and holidays (``Calendar``), and a service that runs day
and night (``ROUND_THE_CLOCK``). Both answer the same questions (``WorkingTime``), for aware moments
of any zone, and give moments in UTC. Hours and days are India's, which has one time and no summer
time.

Working time stands still while the office is closed. A moment that is reached by counting forward
is the first at which so much has passed (a whole day from Monday's opening ends at Monday's
closing, not on Tuesday morning); one that is reached by counting back is the last.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from palika.india import start_of
from palika.text import Name

_EPOCH = date(1970, 1, 1)
_START = start_of(_EPOCH)
_MINUTE = 60_000_000
"""All is counted in microseconds: seconds of a filing are not lost."""
_MARGIN = 400
"""Days that a table is made longer than asked for, so that it is seldom made anew."""

Hours = tuple[tuple[int, int], ...]
"""When an office is open on one day: from and until, in microseconds since midnight, in order."""


class WorkingTime(Protocol):
    """What every keeper of working time can tell."""

    def add(self, start: datetime, minutes: int) -> datetime:
        """The first moment at which so many working minutes have passed since ``start``."""
        ...

    def before(self, end: datetime, minutes: int) -> datetime:
        """The last moment from which so many working minutes remain until ``end``."""
        ...

    def between(self, a: datetime, b: datetime) -> int:
        """The whole working minutes from ``a`` to ``b``; below 0 if ``b`` is earlier."""
        ...

    def covers(self, year: int) -> bool:
        """Whether what is said of this year knows its holidays."""
        ...


class _DayAndNight:
    """Time of the clock, with the same questions."""

    def add(self, start: datetime, minutes: int) -> datetime:
        return _utc(start) + timedelta(minutes=_counted(minutes))

    def before(self, end: datetime, minutes: int) -> datetime:
        return _utc(end) - timedelta(minutes=_counted(minutes))

    def between(self, a: datetime, b: datetime) -> int:
        return _whole_minutes((b - a) // timedelta(microseconds=1))

    def covers(self, year: int) -> bool:
        return True


ROUND_THE_CLOCK: WorkingTime = _DayAndNight()


@dataclass(frozen=True, slots=True)
class _Table:
    """Days in a row, from the one numbered ``first``: their hours, and the time worked before."""

    first: int
    hours: list[Hours]
    worked_before: list[int]

    def worked(self, day: int, clock: int) -> int:
        """Working time from the table's beginning to a moment."""
        at = day - self.first
        worked = self.worked_before[at]
        for opening, closing in self.hours[at]:
            if clock <= opening:
                break
            worked += min(clock, closing) - opening
        return worked

    def first_with(self, worked: int) -> datetime:
        """The first moment at which so much (more than nothing) has been worked."""
        at = bisect_left(self.worked_before, worked) - 1
        rest = worked - self.worked_before[at]
        for opening, closing in self.hours[at]:
            if rest <= closing - opening:
                return _moment(self.first + at, opening + rest)
            rest -= closing - opening
        raise AssertionError("a day's hours do not add up")

    def last_with(self, worked: int) -> datetime:
        """The last moment at which no more than so much (less than all) has been worked."""
        at = bisect_right(self.worked_before, worked) - 1
        rest = worked - self.worked_before[at]
        for opening, closing in self.hours[at]:
            if rest < closing - opening:
                return _moment(self.first + at, opening + rest)
            rest -= closing - opening
        raise AssertionError("a day's hours do not add up")


class Calendar:
    """An office's working time; ``calendar_file.py`` makes one of what a city wrote.

    How much is worked before each day is added up once for the years in use, so that a question
    costs two look-ups, whether it is about an hour or about ten years.

    Attributes:
        week: the hours of each weekday, Monday first.
        weeks_off: (weekday, week of the month) that are free, as the second Saturday.
        holidays: the public holidays and their names.
        working_days: days that have hours of their own, whatever weekday they are.
        years: those whose holidays are known.
    """

    def __init__(
        self,
        week: tuple[Hours, ...],
        *,
        weeks_off: frozenset[tuple[int, int]] = frozenset(),
        holidays: Mapping[date, Name] | None = None,
        working_days: Mapping[date, Hours] | None = None,
        years: frozenset[int] = frozenset(),
    ) -> None:
        """Make one.

        Raises:
            ValueError: it has not seven days, or an office that never opens, in which no time
                would ever pass.
        """
        if len(week) != 7:
            raise ValueError(f"a week has 7 days, not {len(week)}")
        open_days = [day for day in range(7) if week[day]]
        if all((day, nth) in weeks_off for day in open_days for nth in range(1, 5)):
            raise ValueError("an office must be open on at least one day of every month")
        self.week = week
        self.weeks_off = weeks_off
        self.holidays = dict(holidays or {})
        self.working_days = dict(working_days or {})
        self.years = years
        self._table = _Table(0, [], [0])

    def add(self, start: datetime, minutes: int) -> datetime:
        """The first moment at which so many working minutes have passed since ``start``."""
        if not _counted(minutes):
            return _utc(start)
        day, clock = _split(start)
        table = self._reaching(day, day)
        worked = table.worked(day, clock) + minutes * _MINUTE
        while worked > table.worked_before[-1]:
            table = self._reaching(day, day + 2 * len(table.hours))
            worked = table.worked(day, clock) + minutes * _MINUTE
        return table.first_with(worked)

    def before(self, end: datetime, minutes: int) -> datetime:
        """The last moment from which so many working minutes remain until ``end``."""
        if not _counted(minutes):
            return _utc(end)
        day, clock = _split(end)
        table = self._reaching(day, day)
        worked = table.worked(day, clock) - minutes * _MINUTE
        while worked < 0:
            table = self._reaching(day - 2 * len(table.hours), day)
            worked = table.worked(day, clock) - minutes * _MINUTE
        return table.last_with(worked)

    def between(self, a: datetime, b: datetime) -> int:
        """The whole working minutes from ``a`` to ``b``; below 0 if ``b`` is earlier."""
        day_a, clock_a = _split(a)
        day_b, clock_b = _split(b)
        table = self._reaching(min(day_a, day_b), max(day_a, day_b))
        return _whole_minutes(table.worked(day_b, clock_b) - table.worked(day_a, clock_a))

    def covers(self, year: int) -> bool:
        """Whether the holidays of this year are known. If not, its weeks are all there is to go by,
        and what is promised in it may fall on a holiday."""
        return year in self.years

    def works_on(self, day: date) -> bool:
        """Whether the office opens on this day."""
        return bool(self._hours_of((day - _EPOCH).days))

    def next_working_day(self, day: date) -> date:
        """The day itself if the office opens then, else the next on which it does."""
        while not self.works_on(day):
            day += timedelta(days=1)
        return day

    def _hours_of(self, number: int) -> Hours:
        return self._reaching(number, number).hours[number - self._table.first]

    def _reaching(self, first: int, last: int) -> _Table:
        """The table, made longer if it does not reach from one day to the other."""
        table = self._table
        end = table.first + len(table.hours)
        if table.hours and table.first <= first and last < end:
            return table
        if table.hours:
            first, last = min(first, table.first), max(last, end - 1)
        self._table = self._make(first - _MARGIN, last + _MARGIN)
        return self._table

    def _make(self, first: int, last: int) -> _Table:
        special = {(day - _EPOCH).days: () for day in self.holidays} | {
            (day - _EPOCH).days: hours for day, hours in self.working_days.items()
        }
        hours = [
            special[day] if day in special else self._usual(day) for day in range(first, last + 1)
        ]
        worked, worked_before = 0, [0]
        for spans in hours:
            worked += sum(closing - opening for opening, closing in spans)
            worked_before.append(worked)
        return _Table(first, hours, worked_before)

    def _usual(self, number: int) -> Hours:
        weekday = (number + _EPOCH.weekday()) % 7
        if self.weeks_off and self.week[weekday]:
            nth = ((_EPOCH + timedelta(days=number)).day - 1) // 7 + 1
            if (weekday, nth) in self.weeks_off:
                return ()
        return self.week[weekday]


def _split(moment: datetime) -> tuple[int, int]:
    """A moment's day, counted from 1970 in India, and the microseconds since its midnight."""
    passed = moment - _START
    return passed.days, passed.seconds * 1_000_000 + passed.microseconds


def _moment(day: int, clock: int) -> datetime:
    return _START + timedelta(day, 0, clock)


def _utc(moment: datetime) -> datetime:
    return _START + (moment - _START)


def _whole_minutes(microseconds: int) -> int:
    if microseconds < 0:
        return -(-microseconds // _MINUTE)
    return microseconds // _MINUTE


def _counted(minutes: int) -> int:
    if minutes < 0:
        raise ValueError(f"working minutes are counted from 0, not from {minutes}")
    return minutes
