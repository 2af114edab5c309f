"""The pages on which citizens sign in: a telephone number, and the code that comes to it."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Invalid, Unavailable
from services.portal.accounts import cookies
from services.portal.accounts.client import client
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.accounts.present import be
from services.portal.accounts.ways import away, landing, wait_told, way_on
from services.portal.demo import citizen_code
from services.portal.domain.codes import VALID, Outcome
from services.portal.errors import TooMany
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext
from services.portal.rooms import page, refusal

_LONGEST: Final = 40
_SAID: Final = {
    Outcome.WRONG: N_("this is not the code that was sent; look again"),
    Outcome.OVER: N_("this code is over; ask for another"),
}


def add_to(accounts: Blueprint) -> None:
    """Add the pages to the blueprint."""
    both = ["GET", "POST"]
    accounts.add_url_rule("/citizen", "citizen", ask, methods=both)
    accounts.add_url_rule("/citizen/code", "code", tell, methods=both)


@door("anonymous")
def ask() -> Any:
    """The number to which a code is sent."""
    onward = way_on()
    if request.method == "GET":
        return page("accounts/citizen.html", next=onward)
    here, number = parts(), request.form.get("phone", "")[:_LONGEST]
    values = {"phone": number}
    try:
        code_id = here.citizens.ask(number, current(), client(), here.now())
    except Invalid as error:
        errors = refusal(error, otherwise="phone").errors
        return page("accounts/citizen.html", 400, next=onward, values=values, errors=errors)
    except TooMany as error:
        errors = {"phone": [wait_told(error)]}
        return page("accounts/citizen.html", 429, error, next=onward, values=values, errors=errors)
    except Unavailable:
        return away()
    sealed = here.keeping.seal({"code": str(code_id)}).decode()
    cookies.put(cookies.ERRAND, sealed, lasting=VALID)
    return redirect(url_for("accounts.code", next=onward), 303)


@door("anonymous")
def tell() -> Any:
    """The code."""
    onward, code_id = way_on(), _asked_for()
    if code_id is None:
        return redirect(url_for("accounts.citizen", next=onward), 303)
    if request.method == "GET":
        return _code_page(code_id, onward)
    here, text = parts(), request.form.get("code", "")[:_LONGEST]
    try:
        told = here.citizens.tell(code_id, text, current(), client(), here.now())
    except TooMany as error:
        return _code_page(code_id, onward, wait_told(error), error)
    except Unavailable:
        return away()
    if isinstance(told, Outcome):
        return _code_page(code_id, onward, gettext(_SAID[told]))
    be(told.token)
    cookies.drop(cookies.ERRAND)
    return redirect(onward or landing(), 303)


def _code_page(
    code_id: UUID, onward: str, wrong: str = "", error: TooMany | None = None
) -> Response:
    """The page to type the code at; ``wrong`` is what was not right with what was typed."""
    here = parts()
    try:
        phone = here.citizens.sent_to(code_id, here.now())
    except Unavailable:
        return away()
    return page(
        "accounts/code.html",
        429 if error else 400 if wrong else 200,
        error,
        next=onward,
        sent_to=phone and phone.removeprefix("+91"),
        demo_code=phone and citizen_code(here.keeping, phone, code_id),
        errors={"code": [wrong]} if wrong else {},
    )


def _asked_for() -> UUID | None:
    """The code that this browser has asked for; None, when there is none, or it is over."""
    within_s = int((VALID + timedelta(minutes=1)).total_seconds())
    try:
        given = cookies.read(cookies.ERRAND).encode("utf-8", "replace")
        return UUID(parts().keeping.open(given, within_s=within_s)["code"])
    except (ValueError, KeyError):
        return None
