"""How notify reaches who holds a post, and those who wrote to the corporation."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.local import Postgres
from services.eoffice.commands.leave import take_leave
from services.eoffice.organisation_store import current
from services.eoffice.queries.contacts import contacts
from services.eoffice.schemas.delegating import TakingLeave
from tests.support.databases import service_database
from tests.support.eoffice import JE, NOW, emptied

DAY = date(2026, 7, 1)


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def reached(sessions, *posts: str, day: date = DAY) -> dict[str, tuple]:
    with sessions.begin() as session:
        found = contacts(session, [*posts, str(uuid7())], day)
    return {each["id"]: (each["name"], each["email"]) for each in found}


def known(sessions, person: str, email: str) -> None:
    with sessions.begin() as session:
        # The first question puts the shipped organisation in.
        contacts(session, ["roads-je"], DAY)
        # The shipped officers have addresses, all of them.
        session.execute(text("UPDATE person SET phone = NULL, email = NULL"))
        session.execute(
            text("UPDATE person SET email = :email WHERE code = :code"),
            {"email": email, "code": person},
        )


def test_a_post_is_reached_by_who_holds_it_if_they_have_left_an_address(sessions):
    known(sessions, "a.jadhav2", "je@example.org")
    assert reached(sessions, "roads-je", "roads-de", "no-such-post") == {
        "roads-je": ("अभय जाधव", "je@example.org")
    }


def test_who_holds_a_post_is_written_to_in_their_language(sessions):
    known(sessions, "a.jadhav2", "je@example.org")
    with sessions.begin() as session:
        (before,) = contacts(session, ["roads-je"], DAY)
        session.execute(text("UPDATE person SET language = 'en' WHERE code = 'a.jadhav2'"))
    with sessions.begin() as session:
        (after,) = contacts(session, ["roads-je"], DAY)
    assert (before["language"], before["name"]) == ("mr", "अभय जाधव")
    assert (after["language"], after["name"]) == ("en", "Abhay Jadhav")


def test_whoever_holds_a_post_as_it_is_shipped_can_be_reached_and_is_nobody(sessions):
    with sessions.begin() as session:
        organisation = current(session)
        held = [each for each in organisation.posts if organisation.holder(each, DAY)]
        found = contacts(session, held, DAY)
    assert {each["id"] for each in found} == set(held)
    # No subscriber's number begins with 1 in India's plan; example.org is kept free (RFC 2606).
    assert all(each["phone"].startswith("+911") for each in found)
    assert all(each["email"].endswith("@example.org") for each in found)
    assert len({each["phone"] for each in found}) == len({each["email"] for each in found})


def test_who_is_on_leave_is_stood_in_for(sessions):
    known(sessions, "m.shinde3", "de@example.org")
    with sessions.begin() as session:
        away = {"since": "2026-07-02", "until": "2026-07-05", "linked": "m.shinde3"}
        take_leave(session, JE, TakingLeave().load(away), NOW)
    assert reached(sessions, "roads-je") == {}
    assert reached(sessions, "roads-je", day=date(2026, 7, 3)) == {
        "roads-je": ("माधुरी शिंदे", "de@example.org")
    }


def test_an_officer_is_reached_as_such_whoever_stands_in_for_them_and_while_they_serve(sessions):
    known(sessions, "a.jadhav2", "je@example.org")
    with sessions.begin() as session:
        away = {"since": "2026-07-01", "until": "2026-07-05", "linked": "m.shinde3"}
        take_leave(session, JE, TakingLeave().load(away), NOW)
    himself = {"officer:a.jadhav2": ("अभय जाधव", "je@example.org")}
    assert reached(sessions, "officer:a.jadhav2", "officer:nobody9", "officer:roads-je") == himself
    assert reached(sessions, "officer:a.jadhav2", day=date(2020, 3, 31)) == {}
