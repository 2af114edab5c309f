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


def rupees(amount_paise: int) -> str:
    """For people: ``₹1,15,000.50``, grouped the Indian way."""
    whole, rest = divmod(abs(amount_paise), 100)
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    groups = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    sign = "-" if amount_paise < 0 else ""
    return f"{sign}₹{','.join([*reversed(groups), tail])}.{rest:02d}"


def _invalid(field: str, rule: str) -> Invalid:
    return Invalid("not an amount", {field: [rule]})
