"""Demand, collection, balance: by half-year and head, from the entries alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Key
from services.tax.domain.ledger.entries import Entry, is_charge


@dataclass(slots=True)
class Figures:
    """The figures of a due in a period, in paise.

    Attributes:
        opening: owed before the first day.
        demand: demanded in the period: bills, interest and fees, adjustments up and down.
        rebate: forgone for early payment.
        waiver: forgone by amnesties and orders.
        collection: settled with money, credit that was used included, less what was taken back.
        closing: owed after the last day: summed by itself, from all that the owner owes.
    """

    opening: int = 0
    demand: int = 0
    rebate: int = 0
    waiver: int = 0
    collection: int = 0
    closing: int = 0

    @property
    def difference(self) -> int:
        """What the figures do not explain; 0 when all is well."""
        given = self.rebate + self.waiver
        return self.opening + self.demand - given - self.collection - self.closing


def dcb(
    entries: Iterable[Entry],
    first_day: date,
    last_day: date,
    known_at: datetime | None = None,
) -> dict[Key, Figures]:
    """The figures by due.

    Args:
        entries: of one property or of many, in any order, each once.
        first_day: of the period, by value date.
        last_day: of the period, by value date.
        known_at: only what was written down by this moment, as the books of a closed year have it;
            None is all.

    Returns:
        By due, in order, where something is or was owed.
    """
    found: dict[Key, Figures] = {}
    for entry in entries:
        if entry.value_date > last_day or (known_at is not None and entry.posted_at > known_at):
            continue
        inside = entry.value_date >= first_day
        charge = is_charge(entry)
        for account, half_year, head, paise in entry.lines:
            if half_year is None:
                continue
            figures = found.setdefault((half_year, head), Figures())
            if account is Account.RECEIVABLE:
                figures.closing += paise
                if not inside:
                    figures.opening += paise
                elif not charge:
                    figures.collection -= paise
            elif not inside:
                continue
            elif account is Account.REBATE_GIVEN:
                figures.rebate += paise
            elif account is Account.WAIVER_GIVEN:
                figures.waiver += paise
            else:
                figures.demand -= paise
    return dict(sorted(found.items()))
