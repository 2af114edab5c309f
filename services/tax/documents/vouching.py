"""Codes by which anybody finds out whether a document is the corporation's, and unchanged.

A code is a MAC (HMAC-SHA-256, cut to 80 bits) over the kind, number, day and amount of a document;
it is printed in groups of four, and stands in a link of the portal with these. Only the corporation
has the key, so it alone can make one and check one: whoever asks, asks the corporation's portal.
Eighty bits are enough, since a forger can try codes only there.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from services.tax.domain.money import LARGEST

KINDS: Final = ("bill", "receipt", "notice", "no-dues")
PATH: Final = "/tax/verify"
"""Of the portal's page."""

_BYTES: Final = 10
_SHORTEST_KEY: Final = 32
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_AMOUNT = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff")
# Letters that a reader takes for digits; base32 has neither 0 nor 1 nor 8.
_MISREAD = str.maketrans("018", "OIB")


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a code stands for: ``kind`` of ``KINDS``, the number, the day, the amount in paise."""

    kind: str
    number: str
    issued_on: date
    amount_paise: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a document is the corporation's as it stands.

    Attributes:
        genuine: whether it is.
        document: what is vouched for; only when it is genuine.
        why_not: in words; empty when it is.
    """

    genuine: bool
    document: Vouched | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """What codes and links are made with.

    Attributes:
        keys: secret, each of at least 32 bytes. The first makes codes; all of them are tried when
            one is checked, so that a key can be changed.
        portal: as people reach it, ``https://city.example``.
    """

    keys: Sequence[bytes]
    portal: str

    def __post_init__(self) -> None:
        """Refuse a missing or short key. Raises ValueError."""
        if not self.keys or any(len(key) < _SHORTEST_KEY for key in self.keys):
            raise ValueError(f"a key of documents has at least {_SHORTEST_KEY} bytes")

    def __repr__(self) -> str:
        return f"Seal({len(self.keys)} keys, {self.portal!r})"

    def code(self, document: Vouched) -> str:
        """The code to print: ``K7QX-…``, four groups of four."""
        code = _code(self.keys[0], document)
        return "-".join(code[at : at + 4] for at in range(0, len(code), 4))

    def link(self, document: Vouched) -> str:
        """The link to print, and to put into a QR code."""
        number = quote(document.number, safe="")
        return (
            f"{self.portal.rstrip('/')}{PATH}?d={document.kind}&n={number}"
            f"&on={document.issued_on.isoformat()}&a={document.amount_paise}"
            f"&c={_code(self.keys[0], document)}"
        )

    def verify(self, link: str) -> Verdict:
        """Whether the document of a link is genuine, and what is vouched for.

        Never raises: whatever a stranger sends gets an answer.
        """
        try:
            pairs = parse_qsl(urlsplit(link).query, strict_parsing=True, max_num_fields=10)
        except ValueError:
            return Verdict(False, why_not="this is not a link of a document")
        # A link that was copied off a page has the places at which its line may break.
        given = {name.translate(_INVISIBLE): value.translate(_INVISIBLE) for name, value in pairs}
        if len(given) != len(pairs) or given.keys() != {"d", "n", "on", "a", "c"}:
            return Verdict(False, why_not="this is not a link of a document")
        return self.verify_code(given["d"], given["n"], given["on"], given["a"], given["c"])

    def verify_code(self, kind: str, number: str, day: str, paise: str, code: str) -> Verdict:
        """Whether a code as somebody typed it (with or without hyphens) is of that document.

        ``day`` is as 2026-04-01. Never raises.
        """
        if kind not in KINDS or not _DAY.fullmatch(day) or not _AMOUNT.fullmatch(paise):
            return Verdict(False, why_not="kind, day or amount is not of a document")
        try:
            document = Vouched(kind, number, date.fromisoformat(day), int(paise))
        except ValueError:
            return Verdict(False, why_not="the day is none")
        if document.amount_paise > LARGEST:
            return Verdict(False, why_not="kind, day or amount is not of a document")
        typed = "".join(code.split()).replace("-", "").upper().translate(_MISREAD)
        same = [
            hmac.compare_digest(_code(key, document).encode(), typed.encode("utf-8", "replace"))
            for key in self.keys
        ]
        if any(same):
            return Verdict(True, document)
        why = "the code does not belong to a document of this kind, number, day and amount"
        return Verdict(False, why_not=why)


def _code(key: bytes, document: Vouched) -> str:
    said = [document.kind, document.number, document.issued_on.isoformat(), document.amount_paise]
    message = b"palika document 1\n" + json.dumps(said).encode()
    mac = hmac.digest(key, message, hashlib.sha256)[:_BYTES]
    return base64.b32encode(mac).decode()
