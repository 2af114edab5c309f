"""The record retention schedule: of which category a closed file is, or a receipt that was closed
without one, and when it may be weeded."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from palika.errors import Conflict, Forbidden, Invalid
from palika.text import Name
from services.eoffice.domain.able import Able, able, named
from services.eoffice.domain.organisation import Post

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Category(StrEnum):
    """How long a thing is kept: for good and reproduced (A), for good (B), for some years (C).

    Source: the Central Secretariat Manual of Office Procedure, on the categorisation of records.
    """

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long a file or a receipt is kept; ``years`` are of category C alone."""

    category: Category
    years: int | None

    @property
    def length(self) -> tuple[int, int]:
        """The longer a file is kept, the higher; A is above B, which is kept as long."""
        return (2 - list(Category).index(self.category), self.years or 0)

    def lowers(self, before: "Keeping") -> bool:
        """Whether what was to be kept as ``before`` is kept less long so."""
        return self.length < before.length

    def __str__(self) -> str:
        """``B``, ``C-10``: as it is written on a cover."""
        return self.category if self.years is None else f"{self.category}-{self.years}"


@dataclass(frozen=True, slots=True)
class RecordClass:
    """A line of the schedule; no ``heads``: of all that no other line fits."""

    code: str
    name: Name
    keeping: Keeping
    source: str
    heads: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()

    def fits(self, head: str, department: str) -> bool:
        """Whether a file of that subject head and department is of this class."""
        return (not self.heads or head in self.heads) and (
            not self.departments or department in self.departments
        )


