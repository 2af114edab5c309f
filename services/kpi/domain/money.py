"""Money that is entered by hand: stored in whole paise, written and shown to people in rupees.

Whoever calls the service gives and gets the measure's own unit, paise, or says `rupees` with the
line. A file says its unit in each row, so one that was made for paise is never taken for rupees.
"""

from decimal import Decimal
from typing import Any

from palika.india import rupees
from palika.text import Name

PAISE, RUPEES = "paise", "rupees"
SHOWN = Name("रुपये", "₹")
"""What stands as the unit of money in forms and files."""
PLACES = 2
"""Decimals of rupees."""
_RUPEES = frozenset(
    {RUPEES, SHOWN.mr, SHOWN.en, f"{SHOWN.mr} / {SHOWN.en}", f"{SHOWN.en} / {SHOWN.mr}"}
)


def in_rupees(said: str | None, unit: str) -> bool:
    """Whether a value is in rupees, by what is said with it; None: it is in the measure's own unit.

    Args:
        said: the unit that a line has.
        unit: of the measure.

    Raises:
        ValueError: the measure is of money, and the line has another unit or an empty one; the
            message is the rule.
    """
    if said is None or unit != PAISE:
        return False
    plain = " ".join(said.casefold().split())
    if PAISE in plain:
        raise ValueError(
            f"must be {SHOWN.mr} / {SHOWN.en}: values are entered in rupees, and this row is for "
            "paise, as in an old template; take a new one"
        )
    if plain not in _RUPEES:
        raise ValueError(f"must be {SHOWN.mr} / {SHOWN.en}, not {said!r:.40}; take a new template")
    return True


def without_sign(said: Any) -> Any:
    """A value in rupees without the sign before it: ``₹1,15,000.50`` is ``1,15,000.50``."""
    return said.strip().removeprefix("₹") if isinstance(said, str) else said


def for_people(value: int | float | None, unit: str | None) -> int | float | str | None:
    """A value as people read it: money as ₹1,15,000.50, all else as it is."""
    if value is None or unit != PAISE:
        return value
    return rupees(round(value))


def to_write(value: int | float | None, unit: str) -> int | float | None:
    """A value as people write it into a file: money in rupees, whole ones without decimals."""
    if value is None or unit != PAISE:
        return value
    found = Decimal(str(value)).scaleb(-PLACES)
    return int(found) if found == found.to_integral_value() else float(found)
