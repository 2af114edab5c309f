"""How money comes, and where it is then."""

from datetime import date, timedelta
from typing import Final

from palika.errors import Conflict, Forbidden, Invalid
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.register import ACTIVE, DEMOLISHED

SOURCES: Final = {
    "upi": Account.GATEWAY,
    "card": Account.GATEWAY,
    "netbanking": Account.GATEWAY,
    "wallet": Account.GATEWAY,
    "neft": Account.BANK,
    "cash": Account.CASH,
    "cheque": Account.CHEQUES_IN_HAND,
}
"""Where the money of a mode is at first."""
MODES: Final = tuple(SOURCES)
"""How it was paid."""
VOUCHED: Final = ("upi", "card", "netbanking", "wallet", "neft")
"""Of what mode a caller can vouch that the money is there; for cash and cheques a counter does."""
CHANNELS: Final = ("office", "online", "counter", "bank")
"""Where it was taken: of a service that vouches for it, the gateway, a counter, the bank."""

PAYABLE: Final = (ACTIVE, DEMOLISHED)
"""Of what properties money is taken, by whatever channel: what a demolished one owes of its days
stays owed, on its own ledger. What a split or merged one owed is its successors' by now (decision
0021): nothing is paid for it any more, and what comes all the same waits in suspense."""
GATEWAY: Final = "gateway"
"""Who takes what the gateway brings by itself."""


def check_back_dated(
    received_on: date,
    today: date,
    days: int,
    *,
    supervisor: bool,
    reason: str | None,
    what: str = "a payment",
) -> None:
    """Refuse what is said to have come long ago: a payment earns a rebate and saves interest, an
    objection is in time and stops recovery by that day.

    Args:
        received_on: the day on which it is said to have come.
        today: the day on which it is written down.
        days: how long ago it may be for everybody.
        supervisor: whether a supervisor says so.
        reason: theirs.
        what: came, for messages.

    Raises:
        Forbidden: it is longer ago, and nobody may say so but a supervisor.
        Invalid: the supervisor gives no reason.
    """
    first = today - timedelta(days=days)
    if received_on >= first:
        return
    if not supervisor:
        raise Forbidden(
            f"{what} of before {first} is written down by a supervisor, with the reason",
            {"received_on": received_on.isoformat(), "first": first.isoformat()},
        )
    if reason is None:
        rule = f"must say why {what} of before {first} is written down only now"
        raise Invalid("no reason", {"reason": [rule]})


def check_vouched(mode: str) -> None:
    """Refuse what only a counter takes: it needs a drawer that is counted, a cheque's particulars.

    Raises:
        Invalid: cash, a cheque, or no mode at all.
    """
    if mode in VOUCHED:
        return
    rule = f"must be one of {', '.join(VOUCHED)}"
    if mode in MODES:
        rule = (
            f"{mode} is taken at a counter (take_at_counter): its drawer is counted, and a cheque "
            "may come back"
        )
    raise Invalid("not a mode of an office", {"mode": [rule]})


def is_payable(status: str) -> bool:
    """Whether money is taken for a property of a status: see ``PAYABLE``."""
    return status in PAYABLE


def check_payable(number: str, status: str) -> None:
    """Refuse to take money for a property that has given way to others.

    Raises:
        Conflict: ``is_payable`` is not so.
    """
    if not is_payable(status):
        raise Conflict(
            f"property {number} is {status}: what it owed is paid for what came in its place",
            {"number": number, "status": status},
        )


def check_same(reference: str, **same: bool) -> None:
    """Refuse a payment reference that stands for another payment already.

    Args:
        reference: the payment's.
        same: by what is compared (property, amount) whether it is what it was used for.

    Raises:
        Conflict: names what differs.
    """
    differs = [name for name, is_same in same.items() if not is_same]
    if differs:
        raise Conflict(
            f"payment reference {reference!r} is used already, with another "
            f"{' and another '.join(differs)}",
            {"reference": reference, "differs": differs},
        )
