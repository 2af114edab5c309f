"""What was decided when, and from when it holds: two dates, so that both what was billed then and
what holds now can be computed.

A rule holds from its ``effective_from`` until a later one of the same key begins. A rule that is
decided later for a time that has begun (the 40 % of 2019, restored in 2023) takes the place of the
one before from ``effective_from`` on, for whoever asks as of a day on or after ``decided_on``; as
of an earlier day the old rule stands, as it was then applied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Basis:
    """What a figure rests on.

    Attributes:
        effective_from: the first day (in Asia/Kolkata) of its effect.
        decided_on: the day from which it was known.
        source: the citation; None when there is none.
        illustrative: it is an example of ours, or a part of it is, which ``note`` then says.
        note: what a reader should know.
        refund_years: where it takes an earlier rule's place for a time that is billed already: over
            how many years what was billed too much is given back; None where nothing says so.
    """

    effective_from: date
    decided_on: date
    source: str | None
    illustrative: bool
    note: str | None = None
    refund_years: int | None = None


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A figure and what it rests on."""

    value: T
    basis: Basis


@dataclass(frozen=True, slots=True)
class History(Generic[T]):
    """All rules of one key, in any order."""

    rules: tuple[Dated[T], ...] = ()

    def at(self, day: date, known_on: date) -> Dated[T] | None:
        """The rule that holds on ``day`` for who knows what was decided by ``known_on``.

        None when none holds.
        """
        known = (
            each
            for each in self.rules
            if each.basis.effective_from <= day and each.basis.decided_on <= known_on
        )
        return max(known, key=_order, default=None)


def _order(rule: Dated[T]) -> tuple[date, date]:
    return rule.basis.effective_from, rule.basis.decided_on


def doubts(bases: Sequence[Basis]) -> Iterator[tuple[int, str]]:
    """Where it is not clear which rule of a key holds: the place in the list, and why.

    Two rules of the same two dates contradict each other. One that is decided later but begins
    earlier than another leaves open whether it ends where the other begins: the city has to say
    so, with a rule of that beginning which is decided no earlier.
    """
    for at, each in enumerate(bases):
        same = each.effective_from, each.decided_on
        if same in [(one.effective_from, one.decided_on) for one in bases[:at]]:
            yield at, "there is another of the same effective_from and decided_on"
        for other in bases:
            if not (
                each.decided_on > other.decided_on and each.effective_from < other.effective_from
            ):
                continue
            if not any(
                one.effective_from == other.effective_from and one.decided_on >= each.decided_on
                for one in bases
            ):
                yield (
                    at,
                    "is decided after the one that begins on "
                    f"{other.effective_from.isoformat()} and begins before it; say what holds "
                    "from that day by a rule of the same or a later decided_on",
                )
