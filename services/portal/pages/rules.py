"""The rules that forms are held to, in the reader's language: marshmallow says them in English."""

import re
from typing import Final

from flask import Flask

from services.portal.pages.formats import digits
from services.portal.pages.words import N_, gettext

_MISSING: Final = N_("Missing data for required field.")
_NULL: Final = N_("Field may not be null.")
_IN_ENGLISH: Final = dict.fromkeys((_MISSING, _NULL), "must not be empty")
"""What marshmallow says of a field that nothing was typed into is no English for people."""
_KNOWN: Final = (
    N_("Not a valid string."),
    N_("must not be empty"),
    N_("Not a valid integer."),
    N_("Not a valid number."),
    N_("Not a valid boolean."),
    N_("Not a valid email address."),
    N_("Unknown field."),
    N_("must be a day like 2026-04-01"),
    N_("must be a whole number"),
    N_("must be a number"),
    N_("must be a date such as 2026-07-01"),
    N_("must be true or false"),
    N_("must be 2 to 50 small letters, digits and . _ -"),
    N_("name one at least"),
    N_("must be a 10-digit Indian mobile number, or + with country code and number"),
)
"""Those that stand in nobody's own code."""

_NAMED: Final = "(?:department|audience|services?|documents)"
_WITH_FIGURES: Final = tuple(
    (re.compile(pattern), message)
    for pattern, message in (
        (r"must be from (?P<least>\S+) to (?P<most>\S+)", N_("must be from %(least)s to %(most)s")),
        (r"must be 1 to (?P<most>\d+) days", N_("must be 1 to %(most)s days")),
        (r"(?P<named>\S+) does not hold it", N_("%(named)s does not hold it")),
        (
            r"must be a number from (?P<least>\S+) to (?P<most>\S+)",
            N_("must be a number from %(least)s to %(most)s"),
        ),
        (
            r"must have at most (?P<most>\d+) characters",
            N_("must have at most %(most)s characters"),
        ),
        (
            r"Longer than maximum length (?P<most>\d+)\.",
            N_("must have at most %(most)s characters"),
        ),
        (
            r"(?P<file>[a-z0-9/._-]+): there is no page (?P<named>\S+)",
            N_("%(file)s leads to %(named)s, which would not be there"),
        ),
        (
            rf"(?P<file>[a-z0-9/._-]+): there is no {_NAMED} (?P<named>\S+)",
            N_("%(file)s names %(named)s, which would not be there"),
        ),
        (r"there is no page (?P<named>\S+)", N_("there is no page %(named)s")),
        (rf"there is no {_NAMED} (?P<named>\S+)", N_("there is no %(named)s")),
        (
            r"there is no field (?P<named>\S+) in this file",
            N_("the field %(named)s is not filled in"),
        ),
        (
            r"has a character that cannot be stored: (?P<named>\S+) at position (?P<at>\d+)",
            N_("has a character that cannot be stored: %(named)s, at position %(at)s"),
        ),
        (
            r"has too many pixels; at most (?P<most>\d+) million are taken",
            N_("has too many pixels; at most %(most)s million are taken"),
        ),
    )
)
"""Those with figures in them, or with a name, which stays as it is."""
_AS_IT_IS: Final = frozenset({"file", "named"})
_AMOUNT: Final = re.compile(r"₹ ?([\d,]+)(?:\.00|(\.\d\d))?(?![\d,])", re.ASCII)
_NUMBER: Final = re.compile(r"(?<![\w./:@-])\d[\d,]*(?:\.\d+)?(?![\w/:@-])")
"""A figure of a sentence, and none of a number by which something is called."""
_MARATHI: Final = re.compile(r"[\u0900-\u097f]")


def register(app: Flask) -> None:
    """Make ``{{ rule | rule }}`` known to templates."""
    app.jinja_env.filters["rule"] = rule


def rule(said: str) -> str:
    """A rule in the language of the page; as it is, if it has no translation."""
    for pattern, message in _WITH_FIGURES:
        found = pattern.fullmatch(said)
        if found:
            return gettext(
                message,
                **{
                    name: each if name in _AS_IT_IS else digits(each)
                    for name, each in found.groupdict().items()
                },
            )
    told = gettext(said)
    return _figures(_IN_ENGLISH.get(told, told))


def _figures(told: str) -> str:
    """Amounts and numbers in the manner of the pages, however a service has written them."""
    told = _AMOUNT.sub(lambda at: digits(f"₹\N{NO-BREAK SPACE}{at[1]}{at[2] or ''}"), told)
    return _NUMBER.sub(lambda at: digits(at[0]), told) if _MARATHI.search(told) else told
