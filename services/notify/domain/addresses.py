"""Addresses: which one a channel needs, how it is written, and how it is shown."""

import hmac
import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from palika.text import plain_digits

# Enough to see what can never be delivered; the mail server decides about the rest. What separates
# or encloses addresses (RFC 5322, 3.2.3) is in none: others would be read out of "all,x@city.in".
_NOT = r"@\s\x00-\x1f\x7f()<>\[\]:;,\\\"\ud800-\udfff"
_EMAIL = re.compile(rf"[^{_NOT}]{{1,64}}@[^{_NOT}.]+(\.[^{_NOT}.]+)+")
_SHOWN_OF_PHONE = 2
_INDIA = 91
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def is_email(address: str) -> bool:
    """Whether it can be an e-mail address at all."""
    return len(address) <= 254 and _EMAIL.fullmatch(address) is not None


def email(text: str) -> str | None:
    """An e-mail address as it is written to; None if it can be none."""
    found = text.strip()
    return found if is_email(found) else None


def mobile(text: str) -> str | None:
    """An Indian mobile number in E.164, ``+919812345610``; None if it is none.

    ``phonenumbers`` decides (the numbering plan of Google's libphonenumber). The country code may
    be missing; digits may be of either script.
    """
    try:
        number = phonenumbers.parse(plain_digits(text), "IN")
    except NumberParseException:
        return None
    if number.country_code != _INDIA or not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in _MOBILE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def key_of(address: str, secret: bytes) -> str:
    """By what a recipient is known without keeping the address: the same for the same address.

    Args:
        address: normalised: ``mobile`` or ``email`` has made it. Of an e-mail address the case does
            not matter.
        secret: the city's; without it nobody can try out all numbers.
    """
    return hmac.digest(secret, address.casefold().encode(), "sha256").hex()


def mask(address: str) -> str:
    """An address as logs, tables and screens show it: r•••@e•••.in, ••••••••10."""
    local, at, domain = address.rpartition("@")
    if at:
        ending = domain.rpartition(".")[2]
        return f"{local[:1]}•••@{domain[:1]}•••.{ending}"
    return "•" * max(len(address) - _SHOWN_OF_PHONE, 0) + address[-_SHOWN_OF_PHONE:]
