"""The cookies: a session's key, a visitor's mark for forms, a device's mark.

By https their names begin with ``__Host-``: then no other site of the domain, and nobody on plain
HTTP, can have set them (draft-ietf-httpbis-rfc6265bis, 4.1.3.2). Without https, on a machine that
the city is tried out on, they have other names; where the city is a real one there are none.
"""

from datetime import timedelta
from typing import Final

from flask import Response, g, request
from werkzeug.exceptions import Forbidden

from services.portal.accounts.parts import parts

SESSION: Final = "palika"
VISITOR: Final = "palika-form"
DEVICE: Final = "palika-device"
ERRAND: Final = "palika-errand"
"""What a sign-in by another provider, or by a code, is in the middle of."""
WALL: Final = "palika-wall"
"""A token that only reads, on the screen of a wall (``wall/screen.py``); for its routes alone."""
_HOST: Final = "__Host-"


def is_safe() -> bool:
    """Whether who asks came by https."""
    return request.is_secure or parts().config.portal_url.startswith("https://")


def read(name: str) -> str:
    """What the browser has sent; empty, if nothing."""
    return request.cookies.get(_named(name), "")


def put(name: str, value: str, *, lasting: timedelta | None = None) -> None:
    """Let the answer of this request set it; without ``lasting`` it goes with the browser.

    Raises:
        Forbidden: the city is a real one, and the request came without https.
    """
    if parts().config.production == "yes" and not is_safe():
        raise Forbidden
    _pending()[name] = (value, lasting)


def drop(name: str) -> None:
    """Let the answer of this request take it away."""
    _pending()[name] = ("", timedelta())


def send(response: Response) -> Response:
    """Put what was set into the answer, which is nobody else's then."""
    for name, (value, lasting) in _pending().items():
        response.set_cookie(
            _named(name),
            value,
            max_age=lasting,
            path="/",
            secure=is_safe(),
            httponly=True,
            samesite="Lax",
        )
    if _pending():
        response.headers["Cache-Control"] = "no-store"
    return response


def pending(name: str) -> str | None:
    """What this request has set already."""
    found = _pending().get(name)
    return found[0] if found else None


def _named(name: str) -> str:
    return f"{_HOST}{name}" if is_safe() else name


def _pending() -> dict[str, tuple[str, timedelta | None]]:
    if "cookies" not in g:
        g.cookies = {}
    found: dict[str, tuple[str, timedelta | None]] = g.cookies
    return found
