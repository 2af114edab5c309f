"""Demand, collection, balance: the report, and that it is what the ledger has."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.india import rupees
from palika.local import Postgres
from services.tax import seed
from services.tax.cli import dcb as command
from services.tax.commands.pay import Money, suspend_payment
from services.tax.domain.ledger.dcb import dcb as of_entries
from services.tax.ledger_store import entry_of
from services.tax.models import LedgerEntry, Payment
from services.tax.queries.dcb import FIGURES, dcb
from services.tax.schemas.reporting import Reporting
from tests.support.databases import service_database
from tests.support.taxes import APRIL, bill, paid, register

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A city of 200 properties, billed and paying for a year and a half."""
    with service_database(postgres, "tax") as found:
        seed.seed(found, 200, 3, NOW)
        yield found


def report(sessions, **args: Any) -> dict[str, Any]:
    with sessions.begin() as session:
        return dcb(session, Reporting().load(args), NOW)


def test_the_report_is_what_the_entries_say(sessions):
    with sessions() as session:
        entries = [entry_of(row) for row in session.scalars(select(LedgerEntry))]
    for first, last in (("2026-04-01", "2026-09-01"), ("2025-04-01", "2026-03-31")):
        answer = report(sessions, from_day=first, to_day=last, by=["half_year", "head"])
        figures = of_entries(entries, date.fromisoformat(first), date.fromisoformat(last))
        assert {
            (row["half_year"], row["head"]): [row[name] for name in FIGURES]
            for row in answer["rows"]
        } == {
            (str(half_year), head): [getattr(each, name) for name in FIGURES]
            for (half_year, head), each in figures.items()
        }
        assert answer["reconciled"]


def test_each_grouping_adds_up_to_the_same(sessions):
    whole = report(sessions, by=[])
    assert whole["total"]["demand"] > whole["total"]["collection"] > 0
    for by in (["ward"], ["zone", "use"], ["year"], ["ward", "use", "half_year", "head"]):
        assert report(sessions, by=by)["total"] == whole["total"]
    wards = {row["ward"] for row in report(sessions)["rows"]}
    parts = [report(sessions, by=[], ward=[ward])["total"] for ward in sorted(wards)]
    assert {name: sum(part[name] for part in parts) for name in FIGURES} == whole["total"]


def test_what_closes_a_year_opens_the_next(sessions):
    last = report(sessions, to_day="2026-03-31")
    this = report(sessions, from_day="2026-04-01")
    closing = {row["ward"]: row["closing"] for row in last["rows"]}
    assert {row["ward"]: row["opening"] for row in this["rows"]} == closing


def test_what_came_in_is_collected_or_an_advance(sessions):
    answer = report(sessions, from_day="2025-04-01")
    with sessions() as session:
        received = session.scalar(select(func.sum(Payment.amount_paise)))
    accounts = answer["accounts"]
    assert sum(accounts.get(name, 0) for name in ("cash", "gateway", "cheques_in_hand")) == received
    assert answer["total"]["collection"] == received + accounts.get("advance", 0)


def test_the_books_of_a_day_are_those_of_that_day(sessions):
    then = report(sessions, to_day="2026-03-31", known_at="2026-03-31T18:30:00Z")
    assert then["total"] == report(sessions, to_day="2026-03-31")["total"]
    assert report(sessions, known_at="2025-01-01T00:00:00Z")["total"] == dict.fromkeys(FIGURES, 0)


def test_a_ledger_that_was_tampered_with_is_not_reconciled(postgres):
    with service_database(postgres, "tax") as sessions:
        seed.seed(sessions, 5, 3, NOW)
        with sessions.begin() as session:
            session.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER append_only"))
            session.execute(
                text("ALTER TABLE ledger_entry DROP CONSTRAINT ck_ledger_entry_balances")
            )
            session.execute(
                text(
                    "UPDATE ledger_entry SET paise[1] = paise[1] + 1 WHERE id ="
                    " (SELECT id FROM ledger_entry WHERE kind = 'demand' LIMIT 1)"
                )
            )
        assert not report(sessions)["reconciled"]


