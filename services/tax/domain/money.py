"""Money: integer paise, never a fraction, never a float."""

from typing import Any

from palika.errors import Invalid

LARGEST = 10**15
"""₹ 10 lakh crore: more than any city bills; keeps sums far inside 64 bits."""


def paise(value: Any, field: str = "amount_paise") -> int:
    """An amount of at least one paisa.

    Raises:
        Invalid: not a whole number (a bool, a float and a text are none), below 1, or absurd.
    """
    if type(value) is not int:
        raise _invalid(field, f"must be a whole number of paise, not {value!r:.40}")
    if value < 1:
        raise _invalid(field, "must be at least 1 paisa")
    if value > LARGEST:
        raise _invalid(field, f"must be at most {LARGEST} paise")
    return value


def _invalid(field: str, rule: str) -> Invalid:
    return Invalid("not an amount", {field: [rule]})
