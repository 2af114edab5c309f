"""Stays by courts stop interest; they, cases, disputes and merged villages stop recovery."""

import uuid
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event

from palika.errors import Conflict, Invalid, NotFound
from services.tax.commands.hold import hold, lift
from services.tax.commands.object import file_objection, withdraw_objection
from services.tax.commands.reassess import reassess
from services.tax.documents.data import ladder
from services.tax.domain.ledger.statement import balance
from services.tax.domain.notices import Stop
from services.tax.queries import objections, positions
from services.tax.queries import recovery as recoveries
from services.tax.reference import rules
from services.tax.schemas.changing import Reassessing
from services.tax.schemas.objecting import Holding, Holds, Lifting, Objecting, Withdrawing
from services.tax.stays import holds_of, stays_by_property, stays_of
from services.tax.stops import stops_of
from tests.support.registers import book, done
from tests.support.taxes import YEARLY, bill, recorded, register

HALF_MONTH = 63_00
"""2 % of the first half's tax."""
DECEMBER = datetime(2026, 12, 10, 6, tzinfo=UTC)


def held(sessions, now=DECEMBER, **args):
    given = {
        "number": "P/1/0001",
        "kind": "stay",
        "reference": "WP 1/2026",
        "since": "2026-08-10",
    } | args
    return done(sessions, hold, Holding, given, now)


def lifted(sessions, made, last_day, now=DECEMBER):
    given = {"id": str(made.id), "last_day": last_day, "reference": "WP 1/2026, order of today"}
    return done(sessions, lift, Lifting, given, now)


def interest(sessions, owed, on: date) -> int:
    with sessions() as session:
        stays = stays_of(session, owed.id)
    found = balance(book(sessions, owed.number, on), on, rules(on).interest, stays)
    return found.total - YEARLY


def holds(sessions, owed, on: date):
    with sessions() as session:
        return [each.kind for each in holds_of(session, [owed.id], on).get(owed.id, [])]


