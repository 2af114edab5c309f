"""How to reach a citizen."""

import re

from palika.errors import Invalid

_SEPARATORS = re.compile(r"[\s().-]")
_INTERNATIONAL = re.compile(r"^\+[1-9][0-9]{7,14}$")
_INDIAN_MOBILE = re.compile(r"^(?:91|0)?([6-9][0-9]{9})$")


def normal_phone(text: str) -> str:
    """A telephone number as ``+`` and digits (E.164).

    An Indian mobile number may come without its country code.

    Raises:
        Invalid: not a telephone number.
    """
    digits = _SEPARATORS.sub("", text)
    if _INTERNATIONAL.match(digits):
        return digits
    indian = _INDIAN_MOBILE.match(digits)
    if indian is None:
        rule = "must be a 10-digit Indian mobile number, or + with country code and number"
        raise Invalid("not a telephone number", {"phone": [rule]})
    return f"+91{indian[1]}"
