"""What is split or merged, and its past: what stays true of it, and what goes over to the parts."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from palika.errors import Conflict
from services.tax.commands.hold import hold
from services.tax.commands.mutate import apply_mutation, order_mutation
from services.tax.commands.reassess import demolish, reassess
from services.tax.commands.split import carry, merge, split
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.refunds import promise
from services.tax.ledger_store import entries_of, post
from services.tax.models import RefundInstalment, RegisterOrder
from services.tax.schemas.changing import Carrying, Demolishing, Merging, Reassessing, Splitting
from services.tax.schemas.mutations import Applying, OrderingMutation
from services.tax.schemas.objecting import Holding
from services.tax.stays import holds_of
from tests.support.registers import book, done, property_of, seen, suspense
from tests.support.taxes import FLOOR, OWNER, YEARLY, bill, paid, register

JUNE = datetime(2026, 6, 10, 6, tzinfo=UTC)
WHOLE = {"number": "P/1/0001"}
PARTS = [
    {"number": "P/1/0001/A", "floors": [FLOOR | {"area_sqm": "40.00"}]},
    {"number": "P/1/0001/B", "floors": [FLOOR | {"area_sqm": "22.50"}]},
]


def order(number: str, **args):
    return WHOLE | {"order_number": number} | args


def splitted(sessions, number="TAX/S/1", **args):
    given = order(number, effective_from="2026-05-01", parts=PARTS) | args
    return done(sessions, split, Splitting, given, JUNE)


def in_parts(sessions) -> int:
    """What is owed of the parts in all, less their credit."""
    return sum(book(sessions, each["number"]).net for each in PARTS)


def test_what_was_split_can_be_assessed_anew_for_the_days_before_and_is_carried_on(sessions):
    bill(sessions, register(sessions))
    splitted(sessions)
    larger = {"effective_from": "2026-04-01", "floors": [FLOOR | {"area_sqm": "100.00"}]}
    given = order("TAX/R/1", grounds="measured anew", states=[larger])
    shown = done(sessions, reassess, Reassessing, given, JUNE)
    assert property_of(sessions, "P/1/0001").status == "split"
    assert book(sessions, "P/1/0001").net == shown["difference_paise"] > 0
    before = in_parts(sessions)
    done(sessions, carry, Carrying, WHOLE, JUNE)
    assert book(sessions, "P/1/0001").net == suspense(sessions) == 0
    assert in_parts(sessions) - before == shown["difference_paise"]


def test_what_was_split_is_not_demolished_or_split_on_an_earlier_day(sessions):
    bill(sessions, register(sessions))
    splitted(sessions)
    given = order("TAX/D/1", effective_from="2026-04-15", grounds="it fell down")
    with pytest.raises(Conflict, match="2026-05-01"):
        done(sessions, demolish, Demolishing, given, JUNE)
    again = [each | {"number": f"{each['number']}2"} for each in PARTS]
    with pytest.raises(Conflict, match="2026-05-01"):
        splitted(sessions, "TAX/S/2", effective_from="2026-04-15", parts=again)


BHAU = OWNER | {"name": "Bhau Jadhav"}


def passed_to_bhau(sessions, number="P/1/0001"):
    """Title has passed on 20 May."""
    facts = {"document_number": "RCS 1", "document_date": "2026-05-01", "court": "Civil Judge"}
    given = {
        "number": number,
        "reason": "court_order",
        "effective_from": "2026-05-20",
        "transfers": [{"from": 1, "to": [BHAU]}],
        "facts": facts,
    }
    made = done(sessions, apply_mutation, Applying, given, JUNE)
    given = {"mutation_number": made.number, "order_number": f"TAX/T/{number}"}
    done(sessions, order_mutation, OrderingMutation, given, JUNE)


def merged(sessions, **into):
    given = {
        "numbers": ["P/1/0001", "P/1/0002"],
        "order_number": "TAX/M/1",
        "effective_from": "2026-05-01",
        "into": {"number": "P/1/0003", "floors": [FLOOR]} | into,
        "difference": "measured anew",
    }
    return done(sessions, merge, Merging, given, JUNE)


def owner_of(sessions, number: str) -> str:
    (owner,) = seen(sessions, number, JUNE)["owners"]
    return owner["name"]


def test_a_split_back_over_a_sale_does_not_give_the_parts_to_who_sold(sessions):
    register(sessions)
    passed_to_bhau(sessions)
    with pytest.raises(Conflict, match="have changed since, on 2026-05-20"):
        splitted(sessions)
    splitted(sessions, parts=[each | {"owners": [BHAU]} for each in PARTS])
    assert [owner_of(sessions, each["number"]) for each in PARTS] == ["Bhau Jadhav"] * 2


def test_a_merger_back_over_a_sale_says_who_owns_the_new_one(sessions):
    register(sessions)
    register(sessions, number="P/1/0002")
    passed_to_bhau(sessions)
    passed_to_bhau(sessions, "P/1/0002")
    with pytest.raises(Conflict, match="have changed since, on 2026-05-20"):
        merged(sessions)
    merged(sessions, owners=[BHAU])
    assert owner_of(sessions, "P/1/0003") == "Bhau Jadhav"


def test_what_one_case_is_about_in_several_it_is_about_in_what_they_are_merged_into(sessions):
    for number, half_years in (("P/1/0001", ["2026-27/2"]), ("P/1/0002", None)):
        register(sessions, number=number)
        given = {
            "number": number,
            "kind": "stay",
            "reference": "WP 1/2026",
            "since": "2026-05-02" if half_years else "2026-05-01",
            "half_years": half_years,
        }
        done(sessions, hold, Holding, given, JUNE)
    merged(sessions)
    made = property_of(sessions, "P/1/0003").id
    with sessions() as session:
        (found,) = holds_of(session, [made], date(2026, 6, 10))[made]
    assert (found.since, found.half_years) == (date(2026, 5, 1), None)


def test_a_stay_that_names_the_old_number_is_not_taken_for_nothing(sessions):
    register(sessions)
    given = {"number": "P/1/0001", "kind": "stay", "reference": "WP 1/2026", "since": "2026-06-01"}
    splitted(sessions)
    with pytest.raises(Conflict, match="hold what is in its place, P/1/0001/A, P/1/0001/B"):
        done(sessions, hold, Holding, given, JUNE)
    done(sessions, hold, Holding, given | {"number": "P/1/0001/A"}, JUNE)


def test_parts_that_are_worth_nothing_have_the_same_of_what_was_paid(sessions):
    owed = register(sessions, zone="zone-3")
    bill(sessions, owed)
    paid(sessions, owed, YEARLY, "UPI-1")
    corner = {"floor": "Corner", "area_sqm": "0.01", "use": "open_plot", "occupancy": "vacant"}
    parts = [{"number": each["number"], "floors": [corner]} for each in PARTS]
    splitted(sessions, effective_from="2026-04-01", parts=parts, difference="a road was built")
    assert [book(sessions, each["number"]).advance for each in PARTS] == [YEARLY // 2] * 2


def promised_more_than_there_is(sessions, owed):
    """Two instalments of 400 rupees, of which 600 are there."""
    with sessions.begin() as session:
        sums = Book.of(entries_of(session, owed.id), JUNE.date())
        draft = promise(sums, 600_00, JUNE.date())
        post(session, [draft], property_id=owed.id, reference="TAX/X/1", posted_at=JUNE)
        first = session.scalars(select(RegisterOrder)).one()
        for year in (2027, 2028):
            session.add(
                RefundInstalment(property_id=owed.id, order_id=first.id, year=year, paise=400_00)
            )


def test_of_what_was_promised_only_what_is_there_is_marked_as_given(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    paid(sessions, owed, YEARLY + 1_000_00, "UPI-1")
    promised_more_than_there_is(sessions, owed)
    splitted(sessions)
    with sessions() as session:
        rows = session.scalars(select(RefundInstalment).order_by(RefundInstalment.year)).all()
    assert [row.credited_paise for row in rows] == [400_00, 200_00]
    assert book(sessions, owed.number).refund_payable == 0
