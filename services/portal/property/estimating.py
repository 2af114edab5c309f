"""What the tax of a property would be, with every step of how it comes about; nothing is filed."""

import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from palika.errors import Invalid, PalikaError, Unavailable
from palika.text import plain_digits
from services.portal.accounts.doors import door
from services.portal.citizen.filing import citizen_or_nobody
from services.portal.errors import TooMany
from services.portal.pages.formats import day_in, digits
from services.portal.pages.words import N_, gettext
from services.portal.property import shown
from services.portal.rooms import EMPTY, page, services

_MOST: Final = 8
_OPEN_PLOT: Final = "open_plot"
_AREA: Final = re.compile(r"\d{1,7}(\.\d{1,2})?", re.ASCII)
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_PART: Final = N_("Part %(number)s")
NO_AREA: Final = N_("must be square metres, such as 62.50")
NO_YEAR: Final = N_("must be a year, such as 1998")
_NOT_TAKEN: Final = N_("cannot be reckoned with; look at the other fields, too")


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.add_url_rule("/estimate", "estimate", estimate)


@door("anonymous")
def estimate() -> Response:
    """The form, and beneath it the tax of what is in it."""
    typed = request.args
    count = min(max(_whole(typed.get("floors", "1")), 1), _MOST)
    if typed.get("add"):
        count = min(count + 1, _MOST)
    known: dict[str, Any] = {"count": count, "most": _MOST, "values": typed}
    try:
        with services(as_=citizen_or_nobody()) as city:
            terms = city.tax.estimate_terms()
            known["terms"] = terms
            if "zone" not in typed or typed.get("add"):
                return page("property/estimate.html", chosen=typed.getlist("claims"), **known)
            known["chosen"] = [
                code
                for code in typed.getlist("claims")
                if code in {each["code"] for each in terms["claims"]}
            ]
            asked, errors = _asked(typed, count)
            if errors:
                return page("property/estimate.html", 400, errors=errors, **known)
            found = city.tax.estimate(period=terms["period"], claims=known["chosen"], **asked)
    except Invalid as error:
        return page("property/estimate.html", 400, errors=_told(error), **known)
    except (Unavailable, TooMany) as error:
        return page(
            "property/estimate.html", 503, error, away=True, terms=None, count=count, values=typed
        )
    return page("property/estimate.html", found=_shown(found), **known)


def _asked(typed: Mapping[str, str], count: int) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The arguments of the question, and what is wrong, by field."""
    floors: list[dict[str, Any]] = []
    errors: dict[str, list[str]] = {}
    for number in range(1, count + 1):
        given = {
            name: plain_digits(typed.get(f"{name}-{number}", "")[:30]).strip()
            for name in ("area", "use", "class", "built", "occupancy")
        }
        if number > 1 and not given["area"]:
            # One that was added and not filled in is none.
            continue
        floor: dict[str, Any] = {
            "floor": gettext(_PART, number=digits(number)),
            "area_sqm": given["area"],
            "use": given["use"],
            "occupancy": given["occupancy"],
        }
        if not _AREA.fullmatch(given["area"]):
            errors[f"area-{number}"] = [NO_AREA if given["area"] else EMPTY]
        if given["use"] != _OPEN_PLOT:
            if not _YEAR.fullmatch(given["built"]):
                errors[f"built-{number}"] = [NO_YEAR if given["built"] else EMPTY]
            floor |= {"class": given["class"], "built_in": _whole(given["built"])}
        floors.append(floor)
    return {"zone": typed.get("zone", "")[:100], "floors": floors}, errors


def _whole(text: str) -> int:
    plain = plain_digits(text)[:4]
    return int(plain) if plain.isascii() and plain.isdigit() else 0


def _told(error: PalikaError) -> dict[str, list[str]]:
    """A refusal of the service, by the fields of the form."""
    names = {"zone": "zone", "claims": "claims"}
    found = {names[name]: [_NOT_TAKEN] for name in error.details if name in names}
    for place in error.details:
        number = re.search(r"floors, (\d+)", place)
        if number:
            field = "built" if "built_in" in place else "area"
            found[f"{field}-{number[1]}"] = [_NOT_TAKEN]
    return found or {"area-1": [_NOT_TAKEN]}


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    rebate = found["rebate"]
    return {
        **found,
        "halves": [
            {**each, "name": shown.half_year(each["half_year"])} for each in found["half_years"]
        ],
        "rebate": rebate and {**rebate, "day": day_in(rebate["last_day"])},
    }
