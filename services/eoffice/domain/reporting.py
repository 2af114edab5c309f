"""How reports count: ages of what is pending, what acts are called, and who reads whose diary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from palika.errors import Forbidden
from palika.india import start_of
from services.eoffice.domain.organisation import Organisation, Post
from services.eoffice.domain.secrecy import Secrecy


@dataclass(frozen=True, slots=True)
class Band:
    """An age, in days of the calendar in India; ``last`` None: it has no end."""

    first: int
    last: int | None

    @property
    def code(self) -> str:
        """As it is called in answers: ``8-15``, ``91+``."""
        return f"{self.first}+" if self.last is None else f"{self.first}-{self.last}"

    def moments(self, today: date) -> tuple[datetime | None, datetime]:
        """Of what is so old today: since when at the earliest (None: ever), and before when."""
        since = None if self.last is None else start_of(today - timedelta(days=self.last))
        if self.first == 0:
            # What a clock that goes a little ahead has written is of today.
            return since, datetime.max.replace(tzinfo=start_of(today).tzinfo)
        return since, start_of(today - timedelta(days=self.first - 1))


@dataclass(frozen=True, slots=True)
class Said:
    """A name or a phrase in both languages."""

    mr: str
    en: str

    def in_(self, language: str) -> str:
        """In ``mr``, or else in English."""
        return self.mr if language == "mr" else self.en


@dataclass(frozen=True)
class Reporting:
    """What a city wrote in ``data/reports.yaml``.

    Attributes:
        bands: from the youngest to the oldest, without a gap.
        acts: what an act is called, by what it is about and its verb.
    """

    bands: tuple[Band, ...]
    acts: Mapping[tuple[str, str], Said]

    def words(self, kind: str, verb: str) -> Said:
        """What an act is called; one that the city has no words for is called by its verb."""
        return self.acts.get((kind, verb)) or Said(verb, verb)


def reporting(raw: Mapping[str, Any]) -> Reporting:
    """The city's ages and words.

    Raises:
        ValueError: the ages do not rise, or an act is not called anything in a language.
    """
    acts = {}
    for kind, verbs in raw["acts"].items():
        for verb, each in verbs.items():
            if not each.get("mr") or not each.get("en"):
                raise ValueError(f"acts: {kind}: {verb} needs words in mr and in en")
            acts[kind, verb] = Said(each["mr"], each["en"])
    return Reporting(bands(raw["ages"]), acts)


def bands(ages: Sequence[int]) -> tuple[Band, ...]:
    """Ages by the last day of each but the oldest.

    Raises:
        ValueError: they are not whole days that rise.
    """
    found, first = [], 0
    for last in ages:
        if type(last) is not int or last < first:
            raise ValueError(f"ages: must be whole days that rise, not {list(ages)}")
        found.append(Band(first, last))
        first = last + 1
    if not found:
        raise ValueError("ages: must name one day at least")
    return (*found, Band(first, None))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks for a report: a post, and up to which grade of secrecy it reads.

    ``post`` is None for the operator at the command line, who is no post; ``department`` is the
    post's, ``limit`` as of ``Post``.
    """

    post: str | None
    clearance: Secrecy
    department: str | None = None
    limit: Secrecy = Secrecy.TOP_SECRET

    @classmethod
    def of(cls, post: Post) -> "Reader":
        """A post, as an actor has it."""
        return cls(post.code, post.clearance, post.department, post.limit)


def check_diary(organisation: Organisation, of: str, reader: str) -> None:
    """Refuse to show a post's diary to who is neither that post nor up the line from it.

    Raises:
        Forbidden: naming the posts that may read it.
    """
    able = [of, *organisation.above(of)]
    if reader not in able:
        raise Forbidden(
            f"the diary of {of} is read by {of} and by who is above: {', '.join(able)}",
            {"post": reader, "legal": able},
        )
