"""The register: what a property was, is and will be, by dated orders that never overwrite the past.

Each order says what the property is from a day on. One that is written down later for a time that
has begun takes the place of what was known before, from that day on; who asks as of an earlier
moment gets what was known then, and so what was billed then.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final, Protocol, TypeVar

from palika.errors import Conflict, Invalid
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import Floor, Property

ACTIVE: Final = "active"
DEMOLISHED: Final = "demolished"
ANNULLED: Final = "annulled"
"""What had come of an order that was revoked."""
GIVEN_WAY: Final = ("split", "merged", ANNULLED)
"""What is gone, with others in its place. What is demolished keeps its own ledger."""
GONE: Final = (*GIVEN_WAY, DEMOLISHED)
"""What can become of a property: from then on it is not assessed."""
REGISTRATION: Final = "registration"
REVOCATION: Final = "revocation"
REVOCABLE: Final = ("split", "merger", "demolition")
"""The orders that a revocation undoes."""
KINDS: Final = (
    REGISTRATION,
    "reassessment",
    "mutation",
    "split",
    "merger",
    "demolition",
    "objection",
    "claim",
    REVOCATION,
)
"""Why an order was made. A mutation changes the owners, all others what the property is."""
OWNER_KINDS: Final = ("person", "company", "trust", "society", "government")


class Dated(Protocol):
    """What an order said: from which day it holds, and since when (aware) that is known."""

    @property
    def effective_from(self) -> date:
        """In Asia/Kolkata."""

    @property
    def recorded_at(self) -> datetime:
        """Aware."""


D = TypeVar("D", bound=Dated)


def holding(said: Iterable[D], day: date, known_at: datetime | None = None) -> D | None:
    """What holds on a day, of all that orders said; None when nothing does yet.

    Args:
        said: in the order in which it was written down.
        day: in Asia/Kolkata.
        known_at: what was written down by this moment (aware) counts; None is all.
    """
    found: D | None = None
    for each in said:
        if each.effective_from > day or (known_at is not None and each.recorded_at > known_at):
            continue
        # Of those that begin on one day the one that was written down last.
        if found is None or each.effective_from >= found.effective_from:
            found = each
    return found


@dataclass(frozen=True, slots=True)
class State:
    """What a property is, as far as its tax depends on it.

    Attributes:
        zone: of the rate sheet.
        status: ``active``, or one of ``GONE``.
        claims: the concessions that its owner has claimed and been granted.
    """

    ward: str
    zone: str
    address: str
    status: str
    floors: tuple[Floor, ...]
    claims: frozenset[str] = frozenset()

    def described(self, number: str) -> Property:
        """The property as the assessment takes it."""
        return Property(number, self.zone, self.floors, self.claims)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A state, from which day it holds, and since when (aware) that is known."""

    state: State
    effective_from: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Register:
    """All that the orders said about one property, in the order in which they were written down."""

    number: str
    states: tuple[Recorded, ...]

    def at(self, day: date, known_at: datetime | None = None) -> State | None:
        """What the property is on a day; None before it was on the roll.

        Args:
            day: in Asia/Kolkata.
            known_at: what was written down by this moment (aware) counts; None is all.
        """
        found = holding(self.states, day, known_at)
        return found.state if found is not None else None

    def assessable(self, half_year: HalfYear, known_at: datetime | None = None) -> Property | None:
        """The property as it is assessed for a half-year: as it is on its first day (illustrative:
        a part of a half-year is not assessed by days).

        None when it was not on the roll yet, is gone, or was never described by its floors.
        """
        state = self.at(half_year.first_day, known_at)
        if state is None or state.status != ACTIVE or not state.floors:
            return None
        return state.described(self.number)

    def changed_since(self, half_years: Iterable[HalfYear], known_at: datetime) -> bool:
        """Whether it is assessed otherwise for a half-year than it was known to be at a moment: a
        bill of that moment would be one that nothing revises."""
        return any(each.recorded_at > known_at for each in self.states) and any(
            self.assessable(each) != self.assessable(each, known_at) for each in half_years
        )

    def check_from(self, states: Mapping[date, State]) -> None:
        """Refuse an order that leaves open what the property is from a day on.

        That it is gone from a later day on stands by itself after an order about what it was; a
        day on which it was demolished may be moved back.

        Args:
            states: what the order says that it is, by the day from which that holds.

        Raises:
            Conflict: it has changed on a later day, and the order does not say what holds from
                that day on.
        """
        first = min(states)
        said = {state.status for state in states.values()}
        known = {
            each.effective_from
            for each in self.states
            if each.effective_from > first and not self._stands(each.effective_from, said)
        }
        if unsaid := sorted(known - set(states)):
            days = ", ".join(day.isoformat() for day in unsaid)
            raise Conflict(
                f"property {self.number} has changed since: say also what it is from {days}",
                {"number": self.number, "effective_from": [day.isoformat() for day in unsaid]},
            )

    def _stands(self, day: date, said: Collection[str]) -> bool:
        """Whether it is gone on a day, whatever an order says (by its statuses) of days before."""
        found = self.at(day)
        if found is None or found.status == ACTIVE:
            return False
        return set(said) <= {ACTIVE} or {found.status, *said} == {DEMOLISHED}


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner and their share; ``kind`` is one of ``OWNER_KINDS``."""

    name: str
    kind: str
    share: Fraction
    phone: str | None = None
    email: str | None = None
    language: str = "mr"


@dataclass(frozen=True, slots=True)
class Title:
    """Who owns a property by an order, from which day on, and since when (aware) that is known.

    Attributes:
        order: its id, as text.
    """

    owners: tuple[Owner, ...]
    effective_from: date
    recorded_at: datetime
    order: str


def check_shares(owners: Sequence[Owner]) -> None:
    """Refuse owners who do not own the whole together.

    Raises:
        Invalid: nobody, or shares that do not add up to 1.
    """
    total = sum((each.share for each in owners), Fraction(0))
    if total != 1:
        shares = " + ".join(str(each.share) for each in owners) or "nobody"
        rule = f"the shares must add up to 1, not {shares} = {total}"
        raise Invalid("not the whole", {"owners": [rule]})


def floors_as_json(floors: Sequence[Floor]) -> list[dict[str, Any]]:
    """Floors as they are kept and sent; ``area_sqm`` is a text with two decimals."""
    return [
        {
            "floor": each.label,
            "area_sqm": f"{each.area // 100}.{each.area % 100:02d}",
            "use": each.use,
            "class": each.construction,
            "built_in": each.built_in,
            "occupancy": each.occupancy,
        }
        for each in floors
    ]


def floors_of_json(raw: Sequence[Mapping[str, Any]]) -> tuple[Floor, ...]:
    """The floors that ``floors_as_json`` wrote."""
    return tuple(
        Floor(
            each["floor"],
            int(each["area_sqm"].replace(".", "")),
            each["use"],
            each["class"],
            each["built_in"],
            each["occupancy"],
        )
        for each in raw
    )


def use_of(floors: Sequence[Floor]) -> str | None:
    """The one use of all floors, or ``mixed``; None without any."""
    uses = {each.use for each in floors}
    return uses.pop() if len(uses) == 1 else "mixed" if uses else None