@dataclass(frozen=True, slots=True)
class ReceiptClass:
    """A line of the schedule for receipts that were closed without a file, by what they are (the
    categories of ``data/receipts.yaml``); no ``of``: of all that no other line names."""

    code: str
    name: Name
    keeping: Keeping
    source: str
    of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HoldKind:
    """What stops weeding; ``lift``: the posts that may say that it is over."""

    code: str
    name: Name
    lift: frozenset[str]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The city's; see ``data/retention.yaml``.

    Attributes:
        review_years: of A and B: after so many a file is appraised, and kept.
        most_years: of C.
    """

    names: Mapping[Category, Name]
    review_years: Mapping[Category, int]
    most_years: int
    classes: tuple[RecordClass, ...]
    receipts: tuple[ReceiptClass, ...]
    holds: Mapping[str, HoldKind]
    record_room: Able
    may_lower: Able
    may_weed: Able

    def class_of(self, head: str, department: str) -> RecordClass:
        """The class of a file, by what it is about and whose it is."""
        return next(each for each in self.classes if each.fits(head, department))

    def class_of_receipt(self, category: str) -> ReceiptClass:
        """The class of a receipt that was closed without a file, by its category."""
        return next(each for each in self.receipts if not each.of or category in each.of)

    def keeping(self, category: str, years: int | None) -> Keeping:
        """A category with its years.

        Raises:
            Invalid: C without years, or with more than it may have; A or B with any.
        """
        kind = Category(category)
        if kind is not Category.C:
            if years is not None:
                rule = f"{kind} is kept for good: it has no years"
                raise Invalid("no such keeping", {"years": [rule]})
            return Keeping(kind, None)
        if years is None or not 1 <= years <= self.most_years:
            rule = f"of category C it must be from 1 to {self.most_years}"
            raise Invalid("no such keeping", {"years": [rule]})
        return Keeping(kind, years)

    def due_on(self, keeping: Keeping, closed_on: date) -> date:
        """From which day what was closed on a day of India is due: of C for weeding, of A and B
        for review."""
        return later(closed_on, keeping.years or self.review_years[keeping.category])

    def hold(self, code: str) -> HoldKind:
        """What stops weeding, by its code.

        Raises:
            Invalid: there is no such thing.
        """
        found = self.holds.get(code)
        if found is None:
            rule = f"{code!r} is not known; must be one of: {', '.join(sorted(self.holds))}"
            raise Invalid("no such hold", {"kind": [rule]})
        return found


def later(day: date, years: int) -> date:
    """The same day so many years later; of 29 February the 1st of March, where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def earlier(day: date, years: int) -> date:
    """The last day from which ``later`` is not after a day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def check_recording(
    schedule: Schedule,
    post: Post,
    wanted: Keeping,
    least: Keeping,
    reason: str | None,
    above: Sequence[Post] = (),
) -> None:
    """Refuse a category that nobody has given a reason for, or that this post may not give.

    Args:
        schedule: the city's.
        post: that records the file.
        wanted: what it is to be.
        least: what the schedule says, or what it was recorded as.
        reason: why it is not that.
        above: the posts up the line that somebody holds, the nearest first.

    Raises:
        Invalid: it is another than ``least``, and nothing says why.
        Forbidden: it is less, and the post may not lower; ``may`` names who above it may.
    """
    if wanted == least:
        return
    if reason is None:
        rule = f"is needed: it is {wanted} and not {least}"
        raise Invalid("why is it kept otherwise?", {"reason": [rule]})
    if wanted.lowers(least) and not schedule.may_lower.includes(post):
        may = schedule.may_lower.those(above)
        raise Forbidden(
            f"{post.code} may not lower {least} to {wanted}; {named(may)}",
            {"post": post.code, "is": str(least), "wanted": str(wanted), "may": may},
        )


def check_decides(schedule: Schedule, post: Post, above: Sequence[Post]) -> None:
    """Refuse a decision about a weeding by a post that may not approve any.

    Args:
        above: the posts up the line that somebody holds, the nearest first.

    Raises:
        Forbidden: ``may`` names who above it may.
    """
    if not schedule.may_weed.includes(post):
        may = schedule.may_weed.those(above)
        raise Forbidden(
            f"{post.code} may not approve weeding; {named(may)}", {"post": post.code, "may": may}
        )


def check_weedable(
    what: str,
    number: str,
    keeping: Keeping | None,
    due_on: date | None,
    holds: Collection[str],
    today: date,
) -> None:
    """Refuse to weed what is to be kept, still or for good.

    Args:
        what: ``file`` or ``receipt``.
        number: of it.
        keeping: as a file was recorded, None: it was not; of a receipt what the schedule says.
        due_on: from when on it may be weeded; None: it is not closed.
        holds: what stops it.
        today: the day in India.

    Raises:
        Conflict: it is not recorded, not closed, kept for good, not due, or held.
    """
    if keeping is None:
        why = "it is not recorded"
    elif due_on is None:
        why = "it is not closed"
    elif keeping.category is not Category.C:
        why = f"it is of category {keeping.category}, which is kept for good"
    elif due_on > today:
        why = f"it is kept until {due_on:%d-%m-%Y}"
    elif holds:
        why = f"it is held: {', '.join(sorted(holds))}"
    else:
        return
    raise Conflict(
        f"{what} {number} cannot be weeded: {why}",
        {
            "number": number,
            "keeping": None if keeping is None else str(keeping),
            "due_on": None if due_on is None else due_on.isoformat(),
            "holds": sorted(holds),
        },
    )


def schedule(
    raw: Mapping[str, Any], heads: Collection[str], categories: Collection[str]
) -> Schedule:
    """The schedule that a city wrote in ``data/retention.yaml``.

    Args:
        raw: as YAML has it.
        heads: the subject heads that files are numbered under.
        categories: those that receipts may be of.

    Raises:
        ValueError: a code, a name, a head, a category or a number is not as it should be.
    """
    kinds = {Category(code): each for code, each in raw["categories"].items()}
    if len(kinds) != len(Category):
        raise ValueError("categories: A, B and C are needed")
    most = _years(kinds[Category.C]["most_years"], "C: most_years")
    classes = [
        RecordClass(
            *(code, *_line("classes", code, each, most)),
            _known("classes", code, each.get("heads", []), heads, "subject head"),
            frozenset(each.get("departments", [])),
        )
        for code, each in raw["classes"].items()
    ]
    if not classes or classes[-1].heads or classes[-1].departments:
        raise ValueError("classes: the last must be for all that no other fits")
    receipts = [
        ReceiptClass(
            *(code, *_line("receipts", code, each, most)),
            _known("receipts", code, each.get("of", []), categories, "category of receipts"),
        )
        for code, each in raw.get("receipts", {}).items()
    ]
    if not receipts or [each for each in receipts if not each.of] != receipts[-1:]:
        raise ValueError("receipts: the last, and no other, must be for all that no other names")
    return Schedule(
        names={kind: Name(each["mr"], each["en"]) for kind, each in kinds.items()},
        review_years={
            kind: _years(kinds[kind]["review_years"], f"{kind}: review_years")
            for kind in (Category.A, Category.B)
        },
        most_years=most,
        classes=tuple(classes),
        receipts=tuple(receipts),
        holds={
            code: HoldKind(code, Name(each["mr"], each["en"]), frozenset(each["lift"]))
            for code, each in raw["holds"].items()
        },
        **{name: able(raw[name], name) for name in ("record_room", "may_lower", "may_weed")},
    )


def _line(part: str, code: str, raw: Mapping[str, Any], most: int) -> tuple[Name, Keeping, str]:
    """What lines for files and for receipts have alike."""
    if not _CODE.fullmatch(code):
        raise ValueError(f"{part}: {code!r} must be small letters, digits and single hyphens")
    if not raw.get("source"):
        raise ValueError(f"{part}: {code} needs a source")
    years = raw.get("years")
    category = Category(raw["category"])
    if (category is Category.C) != (years is not None):
        raise ValueError(f"{part}: {code}: years are of category C, and of no other")
    if years is not None and _years(years, code) > most:
        raise ValueError(f"{part}: {code}: category C is at most {most} years")
    return Name(raw["mr"], raw["en"]), Keeping(category, years), raw["source"]


def _known(
    part: str, code: str, said: Collection[str], known: Collection[str], what: str
) -> frozenset[str]:
    if strange := sorted(set(said) - set(known)):
        raise ValueError(f"{part}: {code}: there is no {what} {strange[0]!r}")
    return frozenset(said)


def _years(value: Any, where: str) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{where}: {value!r} must be whole years from 1")
    return value
