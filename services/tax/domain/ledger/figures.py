"""Which shares of an amount the ledger takes."""

from fractions import Fraction


def check_percent(percent: Fraction, name: str) -> None:
    """Refuse what is no exact percentage from 0 to 100.

    Raises:
        ValueError: a float, or out of range.
    """
    if type(percent) is not Fraction or not 0 <= percent <= 100:
        raise ValueError(f"{name}: must be a Fraction from 0 to 100, not {percent!r:.40}")
