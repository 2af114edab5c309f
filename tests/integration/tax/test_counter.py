"""Sessions at counters, from their opening to their closing, on a real database."""

import uuid
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.tax.cli import counter as command
from services.tax.commands import cheques, counter
from services.tax.commands.certify import certify
from services.tax.domain.counter import Act
from services.tax.domain.ledger.accounts import Account
from services.tax.models import (
    Cheque,
    CounterSession,
    Payment,
    Receipt,
)
from services.tax.queries import counter as counters
from tests.support.collecting import BOSS, CASHIER, OTHER, at_once
from tests.support.counters import CHEQUE, closed, counted, deposited, does, opened, took
from tests.support.razorpay import book, mark
from tests.support.taxes import APRIL, YEARLY, count


def test_a_day_at_a_counter_from_its_opening_to_its_closing(sessions, owed):
    work = opened(sessions)
    cash = took(sessions, work, owed, 1_500_00, "c1")
    took(sessions, work, owed, 2_000_00, "c2", CHEQUE)
    assert cash.receipt_number == "RC/2026-27/BANER/000001"
    assert cash.taken_by == CASHIER.subject
    assert book(sessions).money == {Account.CASH: 1_500_00, Account.CHEQUES_IN_HAND: 2_000_00}
    done = counted(sessions, work, pieces={"50000": 3}, cheque_paise=2_000_00)
    assert [each["difference_paise"] for each in done.differences] == [0, 0]
    with pytest.raises(Conflict, match="nothing can be added"):
        took(sessions, work, owed, 1_00, "c3")
    who = Identity.of(CASHIER.subject, "admin")
    with pytest.raises(Forbidden, match="a second person"):
        closed(sessions, work, who)
    assert closed(sessions, work).closed_by == BOSS.subject
    with pytest.raises(Conflict):
        closed(sessions, work)
    with sessions() as session:
        (shown,) = counters.sessions_of(session, date(2026, 4, 1), "BANER")
    assert shown["books"] == {
        "cash": {"count": 1, "paise": 1_500_00},
        "cheque": {"count": 1, "paise": 2_000_00},
    }


def test_a_difference_is_explained_or_the_count_is_refused(sessions, owed):
    work = opened(sessions)
    took(sessions, work, owed, 1_500_00)
    took(sessions, work, owed, 200_00, "c2", CHEQUE)
    short = {"pieces": {"50000": 2}, "cheque_paise": 100_00}
    with pytest.raises(Invalid, match=r"difference: -₹500\.00") as refused:
        counted(sessions, work, **short, explanations={"cheque": "one was left at home"})
    assert refused.value.fields["explanations"].keys() == {"cash"}
    said = {"cash": "a note was false", "cheque": "one was left at home"}
    done = counted(sessions, work, **short, explanations=said)
    assert [each["difference_paise"] for each in done.differences] == [-500_00, -100_00]
    assert [each["explanation"] for each in done.differences] == list(said.values())


def test_one_session_at_a_counter_and_of_a_cashier(sessions):
    first = opened(sessions)
    assert opened(sessions).id == first.id
    for who, name in ((OTHER, "1"), (CASHIER, "2")):
        with pytest.raises(Conflict, match="must be counted first"):
            opened(sessions, who, name)
    with pytest.raises(Conflict, match="must be counted first"):
        opened(sessions, now=APRIL + timedelta(days=1))
    assert opened(sessions, OTHER, "2").id != first.id
    with pytest.raises(Invalid, match="no such place"):
        does(sessions, counter.open_session, place="MOON", counter="1")


