"""When reviews are held: by a rule, and moved around the days off. The rhythm stays as it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from palika.india import INDIA
from palika.reading import Reading
from palika.text import Name

_WEEKDAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
)
_WEEKEND: Final = Name("साप्ताहिक सुट्टी", "Weekly day off")
_LONGEST: Final = 60
"""So many days a review is moved at most; a calendar without a working day is a mistake."""


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The days on which nobody meets.

    Attributes:
        weekend: weekdays, Monday is 0.
        holidays: with their names.
        years: those whose holidays are known.
    """

    weekend: frozenset[int]
    holidays: Mapping[date, Name]
    years: frozenset[int]

    def why(self, day: date) -> Name | None:
        """Why nobody meets on a day; None: they do."""
        if day in self.holidays:
            return self.holidays[day]
        return _WEEKEND if day.weekday() in self.weekend else None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so many weeks from a day on, at a time of India.

    Attributes:
        forward: whether a review on a day off is moved to the next working day; else to the one
            before.
    """

    every_weeks: int
    first_on: date
    at: time
    forward: bool = True

    def days(self, from_day: date, to_day: date) -> Iterator[date]:
        """The days by the rule, both ends included; none before the first."""
        step = timedelta(weeks=self.every_weeks)
        ago = max(0, -((self.first_on - from_day).days // step.days))
        day = self.first_on + ago * step
        while day <= to_day:
            if day >= from_day:
                yield day
            day += step

    def held_on(self, day: date, off: DaysOff) -> tuple[date, Name | None]:
        """When the review of a day is held, and why not on that day.

        Raises:
            ValueError: there is no working day far and wide.
        """
        why = off.why(day)
        held, step = day, timedelta(days=1 if self.forward else -1)
        for _ in range(_LONGEST):
            if off.why(held) is None:
                return held, why
            held += step
        raise ValueError(f"no working day within {_LONGEST} days of {day}")

    def moment(self, day: date) -> datetime:
        """The moment at which it begins on a day, aware."""
        return datetime.combine(day, self.at, INDIA)


def days_off(raw: Any) -> DaysOff:
    """The days off that ``data/calendar.yaml`` has.

    Raises:
        Mistakes: what is wrong, each with its place.
    """
    reading = Reading()
    given = reading.mapping("", raw, ("weekend", "holidays"))
    weekend = reading.codes("weekend", given["weekend"], _WEEKDAYS)
    if len(weekend) == len(_WEEKDAYS):
        reading.wrong("weekend", "there must be a working day")
    found: dict[date, Name] = {}
    years = set()
    for year, listed in reading.mapping("holidays", given["holidays"], optional=None).items():
        number = reading.whole("holidays, a year", year, 1950, 9000)
        years.add(number)
        for place, each in reading.items(f"holidays, {year}", listed):
            said = reading.mapping(place, each, ("date", "mr", "en"))
            day = reading.day(f"{place}, date", said["date"])
            if day in found:
                reading.wrong(place, f"{day} is there twice")
            if day.year != number:
                reading.wrong(place, f"{day} is not in {number}")
            found[day] = reading.name(place, said)
    reading.stop_if_wrong()
    numbers = frozenset(_WEEKDAYS.index(each) for each in weekend)
    return DaysOff(numbers, found, frozenset(years))
