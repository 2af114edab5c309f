"""Histories out of the ledger: the same as the made-up ones, from entries that are real."""

from collections.abc import Iterable, Mapping, Sequence

from palika.india import day_of
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.domain.ledger.entries import Entry, Kind
from services.tax.domain.recovery import Act, Credit, Dispute, Due, Facts, History

_CREDITS: Mapping[Kind, str] = {Kind.REBATE: "rebate", Kind.WAIVER: "waiver"}
_RECEIVED = MONEY | {Account.SUSPENSE}
_RAISES = (Kind.DEMAND, Kind.ADJUSTMENT, Kind.INTEREST, Kind.FEE)


def history_of(
    property_id: str,
    entries: Iterable[Entry],
    facts: Sequence[Facts],
    acts: Sequence[Act] = (),
    disputes: Sequence[Dispute] = (),
) -> History:
    """The history of a property.

    A payment counts from its value date and is known from the day on which it was written down; so
    is what takes it back. Credit that is moved changes nothing that is owed in all, and money that
    is given back is no history of paying: both are left out.

    Args:
        property_id: whose.
        entries: its own, all of them, in any order.
        facts: of the register, in order.
        acts: what was done about it, in order.
        disputes: objections and court cases, in order.
    """
    known = {entry.id: entry for entry in entries}
    dues: list[Due] = []
    credits: list[Credit] = []
    for entry in known.values():
        of = known.get(entry.undoes) if entry.undoes else None
        _add(entry, of.kind if of is not None else entry.kind, dues, credits)
    return History(
        property_id,
        facts,
        sorted(dues, key=lambda each: (each.on, each.known_on)),
        sorted(credits, key=lambda each: (each.on, each.known_on)),
        acts,
        disputes,
    )


def _add(entry: Entry, kind: Kind, dues: list[Due], credits: list[Credit]) -> None:
    """Add an entry; ``kind`` is of what it takes back, if it does."""
    on, known_on = entry.value_date, day_of(entry.posted_at)
    if kind is Kind.PAYMENT:
        paise = sum(line.paise for line in entry.lines if line.account in _RECEIVED)
        if paise:
            name = "payment" if paise > 0 else "bounce"
            credits.append(Credit(on, known_on, paise, name))
        return
    owed = sum(line.paise for line in entry.lines if line.account is Account.RECEIVABLE)
    if not owed:
        return
    if kind in _RAISES and owed > 0:
        tax = kind in (Kind.DEMAND, Kind.ADJUSTMENT)
        dues.append(Due(on, known_on, entry.late_from, owed, tax))
    elif kind in _CREDITS or kind in _RAISES:
        # Below 0 where it takes a rebate back; a demand that was lowered is a credit.
        credits.append(Credit(on, known_on, -owed, _CREDITS.get(kind, "adjustment")))