def test_a_session_is_its_cashiers_and_of_its_day(sessions, owed):
    work = opened(sessions)
    with pytest.raises(Forbidden):
        took(sessions, work, owed, who=OTHER)
    with pytest.raises(Forbidden):
        counted(sessions, work, who=OTHER)
    with pytest.raises(Conflict, match="must be closed first"):
        took(sessions, work, owed, now=APRIL + timedelta(days=1))
    with pytest.raises(NotFound):
        took(sessions, CounterSession(id=uuid.uuid4()), owed)
    mark(sessions, owed, "merged")
    with pytest.raises(Conflict, match="is merged"):
        took(sessions, work, owed)
    assert count(sessions, Payment) == 0
    # What it owes of its days stays owed.
    mark(sessions, owed, "demolished")
    assert took(sessions, work, owed).property_id == owed.id


@pytest.mark.parametrize("amount", [0, -1, 10**16])
def test_what_is_no_amount_takes_no_receipt(sessions, owed, amount):
    work = opened(sessions)
    with pytest.raises(Invalid):
        took(sessions, work, owed, amount)
    assert took(sessions, work, owed).receipt_number == "RC/2026-27/BANER/000001"


def test_the_same_reference_is_the_same_payment(sessions, owed):
    work = opened(sessions)
    calls = [lambda: took(sessions, work, owed, 1_000_00, "c1", CHEQUE) for _ in range(8)]
    assert len({each.id for each in at_once(calls)}) == 1
    assert count(sessions, Receipt) == count(sessions, Cheque) == 1
    with pytest.raises(Conflict, match="another amount"):
        took(sessions, work, owed, 1_000_01, "c1", CHEQUE)


def test_the_count_waits_for_what_is_being_taken_and_ends_it(sessions, owed):
    work = opened(sessions)
    calls = [lambda n=n: took(sessions, work, owed, 100_00, f"c{n}") for n in range(6)]
    count_it = lambda: counted(sessions, work, pieces={}, explanations={"cash": "hurry"})  # noqa: E731
    found = at_once([*calls, count_it])
    done = [each for each in found[:-1] if isinstance(each, Payment)]
    assert all(isinstance(each, Payment | Conflict) for each in found[:-1])
    assert found[-1].differences[0]["books_paise"] == 100_00 * len(done)


def test_a_payment_that_was_a_mistake_is_taken_back_by_a_second_person(sessions, owed):
    work = opened(sessions)
    wrong = took(sessions, work, owed, 1_000_00, "c1", CHEQUE)
    with pytest.raises(Forbidden):
        does(
            sessions,
            counter.cancel_at_counter,
            payment_id=wrong.id,
            session_id=None,
            reason="wrong property",
        )
    does(
        sessions,
        counter.cancel_at_counter,
        BOSS,
        payment_id=wrong.id,
        session_id=None,
        reason="wrong property",
    )
    with pytest.raises(Conflict, match="cannot be given back now"):
        does(
            sessions,
            counter.cancel_at_counter,
            BOSS,
            payment_id=wrong.id,
            session_id=None,
            reason="again",
        )
    assert sum(book(sessions).money.values()) == 0
    assert book(sessions).net == YEARLY
    # The cheque may be taken for the right property, and the number of its receipt is not reused.
    right = took(sessions, work, owed, 1_000_00, "c2", CHEQUE)
    assert right.receipt_number == "RC/2026-27/BANER/000002"
    with sessions() as session:
        shown = counters.receipts(session, "2026-27", "BANER")
        assert counters.session_view(session, work)["books"]["cheque"]["count"] == 1
    assert (shown["last"], shown["missing"]) == (2, [])
    assert shown["cancelled"] == [{"number": "RC/2026-27/BANER/000001", "reason": "wrong property"}]


def test_nothing_is_certified_on_a_cheque_that_has_not_cleared(sessions, owed):
    work = opened(sessions)
    payment = took(sessions, work, owed, YEARLY, "c1", CHEQUE)
    with pytest.raises(Conflict, match=r"cheque 123456.* has not cleared yet"):
        does(sessions, certify, property_id=owed.id)
    deposited(sessions, payment)
    with pytest.raises(Conflict, match="has not cleared yet"):
        does(sessions, certify, property_id=owed.id)
    cleared = {"payment_ids": [payment.id], "cleared_on": date(2026, 4, 1)}
    does(sessions, cheques.clear_cheques, **cleared)
    assert does(sessions, certify, property_id=owed.id).paid_to == "2026-27/2"


