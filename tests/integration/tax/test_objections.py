"""Objections to an assessment: in time, heard, decided by another, and the tax follows."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.tax.commands.object import (
    adjourn,
    decide,
    file_objection,
    hear,
    set_hearing,
    withdraw_objection,
)
from services.tax.commands.reassess import reassess
from services.tax.queries import objections
from services.tax.schemas.changing import Reassessing
from services.tax.schemas.objecting import (
    Adjourning,
    Deciding,
    Hearing,
    Objecting,
    Objections,
    OfObjection,
    SettingHearing,
    Withdrawing,
)
from services.tax.stays import holds_of
from tests.support.registers import SUPERVISOR, book, done
from tests.support.taxes import APRIL, FLOOR, OFFICER, YEARLY, bill, recorded, register

DAY = timedelta(days=1)
CLERK = Identity.of("officer:tax-counter", "officer")


@pytest.fixture
def billed(sessions):
    owed = register(sessions)
    return owed, bill(sessions, owed)


def filed(sessions, raised=None, now=APRIL + 5 * DAY, by=CLERK, **args):
    given = {
        "number": "P/1/0001",
        "objector": "Asha Kulkarni",
        "grounds": "the flat is smaller",
        "disputed_paise": 1_000_00,
    } | args
    if raised is not None:
        given["bill_number"] = raised.number
    return done(sessions, file_objection, Objecting, given, now, by)


def of(made, **args):
    return {"objection_number": made.number} | args


def hearing(sessions, made, at=APRIL + 20 * DAY, now=APRIL + 6 * DAY):
    given = of(made, hearing_at=at.isoformat(), place="Ward office")
    return done(sessions, set_hearing, SettingHearing, given, now)


def put_off(sessions, made, at, now):
    given = of(made, hearing_at=at.isoformat(), place="Ward office", reason="the owner is ill")
    return done(sessions, adjourn, Adjourning, given, now)


def heard(sessions, made, now=APRIL + 20 * DAY):
    given = of(made, present=["Asha Kulkarni"], minutes="measured together: 50 sq m")
    return done(sessions, hear, Hearing, given, now)


def decided(sessions, made, now=APRIL + 25 * DAY, by=SUPERVISOR, **args):
    given = of(made, outcome="rejected", reasons="as measured") | args
    return done(sessions, decide, Deciding, given, now, by)


def told(sessions, made):
    with sessions() as session:
        return objections.objection(session, OfObjection().load(of(made)))


UPHELD = {
    "outcome": "upheld",
    "order_number": "TAX/O/1",
    "states": [{"effective_from": "2026-04-01", "floors": [FLOOR | {"area_sqm": "50.00"}]}],
}


def test_an_objection_that_is_upheld_lowers_the_tax(sessions, billed):
    made = filed(sessions, billed[1])
    assert made.number.startswith("OBJ-2026-27-")
    hearing(sessions, made)
    heard(sessions, made)
    _, found = decided(sessions, made, **UPHELD)
    assert found.difference_paise < 0
    assert sum(book(sessions, "P/1/0001").charged.values()) == YEARLY + found.difference_paise
    shown = told(sessions, made)
    assert (shown["state"], shown["outcome"], shown["possible"]) == ("decided", "upheld", [])
    assert [each["step"] for each in shown["timeline"]] == ["file", "set_hearing", "hear", "decide"]
    assert shown["timeline"][0]["called"]["mr"] == "आक्षेप दाखल केला"
    types = [each.type for each in recorded(sessions)]
    assert types[1:] == [
        "tax.objected.v1",
        "tax.hearing_set.v1",
        "tax.reassessed.v1",
        "tax.objection_decided.v1",
    ]
    last = recorded(sessions)[-1].data
    assert (last["outcome"], last["order_id"]) == ("upheld", shown["decided_order_id"])


def test_one_that_is_rejected_changes_nothing(sessions, billed):
    made = filed(sessions, billed[1])
    hearing(sessions, made)
    heard(sessions, made)
    with pytest.raises(Invalid) as refused:
        decided(sessions, made, **UPHELD | {"outcome": "rejected"})
    assert list(refused.value.fields) == ["states"]
    decided(sessions, made)
    assert sum(book(sessions, "P/1/0001").charged.values()) == YEARLY


def test_it_comes_in_time_or_not_at_all(sessions, billed):
    with pytest.raises(Conflict, match="2026-04-16"):
        filed(sessions, billed[1], APRIL + 16 * DAY)
    with pytest.raises(Invalid) as refused:
        filed(sessions, billed[1], APRIL + 5 * DAY, received_on="2026-04-07")
    assert list(refused.value.fields) == ["received_on"]
    # It lay on a desk; what counts is the day on which it came.
    filed(sessions, billed[1], APRIL + 20 * DAY, received_on="2026-04-16")


def test_there_is_one_that_is_open_for_one_bill(sessions, billed):
    made = filed(sessions, billed[1])
    with pytest.raises(Conflict, match="open"):
        filed(sessions, billed[1])
    args = of(made, reason="they have explained it")
    done(sessions, withdraw_objection, Withdrawing, args, APRIL + 6 * DAY)
    filed(sessions, billed[1])
    with sessions() as session:
        shown = objections.objections(session, Objections().load({"number": "P/1/0001"}))
    assert sorted(each["state"] for each in shown) == ["filed", "withdrawn"]


def test_one_that_was_decided_is_not_filed_again_on_other_grounds(sessions, billed):
    owed, raised = billed
    made = filed(sessions, raised)
    hearing(sessions, made, at=APRIL + 13 * DAY)
    heard(sessions, made, APRIL + 13 * DAY)
    decided(sessions, made, APRIL + 14 * DAY)
    with pytest.raises(Conflict, match=f"was decided, {made.number}"):
        filed(sessions, raised, APRIL + 15 * DAY, grounds="the year is another")
    with sessions() as session:
        assert holds_of(session, [owed.id], (APRIL + 15 * DAY).date()) == {}


def test_one_that_came_long_ago_takes_a_supervisor_with_a_reason(sessions, billed):
    late = {"now": APRIL + 30 * DAY, "received_on": "2026-04-10"}
    with pytest.raises(Forbidden, match="an objection of before 2026-04-24"):
        filed(sessions, billed[1], **late, reason="it lay on a desk")
    with pytest.raises(Invalid) as refused:
        filed(sessions, billed[1], **late, by=SUPERVISOR)
    assert list(refused.value.fields) == ["reason"]
    made = filed(sessions, billed[1], **late, by=SUPERVISOR, reason="it lay on a desk")
    assert told(sessions, made)["timeline"][0]["details"] == {"reason": "it lay on a desk"}


def test_a_step_that_is_not_possible_names_those_that_are(sessions, billed):
    made = filed(sessions, billed[1])
    for step in (heard, decided):
        with pytest.raises(Conflict, match="possible is set_hearing, withdraw"):
            step(sessions, made)
    hearing(sessions, made)
    with pytest.raises(Conflict, match=r"its hearing is on 21 Apr 2026, "):
        heard(sessions, made, APRIL + 10 * DAY)
    assert told(sessions, made)["state"] == "hearing_set"


def test_a_hearing_has_its_notice_and_is_not_put_off_for_ever(sessions, billed):
    made = filed(sessions, billed[1])
    with pytest.raises(Invalid) as refused:
        hearing(sessions, made, at=APRIL + 12 * DAY)
    assert list(refused.value.fields) == ["hearing_at"]
    hearing(sessions, made)
    for n in range(3):
        now = APRIL + (20 + 10 * n) * DAY
        assert put_off(sessions, made, now + 9 * DAY, now).adjourned == n + 1
    with pytest.raises(Conflict, match="put off 3 times"):
        put_off(sessions, made, APRIL + 90 * DAY, APRIL + 60 * DAY)


def test_who_assessed_or_filed_it_does_not_decide_it(sessions, billed):
    made = filed(sessions, billed[1])
    hearing(sessions, made)
    heard(sessions, made)
    for by, part in ((OFFICER, "assessed the property"), (CLERK, "filed the objection")):
        with pytest.raises(Forbidden, match=part):
            decided(sessions, made, by=by)
    decided(sessions, made)


def test_an_order_is_objected_to_as_a_bill_is(sessions, billed):
    given = {
        "number": "P/1/0001",
        "order_number": "TAX/R/1",
        "grounds": "measured anew",
        "states": [{"effective_from": "2026-04-01", "floors": [FLOOR | {"area_sqm": "90"}]}],
    }
    surveyor = Identity.of("officer:surveyor", "officer")
    done(sessions, reassess, Reassessing, given, APRIL + DAY, surveyor)
    made = filed(sessions, order_number="TAX/R/1")
    hearing(sessions, made)
    heard(sessions, made)
    with pytest.raises(Forbidden, match="assessed"):
        decided(sessions, made, by=surveyor)
    # Whoever registered it years ago had no part in this order.
    decided(sessions, made, by=OFFICER)
    with pytest.raises(NotFound, match="TAX/R/9"):
        filed(sessions, order_number="TAX/R/9")


def test_what_is_disputed_is_not_recovered_meanwhile(sessions, billed):
    owed, raised = billed
    made = filed(sessions, raised)
    on = (APRIL + 6 * DAY).date()
    with sessions() as session:
        (held,) = holds_of(session, [owed.id], on)[owed.id]
        assert holds_of(session, [owed.id], (APRIL + 4 * DAY).date()) == {}
    assert (held.kind, held.reference, held.disputed_paise) == ("objection", made.number, 1_000_00)
    hearing(sessions, made)
    heard(sessions, made)
    decided(sessions, made)
    with sessions() as session:
        assert holds_of(session, [owed.id], on) == {}


def test_no_step_is_ever_changed(sessions, billed):
    filed(sessions, billed[1])
    for statement in ("DELETE FROM objection_step", "UPDATE objection_step SET step = step"):
        with pytest.raises(IntegrityError, match="append-only"), sessions.begin() as session:
            session.execute(text(statement))


def test_no_event_carries_what_was_written_or_who_wrote_it(sessions, billed):
    made = filed(sessions, billed[1])
    hearing(sessions, made)
    heard(sessions, made)
    decided(sessions, made)
    everything = " ".join(each.to_json() for each in recorded(sessions))
    for secret in ("Asha", "smaller", "measured", "12345"):
        assert secret not in everything


def test_no_more_is_disputed_than_the_bill_asks_for(sessions, billed):
    _, raised = billed
    with pytest.raises(Invalid, match="not an objection") as refused:
        filed(sessions, raised, disputed_paise=YEARLY + 1)
    assert refused.value.fields == {
        "disputed_paise": ["must not be above the bill's amount, ₹6,342.00"]
    }
    assert filed(sessions, raised, disputed_paise=YEARLY).disputed_paise == YEARLY
