"""What a document says, as plain values: whoever renders one gathers these and needs no database.

Money is integer paise, days are dates in Asia/Kolkata. What has a name in both languages is a
``Name``; what a person wrote (an owner's name, an address) is the text as it was written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from palika.text import Name
from services.tax.domain.half_year import HalfYear
from services.tax.domain.notices import Signatory


@dataclass(frozen=True, slots=True)
class Holding:
    """The property that a document is about.

    Attributes:
        number: on the roll.
        owners: their names; one at least.
        address: of the property, on one line.
        ward: the ward office.
    """

    number: str
    owners: tuple[str, ...]
    address: str
    ward: Name

    def __post_init__(self) -> None:
        if not self.owners:
            raise ValueError(f"property {self.number} has no owner to write to")


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor of the valuation: ``area`` in hundredths of a square metre, value a year."""

    label: Name
    use: Name
    area: int
    rateable_value_paise: int


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A head of a half-year: the tax before concessions, and what they take off (0 or more)."""

    half_year: HalfYear
    head: Name
    tax_paise: int
    concession_paise: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.concession_paise <= self.tax_paise:
            raise ValueError(f"{self.head.en}, {self.half_year}: a concession above the tax")

    @property
    def net_paise(self) -> int:
        """What is left to pay."""
        return self.tax_paise - self.concession_paise


@dataclass(frozen=True, slots=True)
class Due:
    """What is open of a half-year that other bills asked for: tax, and the interest on it by the
    day of the document."""

    half_year: HalfYear
    tax_paise: int
    interest_paise: int = 0

    @property
    def total_paise(self) -> int:
        """Both."""
        return self.tax_paise + self.interest_paise


@dataclass(frozen=True, slots=True)
class Rebate:
    """What is taken off when all that is to pay is paid by ``until``, that day included.

    Attributes:
        paise: the rebate.
        until: the last day of its window.
        interest_paise: what the arrears bear more by that day: the rebate is given only if that is
            paid too. Who pays sooner has what did not run as credit.
        since: the first day of the window, if it is after the bill's; None: it has begun.
    """

    paise: int
    until: date
    interest_paise: int = 0
    since: date | None = None


@dataclass(frozen=True, slots=True)
class BillDocument:
    """A bill, as issued.

    Attributes:
        number: of the bill.
        period: ``2026-27``, or one half of it, ``2026-27/1``.
        issued_on: its day; interest and credit are as of it.
        due_on: the last day to pay without more interest.
        holding: the property and its owners.
        lines: the tax of the period, head by head.
        arrears: what is open of other half-years.
        fees_paise: of notices and warrants, not yet paid.
        credit_paise: what the owner has paid ahead.
        rebate: what is taken off for early payment; None when nothing is.
        floors: how the rateable value comes about.
        rateable_value_paise: a year.
    """

    number: str
    period: str
    issued_on: date
    due_on: date
    holding: Holding
    lines: tuple[TaxLine, ...]
    floors: tuple[Floor, ...]
    rateable_value_paise: int
    arrears: tuple[Due, ...] = ()
    fees_paise: int = 0
    credit_paise: int = 0
    rebate: Rebate | None = None

    def __post_init__(self) -> None:
        if min(self.fees_paise, self.credit_paise) < 0:
            raise ValueError(f"bill {self.number}: fees and credit are 0 or more")
        if self.rebate and not 0 < self.rebate.paise <= self.tax_paise:
            raise ValueError(f"bill {self.number}: a rebate is above 0, and not above the tax")
        if self.rebate and not 0 <= self.rebate.interest_paise < self.rebate.paise:
            raise ValueError(f"bill {self.number}: a rebate is above the interest until its day")

    @property
    def later(self) -> tuple[Due, ...]:
        """Of ``arrears`` those that are none: half-years after those of this bill."""
        last = max(line.half_year for line in self.lines)
        return tuple(due for due in self.arrears if due.half_year > last)

    @property
    def tax_paise(self) -> int:
        """The tax of the period, net of concessions."""
        return sum(line.net_paise for line in self.lines)

    @property
    def balance_paise(self) -> int:
        """What is owed on the day of the bill; below 0 when the credit is more than that."""
        owed = self.tax_paise + sum(due.total_paise for due in self.arrears) + self.fees_paise
        return owed - self.credit_paise

    @property
    def to_pay_paise(self) -> int:
        """What is to be paid; never below 0."""
        return max(self.balance_paise, 0)

    @property
    def early_paise(self) -> int | None:
        """What settles all, on any day on which the rebate is given; None when there is none."""
        if self.rebate is None:
            return None
        return max(self.balance_paise + self.rebate.interest_paise - self.rebate.paise, 0)


@dataclass(frozen=True, slots=True)
class Settled:
    """A part of a payment, and what it went to: a half-year's tax, interest, a fee, credit."""

    what: Name
    paise: int
    half_year: HalfYear | None = None


@dataclass(frozen=True, slots=True)
class ReceiptDocument:
    """A receipt.

    Attributes:
        number: of the receipt.
        paid_on: the day from which the payment counts.
        mode: ``upi``, ``card``, ``netbanking``, ``neft``, ``cash`` or ``cheque``.
        reference: the payer's, the gateway's or the bank's own.
        settled: what it went to, in order; its sum is the payment.
        rebate_paise: what it earned off.
        balance_paise: what is still owed after it; below 0 is credit.
    """

    number: str
    issued_on: date
    holding: Holding
    paid_on: date
    amount_paise: int
    mode: str
    reference: str
    settled: tuple[Settled, ...]
    balance_paise: int
    bill_number: str | None = None
    rebate_paise: int = 0

    def __post_init__(self) -> None:
        if sum(each.paise for each in self.settled) != self.amount_paise:
            raise ValueError(f"receipt {self.number}: its parts do not add up to the payment")


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was sent before: ``kind`` is ``bill`` or the code of a step of ``notices.yaml``."""

    kind: str
    number: str
    served_on: date


@dataclass(frozen=True, slots=True)
class NoticeDocument:
    """A notice of demand, a warrant, an attachment, a sealing.

    Attributes:
        step: its code in ``notices.yaml``.
        dues: what is open, by half-year, with interest by ``issued_on``.
        fees_paise: of earlier steps.
        earlier: the bill and the steps before, with the days of their service.
        pay_by: the last day to pay before the next step is lawful; None for the last step.
        signed_by: who has signed it; a step that a person signs is refused without.
    """

    number: str
    step: str
    issued_on: date
    holding: Holding
    dues: tuple[Due, ...]
    earlier: tuple[Earlier, ...]
    fees_paise: int = 0
    pay_by: date | None = None
    signed_by: Signatory | None = None


@dataclass(frozen=True, slots=True)
class NoDuesDocument:
    """A certificate that nothing is owed.

    Attributes:
        paid_to: the last half-year that is paid.
        valid_until: the last day of its validity.
        receipts: the latest, as number, day and paise.
    """

    number: str
    issued_on: date
    holding: Holding
    paid_to: HalfYear
    valid_until: date
    receipts: tuple[tuple[str, date, int], ...] = ()


Document = BillDocument | ReceiptDocument | NoticeDocument | NoDuesDocument
Documents = Sequence[tuple[Document, str]]
"""Documents, each with its language, ``mr`` or ``en``."""
