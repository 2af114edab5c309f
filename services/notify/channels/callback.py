"""The addresses that providers send receipts to, with a key in them.

Where a provider does not sign what it sends, or signs less than all of it, the key is what tells
its receipts from anybody's: an HMAC-SHA256 of what the address is for, with a secret of the city's.
Who sees one address learns the key for that subject, and not the secret.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from palika.errors import Forbidden

KEY: Final = "key"


def key_of(secret: str, subject: str) -> str:
    """The key for a subject: 64 hexadecimal digits."""
    return hmac.new(secret.encode(), subject.encode(), hashlib.sha256).hexdigest()


def address(url: str, secrets: Sequence[str], subject: str, **query: str) -> str:
    """``url`` with ``query`` and the key for a subject, with the first of the secrets."""
    return f"{url}?{urlencode({**query, KEY: key_of(secrets[0], subject)})}"


def check(query: Mapping[str, str], secrets: Sequence[str], subject: str) -> None:
    """Raises Forbidden: the key is none of those that the secrets make for the subject."""
    given = query.get(KEY, "").encode()
    good = [hmac.compare_digest(given, key_of(each, subject).encode()) for each in secrets]
    if not any(good):
        raise Forbidden("the address of this webhook has no valid key")


def webhook_url(portal_url: str, path: str) -> str:
    """Where a provider reaches us; empty where the portal's own address is not set."""
    return f"{portal_url.rstrip('/')}{path}" if portal_url else ""
