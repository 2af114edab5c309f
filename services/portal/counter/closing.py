"""The end of a day at a counter: the drawer is counted, and what was in it goes to the bank."""

import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, redirect, request, url_for

from palika.errors import PalikaError
from palika.india import day_of
from palika.text import is_blank, plain_digits
from services.portal.accounts import door
from services.portal.accounts.parts import parts
from services.portal.counter.page import mine, mode_name, page, told_of
from services.portal.pages.words import N_, gettext
from services.portal.rooms import EMPTY, paise_typed, services

_MODES: Final = ("cash", "cheque")
_COUNT: Final = re.compile(r"\d{1,7}", re.ASCII)
_WHOLE: Final = N_("must be a whole number")


def add_to(counter: Blueprint) -> None:
    """Add the pages to the blueprint."""
    counter.add_url_rule("/count", "count", count, methods=["GET", "POST"])
    counter.add_url_rule("/bank", "bank", bank, methods=["GET", "POST"])


@door("officer")
def count() -> Any:
    """Pieces of each note and coin, the cheques' total; a difference is explained."""
    here = mine()
    session = here["session"]
    if session is None:
        return redirect(url_for("counter.start"), 303)
    typed: Mapping[str, str] = request.form
    if request.method == "GET":
        return _count(here, values={"cheques": ""})
    pieces, errors = {}, {}
    for worth in here["cash"]:
        found = count_of(typed.get(f"pieces-{worth}", "")[:20])
        if found is None:
            errors[f"pieces-{worth}"] = [_WHOLE]
        elif found:
            pieces[str(worth)] = found
    cheques, wrong = paise_typed("cheques")
    if wrong:
        errors["cheques"] = wrong
    if errors:
        return _count(here, 400, values=typed, errors=errors)
    cash = sum(int(worth) * many for worth, many in pieces.items())
    counted = {"cash": cash, "cheque": cheques or 0}
    why = {
        mode: typed[f"why-{mode}"][:1_000].strip()
        for mode in _MODES
        if not is_blank(typed.get(f"why-{mode}", ""))
    }
    try:
        with services() as city:
            city.tax.count_counter(
                session_id=session["id"], pieces=pieces, cheque_paise=cheques or 0, explanations=why
            )
    except PalikaError as error:
        names = {f"explanations.{mode}": f"why-{mode}" for mode in _MODES}
        names |= {f"cash.{worth}": f"pieces-{worth}" for worth in here["cash"]}
        told = told_of(error, {**names, "cheque_paise": "cheques"})
        return _count(here, counted=counted, values=typed, **told)
    address = url_for("counter.session", day=session["day"], session=session["id"])
    return redirect(address, 303)


@door("officer")
def bank() -> Any:
    """Cash and cheques are brought to the bank, each on a slip."""
    typed = request.form
    if request.method == "GET":
        return _bank(values={"deposited_on": day_of(parts().now()).isoformat()})
    what = "cheques" if typed.get("what") == "cheques" else "cash"
    number = typed.get("number", "")[:60].strip()
    errors: dict[str, Any] = {}
    if is_blank(number):
        errors["number"] = [EMPTY]
    given: dict[str, Any] = {
        "number": number,
        "deposited_on": plain_digits(typed.get("deposited_on", "")[:20]),
    }
    if what == "cash":
        given["amount_paise"], wrong = paise_typed("amount", needed=True)
        if wrong:
            errors["amount"] = wrong
    else:
        given["payment_ids"] = typed.getlist("payment")
        if not given["payment_ids"]:
            errors["payment"] = [gettext("choose one at least")]
    if errors:
        return _bank(400, what, values=typed, errors=errors)
    try:
        with services() as city:
            if what == "cash":
                made = city.tax.deposit_cash(**given)
            else:
                made = city.tax.deposit_cheques(**given)
    except PalikaError as error:
        names = {"amount_paise": "amount", "payment_ids": "payment"}
        names |= {name: name for name in ("number", "deposited_on")}
        return _bank(what=what, values=typed, **told_of(error, names))
    return redirect(url_for("counter.bank", slip=made["number"]), 303)


def _count(
    here: dict[str, Any], status: int = 200, counted: Mapping[str, int] | None = None, **values: Any
) -> Any:
    books = here["session"]["books_of"]
    compared = [
        {
            "mode": mode,
            "name": mode_name(mode),
            "books": books.get(mode, 0),
            "counted": None if counted is None else counted[mode],
            "difference": None if counted is None else counted[mode] - books.get(mode, 0),
        }
        for mode in _MODES
    ]
    return page("count", status, counter=here, compared=compared, **values)


def _bank(status: int = 200, what: str = "cash", **values: Any) -> Any:
    with services() as city:
        cheques = city.tax.cheques(state="in_hand")["items"]
    return page(
        "bank", status, what=what, cheques=cheques, slip=request.args.get("slip", "")[:60], **values
    )


def count_of(text: str) -> int | None:
    """How many there are; nothing is none. None: no number."""
    plain = plain_digits(text).strip()
    if not plain:
        return 0
    return int(plain) if _COUNT.fullmatch(plain) else None
