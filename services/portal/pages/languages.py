"""The language of a page: in its address (``/mr/…``, ``/en/…``), else what the reader prefers.

A blueprint of pages has ``url_prefix=PREFIX`` or ``PREFIX + "/desk"``; its views do not take the
language, and ``url_for`` puts the current one into every address of such a page.
"""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, g, request, url_for

MARATHI: Final = "mr"
ENGLISH: Final = "en"
LANGUAGES: Final = (MARATHI, ENGLISH)
NAMES: Final = {MARATHI: "मराठी", ENGLISH: "English"}
"""As their readers call them."""

PREFIX: Final = "/<any(mr, en):language>"
"""What the address of every page begins with."""

_ARGUMENT = "language"
_ASKED = "lang"


def register(app: Flask) -> None:
    """Find the language of each request; see the module."""
    app.url_value_preprocessor(_find)
    app.url_defaults(_put_in)


def current() -> str:
    """The language of the page that is being made: ``mr`` or ``en``."""
    found: str = g.get("language") or preferred()
    return found


def preferred() -> str:
    """The one that the reader's browser asks for first; Marathi, if neither."""
    return request.accept_languages.best_match(LANGUAGES, MARATHI)


def other() -> str:
    """The one that the page is not in."""
    return ENGLISH if current() == MARATHI else MARATHI


def in_language(language: str) -> str:
    """The address of this page, with its query, in a language."""
    rule = request.url_rule
    query = request.args.to_dict(flat=False)
    if rule is None:
        # Nothing is here, in any language: the start page is.
        return f"/{language}/"
    if _ARGUMENT not in rule.arguments:
        return f"{request.path}?{urlencode(query | {_ASKED: language}, doseq=True)}"
    # Of the query nothing is an argument of url_for: whoever makes a link may write anything there.
    path = url_for(rule.endpoint, **{**(request.view_args or {}), _ARGUMENT: language})
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def _find(_: str | None, values: dict[str, Any] | None) -> None:
    named = values.pop(_ARGUMENT, None) if values else None
    # Of an address where nothing is, too: who is told so reads this language.
    begun = request.path[1:3] if request.path[3:4] in ("", "/") else None
    asked = request.args.get(_ASKED)
    g.language = next((each for each in (named, begun, asked) if each in LANGUAGES), None)
    g.language = g.language or preferred()


def _put_in(endpoint: str, values: dict[str, Any]) -> None:
    from flask import current_app

    if _ARGUMENT not in values and current_app.url_map.is_endpoint_expecting(endpoint, _ARGUMENT):
        values[_ARGUMENT] = current()
