"""An owner's documents, by the telephone number that they have proved."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Forbidden, NotFound
from services.tax.commands.certify import certify
from services.tax.commands.take_back import take_payment_back
from services.tax.documents import Seal, content_of
from services.tax.domain.register import Owner
from services.tax.models import Bill, Notice, Payment, Property
from services.tax.queries.documents import bill_document, notice_document
from services.tax.queries.own_documents import documents_of
from services.tax.register_store import add_owners, new_order
from services.tax.schemas.papers import Certifying, OwnDocuments
from tests.integration.tax.test_notices import at, prepared, served
from tests.support.registers import done
from tests.support.taxes import APRIL, FLOOR, OFFICER, OWNER, PROPERTY, bill, paid, register

SEAL = Seal([b"thirty-two bytes and no city's!!" * 2], "https://city.example")
LATER = APRIL + timedelta(days=20)


@pytest.fixture
def owed(sessions: sessionmaker[Session]) -> Property:
    """A property with a bill, which is paid, and a certificate."""
    found = register(sessions)
    raised = bill(sessions, found)
    paid(sessions, found, raised.payable_paise, "UPI-1")
    done(sessions, certify, Certifying, {"property_id": str(found.id)}, APRIL + timedelta(hours=2))
    return found


def listed(
    sessions: Any, phone: str = OWNER["phone"], now: datetime | None = None, **args: Any
) -> list[dict[str, Any]]:
    given = OwnDocuments().load({"number": PROPERTY["number"], "phone": phone} | args)
    with sessions() as session:
        found = documents_of(session, given, SEAL, now or LATER + timedelta(days=1))
        return list(found["items"])


def sold(sessions: Any, owed: Property, *phones: str, when: datetime = LATER) -> None:
    share = Fraction(1, len(phones))
    owners = [Owner("Sunil Pawar", "person", share, phone) for phone in phones]
    with sessions.begin() as session:
        of = session.get_one(Property, owed.id)
        order = new_order(
            session, "mutation", "TAX/T/1", when.date(), when.date(), OFFICER, when, {}
        )
        add_owners(session, of, order, owners)


def test_an_owner_has_bills_receipts_and_certificates_by_their_links(sessions, owed):
    items = listed(sessions)
    assert [each["kind"] for each in items] == ["bill", "receipt", "no-dues"]
    for each in items:
        told = SEAL.verify(each["link"])
        assert told.document is not None
        said = (told.document.kind, told.document.number, told.document.amount_paise)
        assert said == (each["kind"], each["number"], each["amount_paise"])
    # The link is the one that is on the paper, to the letter.
    with sessions() as session:
        document = bill_document(session, session.query(Bill).one())
    printed = content_of(document, "en", SEAL)["vouched"]["link"]
    assert items[0]["link"] == printed.replace("\u200b", "")


def test_the_number_may_be_written_in_any_way_but_is_an_owners_of_today(sessions, owed):
    assert len(listed(sessions, "+91-98220-12345")) == 3
    with pytest.raises(Forbidden, match="not that of an owner"):
        listed(sessions, "98220 12346")
    with pytest.raises(NotFound):
        listed(sessions, number="P/9")


def test_who_has_sold_it_has_nothing_and_who_bought_it_nothing_of_before(sessions, owed):
    sold(sessions, owed, "+919850011111")
    with pytest.raises(Forbidden):
        listed(sessions)
    assert listed(sessions, "98500 11111") == []
    paid(sessions, owed, 1_00, "UPI-2", now=LATER + timedelta(hours=1))
    assert [each["amount_paise"] for each in listed(sessions, "98500 11111")] == [1_00]


def test_who_stays_an_owner_keeps_what_was_theirs(sessions, owed):
    sold(sessions, owed, "+919850011111", "+919822012345")
    assert len(listed(sessions)) == 3
    assert listed(sessions, "98500 11111") == []


def test_a_notice_that_was_issued_is_among_them_and_its_link_gives_it(sessions):
    found = register(sessions, floors=[FLOOR | {"area_sqm": "125.00"}])
    raised = bill(sessions, found)
    served(sessions, "bill", raised.number, "2026-04-02", at("2026-04-02"))
    assert [each["kind"] for each in listed(sessions)] == ["bill"]
    sent = prepared(sessions, found, "demand-notice", "2026-07-02")
    (item,) = [each for each in listed(sessions) if each["kind"] == "notice"]
    assert (item["number"], item["issued_on"]) == (sent.number, "2026-07-02")
    with sessions() as session:
        document = notice_document(session, session.query(Notice).one())
    printed = content_of(document, "mr", SEAL)["vouched"]["link"]
    assert item["link"] == printed.replace("\u200b", "")
    # Who buys it now has none of its time; a warrant that nobody signed is nobody's to read.
    served(sessions, "notice", sent.number, "2026-07-03", at("2026-07-03"))
    prepared(sessions, found, "warrant", "2026-07-26")
    assert [each["kind"] for each in listed(sessions)].count("notice") == 1
    sold(sessions, found, "+919850011111", when=at("2026-08-01"))
    assert listed(sessions, "98500 11111", now=at("2026-08-02")) == []


def test_what_was_cancelled_is_not_among_them(sessions, owed):
    with sessions.begin() as session:
        payment = session.query(Payment).one()
        take_payment_back(session, payment, LATER, by="supervisor:tax", why="it was not theirs")
    assert [each["kind"] for each in listed(sessions)] == ["bill"]