def test_no_month_that_begins_in_a_stay_is_charged(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    on = date(2026, 12, 10)
    # Months begin on the 2nd, from July to December.
    assert interest(sessions, owed, on) == 6 * HALF_MONTH
    made = held(sessions)
    assert interest(sessions, owed, on) == 2 * HALF_MONTH
    lifted(sessions, made, "2026-10-31")
    assert interest(sessions, owed, on) == 4 * HALF_MONTH


def test_a_stay_may_be_about_some_half_years(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    held(sessions, half_years=["2026-27/2"])
    assert interest(sessions, owed, date(2026, 12, 10)) == 6 * HALF_MONTH
    with pytest.raises(Invalid):
        held(sessions, reference="WP 2/2026", half_years=["2026"])


def test_what_was_stayed_in_a_zone_stays_so_when_a_property_comes_to_another(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    on = date(2026, 12, 10)
    held(sessions, number=None, zone="zone-2", since="2026-08-10")
    held(sessions, number=None, zone="zone-3", since="2026-07-01", reference="WP 2/2026")
    # A day on which it changed within its zone does not part the stay.
    for day, change in (("2026-09-15", {"address": "2"}), ("2026-10-31", {"zone": "zone-1"})):
        given = {
            "number": "P/1/0001",
            "order_number": f"TAX/R/{day}",
            "grounds": "surveyed anew",
            "states": [{"effective_from": day} | change],
        }
        done(sessions, reassess, Reassessing, given, DECEMBER)
    with sessions() as session:
        asked = [str(owed.id)]
        cursor = session.connection().connection.cursor()
        found = stays_of(session, owed.id)
        assert found == stays_by_property(cursor, asked)[str(owed.id)]
        assert [(each.first_day, each.last_day) for each in found] == [
            (date(2026, 8, 10), date(2026, 10, 30))
        ]
    # July and August, November and December.
    assert interest(sessions, owed, on) == 4 * HALF_MONTH
    assert holds(sessions, owed, date(2026, 10, 30)) == ["stay"]
    assert holds(sessions, owed, on) == []


def test_only_a_stay_stops_interest_and_all_of_them_stop_recovery(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    for kind in ("court_case", "dispute"):
        held(sessions, kind=kind)
    assert interest(sessions, owed, date(2026, 12, 10)) == 6 * HALF_MONTH
    assert holds(sessions, owed, date(2026, 12, 10)) == ["court_case", "dispute"]
    assert holds(sessions, owed, date(2026, 8, 9)) == []


def test_a_merged_village_is_held_as_a_zone(sessions):
    owed = register(sessions)
    other = register(sessions, number="P/1/0002", zone="zone-4")
    held(sessions, number=None, zone="zone-4", kind="merged_village", reference="GR 7")
    assert holds(sessions, owed, date(2026, 12, 10)) == []
    assert holds(sessions, other, date(2026, 12, 10)) == ["merged_village"]
    (told,) = recorded(sessions, "tax.held.v1")
    assert "property_id" not in told.data


def test_a_hold_ends_with_its_last_day_once(sessions):
    owed = register(sessions)
    made = held(sessions, kind="dispute")
    for day in ("2026-08-09", "2026-12-11"):
        with pytest.raises(Invalid) as refused:
            lifted(sessions, made, day)
        assert list(refused.value.fields) == ["last_day"]
    lifted(sessions, made, "2026-10-31")
    assert holds(sessions, owed, date(2026, 10, 31)) == ["dispute"]
    assert holds(sessions, owed, date(2026, 11, 1)) == []
    with pytest.raises(Conflict, match="2026-10-31"):
        lifted(sessions, made, "2026-11-30")
    assert [each.sequence for each in recorded(sessions)] == [1, 2]
    made.id = uuid.uuid4()
    with pytest.raises(NotFound):
        lifted(sessions, made, "2026-11-30")
    with sessions() as session:
        shown = objections.holds(session, Holds().load({"number": "P/1/0001"}), DECEMBER)
    assert shown["held_by"] == []
    assert shown["recorded"][0]["called"]["mr"] == "मालकी किंवा आकारणीचा वाद"


def test_the_ladder_of_notices_is_stopped_by_them_and_by_objections(sessions):
    owed = register(sessions)
    raised = bill(sessions, owed)
    lifted(sessions, held(sessions), "2026-10-31")
    held(sessions, kind="court_case", reference="RCS 2/2026", since="2026-11-01")
    given = {
        "number": "P/1/0001",
        "bill_number": raised.number,
        "objector": "Asha Kulkarni",
        "grounds": "it is smaller",
    }
    april = datetime(2026, 4, 10, 6, tzinfo=UTC)
    made = done(sessions, file_objection, Objecting, given, april)
    with sessions() as session:
        assert list(stops_of(session, owed.id)) == [
            Stop("court-stay", date(2026, 8, 10), date(2026, 10, 31)),
            Stop("court-stay", date(2026, 11, 1)),
            Stop("dispute", date(2026, 4, 10)),
        ]
        assert {each.code for each in stops_of(session, owed.id)} <= set(ladder().stops)
    back = {"objection_number": made.number, "reason": "it was explained"}
    done(sessions, withdraw_objection, Withdrawing, back, datetime(2026, 4, 20, 6, tzinfo=UTC))
    with sessions() as session:
        last = list(stops_of(session, owed.id))[-1]
    assert last == Stop("dispute", date(2026, 4, 10), date(2026, 4, 20))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("since", {"since": "2026-12-11"}),
        # Interest of a stay of the year 1 cannot be computed: no payment would be taken any more.
        ("since", {"since": "0001-01-01"}),
        ("zone", {"number": None, "zone": "zone-9"}),
    ],
)
def test_a_hold_that_cannot_be_is_refused_by_field(sessions, field, change):
    register(sessions)
    with pytest.raises(Invalid) as refused:
        held(sessions, **change)
    assert list(refused.value.fields) == [field]


def test_the_same_case_is_recorded_once(sessions):
    register(sessions)
    held(sessions)
    with pytest.raises(Conflict, match="WP 1/2026"):
        held(sessions)
    with pytest.raises(NotFound, match="P/9"):
        held(sessions, number="P/9")
    assert len(recorded(sessions)) == 1


def test_recovery_asks_for_a_zones_hold_by_where_a_property_lay(sessions):
    owed = register(sessions)
    given = {"zone": "zone-2", "kind": "merged_village", "reference": "GR 7", "since": "2026-05-01"}
    done(sessions, hold, Holding, given, DECEMBER)
    moved = {
        "number": owed.number,
        "order_number": "TAX/R/1",
        "grounds": "the border was drawn anew",
        "states": [{"effective_from": "2026-06-01", "zone": "zone-3"}],
    }
    done(sessions, reassess, Reassessing, moved, DECEMBER)
    with sessions() as session:
        for ids in (None, [owed.id]):
            held_on = recoveries.holds(session, date(2026, 5, 15), ids)
            assert held_on == {owed.id: {"merged_village": date(2026, 5, 31)}}
            assert recoveries.holds(session, date(2026, 6, 15), ids) == {}


def test_what_properties_owe_is_read_with_their_stays_together(sessions, monkeypatch):
    monkeypatch.setattr(positions, "_TOGETHER", 2)
    for place in range(5):
        owed = register(sessions, number=f"P/{place}")
        bill(sessions, owed)
        if place == 3:
            held(sessions, number=owed.number)
    on = date(2027, 3, 31)
    with sessions() as session:
        asked = []
        event.listen(session.connection(), "before_cursor_execute", lambda *of: asked.append(of[2]))
        found = list(positions.positions(session, on, None))
        assert len([each for each in asked if "hold" in each]) == 3
    interest = [sum(each.interest.values()) for each in found]
    assert len(set(interest)) == 2
    assert sorted(interest)[0] < sorted(interest)[1] == max(interest)
