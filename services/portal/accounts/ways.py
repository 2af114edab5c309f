"""Where somebody goes from here, and what they are told when they cannot go on."""

from collections.abc import Mapping

from flask import Response, request, url_for

from services.portal.errors import TooMany
from services.portal.pages.formats import digits
from services.portal.pages.languages import LANGUAGES, current
from services.portal.pages.words import ngettext
from services.portal.rooms import page


def way_on() -> str:
    """The page that was asked for before signing in: an address of this site, in a language;
    empty, if there is none or it leads elsewhere."""
    asked = request.values.get("next", "")[:1_000]
    starts = tuple(f"/{each}/" for each in LANGUAGES)
    plain = asked.isprintable() and "\\" not in asked and "//" not in asked.partition("?")[0]
    return asked if asked.startswith(starts) and plain else ""


def typed(given: Mapping[str, str], name: str, longest: int) -> str:
    """A word that somebody has typed, without blanks around; what is not printable is none."""
    found = given.get(name, "")[:longest].strip()
    return found if found.isprintable() else ""


def landing() -> str:
    """Where one comes to after signing in or out, if nothing else was asked for."""
    return url_for("accounts.own", language=current())


def desk() -> str:
    """Where an officer comes to, in the language in which they have signed in."""
    return url_for("accounts.begin")


def wait_told(error: TooMany) -> str:
    """How long is to be waited, in words."""
    seconds = int(error.details.get("after_s", 60))
    if seconds < 60:
        return ngettext(
            "too many attempts; try again in %(num)s second",
            "too many attempts; try again in %(num)s seconds",
            seconds,
            num=digits(seconds),
        )
    minutes = -(-seconds // 60)
    return ngettext(
        "too many attempts; try again in %(num)s minute",
        "too many attempts; try again in %(num)s minutes",
        minutes,
        num=digits(minutes),
    )


def away() -> Response:
    """Nobody can be signed in just now; the rest of the site is there."""
    return page("accounts/away.html", 503)
