"""Addresses: which one a channel needs, and how one is shown."""

import re

# Enough to see what can never be delivered; the mail server decides about the rest.
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")
_SHOWN_OF_PHONE = 2


def is_email(address: str) -> bool:
    """Whether it can be an e-mail address at all."""
    return len(address) <= 254 and _EMAIL.fullmatch(address) is not None


def mask(address: str) -> str:
    """An address as logs, tables and screens show it: r•••@e•••.in, ••••••••10."""
    local, at, domain = address.rpartition("@")
    if at:
        ending = domain.rpartition(".")[2]
        return f"{local[:1]}•••@{domain[:1]}•••.{ending}"
    return "•" * max(len(address) - _SHOWN_OF_PHONE, 0) + address[-_SHOWN_OF_PHONE:]
