"""The signature under what the telephone provider sends: X-Twilio-Signature.

From Twilio's public reference (www.twilio.com/docs/usage/security#validating-requests) and its own
library (github.com/twilio/twilio-python, twilio/request_validator.py): HMAC-SHA1, with the
account's token, of the whole address as it was called, followed by name and value of each field of
the form, in the order of their names, with nothing between; in base64. Of a field that is there
several times each value counts once, in their order. The port may or may not be in the address that
was signed, so both are tried. SHA-1 is the provider's choice; an HMAC of it is not broken by its
collisions.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from palika.errors import Forbidden, Invalid

HEADER: Final = "x-twilio-signature"
BODY_MAX: Final = 64_000
_FIELDS_MAX: Final = 200
_PORTS: Final = {"http": 80, "https": 443}

Form = Mapping[str, Sequence[str]]


def form_of(body: bytes) -> dict[str, list[str]]:
    """The fields of a form.

    Raises:
        Invalid: it is none, or too long.
    """
    if len(body) > BODY_MAX:
        raise Invalid("the form is too long")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError as error:
        raise Invalid("not a form") from error


def signature_of(url: str, form: Form, token: str) -> str:
    """The signature of a request: ``url`` with its query, ``form`` empty for a GET."""
    said = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    made = hmac.new(token.encode(), said.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()
    return base64.b64encode(made).decode()


def check(given: str, url: str, form: Form, tokens: Sequence[str]) -> None:
    """Raises Forbidden: none of the tokens has signed it."""
    good = [
        hmac.compare_digest(given.encode(), signature_of(each, form, token).encode())
        for each in _with_and_without_port(url)
        for token in tokens
    ]
    if not any(good):
        raise Forbidden("not signed by the telephone provider")


def _with_and_without_port(url: str) -> list[str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port or _PORTS.get(parts.scheme, 443)
    return [urlunsplit(parts._replace(netloc=each)) for each in (host, f"{host}:{port}")]
