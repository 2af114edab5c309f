"""What a run would demand, beside what was demanded for the year before: plain sums."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any, Final, NamedTuple

LONGEST: Final = 20
"""So many properties are named in each list; all of them are counted."""


class Change(NamedTuple):
    """A property's demand of the year before and of this one, in paise."""

    number: str
    ward: str
    use: str
    before: int
    now: int

    @property
    def rise(self) -> int:
        """Below 0 when it falls."""
        return self.now - self.before


@dataclass(slots=True)
class Sums:
    """Of a ward, a use, or of both: how many properties, and their demand in paise."""

    count_before: int = 0
    paise_before: int = 0
    count: int = 0
    paise: int = 0

    def add(self, other: "Sums") -> None:
        """Add another's."""
        self.count_before += other.count_before
        self.paise_before += other.paise_before
        self.count += other.count
        self.paise += other.paise

    @property
    def percent(self) -> float | None:
        """By how much the demand changes; None where there was none."""
        if not self.paise_before:
            return None
        return (self.paise - self.paise_before) * 100 / self.paise_before


@dataclass(slots=True)
class Listed:
    """How many there are, and some of them."""

    count: int = 0
    some: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *told: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.some) < LONGEST:
            self.some.append(told)

    def merge(self, other: "Listed") -> None:
        """Add another's."""
        self.count += other.count
        self.some = sorted([*self.some, *other.some])[:LONGEST]


@dataclass(slots=True)
class Comparison:
    """A preview's sums; those of several processes are merged. Its size is bounded.

    Attributes:
        by: by ward and use.
        rises, falls: the properties whose demand changes most, of those that have both.
        only_before: those with a demand of the year before, and none now, with the reason.
        only_now: the other way round.
        problems: those that cannot be billed, with the reason.
        billed_before: how many of this year's demands stand already.
        nothing: of how many there is nothing to demand.
    """

    by: dict[tuple[str, str], Sums] = field(default_factory=dict)
    rises: list[Change] = field(default_factory=list)
    falls: list[Change] = field(default_factory=list)
    only_before: Listed = field(default_factory=Listed)
    only_now: Listed = field(default_factory=Listed)
    problems: Listed = field(default_factory=Listed)
    billed_before: int = 0
    nothing: int = 0
    properties: int = 0

    def add(self, change: Change, why_not: str) -> None:
        """Count a property.

        Args:
            change: 0 where nothing was, or is, demanded.
            why_not: why there is no demand now; "" where there is one, or nothing to demand.
        """
        self.properties += 1
        had, has = change.before > 0, change.now > 0
        if had or has:
            sums = self.by.setdefault((change.ward, change.use), Sums())
            sums.add(Sums(int(had), change.before, int(has), change.now))
        if why_not:
            self.problems.add(change.ward, change.number, why_not)
        elif not has:
            self.nothing += 1
        if had and not has:
            self.only_before.add(change.ward, change.number, why_not or "nothing to demand")
        elif has and not had:
            self.only_now.add(change.ward, change.number)
        elif change.rise > 0:
            self.rises.append(change)
        elif change.rise < 0:
            self.falls.append(change)
        if len(self.rises) + len(self.falls) > 100 * LONGEST:
            self._trim()

    def merge(self, other: "Comparison") -> None:
        """Add another's."""
        for key, sums in other.by.items():
            self.by.setdefault(key, Sums()).add(sums)
        self.rises += other.rises
        self.falls += other.falls
        self._trim()
        self.only_before.merge(other.only_before)
        self.only_now.merge(other.only_now)
        self.problems.merge(other.problems)
        self.billed_before += other.billed_before
        self.nothing += other.nothing
        self.properties += other.properties

    def _trim(self) -> None:
        self.rises = nlargest(LONGEST, self.rises, key=lambda each: (each.rise, each.number))
        self.falls = nlargest(LONGEST, self.falls, key=lambda each: (-each.rise, each.number))

    @property
    def total(self) -> Sums:
        """Of the city."""
        found = Sums()
        for sums in self.by.values():
            found.add(sums)
        return found

    def by_ward(self) -> Iterator[tuple[str, Sums]]:
        """By ward, in order."""
        return self._grouped(0)

    def by_use(self) -> Iterator[tuple[str, Sums]]:
        """By use, in order."""
        return self._grouped(1)

    def _grouped(self, place: int) -> Iterator[tuple[str, Sums]]:
        found: dict[str, Sums] = {}
        for key, sums in self.by.items():
            found.setdefault(key[place], Sums()).add(sums)
        return iter(sorted(found.items()))

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        self._trim()
        return {
            "properties": self.properties,
            "total": _sums(self.total),
            "by_ward_and_use": [
                {"ward": ward, "use": use} | _sums(sums)
                for (ward, use), sums in sorted(self.by.items())
            ],
            "rises": [_change(each) for each in self.rises],
            "falls": [_change(each) for each in self.falls],
            "only_before": _listed(self.only_before),
            "only_now": _listed(self.only_now),
            "problems": _listed(self.problems),
            "billed_before": self.billed_before,
            "nothing": self.nothing,
        }


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "count_before": sums.count_before,
        "paise_before": sums.paise_before,
        "count": sums.count,
        "paise": sums.paise,
        "percent": None if sums.percent is None else round(sums.percent, 2),
    }


def _change(change: Change) -> dict[str, Any]:
    return change._asdict() | {"rise": change.rise}


def _listed(listed: Listed) -> dict[str, Any]:
    names = ("ward", "number", "reason")
    return {
        "count": listed.count,
        "some": [dict(zip(names, each, strict=False)) for each in listed.some],
    }
