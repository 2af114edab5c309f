"""The link by which a telephone pays a bill over UPI, after NPCI's linking specification 1.6.

``upi://pay`` with the payee's address ``pa`` and name ``pn``, the merchant's category ``mc``, the
reference ``tr`` (at most 35 characters; that of the bill, so that the payment finds it), the note
``tn``, the amount ``am`` and the currency ``cu``, which is INR. An amount has a point and two
decimals and no more; with no minimum beside it the payer cannot change it. A space is %20: apps
show a plus sign as it is.
"""

import re
from typing import Final
from urllib.parse import quote

from services.tax.domain.money import paise

_REFERENCE: Final = re.compile(r"[A-Za-z0-9./-]{1,35}", re.ASCII)
_LONGEST_NOTE: Final = 50
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._-]{2,256}@[A-Za-z][A-Za-z0-9.-]{1,63}", re.ASCII)


def is_address(text: str) -> bool:
    """Whether a text has the form of a payee's address: ``pune.tax@bank``."""
    return _ADDRESS.fullmatch(text) is not None


def amount(paise_: int) -> str:
    """An amount as UPI has it: 1234.00.

    Raises:
        Invalid: it is not a whole number of paise of at least 1.
    """
    whole, rest = divmod(paise(paise_), 100)
    return f"{whole}.{rest:02}"


def link(address: str, name: str, category: str, reference: str, note: str, paise_: int) -> str:
    """The link that pays exactly so much.

    Args:
        address: of the payee.
        name: of the payee, as the payer's app shows it.
        category: four digits; 9311 is payment of taxes.
        reference: the bill's number.
        note: what the payer sees; what is beyond 50 characters is left off.
        paise_: the amount.

    Raises:
        ValueError: a part is not as the specification has it.
        Invalid: the amount is none.
    """
    if not is_address(address):
        raise ValueError(f"{address!r} is not a payee's address of UPI")
    if not _REFERENCE.fullmatch(reference):
        raise ValueError(
            f"{reference!r} cannot be a reference of UPI: at most 35 letters and digits"
        )
    parts = {
        "pa": address,
        "pn": name,
        "mc": category,
        "tr": reference,
        "tn": note[:_LONGEST_NOTE].rstrip(),
        "am": amount(paise_),
        "cu": "INR",
    }
    return "upi://pay?" + "&".join(f"{key}={quote(text, safe='@')}" for key, text in parts.items())
