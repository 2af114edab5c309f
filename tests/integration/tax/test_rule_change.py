"""Pune's 40 % for the self-occupied: withdrawn in 2019, restored in 2023, given back in four parts.

The facts are those that were reported of Pune; the amounts are of the shipped rate sheet.
"""

import json
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import SYSTEM
from palika.errors import Conflict, Invalid
from services.tax.cli import revise
from services.tax.cli.revise import revise_command
from services.tax.commands.credit_refunds import credit_refunds, due
from services.tax.commands.revise_rule import Reviser, RuleOrder
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.statement import balance
from services.tax.models import RefundInstalment
from services.tax.reference import rules
from tests.support.collecting import meanwhile
from tests.support.registers import book, entries
from tests.support.taxes import bill, clear, paid, recorded, register

YEARS = range(2019, 2023)
RESTORED = datetime(2023, 4, 20, 6, tzinfo=UTC)
ORDER = RuleOrder("self_occupied", "GR/UDD/2023/40", date(2023, 4, 1))


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """Four properties, billed from 2018-19 to 2022-23 as the rules were known each year."""
    clear(database)
    for number, claims in (
        ("P/1/PAYER", ["self_occupied"]),
        ("P/1/OWING", ["self_occupied"]),
        ("P/1/OTHER", []),
        ("P/1/PART", ["self_occupied"]),
    ):
        owed = register(database, april(2018) - timedelta(days=40), number=number, claims=claims)
        for year in range(2018, 2023):
            raised = bill(database, owed, f"{year}-{(year + 1) % 100:02d}", april(year))
            if number == "P/1/PAYER" or (number == "P/1/PART" and year != 2022):
                now = april(year) + timedelta(days=62)
                paid(database, owed, raised.amount_paise, f"{number}-{year}", now=now)
    return database


def april(year: int) -> datetime:
    return datetime(year, 4, 1, 4, 30, tzinfo=UTC)


def charged(sessions, number: str, year: int) -> int:
    return sum(
        paise
        for (half, head), paise in book(sessions, number).charged.items()
        if half.year == year and head != "interest"
    )


def reviser(sessions, batch: int = 2) -> Reviser:
    return Reviser(sessions, ORDER, SYSTEM("tax"), batch)


def revised(sessions, now: datetime = RESTORED, batch: int = 2):
    return reviser(sessions, batch).run(lambda: now, lambda count: None)


def owed_by(sessions, number: str, on: date) -> int:
    own = entries(sessions, number)
    return balance(Book.of(own, on), on, rules(on).interest).total


def test_what_was_billed_too_much_since_2019_is_given_back_over_four_years(sessions):
    before = {year: charged(sessions, "P/1/PAYER", year) for year in range(2018, 2023)}
    rebated, advance = rebates(sessions), book(sessions, "P/1/PAYER").advance
    totals = revised(sessions)
    after = {year: charged(sessions, "P/1/PAYER", year) for year in range(2018, 2023)}
    assert after[2018] == before[2018]
    for year in YEARS:
        # 40 % off the letting value: in a lower slab even more off the tax.
        assert after[year] < before[year] * 65 // 100
    # In 2020 it was paid in the window, which was longer: the rebate was on what was too much.
    excess = sum(before[year] - after[year] for year in YEARS) - (rebated - rebates(sessions))
    assert rebates(sessions) < rebated
    assert book(sessions, "P/1/PAYER").refund_payable == excess
    assert book(sessions, "P/1/PAYER").advance == advance
    with sessions() as session:
        rows = session.execute(
            select(RefundInstalment.year, RefundInstalment.paise)
            .where(RefundInstalment.property_id == entries_property(sessions, "P/1/PAYER"))
            .order_by(RefundInstalment.year)
        ).all()
    assert [year for year, _ in rows] == [2023, 2024, 2025, 2026]
    assert sum(paise for _, paise in rows) == excess
    assert max(paise for _, paise in rows) - min(paise for _, paise in rows) < 4_00
    assert (totals.seen, totals.changed) == (4, 3)
    assert set(totals.promised) == {2023, 2024, 2025, 2026}


def rebates(sessions) -> int:
    return sum(book(sessions, "P/1/PAYER").rebated.values())


def entries_property(sessions, number: str):
    return uuid.UUID(entries(sessions, number)[0].property)


def test_who_has_not_paid_owes_less_and_is_promised_nothing(sessions):
    before = owed_by(sessions, "P/1/OWING", RESTORED.date())
    revised(sessions)
    sums = book(sessions, "P/1/OWING")
    after = owed_by(sessions, "P/1/OWING", RESTORED.date())
    assert (sums.advance, sums.refund_payable) == (0, 0)
    lowered = sum(
        charged(sessions, "P/1/OTHER", year) - charged(sessions, "P/1/OWING", year)
        for year in YEARS
    )
    # With the interest on what was never owed.
    assert before - after > lowered > 0


def test_an_excess_settles_what_is_open_before_it_is_promised(sessions):
    revised(sessions)
    sums = book(sessions, "P/1/PART")
    assert sums.open() == {}
    assert 0 < sums.refund_payable < book(sessions, "P/1/PAYER").refund_payable


def test_who_did_not_claim_it_is_not_touched(sessions):
    before = entries(sessions, "P/1/OTHER")
    revised(sessions)
    assert entries(sessions, "P/1/OTHER") == before


