"""What a property owes, and taking money for it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Invalid, NotFound, PalikaError
from palika.text import is_blank, plain_digits
from services.portal.accounts import door, looked_at
from services.portal.counter.page import mine, mode_name, page, told_of
from services.portal.desk.places import names
from services.portal.domain.reads import Reason
from services.portal.pages.formats import moment_in
from services.portal.pages.languages import current
from services.portal.pages.words import gettext
from services.portal.property.shown import half_year
from services.portal.rooms import CHOOSE, EMPTY, download, paise_typed, rupees_to_type, services

_CHEQUE: Final = ("number", "micr", "ifsc", "bank", "dated")
_MODES: Final = ("cash", "cheque")
_PDF_S: Final = 30.0
_FIELDS: Final = {
    "amount_paise": "amount",
    "mode": "mode",
    "cheque": "cheque-number",
    # Of a cheque that no bank would pay the service names its own fields, or those inside of it.
    **{name: f"cheque-{name}" for name in _CHEQUE},
    **{f"cheque.{name}": f"cheque-{name}" for name in _CHEQUE},
}


def add_to(counter: Blueprint) -> None:
    """Add the pages to the blueprint."""
    counter.add_url_rule("/property/<path:number>", "pay", pay, methods=["GET", "POST"])
    counter.add_url_rule("/taken/<uuid:session>/<uuid:payment>", "taken", taken)
    counter.add_url_rule("/receipt/<uuid:session>/<uuid:payment>.pdf", "receipt", receipt)


@door("officer", "supervisor")
def pay(number: str) -> Any:
    """What it owes today; sent, money is taken for it, once by the form's reference."""
    if request.method == "GET":
        return _dues(number)
    here = mine()
    if here["session"] is None:
        return _dues(number, 409, counter=here, values=request.form)
    typed = request.form
    given, errors = _given(typed)
    if errors:
        return _dues(number, 400, counter=here, values=typed, errors=errors)
    session = here["session"]["id"]
    try:
        with services() as city:
            owed = city.tax.get(number=number)
            made = city.tax.take_at_counter(
                session_id=session, property_id=owed["id"], reference=_reference(typed), **given
            )
    except PalikaError as error:
        return _dues(number, values=typed, **told_of(error, _FIELDS))
    return redirect(url_for("counter.taken", session=session, payment=made["id"]), 303)


@door("officer", "supervisor")
def taken(session: UUID, payment: UUID) -> Response:
    """A payment that was taken, with its receipt.

    Raises:
        NotFound: there is none in that session.
    """
    found = payment_in(session, payment)
    looked_at([f"property:{found['property_number']}"], Reason.CALLER)
    return page("taken", payment=found, session_id=session)


@door("officer", "supervisor")
def receipt(session: UUID, payment: UUID) -> Response:
    """The receipt as PDF, in the language of the page.

    Raises:
        NotFound: there is none in that session.
    """
    found = payment_in(session, payment)
    with services(_PDF_S) as city:
        made = city.tax.document(kind="receipt", number=found["receipt_number"], language=current())
    looked_at([f"property:{found['property_number']}"], Reason.CALLER)
    return download(made["file"], "application/pdf", made["content_base64"], shown=True)


def payment_in(session: UUID, payment: UUID) -> dict[str, Any]:
    """One of a session's payments.

    Raises:
        NotFound: there is none.
    """
    for each in payments_of(session):
        if each["payment_id"] == str(payment):
            return each
    raise NotFound("there is no such payment in this session")


def payments_of(session: UUID) -> list[dict[str, Any]]:
    """Those of a session, the last first. Raises NotFound: there is no such session."""
    with services() as city:
        items = city.tax.counter_payments(session_id=str(session))["items"]
    return [
        {
            **each,
            "paid": moment_in(each["paid_at"]),
            "mode_name": mode_name(each["mode"]),
            "taken_back": each["state"] == "reversed",
        }
        for each in items
    ]


def _dues(number: str, status: int = 200, **values: Any) -> Response:
    with services() as city:
        owed = city.tax.get(number=number)
        dues = city.tax.dues(number=number)
    looked_at([f"property:{owed['number']}"], Reason.CALLER)
    if not values.get("values"):
        paise = dues["payable_paise"]
        amount = rupees_to_type(paise) if paise > 0 else ""
        values["values"] = {"amount": amount, "mode": "cash"}
    reference = values["values"].get("reference") or str(uuid4())
    return page(
        "pay",
        status,
        owed={**owed, "ward_name": names()["wards"].get(owed["ward"], owed["ward"])},
        dues=by_half_year(dues),
        total=dues,
        modes=[(mode, mode_name(mode)) for mode in _MODES],
        reference=reference,
        **values,
    )


def by_half_year(dues: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What ``tax.dues`` tells, as the half-year's name and all that is owed of it."""
    found: dict[str, int] = {}
    for each in dues["dues"]:
        name = half_year(each["half_year"])
        found[name] = found.get(name, 0) + each["paise"]
    return list(found.items())


def _given(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Amount, mode and cheque of the form, and what is wrong with them."""
    errors: dict[str, Any] = {}
    paise, wrong = paise_typed("amount", needed=True)
    mode = typed.get("mode", "")
    if wrong:
        errors["amount"] = wrong
    if mode not in _MODES:
        errors["mode"] = [CHOOSE]
    given: dict[str, Any] = {"amount_paise": paise, "mode": mode}
    if mode == "cheque":
        cheque = {name: typed.get(f"cheque-{name}", "")[:100].strip() for name in _CHEQUE}
        needed = [name for name in _CHEQUE if name != "ifsc" and is_blank(cheque[name])]
        errors |= {f"cheque-{name}": [EMPTY] for name in needed}
        cheque["dated"] = plain_digits(cheque["dated"])
        cheque["ifsc"] = cheque["ifsc"].upper()
        given["cheque"] = {name: each for name, each in cheque.items() if each}
    return given, errors


def _reference(typed: Mapping[str, str]) -> str:
    """That of the form: whoever sends it twice has paid once."""
    try:
        return str(UUID(typed.get("reference", "")))
    except ValueError as error:
        rule = gettext("open the page again")
        raise Invalid("no reference of the form", {"amount_paise": [rule]}) from error
