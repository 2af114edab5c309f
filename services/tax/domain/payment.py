"""How money comes, and where it is then."""

from typing import Final

from palika.errors import Conflict
from services.tax.domain.ledger.accounts import Account

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
CHANNELS: Final = ("office", "online", "counter", "bank")
"""Where it was taken: of a service that vouches for it, the gateway, a counter, the bank."""


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
