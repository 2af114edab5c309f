"""How banks write their statements of account, and what a statement says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.tax.domain.money import LARGEST

COLUMNS: Final = ("booked_on", "value_date", "narration", "reference", "debit", "credit", "balance")
"""What the cells of a row can be."""
HEAD: Final = ("account", "currency", "from", "to", "opening")
"""What can be said above the rows."""
FOOT: Final = ("debits", "credits", "closing", "count")
"""What can be said below them."""

# Lakhs and crores in twos, or thousands in threes.
_AMOUNT = re.compile(
    r"([0-9]+|[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{1,2}))?",
    re.ASCII,
)
_NUMBERS = re.compile(r"0*([0-9]{12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Layout:
    """How one bank writes its statements.

    Attributes:
        code: its name here.
        name: the bank's.
        delimiter: between cells.
        dates: how days are written, as ``strptime`` has it.
        columns: of each of ``COLUMNS``, the words that the bank may use for it.
        head, foot: of each of ``HEAD`` and ``FOOT``, the words before its value; those that have
            none are not in the file.
        utr: patterns of the references by which banks know a transfer.
    """

    code: str
    name: str
    delimiter: str
    dates: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    head: Mapping[str, tuple[str, ...]]
    foot: Mapping[str, tuple[str, ...]]
    utr: tuple[re.Pattern[str], ...]

    def day(self, text: str) -> date | None:
        """A day as this bank writes it; None: it is none."""
        for form in self.dates:
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        return None

    def utr_of(self, reference: str, narration: str) -> str | None:
        """The bank's own reference of a transfer, in one spelling; None: there is none."""
        for text in (reference, narration):
            for pattern in self.utr:
                if found := pattern.search(text.upper()):
                    return plain_utr(found[0])
        return None


def plain_utr(text: str) -> str:
    """A reference in one spelling: some banks fill the twelve digits of UPI up with zeros."""
    bare = re.sub(r"[^0-9A-Z]", "", text.upper())
    padded = _NUMBERS.fullmatch(bare)
    return padded[1] if padded else bare


@dataclass(frozen=True, slots=True)
class Transaction:
    """One row: ``credit_paise`` came in, or ``debit_paise`` went out; ``line`` is of the file."""

    line: int
    booked_on: date
    value_date: date
    narration: str
    reference: str
    utr: str | None
    debit_paise: int
    credit_paise: int
    balance_paise: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file says; amounts in paise."""

    layout: str
    account: str
    first: date
    last: date
    opening_paise: int
    closing_paise: int
    rows: tuple[Transaction, ...]

    @property
    def credits_paise(self) -> int:
        """What came in."""
        return sum(each.credit_paise for each in self.rows)

    @property
    def debits_paise(self) -> int:
        """What went out."""
        return sum(each.debit_paise for each in self.rows)


def paise_of(text: str) -> int | None:
    """An amount of rupees as banks write it, ``1,23,456.70``, in paise; None: it is none."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    paise = int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))
    return paise if paise <= LARGEST else None
