"""Lists of leaves and of delegations, by RPC's queries and at a terminal."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Invalid
from palika.local import Postgres
from services.eoffice import cli
from services.eoffice.commands.delegate import delegate, revoke
from services.eoffice.commands.hold_post import transfer_person
from services.eoffice.commands.leave import end_leave, take_leave
from services.eoffice.queries import standing_in
from services.eoffice.schemas import delegating as schemas
from services.eoffice.schemas.organisation import TransferringPerson
from tests.support.databases import service_database
from tests.support.eoffice import CE, JE, NOW, emptied

ADMIN = Identity.of("admin:test", "admin")


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


@pytest.fixture
def office(sessions):
    """Two leaves of the junior engineer's, one called off; two delegations, one taken back."""
    do(sessions, take_leave, schemas.TakingLeave, JE, **_leave("2026-07-02", "2026-07-05"))
    off = do(sessions, take_leave, schemas.TakingLeave, JE, **_leave("2026-07-10", "2026-07-12"))
    do(sessions, end_leave, schemas.EndingLeave, JE, id=str(off.id))
    given = {"to": "roads-de", "what": ["works"], "most_paise": 50_000_000}
    taken = do(sessions, delegate, schemas.Delegating, CE, **given)
    do(sessions, revoke, schemas.Revoking, CE, id=str(taken.id))
    do(sessions, delegate, schemas.Delegating, CE, **given, since="2026-07-03")
    return sessions


def _leave(since: str, until: str) -> dict[str, str]:
    return {"linked": "m.shinde3", "since": since, "until": until}


def do(sessions, command, schema, who, **said) -> Any:
    with sessions.begin() as session:
        return command(session, who, schema().load(said), NOW)


def ask(sessions, query, schema, **said) -> dict[str, Any]:
    with sessions.begin() as session:
        return query(session, schema().load(said), NOW)


def leaves(sessions, **said) -> dict[str, Any]:
    return ask(sessions, standing_in.leaves, schemas.Leaves, **said)


def delegations(sessions, **said) -> dict[str, Any]:
    return ask(sessions, standing_in.delegations, schemas.Delegations, **said)


@pytest.mark.parametrize(
    ("day", "states"),
    [
        ("2026-07-01", ["past", "coming"]),
        ("2026-07-05", ["past", "current"]),
        ("2026-07-06", ["past", "past"]),
    ],
)
def test_a_leave_is_coming_then_current_then_past(office, day, states):
    found = leaves(office, day=day)["items"]
    assert [each["state"] for each in found] == states
    for state in ("current", "coming", "past"):
        some = leaves(office, day=day, state=state)["items"]
        assert [each["id"] for each in some] == [
            each["id"] for each in found if each["state"] == state
        ]


def test_a_leave_is_found_by_who_is_away_who_stands_in_and_the_post(office):
    whole = leaves(office)["items"]
    assert len(whole) == 2
    assert (whole[0]["person"]["code"], whole[0]["linked"]["code"]) == ("a.jadhav2", "m.shinde3")
    assert whole[0]["posts"] == ["roads-je"]
    for said in ({"person": "a.jadhav2"}, {"person": "m.shinde3"}, {"of": "roads-je"}):
        assert leaves(office, **said)["items"] == whole
    for said in ({"person": "s.kulkarni1"}, {"of": "accounts"}):
        assert leaves(office, **said)["items"] == []


def test_the_posts_of_a_leave_are_all_that_were_held_in_it(office):
    """Also one that came after its first day and went before its last."""
    asked = {"to": "roads-clerk", "person": "a.jadhav2", "additional": True}
    asked |= {"since": "2026-07-03", "until": "2026-07-04"}
    do(office, transfer_person, TransferringPerson, ADMIN, **asked)
    off, away = leaves(office)["items"]
    assert away["posts"] == ["roads-clerk", "roads-je"]
    assert off["posts"] == ["roads-je"]
    assert leaves(office, of="roads-clerk")["items"] == [away]


def test_a_delegation_is_found_by_either_post_and_who_holds_it(office):
    whole = delegations(office)["items"]
    assert [each["state"] for each in whole] == ["coming", "past"]
    assert (whole[0]["from_post"]["code"], whole[0]["to_post"]["code"]) == ("roads-ce", "roads-de")
    assert whole[0]["powers"][0]["code"] == "works"
    for said in ({"of": "roads-ce"}, {"of": "roads-de"}, {"person": "m.shinde3"}):
        assert delegations(office, **said)["items"] == whole
    assert delegations(office, of="accounts")["items"] == []
    assert len(delegations(office, day="2026-07-04", state="current")["items"]) == 1


def test_lists_go_on_where_a_page_ends(office):
    first = leaves(office, limit=1)
    second = leaves(office, limit=1, cursor=first["next"])
    assert [each["state"] for each in first["items"] + second["items"]] == ["past", "coming"]
    assert second["next"] is None
    with pytest.raises(Invalid):
        delegations(office, cursor=first["next"])


@pytest.mark.parametrize("said", [{"person": "nobody"}, {"of": "nowhere"}])
def test_who_or_what_there_is_not_is_named(office, said):
    for asking in (leaves, delegations):
        with pytest.raises(Invalid) as refused:
            asking(office, **said)
        assert list(refused.value.fields) == list(said)


@pytest.fixture
def run(office, monkeypatch):
    monkeypatch.setattr(cli.standing_in, "sessions", lambda service: office)

    commands = {
        "leaves": cli.standing_in.leaves_command,
        "delegations": cli.standing_in.delegations_command,
    }

    def run(name: str, *arguments: str) -> Result:
        return CliRunner().invoke(commands[name], list(arguments), env={"COLUMNS": "200"})

    return run


def test_at_a_terminal_they_are_shown_in_both_languages(run):
    day = ("--day", str((NOW + timedelta(days=2)).date()))
    english = run("leaves", *day, "--language", "en")
    assert english.exit_code == 0, english.output
    assert "on leave; stands in" in english.output
    assert "current" in english.output
    marathi = run("delegations", *day)
    for each in ("देणारे पद", "मर्यादा", "सध्या", "₹5,00,000.00"):
        assert each in marathi.output
    found = json.loads(run("leaves", *day, "--state", "current", "--json").output)
    assert [each["person"]["code"] for each in found["items"]] == ["a.jadhav2"]


def test_at_a_terminal_a_post_that_there_is_not_ends_with_2(run):
    done = run("leaves", "--post", "nowhere")
    assert done.exit_code == 2
    assert "--post: there was never a post 'nowhere'" in done.output
