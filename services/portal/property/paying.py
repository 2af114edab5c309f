"""Dues are paid: an amount is chosen, paid on the gateway's page, and here it is said how it
stands.

A browser is led to the gateway's page by a link, not by a form: the policy of forms
(``pages/headers.py``) lets none of them lead elsewhere.
"""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.auth import SYSTEM
from palika.errors import Conflict, Forbidden, Invalid, NotFound, PalikaError, Unavailable
from services.portal.accounts.client import client
from services.portal.accounts.doors import door
from services.portal.accounts.numbers import own_phone
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who_if_known
from services.portal.citizen.filing import citizen_or_nobody, wards
from services.portal.commands.take import take
from services.portal.domain.limits import Limit
from services.portal.errors import TooMany
from services.portal.pages.formats import day_in
from services.portal.pages.languages import current
from services.portal.pages.words import N_
from services.portal.property import shown
from services.portal.property.finding import NONE, count_look, looked
from services.portal.rooms import CHOOSE, page, paise_typed, refusal, services

_LEAST: Final = N_("must be one rupee at least")
_PATIENCE_S: Final = 6.0
"""Without both parts nobody can pay: they are waited for longer than parts of other pages."""
_ASKED_FOR: Final = ("open", "expired")


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.add_url_rule("/<uuid:property_id>/pay", "pay", pay, methods=["GET", "POST"])
    pages.add_url_rule("/payment/<uuid:order_id>", "payment", payment)


@door("anonymous")
def pay(property_id: UUID) -> Any:
    """How much; then an order is made. Sent twice, it is the same order."""
    try:
        count_look()
    except TooMany as error:
        return page("property/pay.html", 429, error, key=property_id, values=request.form)
    except Unavailable:
        # Its key cannot be guessed: who has it may pay.
        pass
    found = looked(property_id, _PATIENCE_S)
    if isinstance(found["owed"].error, NotFound):
        return page("property/start.html", 404, errors={"number": [NONE]}, wards=wards(), values={})
    if found["owed"].missing or found["dues"].missing:
        return page("property/pay.html", 503, away=True, key=property_id, values=request.form)
    dues = shown.owed(found["dues"].value)
    known = {"key": property_id, "owed": shown.property_told(found["owed"].value), "dues": dues}
    payable = dues["payable_paise"]
    if request.method == "GET":
        values = {"how": "all" if payable > 0 else "part"}
        return page("property/pay.html", values=values, **known)
    typed = request.form
    amount, errors = _chosen(typed, payable)
    if errors:
        return _refused(400, values=typed, errors=errors, **known)
    if typed.get("seen") != str(payable):
        # Somebody has paid meanwhile, or a day has passed: nobody pays what they have not read.
        return _refused(409, values=typed, changed=True, **known)
    try:
        _count_link(property_id, amount)
    except TooMany as error:
        return page("property/pay.html", 429, error, values=typed, **known)
    except Unavailable as error:
        return page("property/pay.html", 503, error, values=typed, no_gateway=True, **known)
    try:
        with services(as_=citizen_or_nobody()) as city:
            made = city.tax.pay_link(id=str(property_id), amount_paise=amount, language=current())
    except Invalid as error:
        told = refusal(error, {"amount_paise": "amount"}, only=True)
        return _refused(400, values=typed, errors=told.errors, **known)
    except Conflict as error:
        return _refused(409, error, values=typed, refused=True, **known)
    except (Unavailable, TooMany) as error:
        return page("property/pay.html", 503, error, values=typed, no_gateway=True, **known)
    return redirect(url_for("property.payment", order_id=made["id"], begin="yes"), 303)


def _refused(status: int, error: PalikaError | None = None, **values: Any) -> Response:
    """The form with what is wrong. The browser that has sent it keeps it: who goes back to it from
    the order's page would else come to an error page of the browser's own. It tells nothing that
    the property's number does not."""
    answer = page("property/pay.html", status, error, **values)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _count_link(property_id: UUID, amount: int | None) -> None:
    """Count one more link of the network and, of an amount of one's own choosing, the property.

    Raises:
        TooMany: so many were made already.
        Unavailable: it cannot be counted.
    """
    here = parts()
    with here.store.begin() as session:
        network = here.keeping.of_client(client().network)
        take(session, Limit.LINKS_OF_CLIENT, network, here.now())
        if amount is not None:
            take(session, Limit.LINKS_OF_PROPERTY, str(property_id), here.now())


def _chosen(typed: Any, payable: int) -> tuple[int | None, dict[str, list[str]]]:
    """The amount, None for all that is owed; and what is wrong."""
    how = typed.get("how", "")
    if how not in (("all", "part") if payable > 0 else ("part",)):
        return None, {"how": [CHOOSE]}
    if how == "all":
        return None, {}
    amount, wrong = paise_typed("amount", needed=True)
    if amount is None:
        return None, {"amount": wrong}
    return amount, {} if amount >= 100 else {"amount": [_LEAST]}


@door("anonymous")
def payment(order_id: UUID) -> Response:
    """How an order stands. Whoever comes back, or asks again, has the gateway asked."""
    key = str(order_id)
    begins = request.args.get("begin") == "yes"
    try:
        order = _order(key)
    except NotFound:
        return page("property/payment.html", 404, order=None, key=order_id)
    except TooMany as error:
        return page("property/payment.html", 429, error, order=None, away=True, key=order_id)
    except Unavailable as error:
        return page("property/payment.html", 503, error, order=None, away=True, key=order_id)
    asked = None
    if not begins and order["state"] in _ASKED_FOR and _may_ask(key):
        order, asked = _asked(order, key)
    return page(
        "property/payment.html",
        order=order,
        begins=begins and order["state"] == "open",
        asked=asked,
        mode=shown.mode(order["mode"]),
        paid_on=day_in(order["paid_on"]),
        taken_back=shown.taken_back(order),
        key=order_id,
        present=who_if_known(),
        checked_at=parts().now(),
    )


def _order(key: str) -> Any:
    """An order; whole, with receipt and mode, for an owner as for who made it."""
    with services(as_=citizen_or_nobody()) as city:
        order = city.tax.order(order_id=key)
    if order["whole"] or order["payment_state"] is None or who_if_known().citizen_id is None:
        return order
    try:
        with services(as_=SYSTEM("portal")) as city:
            city.tax.documents_of(id=order["property_id"], phone=own_phone(), limit=1)
            return city.tax.order(order_id=key)
    except (Forbidden, NotFound, Unavailable, TooMany):
        # That it is paid is told all the same.
        return order


def _asked(order: Any, key: str) -> tuple[Any, bool]:
    """The order after the gateway was asked, and whether it has answered."""
    try:
        with services(as_=citizen_or_nobody()) as city:
            found = city.tax.ask_order(order_id=key)
        return _order(key) if found["payment_state"] else found, found["asked"]
    except (Unavailable, TooMany):
        return order, False


def _may_ask(key: str) -> bool:
    """Whether the gateway may be asked about an order again; not, while that cannot be counted."""
    here = parts()
    try:
        with here.store.begin() as session:
            take(session, Limit.ASKS_OF_ORDER, key, here.now())
    except (TooMany, Unavailable):
        return False
    return True
