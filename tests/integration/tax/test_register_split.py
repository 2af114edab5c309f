"""A property that is split, or several that become one: no paisa is lost, and nobody pays twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from palika.errors import Conflict, Invalid, NotFound
from services.tax.commands.hold import hold
from services.tax.commands.mutate import apply_mutation
from services.tax.commands.object import file_objection, withdraw_objection
from services.tax.commands.reassess import demolish
from services.tax.commands.split import carry, merge, split
from services.tax.commands.take_back import take_payment_back
from services.tax.domain.ledger.accounts import MONEY
from services.tax.models import LedgerEntry, Objection, Payment, Property
from services.tax.schemas.changing import Carrying, Demolishing, Merging, Splitting
from services.tax.schemas.mutations import Applying
from services.tax.schemas.objecting import Holding, Objecting, Withdrawing
from services.tax.stays import holds_of
from tests.support.registers import book, done, property_of, seen, suspense
from tests.support.taxes import APRIL, FLOOR, OWNER, YEARLY, bill, paid, recorded, register

JUNE = datetime(2026, 6, 10, 6, tzinfo=UTC)
SMALL = FLOOR | {"area_sqm": "22.50"}
LARGE = FLOOR | {"area_sqm": "40.00"}
PARTS = [
    {"number": "P/1/0001/A", "floors": [LARGE]},
    {"number": "P/1/0001/B", "floors": [SMALL], "owners": [OWNER | {"name": "Bhau Jadhav"}]},
]


def splitted(sessions, now=JUNE, **args):
    given = {
        "number": "P/1/0001",
        "order_number": "TAX/S/1",
        "effective_from": "2026-04-01",
        "parts": PARTS,
    } | args
    return done(sessions, split, Splitting, given, now)


def merged(sessions, now=JUNE, **args):
    given = {
        "numbers": ["P/1/0001", "P/1/0002"],
        "order_number": "TAX/M/1",
        "effective_from": "2026-04-01",
        "into": {"number": "P/1/0003", "floors": [LARGE, LARGE | {"floor": "First"}]},
        "difference": "a wall was taken down",
    } | args
    return done(sessions, merge, Merging, given, now)


def in_all(sessions, *numbers) -> int:
    """What is owed of properties in all, less their credit."""
    return sum(book(sessions, number).net for number in numbers)


def demanded(sessions, number) -> int:
    return sum(book(sessions, number).charged.values())


# ---- split


def test_the_parts_are_billed_for_what_the_whole_was_billed_for(sessions):
    bill(sessions, register(sessions))
    shown = splitted(sessions)
    assert [each["number"] for each in shown["successors"]] == ["P/1/0001/A", "P/1/0001/B"]
    assert book(sessions, "P/1/0001").net == 0
    assert demanded(sessions, "P/1/0001") == 0
    parts = [demanded(sessions, each["number"]) for each in PARTS]
    # Together what the whole was, but for rounding and the slabs of smaller values.
    assert parts[0] > parts[1] > 0
    assert sum(parts) <= YEARLY
    whole = property_of(sessions, "P/1/0001")
    assert (whole.status, whole.version) == ("split", 2)
    assert seen(sessions, "P/1/0001/B", JUNE)["owners"][0]["name"] == "Bhau Jadhav"
    assert seen(sessions, "P/1/0001/A", JUNE)["owners"][0]["name"] == OWNER["name"]
    assert suspense(sessions) == 0


def test_what_was_paid_for_the_whole_is_paid_for_the_parts(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    paid(sessions, owed, YEARLY, "UPI-1", now=APRIL + timedelta(days=62))
    splitted(sessions)
    assert book(sessions, "P/1/0001").net == 0
    net = in_all(sessions, *(each["number"] for each in PARTS))
    assert net == sum(demanded(sessions, each["number"]) for each in PARTS) - YEARLY
    assert suspense(sessions) == 0
    # The money itself has not moved.
    received = sum(book(sessions, "P/1/0001").money.get(each, 0) for each in MONEY)
    assert received == YEARLY


def test_who_paid_early_and_is_split_in_the_window_keeps_a_rebate(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    paid(sessions, owed, YEARLY, "UPI-1")
    may = datetime(2026, 5, 20, 6, tzinfo=UTC)
    splitted(sessions, may)
    for each in PARTS:
        assert sum(book(sessions, each["number"]).rebated.values()) != 0
        assert book(sessions, each["number"]).open() == {}


def test_arrears_follow_the_parts_by_their_worth_and_go_on_bearing_interest(sessions):
    owed = register(sessions, now=datetime(2020, 4, 1, tzinfo=UTC))
    bill(sessions, owed, "2025-26", APRIL - timedelta(days=364))
    bill(sessions, owed, "2026-27", APRIL)
    before = in_all(sessions, "P/1/0001")
    splitted(sessions, effective_from="2026-05-01")
    # What is billed from October on is billed anew; all else followed with its interest.
    assert book(sessions, "P/1/0001").net == 0
    a, b = (book(sessions, each["number"]) for each in PARTS)
    for half_year in {half for half, _ in a.receivable}:
        assert {head for half, head in a.receivable if half == half_year} == {
            head for half, head in b.receivable if half == half_year
        }
    arrears = {key for key in a.receivable if key[0].year == 2025}
    assert "interest" in {head for _, head in arrears}
    assert in_all(sessions, *(each["number"] for each in PARTS)) > before
    assert suspense(sessions) == 0
    assert demanded(sessions, "P/1/0001/A") == sum(
        paise for (half, _), paise in a.charged.items() if str(half) == "2026-27/2"
    )


def test_areas_have_to_add_up_or_be_explained(sessions):
    register(sessions)
    parts = [PARTS[0], PARTS[1] | {"floors": [LARGE]}]
    with pytest.raises(Invalid) as refused:
        splitted(sessions, parts=parts)
    assert list(refused.value.fields) == ["difference"]
    splitted(sessions, parts=parts, difference="the terrace was built over")


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("parts, 2, floors, 1, use", {"floors": [SMALL | {"use": "palace"}]}),
        ("parts, 2, zone", {"zone": "zone-9"}),
        ("parts, 2, floors, 1, built_in", {"floors": [SMALL | {"built_in": 2027}]}),
        ("parts, 2, owners", {"owners": [OWNER | {"share": "1/2"}]}),
    ],
)
def test_a_part_that_cannot_be_is_refused_by_its_place(sessions, field, part):
    bill(sessions, register(sessions))
    with pytest.raises(Invalid) as refused:
        splitted(sessions, parts=[PARTS[0], PARTS[1] | part])
    assert list(refused.value.fields) == [field]
    assert property_of(sessions, "P/1/0001").status == "active"
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Property)) == 1


def test_a_number_that_is_taken_is_refused_and_nothing_is_written(sessions):
    bill(sessions, register(sessions))
    register(sessions, number="P/1/0001/B")
    with sessions() as session:
        entries = session.scalar(select(func.count()).select_from(LedgerEntry))
    with pytest.raises(Conflict, match="P/1/0001/B"):
        splitted(sessions)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == entries
    assert property_of(sessions, "P/1/0001").status == "active"


def test_what_is_split_is_not_split_again_even_at_once(sessions):
    bill(sessions, register(sessions))

    def run(n: int):
        parts = [each | {"number": f"{each['number']}{n}"} for each in PARTS]
        try:
            return splitted(sessions, order_number=f"TAX/S/{n}", parts=parts)
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run, range(4)))
    assert sum(isinstance(each, dict) for each in results) == 1
    assert suspense(sessions) == 0


def test_an_open_application_has_to_come_to_its_end_first(sessions):
    owed = register(sessions)
    given = {
        "id": str(owed.id),
        "reason": "correction",
        "effective_from": "2026-05-01",
        "owners": [OWNER | {"name": "Asha V Kulkarni"}],
    }
    done(sessions, apply_mutation, Applying, given, JUNE)
    with pytest.raises(Conflict, match="MUT-2026-27"):
        splitted(sessions)


def objected(sessions, owed, raised) -> Objection:
    given = {
        "number": owed.number,
        "bill_number": raised.number,
        "objector": "Asha Kulkarni",
        "grounds": "the flat is smaller",
    }
    return done(sessions, file_objection, Objecting, given, APRIL)


def test_an_open_objection_has_to_come_to_its_end_first(sessions):
    owed = register(sessions)
    made = objected(sessions, owed, bill(sessions, owed))
    with pytest.raises(Conflict, match=made.number):
        splitted(sessions)
    args = {"objection_number": made.number, "reason": "to be split"}
    done(sessions, withdraw_objection, Withdrawing, args, JUNE)
    splitted(sessions)


def test_an_open_objection_of_one_of_them_keeps_them_from_being_merged(sessions):
    register(sessions)
    other = register(sessions, number="P/1/0002")
    made = objected(sessions, other, bill(sessions, other))
    with pytest.raises(Conflict, match=made.number):
        merged(sessions)


def test_a_courts_stay_stays_with_the_parts(sessions):
    register(sessions)
    given = {
        "number": "P/1/0001",
        "kind": "stay",
        "reference": "WP 1/2026",
        "since": "2026-05-01",
    }
    done(sessions, hold, Holding, given, JUNE)
    splitted(sessions)
    ids = [property_of(sessions, each["number"]).id for each in PARTS]
    with sessions() as session:
        found = holds_of(session, ids, date(2026, 6, 10))
    assert [[each.reference for each in found[id_]] for id_ in ids] == [["WP 1/2026"]] * 2


# ---- merger


def two(sessions):
    first = register(sessions)
    second = register(sessions, number="P/1/0002", floors=[FLOOR | {"area_sqm": "17.50"}])
    for each in (first, second):
        bill(sessions, each)
    return first, second


def test_dues_and_credit_of_several_meet_in_one(sessions):
    first, _ = two(sessions)
    paid(sessions, first, YEARLY, "UPI-1", now=APRIL + timedelta(days=62))
    shown = merged(sessions)
    assert [each["number"] for each in shown["properties"]] == ["P/1/0001", "P/1/0002"]
    assert in_all(sessions, "P/1/0001", "P/1/0002") == 0
    assert in_all(sessions, "P/1/0003") == demanded(sessions, "P/1/0003") - YEARLY
    assert suspense(sessions) == 0
    for number in ("P/1/0001", "P/1/0002"):
        assert property_of(sessions, number).status == "merged"
    (told,) = recorded(sessions, "tax.replaced.v1")
    assert told.data["properties"] == [each["id"] for each in shown["properties"]]
    assert told.data["successors"] == [shown["successors"][0]["id"]]


def test_arrears_of_both_and_their_interest_go_over_to_the_paisa(sessions):
    two(sessions)
    october = datetime(2026, 10, 5, 6, tzinfo=UTC)
    merged(sessions, october, effective_from="2026-10-02")
    # Nothing was billed from a later half-year on, so nothing but interest was added.
    new = book(sessions, "P/1/0003")
    interest = sum(paise for (_, head), paise in new.receivable.items() if head == "interest")
    second = sum(book(sessions, "P/1/0002").charged.values())
    first = sum(book(sessions, "P/1/0001").charged.values())
    assert new.net == first + second
    assert interest > 0
    assert new.charged == {}
    assert suspense(sessions) == 0


def test_mergers_of_other_owners_say_who_owns_the_new_one(sessions):
    register(sessions)
    register(sessions, number="P/1/0002", owners=[OWNER | {"name": "Bhau Jadhav"}])
    with pytest.raises(Invalid) as refused:
        merged(sessions)
    assert list(refused.value.fields) == ["into, owners"]
    both = [OWNER | {"share": "1/2"}, OWNER | {"name": "Bhau Jadhav", "share": "1/2"}]
    merged(sessions, into={"number": "P/1/0003", "floors": [LARGE], "owners": both})
    with pytest.raises(NotFound, match="P/1/0009"):
        merged(sessions, numbers=["P/1/0001", "P/1/0009"], order_number="TAX/M/2")


def test_two_mergers_of_the_same_at_once_do_not_wait_for_each_other_for_ever(sessions):
    two(sessions)

    def run(numbers):
        into = {"number": f"P/1/3{numbers[0][-1]}", "floors": [LARGE]}
        try:
            return merged(
                sessions, numbers=list(numbers), order_number=f"M-{numbers[0]}", into=into
            )
        except Conflict as refused:
            return refused

    pairs = [("P/1/0001", "P/1/0002"), ("P/1/0002", "P/1/0001")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, pairs))
    assert sorted(type(each).__name__ for each in results) == ["Conflict", "dict"]


# ---- afterwards


def test_what_comes_to_the_old_number_is_carried_on(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    first = paid(sessions, owed, 1_000_00, "UPI-1")
    splitted(sessions)
    before = in_all(sessions, *(each["number"] for each in PARTS))
    late = JUNE + timedelta(days=1)
    with pytest.raises(Conflict, match="is split"):
        paid(sessions, owed, 1_000_00, "UPI-2", now=late)
    assert paid(sessions, owed, 1_000_00, "UPI-1", now=late).id == first.id, "it was paid before"
    with sessions.begin() as session:
        taken = session.get_one(Payment, first.id)
        take_payment_back(session, taken, late, by="supervisor:tax", why="it was not theirs")
    assert book(sessions, "P/1/0001").net == 1_000_00
    given = {"number": "P/1/0001"}
    shown = done(sessions, carry, Carrying, given, JUNE + timedelta(days=2))
    assert shown["dues_paise"] == 1_000_00
    assert book(sessions, "P/1/0001").net == 0
    assert in_all(sessions, *(each["number"] for each in PARTS)) == before + 1_000_00
    assert suspense(sessions) == 0
    with pytest.raises(Conflict, match="nothing has come"):
        done(sessions, carry, Carrying, given, JUNE + timedelta(days=3))
    with pytest.raises(Conflict, match="neither split nor merged"):
        done(sessions, carry, Carrying, {"number": "P/1/0001/A"}, JUNE)


def taken_back(sessions, payment, now):
    with sessions.begin() as session:
        taken = session.get_one(Payment, payment.id)
        take_payment_back(session, taken, now, by="supervisor:tax", why="it was not theirs")


@pytest.fixture
def chain(sessions):
    """P/1/0001 was split into A and B, and A was merged with P/1/0002 into P/1/0003; then a payment
    of P/1/0001 was taken back."""
    owed, other = register(sessions), register(sessions, number="P/1/0002")
    bill(sessions, owed)
    bill(sessions, other)
    first = paid(sessions, owed, 1_000_00, "UPI-1")
    splitted(sessions)
    merged(sessions, JUNE + timedelta(days=1), numbers=["P/1/0001/A", "P/1/0002"])
    taken_back(sessions, first, JUNE + timedelta(days=2))
    return owed


def test_what_comes_is_carried_on_past_a_part_that_was_merged_again(sessions, chain):
    before = {number: in_all(sessions, number) for number in ("P/1/0003", "P/1/0001/B")}
    shown = done(sessions, carry, Carrying, {"number": "P/1/0001"}, JUNE + timedelta(days=3))
    assert [each["number"] for each in shown["successors"]] == ["P/1/0003", "P/1/0001/B"]
    assert shown["dues_paise"] == 1_000_00
    assert {number: in_all(sessions, number) - was for number, was in before.items()} == {
        # By the rateable values of A and B, in rupees: what A was merged with takes no part of it.
        "P/1/0003": 640_05,
        "P/1/0001/B": 359_95,
    }
    assert book(sessions, "P/1/0001").net == book(sessions, "P/1/0001/A").net == 0


def test_a_part_that_was_demolished_takes_its_share_on_its_own_ledger(sessions, chain):
    given = {
        "number": "P/1/0001/B",
        "order_number": "TAX/D/1",
        "effective_from": "2026-06-12",
        "grounds": "it fell down",
    }
    done(sessions, demolish, Demolishing, given, JUNE + timedelta(days=3))
    before = in_all(sessions, "P/1/0001/B")
    done(sessions, carry, Carrying, {"number": "P/1/0001"}, JUNE + timedelta(days=4))
    assert in_all(sessions, "P/1/0001/B") - before == 359_95
    assert book(sessions, "P/1/0001").net == 0