def test_more_than_is_owed_and_may_be_in_advance_is_a_supervisors_to_take(sessions, owed):
    work = opened(sessions)
    with pytest.raises(Invalid, match=r"at most ₹31,342\.00: ₹6,342\.00 are owed"):
        took(sessions, work, owed, 10**14)
    with pytest.raises(Invalid, match="a supervisor takes more"):
        took(sessions, work, owed, 31_342_01, reason="they insist")
    with pytest.raises(Forbidden):
        took(sessions, work, owed, 31_342_01, who=BOSS)
    assert count(sessions, Payment) == 0
    most = took(sessions, work, owed, 31_342_00)
    # What is there in advance counts; the same again is the same payment all the same.
    with pytest.raises(Invalid, match=r"at most ₹"):
        took(sessions, work, owed, 1_000_00, "c2")
    assert took(sessions, work, owed, 31_342_00).id == most.id
    more = took(sessions, work, owed, 50_000_00, "c3", who=BOSS, reason="three years ahead")
    assert (more.taken_by, more.reason) == (BOSS.subject, "three years ahead")


def test_a_payment_of_a_closed_session_is_corrected_in_the_books_of_an_open_one(
    sessions, owed, monkeypatch
):
    first = opened(sessions)
    right = took(sessions, first, owed, 1_000_00, "c1")
    wrong = took(sessions, first, owed, 2_000_00, "c2")
    mistake = {"payment_id": wrong.id, "reason": "it was 200.00", "now": APRIL + timedelta(days=1)}
    counted(sessions, first, pieces={"10000": 12}, explanations={"cash": "two zeros too many"})
    into = opened(sessions, OTHER, "2", now=mistake["now"])
    with pytest.raises(Conflict, match="is counted"):
        does(sessions, counter.cancel_at_counter, BOSS, **mistake, session_id=None)
    closed(sessions, first)
    with pytest.raises(Invalid, match="must be an open one of its place"):
        does(sessions, counter.cancel_at_counter, BOSS, **mistake, session_id=None)
    for who in (CASHIER, OTHER):
        with pytest.raises(Forbidden):
            does(sessions, counter.cancel_at_counter, who, **mistake, session_id=into.id)
    does(sessions, counter.cancel_at_counter, BOSS, **mistake, session_id=into.id)
    with pytest.raises(Conflict):
        does(sessions, counter.cancel_at_counter, BOSS, **mistake, session_id=into.id)
    again = took(sessions, into, owed, 200_00, "c3", who=OTHER, now=mistake["now"])
    assert book(sessions).money[Account.CASH] == right.amount_paise + again.amount_paise
    with sessions() as session:
        before, after = (
            counters.session_view(session, session.get_one(CounterSession, each.id))
            for each in (first, into)
        )
    # The closed day stays as it was; both days together are what was taken.
    assert before["books"]["cash"] == {"count": 2, "paise": 3_000_00}
    assert after["books"]["cash"] == {"count": 1, "paise": -1_800_00}
    assert before["corrected"] == after["corrections"]
    assert before["corrected"] == [
        {
            "payment_id": str(wrong.id),
            "receipt_number": "RC/2026-27/BANER/000002",
            "mode": "cash",
            "amount_paise": 2_000_00,
            "received_on": "2026-04-01",
            "corrected_on": "2026-04-02",
            "reason": "it was 200.00",
        }
    ]
    assert before["corrections"] == after["corrected"] == []
    monkeypatch.setattr(command, "sessions", lambda _service: sessions)
    told = [
        CliRunner().invoke(command.group, ["day", day, "--language", "en"]).output
        for day in ("2026-04-01", "2026-04-02")
    ]
    receipt = "receipt RC/2026-27/BANER/000002"
    assert f"BANER 1: taken back on 02-04-2026: {receipt}, ₹2,000.00 cash: it was" in told[0]
    assert f"BANER 2: taken back here: {receipt} of 01-04-2026, ₹2,000.00 cash: it" in told[1]
    explained = {"cash": "a correction of the day before"}
    done = counted(sessions, into, OTHER, pieces={}, explanations=explained)
    assert done.differences[0]["difference_paise"] == 1_800_00


