"""Title: who owns which share of a property, and what a transfer makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from palika.errors import Conflict, Invalid
from services.tax.domain.register import Owner, Title, check_shares, holding

FINEST: Final = 1_000_000
"""No share is a fraction of more parts than these: what is finer is a slip of the pen."""
_WHOLE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One owner's share, or a part of it, goes to others.

    Attributes:
        giver: the owner's position, from 1.
        share: of the whole property; None is all that they own.
        takers: with their shares of what is transferred, which add up to 1.
    """

    giver: int
    share: Fraction | None
    takers: tuple[Owner, ...]


def after_transfers(owners: Sequence[Owner], transfers: Sequence[Transfer]) -> tuple[Owner, ...]:
    """The owners after transfers, all of them on one day.

    Who owns nothing any more is no owner. A taker who is an owner already owns more. Those who
    stay keep their order, and the first of them gets the bills.

    Raises:
        Invalid: nothing is transferred, a giver is no owner or gives more than they own, the
            takers' shares do not add up to 1, somebody gives to themselves, or a share is too fine.
    """
    if not transfers:
        raise _wrong("transfers", "must be one at least")
    left = [each.share for each in owners]
    takers: list[Owner] = []
    for at, each in enumerate(transfers, 1):
        place = f"transfers, {at}"
        if not 1 <= each.giver <= len(owners):
            raise _wrong(f"{place}, from", f"must be an owner, from 1 to {len(owners)}")
        had = left[each.giver - 1]
        given = had if each.share is None else each.share
        if not 0 < given <= had:
            raise _wrong(f"{place}, share", f"must be above 0 and at most what is theirs, {had}")
        total = sum((taker.share for taker in each.takers), Fraction(0))
        if total != _WHOLE:
            raise _wrong(f"{place}, to", f"the shares of it must add up to 1, not {total}")
        if any(is_same(taker, owners[each.giver - 1]) for taker in each.takers):
            raise _wrong(f"{place}, to", "nobody gives to themselves")
        left[each.giver - 1] = had - given
        takers += [replace(taker, share=taker.share * given) for taker in each.takers]
    stay = [replace(owner, share=share) for owner, share in zip(owners, left, strict=True)]
    found = merged_owners([*(owner for owner in stay if owner.share), *takers])
    check_title(found)
    return found


def owners_since(titles: Sequence[Title], number: str, day: date) -> tuple[Owner, ...]:
    """Who has owned a property from a day on, up to now.

    Args:
        titles: of the property, as they were written down.
        number: the property's, for messages.
        day: in Asia/Kolkata.

    Raises:
        Conflict: nobody is known to have owned it on that day, or its owners have changed since.
    """
    found = holding(titles, day)
    if found is None:
        raise Conflict(
            f"nobody is known to have owned property {number} on {day.isoformat()}",
            {"number": number},
        )
    later = sorted({each.effective_from for each in titles if each.effective_from > day})
    if later:
        days = [each.isoformat() for each in later]
        raise Conflict(
            f"the owners of property {number} have changed since, on {', '.join(days)}: say who "
            "owns what comes in its place",
            {"number": number, "effective_from": days},
        )
    return found.owners


def merged_owners(owners: Sequence[Owner]) -> tuple[Owner, ...]:
    """The same with one entry for each person, at the place of the first."""
    found: list[Owner] = []
    for each in owners:
        for at, known in enumerate(found):
            if is_same(known, each):
                found[at] = replace(known, share=known.share + each.share)
                break
        else:
            found.append(each)
    return tuple(found)


def check_title(owners: Sequence[Owner]) -> None:
    """Refuse owners that cannot be.

    Raises:
        Invalid: they do not own the whole together, a share is no share or too fine, or somebody
            is there twice.
    """
    for at, each in enumerate(owners, 1):
        if not 0 < each.share <= 1:
            raise _wrong(f"owners, {at}, share", "must be above 0 and at most 1")
        if each.share.denominator > FINEST:
            raise _wrong(f"owners, {at}, share", f"must not be of more than {FINEST} parts")
    check_shares(owners)
    if len(merged_owners(owners)) != len(owners):
        raise _wrong("owners", "somebody is there twice: add their shares up")


def is_same(one: Owner, other: Owner) -> bool:
    """The same person, as far as the register can tell."""
    return (one.kind, one.name.casefold(), one.phone) == (
        other.kind,
        other.name.casefold(),
        other.phone,
    )


def _wrong(field: str, rule: str) -> Invalid:
    return Invalid("not a title", {field: [rule]})
