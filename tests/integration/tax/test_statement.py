"""The statement as a clerk reads it."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from services.tax.cli import statement as command
from tests.support.databases import service_database
from tests.support.taxes import APRIL, bill, paid, register


@pytest.fixture(scope="module")
def city(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A property that was billed and paid a part too late."""
    with service_database(postgres, "tax") as sessions:
        owed = register(sessions)
        bill(sessions, owed)
        paid(sessions, owed, 1_000_00, "UPI-1", now=APRIL + timedelta(days=100))
        paid(sessions, owed, 9_000_00, "UPI-2", now=APRIL + timedelta(days=101))
        yield sessions


@pytest.fixture
def shown(city, monkeypatch):
    monkeypatch.setattr(command, "sessions", lambda _service: city)

    def show(*options):
        done = CliRunner().invoke(command.statement_command, options, env={"COLUMNS": "200"})
        return done.exit_code, done.output

    return show


def test_each_entry_is_told_with_the_balance_after_it(shown):
    status, told = shown("P/1/0001", "--on", "2026-07-12", "--language", "en")
    assert status == 0
    assert "General tax" in told
    # 63.42 a month: the line says how it became 63.
    said = "1 × ₹63.00 (2 % of ₹3,171.00, each month to the nearest rupee): ₹63.00"
    assert f"interest of 2026-27/1: from 02-07-2026, {said}" in told
    assert told.splitlines()[-1] == "balance of 12-07-2026: -₹3,595.00"


def test_it_is_told_in_marathi(shown):
    status, told = shown("P/1/0001", "--on", "12-07-2026")
    assert status == 0
    assert "सर्वसाधारण कर" in told
    assert "आगाऊ रक्कम" in told
    assert "1 × ₹63.00 (₹3,171.00 च्या 2 %, दर महिना जवळच्या पूर्ण रुपयात): ₹63.00" in told


def test_scripts_are_told_in_paise(shown):
    _, told = shown("P/1/0001", "--on", "2026-07-10", "--json")
    answer = json.loads(told)
    assert answer["balance_paise"] == answer["rows"][-1]["balance_paise"] == 5_405_00


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("P/2",), "there is no property P/2"),
        (("P/1/0001", "--on", "tomorrow"), "write 31-12-2026 or 2026-12-31"),
    ],
)
def test_what_there_is_not_is_refused(shown, options, says):
    status, told = shown(*options)
    assert status == 2
    assert says in told