def test_wrong_questions_are_refused(sessions):
    runner = CliRunner()
    for options, told in (
        (["--from", "2026-05-01", "--to", "2026-04-01"], "to_day: is before 2026-05-01"),
        (["--from", "yesterday"], "write 31-12-2026 or 2026-12-31"),
        (["--by", "ward", "--by", "ward"], "names one twice"),
        (["--ward", "xx"], "ward: 'xx' is not known; must be one of: aundh-baner"),
        (["--use", "shop", "--use", "mixed"], "use: 'shop' is not known"),
        (["--head", "foo"], "interest, fee_*"),
        (["--output", "dcb.pdf"], ".csv or .xlsx"),
    ):
        done = runner.invoke(command.dcb_command, options)
        assert done.exit_code == 2
        assert told in done.output


def test_it_is_narrowed_to_taxes_interest_and_fees(sessions):
    found = report(sessions, by=["head"], head=["general", "interest", "fee_nobody_has"])
    assert {row["head"] for row in found["rows"]} == {"general", "interest"}


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_it_is_written_for_spreadsheets(sessions, monkeypatch, tmp_path, ending):
    monkeypatch.setattr(command, "sessions", lambda _service: sessions)
    file = tmp_path / f"dcb{ending}"
    options = ["--by", "ward", "--by", "head", "--language", "en", "--output", str(file)]
    done = CliRunner().invoke(command.dcb_command, [*options, "--to", "2026-08-31"])
    assert done.exit_code == 0, done.output
    if ending == ".csv":
        rows = [line.split(",") for line in file.read_text("utf-8-sig").splitlines()]
        amounts = [cell for row in rows[1:] for cell in row[2:]]
        assert all(re.fullmatch(r"-?[0-9]+\.[0-9]{2}", cell) for cell in amounts)
        total = [float(cell) for cell in rows[-1][2:]]
    else:
        sheet = openpyxl.load_workbook(file).active
        rows = [[cell.value for cell in row] for row in sheet.rows]
        assert all(isinstance(cell.value, int | float) for cell in list(sheet.rows)[-1][2:])
        total = [cell or 0 for cell in rows[-1][2:]]
    assert rows[0][:3] == ["Ward", "Head", "Opening"]
    assert "General tax" in {row[1] for row in rows}
    answer = report(sessions, by=["ward", "head"], to_day="2026-08-31")
    assert [round(cell * 100) for cell in total] == [answer["total"][name] for name in FIGURES]


def test_it_is_shown_and_told_to_scripts(sessions, monkeypatch):
    monkeypatch.setattr(command, "sessions", lambda _service: sessions)
    shown = CliRunner().invoke(command.dcb_command, ["--by", "year", "--to", "31-08-2026"])
    assert shown.exit_code == 0, shown.output
    assert "01-04-2026 – 31-08-2026, ₹" in shown.output
    # Narrowed it is not beside the cash book, which is the whole city's.
    some = CliRunner().invoke(command.dcb_command, ["--ward", "aundh-baner", "--language", "en"])
    assert "cash book" not in some.output
    told = CliRunner().invoke(command.dcb_command, ["--json", "--to", "2026-08-31"])
    assert json.loads(told.output)["reconciled"] is True


def test_under_it_the_collection_is_told_from_the_money_that_came(postgres, monkeypatch):
    with service_database(postgres, "tax") as sessions:
        owed = register(sessions)
        bill(sessions, owed)
        paid(sessions, owed, 10_000_00, "UPI-1")
        money = Money(77_00, "NEFT-1", "neft", "bank", APRIL.date(), "officer:tax-clerk")
        with sessions.begin() as session:
            suspend_payment(session, money, APRIL)
        monkeypatch.setattr(command, "sessions", lambda _service: sessions)
        answer = report(sessions)
        options = ["--to", "2026-09-01", "--language", "en"]
        shown = CliRunner().invoke(command.dcb_command, options, env={"COLUMNS": "160"})
    collected, credit = answer["total"]["collection"], -answer["accounts"]["advance"]
    assert credit > 0
    assert answer["moved"]["suspense"] == -77_00
    assert collected + credit + 77_00 == 10_077_00
    told = shown.output.partition("Beside the cash book")[2].replace("│", " ").splitlines()
    for what, paise in (
        ("money received", 10_077_00),
        ("in advance", -credit),
        ("in suspense", -77_00),
        ("collection", collected),
    ):
        (line,) = (each.split() for each in told if each.strip().startswith(what))
        assert rupees(paise).replace("₹", "") in line
