"""Properties are found at the command line, with what each owes."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from services.tax.cli import find as command
from tests.support.databases import service_database
from tests.support.taxes import OWNER, bill, register


@pytest.fixture(scope="module")
def city(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """Two properties, of which one is billed."""
    with service_database(postgres, "tax") as sessions:
        bill(sessions, register(sessions, number="P/1/0001"))
        other = OWNER | {"name": "Sunanda Jadhav", "phone": "98220 99999"}
        register(sessions, number="P/1/0002", owners=[other])
        yield sessions


@pytest.fixture
def run(city, monkeypatch):
    monkeypatch.setattr(command, "sessions", lambda _service: city)
    return lambda *options: CliRunner().invoke(command.find_command, options)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("P/1/", ["P/1/0001", "P/1/0002"]),
        ("P/1/0002", ["P/1/0002"]),
        ("9822099999", ["P/1/0002"]),
        ("jadhav sun", ["P/1/0002"]),
    ],
)
def test_a_property_is_found_by_number_telephone_or_name(run, text, numbers):
    done = run(text, "--json")
    assert done.exit_code == 0, done.output
    assert sorted(each["number"] for each in json.loads(done.output)["items"]) == numbers


def test_what_is_owed_is_shown_and_nobody_is_named(run):
    shown = run("P/1/", "--language", "en")
    (billed,) = (line for line in shown.output.splitlines() if "P/1/0001" in line)
    assert "Baner Road" in billed
    assert "Aundh-Baner" in billed
    paise = json.loads(run("P/1/0001", "--json").output)["items"][0]["owed_paise"]
    assert paise > 0
    assert f"₹{paise // 100 // 1000}," in billed
    assert "Jadhav" not in shown.output


def test_of_many_the_first_are_shown_and_that_there_are_more(run):
    assert "There are more" in run("P/1/", "--limit", "1", "--language", "en").output
    assert "There are more" not in run("P/1/", "--language", "en").output
    assert "आणखी आहेत" in run("P/1/", "--limit", "1").output
    assert "औंध-बाणेर" in run("P/1/").output


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (("P/9",), 1, "no property is found by 'P/9'"),
        (("nobody",), 1, "no property is found by 'nobody'"),
        (("P/1", "--ward", "xx"), 2, "'xx' is not known; must be one of"),
        ((" ",), 2, "must not be empty"),
    ],
)
def test_what_is_not_found_or_wrong_is_said(run, options, status, told):
    done = run(*options)
    assert (done.exit_code, told in done.output) == (status, True), done.output
