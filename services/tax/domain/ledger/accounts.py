"""Where money can be, and the heads under which it is owed."""

from enum import StrEnum
from functools import cache
from typing import Final


class Account(StrEnum):
    """An account. A debit is a positive amount of a line, a credit a negative one.

    The first five are kept by half-year and head, the others are not.
    """

    RECEIVABLE = "receivable"
    """What the owner owes: tax, interest and fees. Below zero while more is paid than demanded."""
    INCOME = "income"
    """Tax and fees demanded."""
    INTEREST_INCOME = "interest_income"
    """Interest charged."""
    REBATE_GIVEN = "rebate_given"
    """Tax forgone for early payment."""
    WAIVER_GIVEN = "waiver_given"
    """Interest (or tax) forgone by an amnesty or an order."""
    ADVANCE = "advance"
    """The owner's credit, for demands to come."""
    REFUND_PAYABLE = "refund_payable"
    """Credit that the city has promised to give back, at once or in parts."""
    SUSPENSE = "suspense"
    """Money received for a property that is not known yet."""
    CASH = "cash"
    BANK = "bank"
    GATEWAY = "gateway"
    """With the payment gateway, not settled yet."""
    CHEQUES_IN_HAND = "cheques_in_hand"


BY_HEAD: Final = frozenset(
    {
        Account.RECEIVABLE,
        Account.INCOME,
        Account.INTEREST_INCOME,
        Account.REBATE_GIVEN,
        Account.WAIVER_GIVEN,
    }
)
"""Accounts whose lines name a half-year and a head."""

CHARGES: Final = BY_HEAD - {Account.RECEIVABLE}
"""What a due comes from, or is forgiven by: the rest of a receivable is settled with money."""

MONEY: Final = frozenset({Account.CASH, Account.BANK, Account.GATEWAY, Account.CHEQUES_IN_HAND})
"""Where the city's money is."""

INTEREST: Final = "interest"
"""The head of all interest."""

FEE_PREFIX: Final = "fee_"
"""With this the head of each fee begins (bounced cheque, notice, warrant). It bears no interest."""

RECOVERY: Final = "fee_refund_recovery"
"""What was given back to an owner and then turned out not to be theirs (illustrative)."""


class Part(StrEnum):
    """What kind of due a head is."""

    TAX = "tax"
    INTEREST = "interest"
    FEE = "fee"


@cache
def part_of(head: str) -> Part:
    """Which kind of due a head is: every head that is no interest and no fee is a tax."""
    if head == INTEREST:
        return Part.INTEREST
    return Part.FEE if head.startswith(FEE_PREFIX) else Part.TAX
