"""The bill run makes what single bills would make, whatever the property."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Invalid
from palika.india import day_of
from palika.local import Postgres
from services.tax.billrun import plan, running
from services.tax.billrun.comparison import Comparison
from services.tax.billrun.preview import _compare, preview
from services.tax.domain.property import Floor
from services.tax.domain.register import ACTIVE, State
from services.tax.models import Bill, BillRun, BillRunChunk, BillRunProblem, Property
from tests.support.databases import service_database
from tests.support.tax_roll import (
    BILLED_AT,
    PERIOD,
    change,
    copied,
    made,
    one_by_one,
    url_of,
    varied,
)
from tests.support.taxes import bill, clear, count, owes, paid, register

MANY = 240
OPTIONS = running.Options(workers=2, chunk=25, unsent=10**9)


@pytest.fixture(scope="module")
def roll(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """So many varied properties; never changed."""
    with service_database(postgres, "tax") as found:
        clear(found)
        varied(found, MANY)
        yield found


@pytest.fixture
def rolled(
    roll: sessionmaker[Session], request: pytest.FixtureRequest
) -> Iterator[sessionmaker[Session]]:
    """A copy of it."""
    with copied(roll, f"rolled_{abs(hash(request.node.name))}") as found:
        yield found


def run(
    sessions: sessionmaker[Session], period: str = PERIOD, now: datetime = BILLED_AT
) -> BillRun:
    return running.run(sessions, url_of(sessions), period, None, OPTIONS, now=now)


@pytest.mark.parametrize(
    ("period", "moment"),
    [
        (PERIOD, BILLED_AT),
        (f"{PERIOD}/1", BILLED_AT + timedelta(days=3)),
        (f"{PERIOD}/2", BILLED_AT + timedelta(days=190)),
    ],
)
def test_a_run_makes_what_single_bills_would_make(rolled, period, moment):
    wanted = one_by_one(rolled, period, moment)
    ended = run(rolled, period, moment)
    with rolled() as session:
        found = made(session, moment)
    assert found.bills == wanted.bills
    assert found.entries == wanted.entries
    assert found.events == wanted.events
    # What is compared is not all alike.
    kinds = {entry["kind"] for entries in found.entries.values() for entry in entries}
    assert {"demand", "transfer"} <= kinds
    assert ("rebate" in kinds) == (period == PERIOD)
    assert {bool(each["arrears_paise"]) for each in found.bills.values()} == {True, False}
    assert {bool(each["advance_paise"]) for each in found.bills.values()} == {True, False}
    assert MANY / 2 < len(found.bills) < MANY
    assert ended.state == plan.FINISHED
    assert ended.totals is not None
    assert ended.totals["agree"]
    assert ended.totals["bills"] == len(found.bills)
    assert ended.totals["demanded_paise"] == sum(b["amount_paise"] for b in found.bills.values())
    parts = ("bills", "nothing", "billed_before", "problems")
    assert sum(ended.totals[part] for part in parts) == ended.totals["properties"]
    assert ended.totals["properties"] + ended.billed_before == MANY


def test_numbers_are_in_the_order_of_wards_and_numbers(rolled):
    run(rolled)
    with rolled() as session:
        numbers = made(session, BILLED_AT).numbers
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(numbers)
    # The block is the run's alone: whoever is billed next comes after it.
    owed = register(rolled, number="P/9/99999")
    assert bill(rolled, owed, now=BILLED_AT + timedelta(days=1)).number > numbers[-1]


def test_what_cannot_be_billed_is_kept_with_its_reason_and_billed_when_it_is_mended(sessions):
    good, bad = register(sessions), register(sessions, number="P/1/0002")
    floor = Floor("Ground", 5000, "residential", "marble", 1990, "self")
    state = State(bad.ward, str(bad.zone), bad.address, ACTIVE, (floor,), frozenset())
    change(sessions, bad, state, date(2016, 4, 1), BILLED_AT - timedelta(days=1))
    now = BILLED_AT + timedelta(hours=2)
    first = run(sessions, now=now)
    assert first.totals is not None
    assert (first.totals["bills"], first.totals["problems"]) == (1, 1)
    with sessions() as session:
        ((number, _, reason, mended),) = plan.problems_of(session, first, 10)
    assert (number, mended) == (bad.number, False)
    assert "no letting value" in reason
    assert "Ground" in reason
    right = State(
        bad.ward,
        str(bad.zone),
        bad.address,
        ACTIVE,
        (Floor("Ground", 5000, "residential", "rcc", 1990, "self"),),
        frozenset(),
    )
    change(sessions, bad, right, date(2016, 4, 1), now + timedelta(hours=1))
    second = run(sessions, now=now + timedelta(hours=2))
    assert second.id != first.id
    assert second.totals is not None
    assert (second.totals["properties"], second.totals["bills"]) == (1, 1)
    assert second.billed_before == 1
    with sessions() as session:
        assert [each.mended for each in plan.problems_of(session, first, 10)] == [True]
        billed = session.scalars(select(Bill.property_id)).all()
    assert sorted(map(str, billed)) == sorted([str(good.id), str(bad.id)])


def test_a_run_again_bills_nothing_again(rolled):
    run(rolled)
    bills = count(rolled, Bill)
    again = run(rolled, now=BILLED_AT + timedelta(hours=1))
    assert again.totals is not None
    assert again.totals["bills"] == 0
    assert count(rolled, Bill) == bills
    assert again.billed_before + again.totals["properties"] == MANY


def test_a_run_that_is_told_to_stop_is_taken_up_with_its_own_day(rolled):
    wanted = one_by_one(rolled, PERIOD, BILLED_AT)
    seen: list[int] = []

    def stopping() -> bool:
        with rolled() as session:
            seen.append(
                session.scalar(select(func.count()).where(BillRunChunk.done_at.is_not(None))) or 0
            )
        return seen[-1] > 0

    options = running.Options(workers=1, chunk=5, unsent=10**9)
    stopped = running.run(
        rolled, url_of(rolled), PERIOD, None, options, now=BILLED_AT, stopping=stopping
    )
    assert stopped.state == plan.OPEN
    # Meanwhile somebody pays, and somebody else is billed singly.
    with rolled() as session:
        billed = list(session.scalars(select(Bill).where(Bill.billed_at == BILLED_AT)))
        left = set(wanted.bills) - {str(each.property_id) for each in billed}
    assert billed
    assert left
    single = sorted(left)[0]
    with rolled() as session:
        bill(rolled, session.get_one(Property, single), PERIOD, BILLED_AT + timedelta(hours=4))
    first = billed[0]
    paid(rolled, Property(id=first.property_id), 100_00, "NEXT-DAY", now=BILLED_AT + timedelta(1))
    ended = run(rolled, now=BILLED_AT + timedelta(days=1))
    assert ended.id == stopped.id
    assert ended.totals is not None
    assert ended.totals["agree"]
    with rolled() as session:
        found = made(session, BILLED_AT)
        days = set(session.scalars(select(Bill.billed_at).where(Bill.period == PERIOD)))
    wanted.bills.pop(single)
    found.bills[str(first.property_id)]["version"] = 1
    assert found.bills == wanted.bills
    assert BILLED_AT + timedelta(days=1) not in days


def test_credit_that_was_used_on_a_later_day_is_not_used_twice(sessions):
    owed = register(sessions, BILLED_AT - timedelta(days=400))
    bill(sessions, owed, "2025-26", BILLED_AT - timedelta(days=365))
    year = BILLED_AT - timedelta(days=300)
    paid(sessions, owed, 20_000_00, "MUCH", now=year)
    # The credit settles a half-year that was forgotten, a day after the run's.
    with sessions.begin() as session:
        found = plan.begin(session, PERIOD, None, 10, BILLED_AT)[0]
    bill(sessions, owed, "2024-25/1", BILLED_AT + timedelta(days=1))
    ended = run(sessions, now=BILLED_AT + timedelta(days=1))
    assert ended.id == found.id
    with sessions() as session:
        (problem,) = plan.problems_of(session, ended, 10)
    assert "used, on a later day" in problem.reason
    assert count(sessions, Bill) == 2


def test_credit_that_came_on_a_later_day_does_not_lie_beside_a_bill_that_is_open(sessions):
    owed = register(sessions, BILLED_AT - timedelta(days=400))
    last = bill(sessions, owed, "2025-26", BILLED_AT - timedelta(days=365))
    with sessions.begin() as session:
        plan.begin(session, PERIOD, None, 10, BILLED_AT)
    # All of last year's and of this one's, before the run comes to this property.
    paid(sessions, owed, 3 * last.amount_paise, "NEXT-DAY", now=BILLED_AT + timedelta(days=1))
    ended = run(sessions, now=BILLED_AT + timedelta(days=2))
    with sessions() as session:
        (problem,) = plan.problems_of(session, ended, 10)
    assert "came, or was used, on a later day" in problem.reason
    # The next run has its own day, and its bill uses the credit.
    run(sessions, now=BILLED_AT + timedelta(days=2))
    day = BILLED_AT + timedelta(days=3)
    assert owes(sessions, owed, day_of(day), day)["dues"] == []


def test_an_order_of_the_time_of_a_run_is_not_lost(sessions):
    owed, other = register(sessions), register(sessions, number="P/1/0002")
    now = BILLED_AT + timedelta(hours=2)
    with sessions.begin() as session:
        plan.begin(session, PERIOD, None, 10, now)
    floor = Floor("Ground", 50_000, "residential", "rcc", 1990, "self")
    bigger = State(owed.ward, str(owed.zone), owed.address, ACTIVE, (floor,), frozenset())
    change(sessions, owed, bigger, date(2026, 4, 1), now + timedelta(minutes=1))
    # What holds after the period only is no matter of its bill.
    change(sessions, other, bigger, date(2027, 4, 1), now + timedelta(minutes=1))
    ended = run(sessions, now=now + timedelta(minutes=2))
    with sessions() as session:
        (problem,) = plan.problems_of(session, ended, 10)
    assert problem.number == owed.number
    assert "an order has changed it since the run began" in problem.reason
    run(sessions, now=now + timedelta(minutes=3))
    with sessions() as session:
        (small,) = session.scalars(select(Bill).where(Bill.property_id == other.id))
        (large,) = session.scalars(select(Bill).where(Bill.property_id == owed.id))
    assert large.rateable_value_paise > 2 * small.rateable_value_paise


def test_a_property_that_is_locked_for_long_does_not_stop_the_others(sessions, monkeypatch):
    monkeypatch.setattr("services.tax.billrun.work._LOCK_WITHIN_S", 0.3)
    for number in range(12):
        register(sessions, number=f"P/1/{number:04d}")
    with sessions() as holder:
        holder.execute(text("SELECT FROM property WHERE number = 'P/1/0005' FOR UPDATE"))
        looked = []

        def release(progress: running.Progress) -> None:
            looked.append(progress.marks.bills)
            if progress.marks.bills == 11:
                holder.rollback()

        ended = running.run(
            sessions, url_of(sessions), PERIOD, None, OPTIONS, now=BILLED_AT + timedelta(days=9),
            progress=release,
        )  # fmt: skip
    assert 11 in looked
    assert ended.totals is not None
    assert ended.totals["agree"]
    assert ended.totals["bills"] == 12


def test_wards_limit_a_run_and_an_open_run_of_others_is_in_the_way(sessions):
    register(sessions, number="P/1/0001", ward="aundh-baner")
    register(sessions, number="P/1/0002", ward="kasba-vishrambagwada")
    now = BILLED_AT + timedelta(hours=2)
    with sessions.begin() as session:
        _, new = plan.begin(session, PERIOD, ["aundh-baner"], 10, now)
    assert new
    with sessions.begin() as session, pytest.raises(Conflict, match="aundh-baner"):
        plan.begin(session, PERIOD, None, 10, now)
    running.run(sessions, url_of(sessions), PERIOD, ["aundh-baner"], OPTIONS, now=now)
    assert count(sessions, Bill) == 1
    run(sessions, now=now)
    assert count(sessions, Bill) == 2
    with sessions.begin() as session, pytest.raises(Invalid, match="no such ward"):
        plan.begin(session, PERIOD, ["atlantis"], 10, now)


def test_other_rules_do_not_end_a_run_that_began_by_the_old_ones(sessions, monkeypatch):
    register(sessions)
    now = BILLED_AT + timedelta(hours=2)
    with sessions.begin() as session:
        found, _ = plan.begin(session, PERIOD, None, 10, now)
    monkeypatch.setattr(plan, "rules_hash", lambda: "others")
    with pytest.raises(Conflict, match="have changed"):
        run(sessions, now=now)
    assert count(sessions, Bill) == 0
    with sessions.begin() as session:
        assert plan.abandon(session, found.id, now).state == plan.ABANDONED
    with sessions.begin() as session, pytest.raises(Conflict, match="abandoned already"):
        plan.abandon(session, found.id, now)
    assert run(sessions, now=now).id != found.id
    assert count(sessions, Bill) == 1


def test_a_run_that_is_abandoned_while_it_is_at_work_bills_no_more(sessions):
    for number in range(30):
        register(sessions, number=f"P/1/{number:04d}")
    now = BILLED_AT + timedelta(hours=2)
    options = running.Options(workers=1, chunk=1, unsent=3)

    def abandon(progress: running.Progress) -> None:
        # The relay stands still, so the run waits with most of its chunks to do.
        if progress.waits:
            with sessions.begin() as session:
                run = plan.find(session, None)
                if run.state == plan.OPEN:
                    plan.abandon(session, run.id, now)
            with sessions.begin() as session:
                session.execute(text("UPDATE outbox SET sent_at = now()"))

    ended = running.run(
        sessions, url_of(sessions), PERIOD, None, options, now=now, progress=abandon
    )
    assert ended.state == plan.ABANDONED
    assert ended.totals is None
    assert count(sessions, Bill) == 3
    assert run(sessions, now=now + timedelta(minutes=1)).state == plan.FINISHED
    assert count(sessions, Bill) == 30


def test_a_preview_writes_nothing_and_says_what_a_run_then_makes(rolled):
    before = {model: count(rolled, model) for model in (Bill, BillRun, BillRunProblem)}
    found = preview(rolled, url_of(rolled), PERIOD, None, 2, 25, now=BILLED_AT)
    assert found is not None
    assert {model: count(rolled, model) for model in before} == before
    with rolled() as session:
        last = session.execute(
            select(func.count(), func.sum(Bill.amount_paise)).where(Bill.period == "2025-26")
        ).one()
        standing = session.scalar(
            select(func.sum(Bill.amount_paise)).where(Bill.period.startswith(PERIOD))
        )
    assert found.properties == MANY
    assert (found.total.count_before, found.total.paise_before) == tuple(last)
    ended = run(rolled)
    assert ended.totals is not None
    assert found.total.paise == ended.totals["demanded_paise"] + (standing or 0)
    assert found.problems.count == ended.totals["problems"]
    assert found.only_before.count > 0
    assert found.only_now.count > 0
    rises = [each.rise for each in found.rises]
    assert rises == sorted(rises, reverse=True)
    assert all(rise > 0 for rise in rises)
    again = preview(rolled, url_of(rolled), PERIOD, None, 1, 1000, now=BILLED_AT)
    assert again is not None
    assert again.total == found.total
    assert dict(again.by_ward()) == dict(found.by_ward())


def test_a_preview_counts_each_once_though_somebody_is_registered_meanwhile(sessions):
    for number in range(1, 13):
        register(sessions, number=f"P/1/{number:04d}")
    job = plan.job("", PERIOD, BILLED_AT + timedelta(hours=2))
    found = Comparison()

    def send(sent: int | Comparison) -> None:
        if isinstance(sent, Comparison):
            found.merge(sent)

    # Two workers, one after the other; in between the roll has a new first one.
    crew: Any = SimpleNamespace(count=2, is_wanted=True)
    _compare(0, crew, send, url_of(sessions), job, None, 1)
    register(sessions, number="P/1/0000")
    _compare(1, crew, send, url_of(sessions), job, None, 1)
    assert found.only_now.count in (12, 13)
    numbers = [number for _, number, *_ in found.only_now.some]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) - {"P/1/0000"} == {f"P/1/{number:04d}" for number in range(1, 13)}


def test_no_run_of_a_year_that_has_not_begun_but_a_preview_of_its_first_day(sessions):
    early = datetime(2026, 3, 31, 18, 29, tzinfo=UTC)
    owed = register(sessions, now=early)
    with sessions.begin() as session, pytest.raises(Invalid, match="begins on 2026-04-01"):
        plan.begin(session, PERIOD, None, 10, early)
    assert count(sessions, BillRun) == 0
    found = preview(sessions, url_of(sessions), PERIOD, None, 1, 10, now=early)
    assert found is not None
    assert (found.total.count, found.problems.count) == (1, 0)
    day = early + timedelta(minutes=1)
    assert found.total.paise == bill(sessions, owed, PERIOD, day).amount_paise


def test_a_period_that_has_no_rates_is_refused(sessions):
    for period in ("2026-28", "2040-41"):
        with sessions.begin() as session, pytest.raises(Invalid):
            plan.begin(session, period, None, 10, datetime.now(UTC))
    assert count(sessions, BillRun) == 0
