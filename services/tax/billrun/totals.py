"""What a run made, from its chunks' marks and, once more, from the tables themselves."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.tax.domain.billing import half_years_of
from services.tax.ledger_store import code_of
from services.tax.models import BillRun

_MARKS = text("""
    SELECT coalesce(sum(properties), 0) AS properties,
        coalesce(sum(properties) FILTER (WHERE done_at IS NOT NULL), 0) AS done,
        coalesce(sum(bills), 0) AS bills, coalesce(sum(demanded_paise), 0) AS demanded_paise,
        coalesce(sum(entries), 0) AS entries, coalesce(sum(events), 0) AS events,
        coalesce(sum(nothing), 0) AS nothing, coalesce(sum(billed_before), 0) AS billed_before,
        coalesce(sum(problems), 0) AS problems
    FROM bill_run_chunk WHERE run_id = :run_id
""")
# No other bill of the period has the run's moment, to the microsecond.
_BILLS = text("""
    SELECT count(*), coalesce(sum(amount_paise), 0) FROM bill
    WHERE period = :period AND billed_at = :billed_at
""")
_DEMANDS = text("""
    SELECT count(DISTINCT bill.id), coalesce(sum(demanded.paise), 0)
    FROM bill
    JOIN ledger_entry AS entry ON entry.property_id = bill.property_id
        AND entry.half_year = ANY(:half_years) AND entry.reference = bill.number
        AND entry.posted_at = bill.billed_at
    CROSS JOIN LATERAL (SELECT sum(each) AS paise FROM unnest(entry.paise) AS each WHERE each > 0)
        AS demanded
    WHERE bill.period = :period AND bill.billed_at = :billed_at
""")


@dataclass(frozen=True, slots=True)
class Marks:
    """The sums over a run's chunks; ``done`` of its ``properties`` are through."""

    properties: int
    done: int
    bills: int
    demanded_paise: int
    entries: int
    events: int
    nothing: int
    billed_before: int
    problems: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A run's sums three times: as its chunks counted them, in the bills, in the ledger.

    Attributes:
        marks: of the chunks: what COPY said that it took.
        bills, bills_paise: in the table of bills.
        demanded, demanded_paise: how many of these have demands in the ledger, and of how much.
    """

    marks: Marks
    bills: int
    bills_paise: int
    demanded: int
    demanded_paise: int

    @property
    def agree(self) -> bool:
        """Whether there are as many bills as events, and both ask for what the ledger demands."""
        counts = {self.bills, self.demanded, self.marks.bills, self.marks.events}
        sums = {self.bills_paise, self.demanded_paise, self.marks.demanded_paise}
        return len(counts) == 1 and len(sums) == 1

    def to_dict(self) -> dict[str, Any]:
        """For JSON: numbers only."""
        marks = {name: getattr(self.marks, name) for name in Marks.__slots__}
        return marks | {
            "in_bills": {"count": self.bills, "paise": self.bills_paise},
            "in_ledger": {"count": self.demanded, "paise": self.demanded_paise},
            "agree": self.agree,
        }


def marks(session: Session, run_id: uuid.UUID) -> Marks:
    """The sums over a run's chunks."""
    row = session.execute(_MARKS, {"run_id": run_id}).one()
    return Marks(*(int(each) for each in row))


def totals(session: Session, run: BillRun) -> Totals:
    """All three; reads each bill of the run and each demand of its bills."""
    values = {"period": run.period, "billed_at": run.billed_at}
    bills, bills_paise = session.execute(_BILLS, values).one()
    half_years = [code_of(each) for each in half_years_of(run.period)]
    demanded, demanded_paise = session.execute(_DEMANDS, values | {"half_years": half_years}).one()
    return Totals(
        marks(session, run.id), int(bills), int(bills_paise), int(demanded), int(demanded_paise)
    )
