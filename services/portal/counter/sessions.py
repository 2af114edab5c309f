"""A session with its payments: looked at, taken back from, closed by a second person."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import NotFound, PalikaError
from palika.india import day_of
from palika.text import is_blank
from services.portal.accounts import door, looked_at_all, who
from services.portal.accounts.parts import parts
from services.portal.counter.page import mine, page, told_all, told_of
from services.portal.counter.taking import payments_of
from services.portal.domain.reads import Reason
from services.portal.pages.words import gettext
from services.portal.rooms import DAY, EMPTY, services, within


def add_to(counter: Blueprint) -> None:
    """Add the pages to the blueprint."""
    counter.add_url_rule("/sessions", "sessions", sessions)
    counter.add_url_rule("/sessions/<day>/<uuid:session>", "session", session_page)
    both = ["GET", "POST"]
    counter.add_url_rule("/sessions/<day>/<uuid:session>/close", "close", close, methods=both)
    counter.add_url_rule(
        "/sessions/<day>/<uuid:session>/cancel/<uuid:payment>", "cancel", cancel, methods=both
    )


@door("officer", "supervisor")
def sessions() -> Response:
    """Those of a day."""
    text = request.args.get("day", "")[:10]
    try:
        day = date.fromisoformat(text) if text else day_of(parts().now())
    except ValueError:
        errors = {"day": [DAY]}
        return page("sessions", 400, values={"day": text}, errors=errors, rows=None, day=None)
    here = mine()
    with services() as city:
        found = city.tax.counters(day=day.isoformat())["items"]
    rows = told_all(found, here["places"])
    return page("sessions", counter=here, values={"day": day.isoformat()}, rows=rows, day=day)


@door("officer", "supervisor")
def session_page(day: str, session: UUID) -> Response:
    """One, with all that was taken in it."""
    return _session(day, session)


@door("supervisor")
def close(day: str, session: UUID) -> Any:
    """Close one that is counted."""
    if request.method == "GET":
        return redirect(url_for("counter.session", day=day, session=session), 303)
    try:
        with services() as city:
            city.tax.close_counter(session_id=str(session))
    except PalikaError as error:
        return _session(day, session, **told_of(error))
    return redirect(url_for("counter.session", day=day, session=session, told="closed"), 303)


@door("supervisor")
def cancel(day: str, session: UUID, payment: UUID) -> Any:
    """Take a payment back that was taken by mistake; of a closed session in an open one's books."""
    if request.method == "GET":
        return redirect(url_for("counter.session", day=day, session=session), 303)
    typed = request.form
    why = within(typed.get(f"reason-{payment}", ""), 300)
    into = typed.get(f"into-{payment}", "")[:40].strip()
    if is_blank(why):
        errors = {f"reason-{payment}": [EMPTY]}
        return _session(day, session, 400, errors=errors, opened=str(payment))
    given = {"payment_id": str(payment), "reason": why, **({"session_id": into} if into else {})}
    try:
        with services() as city:
            city.tax.cancel_at_counter(**given)
    except PalikaError as error:
        names = {"reason": f"reason-{payment}", "session_id": f"into-{payment}"}
        return _session(day, session, opened=str(payment), **told_of(error, names))
    return redirect(url_for("counter.session", day=day, session=session, told="cancelled"), 303)


def one(day: str, session: UUID, here: dict[str, Any]) -> dict[str, Any]:
    """A session of a day.

    Raises:
        NotFound: there is none.
        Invalid: not a day.
    """
    with services() as city:
        found = city.tax.counters(day=day)["items"]
    for each in found:
        if each["id"] == str(session):
            return told_all([each], here["places"])[0]
    raise NotFound("there is no such session on that day")


def _session(day: str, session: UUID, status: int = 200, **values: Any) -> Response:
    here = mine()
    work = one(day, session, here)
    payments = payments_of(session)
    looked_at_all([f"property:{each['property_number']}" for each in payments], Reason.HANDLES)
    others = []
    if work["state"] == "closed" and "supervisor" in who().roles:
        with services() as city:
            today = city.tax.counters(day=day_of(parts().now()).isoformat())["items"]
        others = [
            (each["id"], f"{each['counter']} ({each['cashier'].partition(':')[2]})")
            for each in today
            if each["state"] == "open" and each["place"] == work["place"]
        ]
    said = {
        "closed": gettext("The session is closed."),
        "cancelled": gettext("The payment is taken back, and its receipt cancelled."),
    }.get(request.args.get("told", ""))
    return page(
        "session",
        status,
        counter=here,
        work=work,
        day=date.fromisoformat(work["day"]),
        payments=payments,
        others=others,
        told=said,
        **{"opened": None, **values},
    )