def test_a_cashiers_own_session_is_found_on_whichever_day_it_was_opened(sessions, owed):
    with sessions() as session:
        none = counters.my_counter(session, CASHIER)
    assert none["session"] is None
    assert none["places"][0] == {"code": "MAIN", "mr": "मुख्य कार्यालय", "en": "Main office"}
    assert none["cash"][:3] == [2000_00, 500_00, 200_00]
    work = opened(sessions)
    took(sessions, work, owed)
    with sessions() as session:
        mine = counters.my_counter(session, CASHIER)["session"]
        assert counters.my_counter(session, OTHER)["session"] is None
    assert mine["id"] == str(work.id)
    assert mine["books"] == {"cash": {"count": 1, "paise": 1_000_00}}
    counted(sessions, work, pieces={"50000": 2})
    with sessions() as session:
        assert counters.my_counter(session, CASHIER)["session"] is None


def test_what_was_taken_in_a_session_is_listed_with_its_numbers(sessions, owed):
    work = opened(sessions)
    first = took(sessions, work, owed, 1_000_00, "c1")
    took(sessions, work, owed, 500_00, "c2", CHEQUE)
    back = {"payment_id": first.id, "session_id": None, "reason": "The wrong property"}
    does(sessions, counter.cancel_at_counter, BOSS, **back)
    with sessions() as session:
        found = counters.payments_in(session, work.id)
        with pytest.raises(NotFound):
            counters.payments_in(session, uuid.uuid4())
    assert [(each["mode"], each["amount_paise"]) for each in found] == [
        ("cheque", 500_00),
        ("cash", 1_000_00),
    ]
    assert [each["receipt_number"] for each in found] == [
        "RC/2026-27/BANER/000002",
        "RC/2026-27/BANER/000001",
    ]
    assert [each["cheque_state"] for each in found] == ["in_hand", None]
    assert found[1]["state"] == "reversed"
    assert {each["property_number"] for each in found} == {owed.number}


def test_only_the_posts_of_counters_take_money_and_look_into_sessions(sessions, owed):
    """Whatever their role: another department's officer is no cashier, its head no supervisor."""
    stranger = Identity.of("officer:roads-je", "officer")
    head = Identity.of("officer:roads-ce", "officer", "supervisor")
    for who in (stranger, head, BOSS):
        with pytest.raises(Forbidden) as refused:
            opened(sessions, who)
        assert refused.value.details["posts"] == ["tax-bills", "tax-clerk", "tax-section"]
    work = opened(sessions)
    for who in (stranger, head):
        with pytest.raises(Forbidden, match="tax-bills"):
            took(sessions, work, owed, who=who, reason="no cashier is there")
        with pytest.raises(Forbidden, match="tax-head"):
            counters.check_may(who, *Act)
    paid = took(sessions, work, owed)
    with sessions.begin() as session, pytest.raises(Forbidden, match="tax-assistant"):
        counter.cancel_at_counter(
            session, head, {"payment_id": paid.id, "session_id": None, "reason": "x"}, APRIL
        )
    counted(sessions, work, pieces={500_00: 2})
    with pytest.raises(Forbidden, match="tax-assistant"):
        closed(sessions, work, head)
    with sessions.begin() as session:
        may = {who: counters.my_counter(session, who)["may"] for who in (stranger, CASHIER, BOSS)}
    assert may == {stranger: [], CASHIER: ["take"], BOSS: ["supervise"]}
    assert closed(sessions, work, BOSS).state == "closed"
