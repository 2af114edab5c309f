"""A signed-in citizen's own properties: those of which the telephone number that they have proved
is an owner's; with documents, payments, the statement, and the no-dues certificate.

The services are asked by the portal itself: it has made sure of the number by a code. What a page
is about is shown only after ``tax.documents_of`` has said that the number is an owner's of today.
"""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.auth import SYSTEM
from palika.errors import Conflict, Forbidden, NotFound, PalikaError, Unavailable
from services.portal.accounts.doors import door
from services.portal.accounts.numbers import own_phone
from services.portal.asking import Question
from services.portal.citizen.filing import wards
from services.portal.errors import TooMany
from services.portal.messages.consents import over_whatsapp, standing_of
from services.portal.pages.formats import day_in, digits, money
from services.portal.pages.languages import LANGUAGES, current
from services.portal.pages.words import N_, gettext
from services.portal.property import shown
from services.portal.property.finding import NONE
from services.portal.rooms import ask, download, page, services

_PAGE: Final = 20
_DOCUMENTS: Final = 50
_OWES: Final = N_("A certificate is given when nothing is owed; %(amount)s is owed today.")
_NOT_BILLED: Final = N_("A certificate is given once these half-years are billed: %(halves)s.")
_NOT_CLEARED: Final = N_("A certificate is given once your cheque has cleared.")


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.add_url_rule("/mine", "mine", mine)
    pages.add_url_rule("/mine/subscribe", "subscribe", subscribe, methods=["POST"])
    pages.add_url_rule("/<uuid:property_id>/documents", "documents", documents)
    pages.add_url_rule("/<uuid:property_id>/statement", "statement", statement)
    pages.add_url_rule("/<uuid:property_id>/certify", "certify", certify, methods=["POST"])
    pages.add_url_rule("/<uuid:property_id>/documents/<kind>/<path:number>", "pdf", pdf)


@door("citizen")
def mine() -> Response:
    """Those of the proved number, and what each owes."""
    phone, cursor = own_phone(), request.args.get("from", "")[:1_000] or None
    asked = {"phone": phone, "limit": _PAGE, "cursor": cursor}
    found = ask(
        as_=SYSTEM("portal"),
        own=Question("tax", "look_up", asked),
        consent=Question("notify", "consent", {"recipient": phone}),
    )
    own = found["own"]
    if own.missing:
        return page("property/mine.html", 503, away=True, consent=found["consent"])
    dues = ask(
        as_=SYSTEM("portal"),
        **{each["id"]: Question("tax", "dues", {"id": each["id"]}) for each in own.value["items"]},
    )
    rows = [
        {
            **each,
            "ward_name": shown.ward(each["ward"]),
            "use_name": shown.use(each["use"]),
            "dues": None if dues[each["id"]].missing else dues[each["id"]].value,
        }
        for each in own.value["items"]
    ]
    consent = found["consent"]
    return page(
        "property/mine.html",
        rows=rows,
        next=own.value["next"],
        consent=consent,
        subscribed=None if consent.missing else standing_of(consent.value).by_whatsapp,
    )


@door("citizen")
def subscribe() -> Any:
    """Bills and receipts over WhatsApp first, or no longer; the other channels keep their order."""
    wanted = request.form.get("whatsapp") == "yes"
    try:
        over_whatsapp(wanted)
    except (Unavailable, TooMany) as error:
        return page("property/mine.html", 503, error, away=True, consent=None)
    told = "subscribed" if wanted else "unsubscribed"
    return redirect(url_for("property.mine", told=told), 303)


@door("citizen")
def documents(property_id: UUID) -> Response:
    """Bills, receipts, notices, certificates, and what was paid."""
    return _documents(property_id)


def _documents(property_id: UUID, status: int = 200, problem: str = "") -> Response:
    key = str(property_id)
    asked = {"id": key, "phone": own_phone(), "limit": _DOCUMENTS}
    given = ask(as_=SYSTEM("portal"), papers=Question("tax", "documents_of", asked))["papers"]
    if given.missing:
        return _refused(given.error)
    found = ask(as_=SYSTEM("portal"), owed=Question("tax", "get", {"id": key}))["owed"]
    since = min((each["issued_on"] for each in given.value["items"]), default="")
    owed = None if found.missing else shown.property_told(found.value)
    payments = [] if owed is None else [one for bill in owed["bills"] for one in bill["payments"]]
    return page(
        "property/documents.html",
        status,
        key=property_id,
        number=given.value["number"],
        papers=[shown.document_told(each) for each in given.value["items"]],
        owed=owed,
        # Who paid before the title of today is nobody's business who holds it now.
        payments=sorted(
            (each for each in payments if since and each["received_on"] >= since),
            key=lambda each: each["received_on"],
            reverse=True,
        ),
        problem=problem,
    )


def _refused(error: PalikaError | None) -> Response:
    if isinstance(error, NotFound):
        return page("property/start.html", 404, errors={"number": [NONE]}, wards=wards(), values={})
    if isinstance(error, Forbidden):
        return page("property/not_yours.html", 403)
    return page("property/documents.html", 503, error, away=True)


def _own(city: Any, property_id: UUID) -> Any:
    """What the register says of a property to its owner. Raises Forbidden: it is not theirs."""
    return city.tax.documents_of(id=str(property_id), phone=own_phone(), limit=_DOCUMENTS)


@door("citizen")
def statement(property_id: UUID) -> Response:
    """How each rupee came about."""
    try:
        with services(as_=SYSTEM("portal")) as city:
            _own(city, property_id)
            told = city.tax.statement(id=str(property_id))
    except PalikaError as error:
        return _refused(error)
    rows = [
        {**each, "day": day_in(each["value_date"]),
         "half_name": each["half_year"] and shown.half_year(each["half_year"])}
        for each in told["rows"]
    ]  # fmt: skip
    return page("property/statement.html", told=told, rows=rows, key=property_id)


@door("citizen")
def certify(property_id: UUID) -> Any:
    """A certificate that nothing is owed. Asked for again on the day, it is the same one."""
    try:
        with services(as_=SYSTEM("portal")) as city:
            _own(city, property_id)
            city.tax.certify(property_id=str(property_id))
    except Conflict as error:
        return _documents(property_id, 409, _why_not(error))
    except PalikaError as error:
        return _refused(error)
    return redirect(url_for("property.documents", property_id=property_id, told="certified"), 303)


def _why_not(error: Conflict) -> str:
    told = error.details
    if "owed_paise" in told:
        return gettext(_OWES, amount=money(told["owed_paise"]))
    halves = told.get("half_years") or ([told["half_year"]] if "half_year" in told else [])
    if halves:
        return gettext(_NOT_BILLED, halves="; ".join(map(shown.half_year, halves)))
    return gettext(_NOT_CLEARED)


@door("citizen")
def pdf(property_id: UUID, kind: str, number: str) -> Response:
    """A document of one's own, in the language that is asked for, else in that of the page."""
    language = request.args.get("in", current())
    try:
        with services(as_=SYSTEM("portal")) as city:
            items = _own(city, property_id)["items"]
            mine = next(
                (each for each in items if (each["kind"], each["number"]) == (kind, number)), None
            )
            if mine is None:
                raise NotFound(f"there is no {kind} {digits(number)} of this property")
            found = city.tax.document_by_link(
                link=mine["link"], language=language if language in LANGUAGES else current()
            )
    except (Forbidden, Unavailable, TooMany) as error:
        return _refused(error)
    return download(found["file"], found["content_type"], found["content_base64"], shown=True)
