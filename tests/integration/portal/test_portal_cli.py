"""``palika portal``: accounts, sessions, tokens and looks at a terminal."""

import json
import os
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from palika.errors import NotFound
from services.portal.commands.keep_account import account_of
from services.portal.commands.note_read import note_read
from tests.support import commands
from tests.support.portal_accounts import House


@pytest.fixture
def palika(house: House) -> Any:
    """A command on the house's database; the broker is away."""
    environment = {
        **os.environ,
        "AMQP_URI": "amqp://127.0.0.1:1/",
        "DATABASE_URL": house.parts.config.database_url,
        "PORTAL_DATABASE_URL": house.parts.config.database_url,
        "PYTHONPATH": commands.PYTHONPATH,
    }

    def call(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = commands.run(["portal", *arguments], environment)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    return call


def test_an_account_is_shown_disabled_and_enabled_again(house: House, palika: Any) -> None:
    house.account()
    (shown,) = json.loads(palika("account", "list", "--json").stdout)
    assert shown["person"] == "a.jadhav2"
    assert shown["posts"] == ["roads-je"]
    assert (shown["password"], shown["second_factor"]) == (True, True)
    assert "roads-je" in palika("account", "list").stdout
    browser = house.browser()
    browser.sign_in()
    assert "1 sessions ended" in palika("account", "disable", "A.Jadhav2").stdout
    assert browser.get("/en/account/").status_code == 303
    palika("account", "enable", "a.jadhav2")
    house.wait(minutes=1)
    assert house.browser().sign_in().status_code == 303


def test_an_invitation_and_a_lost_telephone(house: House, palika: Any) -> None:
    house.account()
    (told,) = json.loads(
        palika("account", "invite", "a.jadhav2", "--by", "it-head", "--json").stdout
    )
    link = told["link"].partition("8080")[2]
    assert house.browser().get(link).status_code == 200
    palika("account", "reset-second-factor", "a.jadhav2")
    answer = house.browser().sign_in()
    assert "/enrol" in answer.location


def test_who_is_not_there_and_an_e_office_that_is_away_are_told_in_a_line(
    house: House, palika: Any
) -> None:
    for command in ("invite", "disable", "enable", "reset-second-factor", "end-sessions"):
        assert palika("account", command, "nobody", status=1).stderr == (
            "Error: nobody has no account\n"
        )
    assert "the broker does not answer" in palika("account", "add", "a.jadhav2", status=1).stderr
    with house.begin() as session, pytest.raises(NotFound):
        account_of(session, "a.jadhav2")


def test_sessions_show_where_and_no_key(house: House, palika: Any) -> None:
    house.now = datetime.now(UTC)
    house.account()
    browser = house.browser()
    browser.sign_in()
    said = palika("sessions", "--json").stdout
    (row,) = json.loads(said)
    assert (row["person"], row["network"], row["way"]) == (
        "a.jadhav2",
        "203.0.113.0/24",
        "password",
    )
    assert browser.cookie("palika") not in said
    assert "1 sessions ended" in palika("account", "end-sessions", "a.jadhav2").stdout
    assert json.loads(palika("sessions", "--json").stdout) == []


def test_a_token_is_shown_once_and_ended(house: House, palika: Any) -> None:
    house.account()
    token = palika("token", "add", "map", "--scope", "kpi:read").stdout.strip()
    assert token.startswith("palika_")
    own = ("--for", "a.jadhav2", "--post", "roads-je")
    palika("token", "add", "desk", "--scope", "files:read", "--days", "7", *own)
    said = palika("token", "list", "--json").stdout
    assert [each["name"] for each in json.loads(said)] == ["desk", "map"]
    assert token not in said
    assert "ended" in palika("token", "end", "map").stdout
    assert "there is no token map in use" in palika("token", "end", "map", status=1).stderr
    assert (
        "go together"
        in palika(
            "token", "add", "x1", "--scope", "kpi:read", "--post", "roads-je", status=2
        ).stderr
    )
    wrong = ("--for", "a.jadhav2", "--post", "commissioner")
    assert (
        "does not hold it"
        in palika("token", "add", "x1", "--scope", "kpi:read", *wrong, status=1).stderr
    )


def test_looks_are_found_by_reader_and_by_whose(house: House, palika: Any) -> None:
    with house.begin() as session:
        for reader, whose in (("one", "citizen:1"), ("two", "grievance:GRV-2026-000001")):
            note_read(session, reader, "roads-je", [whose], "page", "handles", house.now)
    everything = json.loads(palika("looks", "--json").stdout)
    assert [each["reader"] for each in everything] == ["two", "one"]
    (one,) = json.loads(palika("looks", "--whose", "citizen:1", "--json").stdout)
    assert one["reader"] == "one"
    assert "GRV-2026-000001" in palika("looks", "--reader", "two").stdout


def test_each_command_says_what_it_is_for(palika: Any) -> None:
    for path in ((), ("account",), ("token",), ("sessions",), ("looks",), ("account", "add")):
        assert "Usage:" in palika(*path, "--help").stdout
