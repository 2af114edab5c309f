"""Who asks, as far as the request shows it."""

import secrets
from datetime import timedelta
from typing import Final

from flask import request

from services.portal.accounts import cookies
from services.portal.accounts.parts import parts
from services.portal.domain.clients import Client, device, network, place

_KNOWN: Final = timedelta(days=180)


def client(login: str = "") -> Client:
    """The client; ``known`` if its device has signed in to this login before."""
    address = request.remote_addr or ""
    agent = request.headers.get("User-Agent", "")[:500]
    return Client(network(address), place(address), device(agent), _mark(login))


def remember_device(person: str) -> None:
    """Let this device be known as one of that officer's."""
    if not _mark(person):
        sealed = parts().keeping.seal({"person": person, "mark": secrets.token_urlsafe(16)})
        cookies.put(cookies.DEVICE, sealed.decode(), lasting=_KNOWN)


def _mark(login: str) -> str:
    sealed = cookies.read(cookies.DEVICE)
    if not sealed or not login:
        return ""
    try:
        told = parts().keeping.open(
            sealed.encode("utf-8", "replace"), within_s=int(_KNOWN.total_seconds())
        )
        person, mark = told["person"], told["mark"]
    except (ValueError, KeyError):
        # Other things are sealed with the same key.
        return ""
    return str(mark) if person == login.strip().casefold() else ""
