"""How well likely duplicates are found: the rules against the labelled set, as at filing.

Each report is filed in its turn against those that are open then, as a citizen files it: candidates
as ``queries/similar.py`` looks for them, within the radius that the catalogue gives the kind, and
as many offers as there. Every pair that is offered or ought to be is counted. ``precision`` is the
share of offers that are right, ``recall`` the share of duplicates that are offered, ``f1`` their
harmonic mean.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.grievance.domain.duplicates import Match, Report, rank
from services.grievance.duplicates.labelled import Labelled
from services.grievance.reference import city

_SEEN_AT_ONCE = 3
Finder = Callable[[Report, Iterable[Report], float], list[Match]]


@dataclass(slots=True)
class Tally:
    """Pairs offered rightly, offered wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, *, offered: bool, same: bool) -> None:
        """Count one pair; what is neither offered nor the same is not counted."""
        self.right += offered and same
        self.wrong += offered and not same
        self.missed += same and not offered

    def to_dict(self) -> dict[str, Any]:
        """Figures for people and programs; a share of nothing is None."""
        return {
            "pairs": self.right + self.missed,
            "precision": _share(self.right, self.right + self.wrong),
            "recall": _share(self.right, self.right + self.missed),
            "f1": _share(2 * self.right, 2 * self.right + self.wrong + self.missed),
        }


@dataclass(slots=True)
class Measure:
    """What a run came to: all pairs, by group (languages, positions), and by sub-category.

    ``found`` of ``repeats``: filings of something already open of which a right one was among the
    first three offered. ``asked`` of ``first_ones``: first reports that were offered anything.
    """

    reports: int = 0
    overall: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    repeats: int = 0
    found: int = 0
    first_ones: int = 0
    asked: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "reports": self.reports,
            "overall": self.overall.to_dict(),
            "groups": {name: self.groups[name].to_dict() for name in sorted(self.groups)},
            "kinds": {name: self.kinds[name].to_dict() for name in sorted(self.kinds)},
            "found_among_first_three": _share(self.found, self.repeats),
            "first_reports_asked_in_vain": _share(self.asked, self.first_ones),
        }


def measure(reports: Sequence[Labelled], find: Finder = rank) -> Measure:
    """File the reports, in the order given, and judge what ``find`` offers for each."""
    outcome = Measure(reports=len(reports))
    before: dict[str, list[Labelled]] = defaultdict(list)
    for new in reports:
        filed_at = new.report.filed_at
        open_ones = before[new.report.category]
        open_ones[:] = [old for old in open_ones if old.open_until > filed_at]
        radius_m = city().subcategory(new.report.subcategory).duplicate_radius_m
        asked = [old.report for old in open_ones if _is_looked_at(new.report, old.report)]
        offers = [match.id for match in find(new.report, asked, radius_m)]
        same = {old.report.id for old in open_ones if old.incident == new.incident}
        for old in open_ones:
            offered, is_same = old.report.id in offers, old.report.id in same
            groups = (outcome.groups[name] for name in _groups(new, old))
            for tally in (outcome.overall, outcome.kinds[new.report.subcategory], *groups):
                tally.add(offered=offered, same=is_same)
        if same:
            outcome.repeats += 1
            outcome.found += not same.isdisjoint(offers[:_SEEN_AT_ONCE])
        else:
            outcome.first_ones += 1
            outcome.asked += bool(offers)
        open_ones.append(new)
    return outcome


def _is_looked_at(new: Report, old: Report) -> bool:
    """Whether the queries of ``queries/similar.py`` find it; the radius is ``rank``'s."""
    if new.place is not None and old.place is not None:
        return True
    if new.place is None and not (new.names or new.numbers):
        return False
    return new.ward is not None and new.ward == old.ward


def _groups(new: Labelled, old: Labelled) -> tuple[str, str]:
    languages = "–".join(sorted((new.language, old.language), reverse=True))
    placed = new.report.place is not None and old.report.place is not None
    return languages, "both positions known" if placed else "a position missing"


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
