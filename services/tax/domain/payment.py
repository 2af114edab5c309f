"""What a bill still asks for, and what a payment does to it."""

from dataclasses import dataclass
from typing import Any

from palika.errors import Conflict
from palika.india import rupees
from services.tax.domain.money import paise

MODES = ("upi", "card", "netbanking", "cash", "cheque")


@dataclass(frozen=True, slots=True)
class Account:
    """A bill's amount and what is paid of it, in paise; never is more paid than is asked for."""

    amount_paise: int
    paid_paise: int = 0

    @property
    def balance_paise(self) -> int:
        """What is still to be paid."""
        return self.amount_paise - self.paid_paise

    @property
    def status(self) -> str:
        """``unpaid``, ``part_paid`` or ``paid``."""
        if self.balance_paise == 0:
            return "paid"
        return "part_paid" if self.paid_paise else "unpaid"

    def pay(self, amount: Any) -> "Account":
        """The account after a payment of all or a part of the balance.

        Raises:
            Invalid: not an amount.
            Conflict: more than the balance, which the message names.
        """
        amount = paise(amount)
        if amount > self.balance_paise:
            raise Conflict(
                f"a payment of {rupees(amount)} is more than the balance "
                f"of {rupees(self.balance_paise)}",
                {"amount_paise": amount, "balance_paise": self.balance_paise},
            )
        return Account(self.amount_paise, self.paid_paise + amount)


def check_same(reference: str, *, bill: bool, amount: bool) -> None:
    """Refuse a payment reference that stands for another payment already.

    Args:
        reference: the payment's.
        bill: whether the bill is the one it was used for.
        amount: whether the amount is.

    Raises:
        Conflict: names what differs.
    """
    differs = [name for name, same in (("bill", bill), ("amount", amount)) if not same]
    if differs:
        raise Conflict(
            f"payment reference {reference!r} is used already, with another "
            f"{' and another '.join(differs)}",
            {"reference": reference, "differs": differs},
        )
