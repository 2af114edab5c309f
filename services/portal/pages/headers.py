"""The headers that every answer has: what a browser may do with it, and what not."""

from typing import Final

from flask import Flask, Response, request

from palika.config import Settings
from services.portal.pages.keeping import is_kept

POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""No script, style or picture but the portal's own files, and nothing inside a page."""

_ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_YEAR_S: Final = 31_536_000


def register(app: Flask, config: Settings) -> None:
    """Put them on every answer; HSTS only where people reach the portal by https."""
    safe = config.portal_url.startswith("https://")

    def put(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        # Who keeps a page asks whether it is still the same: it is, as a rule, and costs no more.
        # One that was made for who has a cookie may name them, and is nobody else's.
        same_for_all = is_kept() and not request.cookies
        kept = "no-cache" if same_for_all else "private, no-store"
        response.headers.setdefault("Cache-Control", kept)
        if safe:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}; includeSubDomains"
        return response

    app.after_request(put)
