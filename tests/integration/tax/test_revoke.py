"""A split, a merger or a demolition that was wrong is revoked: what was before holds again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from palika.errors import Conflict, NotFound
from services.tax.commands.hold import hold
from services.tax.commands.mutate import apply_mutation
from services.tax.commands.object import file_objection
from services.tax.commands.reassess import demolish, reassess
from services.tax.commands.revoke import revoke
from services.tax.commands.split import carry, merge, split
from services.tax.schemas.changing import (
    Carrying,
    Demolishing,
    Merging,
    Reassessing,
    Revoking,
    Splitting,
)
from services.tax.schemas.mutations import Applying
from services.tax.schemas.objecting import Holding, Objecting
from services.tax.stays import holds_of
from tests.support.registers import SUPERVISOR, book, done, property_of, seen, suspense
from tests.support.taxes import (
    FLOOR,
    OWNER,
    YEARLY,
    bill,
    owes,
    paid,
    recorded,
    register,
)

JUNE = datetime(2026, 6, 10, 6, tzinfo=UTC)
LATER = JUNE + timedelta(days=5)
WHOLE = {"number": "P/1/0001"}
A, B = "P/1/0001/A", "P/1/0001/B"
PARTS = [
    {"number": A, "floors": [FLOOR | {"area_sqm": "40.00"}]},
    {"number": B, "floors": [FLOOR | {"area_sqm": "22.50"}], "owners": [OWNER | {"name": "Bhau"}]},
]


def splitted(sessions, number="TAX/S/1", now=JUNE, **args):
    given = WHOLE | {"order_number": number, "effective_from": "2026-04-01", "parts": PARTS} | args
    return done(sessions, split, Splitting, given, now)


def merged(sessions, now=JUNE):
    given = {
        "numbers": ["P/1/0001", "P/1/0002"],
        "order_number": "TAX/M/1",
        "effective_from": "2026-04-01",
        "into": {"number": "P/1/0003", "floors": [FLOOR, FLOOR | {"floor": "First"}]},
    }
    return done(sessions, merge, Merging, given, now)


def demolished(sessions, **args):
    given = WHOLE | {"order_number": "TAX/D/1", "effective_from": "2026-04-01", "grounds": "gone"}
    return done(sessions, demolish, Demolishing, given | args, JUNE)


def revoked(sessions, number, now=LATER, order="TAX/V/1"):
    given = {"order_number": order, "revokes": number, "reason": "it was the house beside it"}
    return done(sessions, revoke, Revoking, given, now, SUPERVISOR)


def due_paise(sessions, number, on):
    return owes(sessions, property_of(sessions, number), on.date(), on)["payable_paise"]


def test_what_was_demolished_stands_again_and_owes_what_it_owed(sessions):
    bill(sessions, register(sessions))
    before = seen(sessions, "P/1/0001", JUNE)["state"]
    demolished(sessions)
    assert book(sessions, "P/1/0001").net == 0
    shown = revoked(sessions, "TAX/D/1")
    assert [each["number"] for each in shown["restored"]] == ["P/1/0001"]
    assert book(sessions, "P/1/0001").net == YEARLY
    now = seen(sessions, "P/1/0001", LATER)
    assert (now["state"], now["status"]) == (before, "active")
    assert now["orders"][-1]["called"]["en"] == "revocation of an order"
    # What was known between the two orders stays known.
    between = seen(sessions, "P/1/0001", LATER, known_at=(JUNE + timedelta(days=1)).isoformat())
    assert between["state"]["status"] == "demolished"


def test_what_was_split_is_one_again_with_all_that_it_owed(sessions):
    owed = register(sessions, datetime(2025, 4, 1, 5, tzinfo=UTC))
    bill(sessions, owed, "2025-26", datetime(2025, 4, 1, 6, tzinfo=UTC))
    bill(sessions, owed)
    expected = due_paise(sessions, "P/1/0001", LATER)
    splitted(sessions)
    assert book(sessions, "P/1/0001").net == 0
    shown = revoked(sessions, "TAX/S/1")
    assert [each["number"] for each in shown["ended"]] == [A, B]
    assert due_paise(sessions, "P/1/0001", LATER) == expected > 2 * YEARLY
    assert [book(sessions, each).net for each in (A, B)] == [0, 0]
    assert suspense(sessions) == 0
    assert [seen(sessions, each, LATER)["status"] for each in (A, B)] == ["annulled"] * 2
    assert seen(sessions, "P/1/0001", LATER)["owners"][0]["name"] == OWNER["name"]
    told = recorded(sessions, "tax.replaced.v1")[-1].data
    assert (told["kind"], told["successors"]) == ("revocation", [str(owed.id)])


def test_what_comes_to_a_part_of_before_goes_to_the_whole_and_the_whole_can_be_split_again(
    sessions,
):
    bill(sessions, register(sessions))
    splitted(sessions)
    first = sum(book(sessions, each).net for each in (A, B))
    revoked(sessions, "TAX/S/1")
    with pytest.raises(Conflict, match="neither split nor merged"):
        done(sessions, carry, Carrying, WHOLE, LATER)
    with pytest.raises(Conflict, match="is annulled"):
        paid(sessions, property_of(sessions, A), 100_00, "UPI-1", now=LATER)
    again = [each | {"number": f"{each['number']}2"} for each in PARTS]
    splitted(sessions, "TAX/S/2", LATER, parts=again)
    assert book(sessions, "P/1/0001").net == 0
    assert sum(book(sessions, each["number"]).net for each in again) == first


def test_a_payment_of_before_is_the_wholes_again(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    paid(sessions, owed, YEARLY + 1_000_00, "UPI-1", now=JUNE - timedelta(days=30))
    before = book(sessions, "P/1/0001").net
    assert raised.amount_paise == YEARLY
    splitted(sessions)
    revoked(sessions, "TAX/S/1")
    assert book(sessions, "P/1/0001").net == before < 0
    paid(sessions, owed, 100_00, "UPI-2", now=LATER)


def test_a_rebate_of_what_was_demolished_by_mistake_is_not_lost(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    paid(sessions, owed, YEARLY, "UPI-1", now=JUNE - timedelta(days=30))
    before = book(sessions, "P/1/0001")
    assert sum(before.rebated.values()) > 0
    demolished(sessions)
    revoked(sessions, "TAX/D/1")
    after = book(sessions, "P/1/0001")
    assert (after.net, after.advance) == (before.net, before.advance)
    assert after.waived == before.rebated


def test_of_a_merger_each_has_again_what_was_its_own(sessions):
    rich, poor = register(sessions), register(sessions, number="P/1/0002")
    for each in (rich, poor):
        bill(sessions, each)
    paid(sessions, rich, YEARLY + 1_000_00, "UPI-1", now=JUNE - timedelta(days=30))
    nets = [book(sessions, each.number).net for each in (rich, poor)]
    merged(sessions)
    assert [book(sessions, each.number).net for each in (rich, poor)] == [0, 0]
    revoked(sessions, "TAX/M/1")
    assert [book(sessions, each.number).net for each in (rich, poor)] == nets
    assert book(sessions, "P/1/0003").net == suspense(sessions) == 0
    assert seen(sessions, "P/1/0003", LATER)["status"] == "annulled"


def test_what_one_owners_credit_settled_of_the_others_arrears_is_owed_again(sessions):
    rich = register(sessions)
    poor = register(sessions, datetime(2025, 4, 1, 5, tzinfo=UTC), number="P/1/0002")
    bill(sessions, poor, "2025-26", datetime(2025, 4, 1, 6, tzinfo=UTC))
    for each in (rich, poor):
        bill(sessions, each)
    paid(sessions, rich, 2 * YEARLY, "UPI-1", now=JUNE - timedelta(days=30))
    nets = [due_paise(sessions, each.number, LATER) for each in (rich, poor)]
    credit = book(sessions, rich.number).advance
    merged(sessions)
    assert book(sessions, "P/1/0003").advance == 0
    revoked(sessions, "TAX/M/1")
    assert [due_paise(sessions, each.number, LATER) for each in (rich, poor)] == nets
    assert book(sessions, rich.number).advance == credit > YEARLY // 2
    assert book(sessions, "P/1/0003").net == suspense(sessions) == 0


def _billed(sessions):
    bill(sessions, property_of(sessions, A), "2027-28", datetime(2027, 4, 1, 6, tzinfo=UTC))


def _paid(sessions):
    paid(sessions, property_of(sessions, A), 100_00, "UPI-1", now=JUNE)


def _applied(sessions):
    given = {
        "number": A,
        "reason": "correction",
        "effective_from": "2026-05-01",
        "owners": [OWNER | {"name": "Asha V Kulkarni"}],
    }
    done(sessions, apply_mutation, Applying, given, JUNE)


def _ordered(sessions):
    state = {"effective_from": "2026-06-01", "floors": [FLOOR | {"area_sqm": "50.00"}]}
    given = {"number": A, "order_number": "TAX/R/1", "grounds": "measured", "states": [state]}
    done(sessions, reassess, Reassessing, given, JUNE)


def _objected(sessions):
    given = {"number": A, "order_number": "TAX/S/1", "objector": "Asha", "grounds": "not asked"}
    done(sessions, file_objection, Objecting, given, JUNE)


@pytest.mark.parametrize(
    ("what", "since"),
    [
        ("bill PT-2027-28-", _billed),
        ("payment ", _paid),
        ("application MUT-2026-27-", _applied),
        ("order TAX/R/1", _ordered),
        ("objection OBJ-2026-27-", _objected),
    ],
)
def test_nothing_is_revoked_on_which_something_rests(sessions, what, since):
    bill(sessions, register(sessions))
    splitted(sessions)
    since(sessions)
    with pytest.raises(Conflict, match=what) as refused:
        revoked(sessions, "TAX/S/1", datetime(2027, 4, 2, 6, tzinfo=UTC))
    (way,) = refused.value.details["in_the_way"]
    assert way.startswith(what)
    assert seen(sessions, A, LATER)["status"] == "active"


def test_an_order_is_revoked_once_and_only_of_some_kinds(sessions):
    bill(sessions, register(sessions))
    demolished(sessions)
    revoked(sessions, "TAX/D/1")
    with pytest.raises(Conflict, match="order TAX/V/1"):
        revoked(sessions, "TAX/D/1", order="TAX/V/2")
    with pytest.raises(Conflict, match="is a revocation"):
        revoked(sessions, "TAX/V/1", order="TAX/V/2")
    with pytest.raises(NotFound, match="TAX/X"):
        revoked(sessions, "TAX/X", order="TAX/V/2")


def test_a_stay_of_a_part_stays_with_the_whole_once(sessions):
    register(sessions)
    stay = {"kind": "stay", "since": "2026-05-01"}
    done(sessions, hold, Holding, stay | WHOLE | {"reference": "WP 1/2026"}, JUNE)
    splitted(sessions)
    done(sessions, hold, Holding, stay | {"number": A, "reference": "WP 2/2026"}, JUNE)
    revoked(sessions, "TAX/S/1")
    id_ = property_of(sessions, "P/1/0001").id
    with sessions() as session:
        found = holds_of(session, [id_], date(2026, 6, 20))[id_]
    assert sorted(each.reference for each in found) == ["WP 1/2026", "WP 2/2026"]


def test_a_plot_that_a_demolition_left_is_a_house_again(sessions):
    bill(sessions, register(sessions))
    plot = {"floor": "Plot", "area_sqm": "80.00", "use": "open_plot", "occupancy": "vacant"}
    demolished(sessions, plot=plot)
    paid(sessions, property_of(sessions, "P/1/0001"), 100_00, "UPI-1", now=JUNE)
    revoked(sessions, "TAX/D/1")
    assert book(sessions, "P/1/0001").net == YEARLY - 100_00
    assert property_of(sessions, "P/1/0001").use == "residential"