def test_a_dry_run_gives_the_same_totals_and_writes_nothing(sessions):
    before = {name: entries(sessions, name) for name in ("P/1/PAYER", "P/1/OWING")}
    shown = reviser(sessions, 3).preview(RESTORED, lambda count: None)
    assert {name: entries(sessions, name) for name in before} == before
    assert recorded(sessions, "tax.reassessed.v1") == []
    assert shown == revised(sessions)


class _Killed(Exception):
    pass


@pytest.mark.parametrize("batch", [1, 3])
def test_stopped_anywhere_it_goes_on_and_posts_nothing_twice(sessions, batch):
    def stop(count: int) -> None:
        raise _Killed

    # Each time it is stopped after one batch more.
    for _ in range(2):
        with pytest.raises(_Killed):
            reviser(sessions, batch).run(lambda: RESTORED, stop)
    totals = revised(sessions, batch=batch)
    own = [each for each in entries(sessions, "P/1/PAYER") if each.reference == ORDER.number]
    again = revised(sessions, RESTORED + timedelta(days=3), batch)
    assert again == totals
    assert own == [
        each for each in entries(sessions, "P/1/PAYER") if each.reference == ORDER.number
    ]
    assert len(recorded(sessions, "tax.reassessed.v1")) == totals.changed == 3


def test_two_processes_that_begin_at_once_share_one_run(sessions):
    with sessions() as session:
        reviser(sessions)._begun(session, RESTORED)
        with meanwhile(sessions, lambda: revised(sessions)) as second:
            session.commit()
            totals = second.result()
    assert totals == revised(sessions)
    assert (totals.seen, totals.changed) == (4, 3)
    assert len(recorded(sessions, "tax.reassessed.v1")) == 3


def test_the_same_under_another_order_finds_nothing_to_change(sessions):
    revised(sessions)
    other = RuleOrder("self_occupied", "GR/UDD/2023/41", date(2023, 4, 2))
    totals = Reviser(sessions, other, SYSTEM("tax")).run(lambda: RESTORED, lambda count: None)
    assert (totals.seen, totals.changed, totals.lowered) == (4, 0, 0)


def test_each_years_part_becomes_credit_and_the_years_bill_uses_it(sessions):
    revised(sessions)
    promised = book(sessions, "P/1/PAYER").refund_payable
    before = book(sessions, "P/1/PAYER").advance
    may = april(2023) + timedelta(days=30)
    with sessions() as session:
        assert due(session, 2023).instalments == 2
    first = credit_refunds(sessions, 2023, lambda: may, lambda count: None)
    assert first.instalments == 2
    assert credit_refunds(sessions, 2023, lambda: may, lambda count: None).instalments == 0
    credit = book(sessions, "P/1/PAYER").advance
    assert abs(credit - before - promised // 4) < 1_00
    owed = register(
        sessions,
        april(2018) - timedelta(days=40),
        number="P/1/PAYER",
        claims=["self_occupied"],
    )
    raised = bill(sessions, owed, "2023-24", may + timedelta(hours=1))
    assert raised.advance_paise == credit
    assert raised.payable_paise == max(raised.amount_paise - credit, 0)
    later = credit_refunds(sessions, 2026, lambda: april(2026), lambda count: None)
    assert later.instalments == 6
    sums = book(sessions, "P/1/PAYER")
    assert sums.refund_payable == 0
    with pytest.raises(Invalid, match="2027 has not begun"):
        credit_refunds(sessions, 2027, lambda: april(2026), lambda count: None)


def test_what_is_no_rule_or_another_orders_number_is_refused(sessions):
    with pytest.raises(Invalid) as refused:
        Reviser(sessions, RuleOrder("poverty", "X", date(2023, 4, 1)), SYSTEM("tax"))
    assert list(refused.value.fields) == ["rule"]
    revised(sessions)
    same = RuleOrder("repairs", ORDER.number, ORDER.dated)
    with pytest.raises(Conflict, match="self_occupied"):
        Reviser(sessions, same, SYSTEM("tax")).run(lambda: RESTORED, lambda count: None)
    other = RuleOrder(ORDER.rule, ORDER.number, date(2023, 4, 2))
    with pytest.raises(Conflict, match="2023-04-01"):
        Reviser(sessions, other, SYSTEM("tax")).run(lambda: RESTORED, lambda count: None)
    early = RuleOrder("repairs", "GR/X", date(2023, 5, 1))
    with pytest.raises(Invalid, match="order_date"):
        Reviser(sessions, early, SYSTEM("tax")).run(lambda: RESTORED, lambda count: None)


def test_the_command_shows_the_totals_and_goes_on_when_run_again(sessions, monkeypatch):
    monkeypatch.setattr(revise, "sessions", lambda _service: sessions)
    args = ["--rule", "self_occupied", "--order", "GR/1", "--order-date", "2023-04-01", "--json"]
    runner = CliRunner()
    shown = [
        json.loads(runner.invoke(revise_command, [*args, *more]).stdout)
        for more in (["--dry-run"], [], [])
    ]
    assert shown[0]["changed"] == shown[1]["changed"] == shown[2]["changed"] == 3
    assert shown[1] == shown[2]
    assert shown[0] == shown[1] | {"dry_run": True}
    wrong = runner.invoke(revise_command, [*args, "--rule", "poverty"])
    assert wrong.exit_code == 2
    assert "must be one of" in wrong.stderr
