"""Documents out of the database: they say what the ledger has."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy import select, text

from palika.errors import Conflict
from palika.india import INDIA
from services.tax.cli import documents, printing
from services.tax.commands.certify import certify
from services.tax.commands.hold import hold
from services.tax.commands.notices import prepare_notice, serve
from services.tax.commands.take_back import take_payment_back
from services.tax.documents import Seal, document_pdf
from services.tax.domain.register import Owner
from services.tax.models import Payment, Property, PropertyState
from services.tax.queries.documents import (
    bill_document,
    bills_of,
    certificate_document,
    is_withdrawn,
    notice_document,
    receipt_document,
)
from services.tax.register_store import add_owners, add_state, new_order, state_of
from services.tax.schemas.objecting import Holding
from services.tax.schemas.papers import Certifying
from services.tax.schemas.recovering import Noticing, Serving
from tests.support.taxes import APRIL, OFFICER, OWNER, SUPERVISOR, bill, paid, register

SEAL = Seal([b"thirty-two bytes and no city's!!" * 2], "https://city.example")
YEAR = timedelta(days=365)


def at(day: str) -> datetime:
    """Eleven in the morning of a day in India."""
    return datetime.fromisoformat(day).replace(hour=11, tzinfo=INDIA).astimezone(UTC)


def of(sessions, make: Any, row: Any) -> Any:
    """What a query makes of a row."""
    with sessions() as session:
        return make(session, session.get(type(row), row.id))


def test_a_bill_says_the_tax_what_is_open_and_what_is_off_for_who_pays_early(sessions):
    owed = register(sessions, APRIL - 2 * YEAR, claims=["self_occupied", "solar"])
    bill(sessions, owed, "2025-26", APRIL - YEAR)
    paid(sessions, owed, 1_000_00, "UPI-1", now=APRIL - YEAR + timedelta(days=150))
    raised = bill(sessions, owed, now=APRIL)
    document = of(sessions, bill_document, raised)
    assert document.tax_paise == raised.amount_paise
    assert sum(due.total_paise for due in document.arrears) == raised.arrears_paise > 0
    assert [str(due.half_year) for due in document.arrears] == ["2025-26/1", "2025-26/2"]
    assert document.to_pay_paise == raised.payable_paise
    assert document.rebate.until == date(2026, 5, 31)
    early = document.to_pay_paise - document.rebate.paise + document.rebate.interest_paise
    assert document.early_paise == early
    assert sum(each.rateable_value_paise for each in document.floors) == raised.rateable_value_paise
    assert [line.head.en for line in document.lines[:2]] == ["General tax", "Water tax"]
    # What comes later changes nothing on it.
    paid(sessions, owed, 500_00, "UPI-2", now=APRIL + timedelta(days=40))
    assert of(sessions, bill_document, raised) == document
    assert document_pdf(document, "mr", SEAL).startswith(b"%PDF")


def test_an_advance_is_on_the_bill_that_uses_it(sessions):
    owed = register(sessions)
    bill(sessions, owed, "2026-27/1")
    paid(sessions, owed, 5_000_00, "UPI-1")
    second = bill(sessions, owed, "2026-27/2", APRIL + timedelta(days=183))
    document = of(sessions, bill_document, second)
    assert document.credit_paise == second.advance_paise > 0
    assert document.arrears == ()
    assert document.to_pay_paise == second.payable_paise


def test_a_receipt_says_what_the_payment_went_to(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    payment = paid(sessions, owed, 8_000_00, "UPI-7", now=APRIL + timedelta(days=100))
    document = of(sessions, receipt_document, payment)
    told = {each.what.en: each.paise for each in document.settled if each.what.en != "General tax"}
    assert told["Interest"] == 63_00
    assert told["advance"] == 8_000_00 - 6_342_00 - 63_00
    assert sum(each.paise for each in document.settled) == 8_000_00


def test_a_receipt_names_the_rebate_that_was_earned(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    off = of(sessions, bill_document, raised).rebate.paise
    payment = paid(sessions, owed, 6_342_00 - off, "UPI-1")
    document = of(sessions, receipt_document, payment)
    assert (document.rebate_paise, document.balance_paise) == (off, 0)


def test_a_notice_says_what_is_open_and_what_came_before(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    with sessions.begin() as session:
        args = {"kind": "bill", "number": raised.number, "served_on": "2026-04-10", "how": "post"}
        serve(session, OFFICER, Serving().load(args), at("2026-04-10"))
    with sessions.begin() as session:
        session.expire_on_commit = False
        args = {"property_id": str(owed.id), "step": "demand-notice"}
        notice = prepare_notice(session, OFFICER, Noticing().load(args), at("2026-07-15"))
    document = of(sessions, notice_document, notice)
    assert sum(due.total_paise for due in document.dues) == notice.owed_paise
    assert [(each.kind, each.number) for each in document.earlier] == [("bill", raised.number)]
    assert document_pdf(document, "en", SEAL).startswith(b"%PDF")


def test_a_document_names_the_owners_of_its_day_and_not_who_came_after(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    before = of(sessions, bill_document, raised)
    later = APRIL + timedelta(days=60)
    with sessions.begin() as session:
        day = date(2026, 5, 31)
        order = new_order(session, "mutation", "SALE-1", day, day, OFFICER, later)
        sold = session.get(Property, owed.id)
        add_owners(session, sold, order, [Owner("Sunil Pawar", "person", Fraction(1))])
        state = state_of(session.scalars(select(PropertyState)).one())
        add_state(session, sold, order, replace(state, address="1, Baner High Street"), day)
    assert of(sessions, bill_document, raised) == before
    assert before.holding.owners == ("Asha Kulkarni",)
    receipt = of(sessions, receipt_document, paid(sessions, owed, 1_00, "UPI-1", now=later))
    assert receipt.holding.owners == ("Sunil Pawar",)
    assert receipt.holding.address == "1, Baner High Street"


def test_a_notice_is_as_it_was_issued_whatever_is_found_out_later(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    with sessions.begin() as session:
        args = {"kind": "bill", "number": raised.number, "served_on": "2026-04-10", "how": "post"}
        serve(session, OFFICER, Serving().load(args), at("2026-04-10"))
    with sessions.begin() as session:
        session.expire_on_commit = False
        args = {"property_id": str(owed.id), "step": "demand-notice"}
        notice = prepare_notice(session, OFFICER, Noticing().load(args), at("2026-07-15"))
    before = of(sessions, notice_document, notice)
    found = {"by": SUPERVISOR, "reason": "the teller's slip was found"}
    paid(sessions, owed, 100_00, "B", now=at("2026-08-01"), received_on=date(2026, 6, 1), **found)
    with sessions.begin() as session:
        stay = {"kind": "stay", "reference": "WP 1/2026", "since": "2026-07-01"}
        given = Holding().load(stay | {"number": owed.number})
        hold(session, SUPERVISOR, given, at("2026-08-02"))
    again = of(sessions, notice_document, notice)
    assert again == before
    assert sum(due.interest_paise for due in again.dues) > 0
    # What one said that was issued before it was kept is made of the ledger, all that was owed.
    with sessions.begin() as session:
        session.execute(text("UPDATE notice SET dues = NULL, fees_paise = NULL, earlier = NULL"))
    old = of(sessions, notice_document, notice)
    assert [str(due.half_year) for due in old.dues] == ["2026-27/1", "2026-27/2"]
    assert old.earlier == before.earlier


def test_nothing_is_certified_while_something_is_owed_or_not_billed(sessions):
    owed = register(sessions)
    args = Certifying().load({"property_id": str(owed.id)})

    def certified(day: str) -> Any:
        with sessions.begin() as session:
            session.expire_on_commit = False
            return certify(session, OFFICER, args, at(day))

    with pytest.raises(Conflict, match="was not billed for 2026-27/1 yet"):
        certified("2026-04-02")
    bill(sessions, owed)
    with pytest.raises(Conflict, match=r"owes ₹6,342\.00"):
        certified("2026-04-02")
    paid(sessions, owed, 6_342_00, "UPI-1")
    made = certified("2026-04-02")
    assert re.fullmatch(r"ND-2026-27-\d{6}", made.number)
    assert (made.paid_to, made.valid_until) == ("2026-27/2", date(2027, 3, 31))
    assert certified("2026-04-02").number == made.number
    assert certified("2026-04-03").number != made.number
    document = of(sessions, certificate_document, made)
    assert [paise for _, _, paise in document.receipts] == [6_342_00]
    assert document_pdf(document, "mr", SEAL).startswith(b"%PDF")
    with pytest.raises(Conflict, match="was not billed for 2027-28/1 yet"):
        certified("2027-04-02")


def test_nothing_is_certified_when_a_half_year_in_between_was_never_billed(sessions):
    owed = register(sessions, APRIL - 2 * YEAR)
    bill(sessions, owed, "2024-25", APRIL - 2 * YEAR)
    bill(sessions, owed, "2025-26/2", APRIL - YEAR)
    bill(sessions, owed, "2026-27", APRIL)
    paid(sessions, owed, 100_000_00, "UPI-1")
    args = Certifying().load({"property_id": str(owed.id)})
    with (
        pytest.raises(Conflict, match=r"never billed for 2025-26/1$") as refused,
        sessions.begin() as session,
    ):
        certify(session, OFFICER, args, at("2026-04-02"))
    assert refused.value.details["half_years"] == ["2025-26/1"]
    bill(sessions, owed, "2025-26/1", at("2026-04-02"))
    with sessions.begin() as session:
        assert certify(session, OFFICER, args, at("2026-04-02")).paid_to == "2026-27/2"


def test_a_certificate_is_withdrawn_with_the_payment_that_it_rests_on(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    paid(sessions, owed, 6_342_00, "UPI-1")
    paid(sessions, owed, 100_00, "UPI-2")
    args = Certifying().load({"property_id": str(owed.id)})

    def certified(day: str) -> Any:
        with sessions.begin() as session:
            session.expire_on_commit = False
            return certify(session, OFFICER, args, at(day))

    def taken_back(reference: str, day: str) -> None:
        with sessions.begin() as session:
            payment = session.scalars(select(Payment).where(Payment.reference == reference)).one()
            take_payment_back(session, payment, at(day), by="supervisor:tax", why="not theirs")

    def withdrawn() -> bool:
        with sessions() as session:
            return is_withdrawn(session, made.number)

    made = certified("2026-04-02")
    assert not withdrawn()
    taken_back("UPI-2", "2026-04-03")
    assert not withdrawn(), "it was an advance: nothing was owed without it"
    taken_back("UPI-1", "2026-04-04")
    assert withdrawn()
    with pytest.raises(Conflict, match="is withdrawn"):
        of(sessions, certificate_document, made)
    paid(sessions, owed, 6_342_00, "UPI-3", now=at("2026-04-05"))
    assert withdrawn(), "it was owed on the certificate's day all the same"
    made = certified("2026-04-05")
    assert not withdrawn()


def test_all_bills_of_a_period_are_read_by_ward_and_number(sessions):
    wards = ("kothrud-bavdhan", "aundh-baner")
    for at_, ward in ((1, wards[0]), (3, wards[1]), (2, wards[1])):
        bill(sessions, register(sessions, number=f"P/{at_}", ward=ward))
    with sessions() as session:
        found = [each.number for each, _ in bills_of(session, "2026-27", None)]
        of_ward = [each.number for each, _ in bills_of(session, "2026-27", wards[1])]
    assert found[:2] == of_ward
    assert len(found) == 3


def test_the_bills_of_a_period_are_read_in_pages(sessions, monkeypatch):
    monkeypatch.setattr("services.tax.queries.documents._PAGE", 2)
    raised = [bill(sessions, register(sessions, number=f"P/{n}")).number for n in range(5)]
    with sessions() as session:
        found = bills_of(session, "2026-27", None)
        first, _ = next(found)
        # The rest waits at the database.
        cursors = text("SELECT statement FROM pg_cursors WHERE statement LIKE '%FROM bill%'")
        assert len(session.scalars(cursors).all()) == 1
        session.expunge_all()
        assert [first.number, *(each.number for each, _ in found)] == raised


def test_the_bills_of_a_period_are_printed_in_one_file_or_a_file_each(
    sessions, monkeypatch, tmp_path
):
    bill(sessions, register(sessions, number="P/1"))
    odd = [OWNER | {"name": "ராமன்"}]
    refused = bill(sessions, register(sessions, number="P/2", owners=odd))
    bill(sessions, register(sessions, number="P/3", owners=[OWNER | {"language": "en"}]))
    monkeypatch.setattr(printing, "sessions", lambda _service: sessions)
    monkeypatch.setattr(printing, "seal", lambda: SEAL)
    runner = CliRunner()
    whole, folder = tmp_path / "bills.pdf", tmp_path / "each"
    done = runner.invoke(documents.bills, ["2026-27", "--output", str(whole), "--json"])
    told = json.loads(done.output)
    assert (done.exit_code, told["bills"], told["pages"]) == (1, 2, 2)
    assert [each["number"] for each in told["refused"]] == [refused.number]
    assert len(PdfReader(whole).pages) == 2
    done = runner.invoke(documents.bills, ["2026-27", "--output", str(folder)])
    assert done.exit_code == 1
    assert f"not made: {refused.number}" in done.output
    assert len(list(folder.iterdir())) == 2
    # What looks like a file and is none that can be made is no folder either, unless it is there.
    done = runner.invoke(documents.bills, ["2026-27", "--output", str(tmp_path / "y.txt")])
    assert done.exit_code == 2
    assert "a file must end with .pdf" in done.output
    assert not (tmp_path / "y.txt").exists()
    (dotted := tmp_path / "ward.1").mkdir()
    done = runner.invoke(documents.bills, ["2026-27", "--output", str(dotted)])
    assert len(list(dotted.iterdir())) == 2
    # A period or a ward without bills leaves no file behind, and no folder.
    nothing = tmp_path / "nothing"
    for options in (["2031-32"], ["2026-27", "--ward", "hadapsar-mundhwa"]):
        for path in (nothing.with_suffix(".pdf"), nothing):
            done = runner.invoke(documents.bills, [*options, "--output", str(path)])
            assert (done.exit_code, "there are no bills of" in done.output) == (1, True)
            assert not path.exists()
    for options in (["2026"], ["2026-27", "--ward", "x"]):
        done = runner.invoke(documents.bills, [*options, "--output", str(whole)])
        assert done.exit_code == 2
