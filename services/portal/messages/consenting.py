"""The page of consents: for what, over what, in which language the city may write; and when, how
and to which words one has agreed."""

from typing import Any, Final

from flask import Blueprint, redirect, request, url_for

from palika.auth import SYSTEM
from palika.errors import Unavailable
from services.portal.accounts.doors import door
from services.portal.accounts.numbers import own_phone
from services.portal.asking import Question
from services.portal.errors import TooMany
from services.portal.messages.consents import (
    CHANNELS,
    NAMES,
    PURPOSES,
    SOURCES,
    say,
    standing_of,
)
from services.portal.pages.formats import moment_in
from services.portal.pages.languages import LANGUAGES
from services.portal.pages.words import gettext
from services.portal.rooms import CHOOSE, ask, page

_FIRST: Final = ("", "whatsapp", "sms")
"""Not e-mail: no address is kept of who has proved a telephone number."""


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.add_url_rule("/consents", "consents", consents, methods=["GET", "POST"])
    pages.add_url_rule("/consents/none", "none", none, methods=["POST"])


@door("citizen")
def consents() -> Any:
    """What holds; sent, what has changed is said."""
    number = {"recipient": own_phone()}
    found = ask(
        as_=SYSTEM("portal"),
        now=Question("notify", "consent", number),
        before=Question("notify", "consent_history", number),
    )
    if found["now"].missing:
        return page("messages/consents.html", 503, away=True, values=request.form)
    now = standing_of(found["now"].value)
    given = {
        **{purpose: "yes" if now.purposes[purpose]["told"] else "no" for purpose in PURPOSES},
        "first": now.channels[0] if now.channels else "",
        "language": now.language or "",
    }
    # What was chosen elsewhere stays, until something else is.
    offered = tuple(dict.fromkeys((*_FIRST, given["first"])))
    shown = {
        "purposes": _purposes(now.purposes),
        "channels": [
            (code, gettext(CHANNELS[code]) if code else gettext("As the city sends it"))
            for code in offered
        ],
        "words": None if found["before"].missing else _words(found["before"].value["words"]),
    }
    if request.method == "GET":
        return page("messages/consents.html", values=given, **shown)
    typed = request.form
    wrong = {purpose: [CHOOSE] for purpose in PURPOSES if typed.get(purpose) not in ("yes", "no")}
    if typed.get("first", "") not in offered:
        wrong["first"] = [CHOOSE]
    if typed.get("language", "") not in ("", *LANGUAGES):
        wrong["language"] = [CHOOSE]
    if wrong:
        return page("messages/consents.html", 400, values=typed, errors=wrong, **shown)
    changed = {
        purpose: typed[purpose] == "yes" for purpose in PURPOSES if typed[purpose] != given[purpose]
    }
    first, language = typed.get("first", ""), typed.get("language", "")
    other = first != given["first"] or language != given["language"]
    # Those that were liked before the one that is chosen now come after it.
    channels = [first, *(each for each in now.channels if each != first)] if first else []
    try:
        say(changed, channels if other else None, language or None if other else None)
    except (Unavailable, TooMany):
        return page("messages/consents.html", 503, away=True, values=typed, **shown)
    return redirect(url_for("messages.consents", told="kept"), 303)


@door("citizen")
def none() -> Any:
    """Nothing more, but the codes that one asks for."""
    try:
        say(dict.fromkeys(PURPOSES, False))
    except (Unavailable, TooMany):
        return page("messages/consents.html", 503, away=True, values={})
    return redirect(url_for("messages.consents", told="none"), 303)


def _purposes(told: Any) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "name": gettext(NAMES[code]),
            "words": gettext(words),
            "told": told[code]["told"],
            "said_at": moment_in(told[code]["said_at"]),
            "source": gettext(SOURCES[told[code]["source"]]) if told[code]["source"] else None,
        }
        for code, words in PURPOSES.items()
    ]


def _words(told: Any) -> list[dict[str, Any]]:
    return [
        {
            **each,
            "name": gettext(NAMES[each["purpose"]]),
            "how": gettext(SOURCES.get(each["source"], each["source"])),
            "at": moment_in(each["said_at"]),
        }
        for each in told
    ]
