"""The citizens' inbox: kept sealed, delivered at once, read when it is read."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.notify.channels.inbox import Inbox
from services.notify.commands import inbox as inboxes
from services.notify.domain.messages import Failed, Sent
from services.notify.queries.inbox import inbox
from services.notify.secrets import Secrets
from tests.support.notify import CONTACT, SECRETS

KEY = SECRETS.recipient(CONTACT["phone"])
ARGS = {"unread": False, "after": None, "limit": 20}


@pytest.fixture
def box(desk):
    """A city that has nothing but inboxes."""
    desk.channels = ("inbox",)
    return desk


def shown(desk, secrets=SECRETS, key=KEY, **args):
    with desk.begin() as session:
        return inbox(session, key, ARGS | args, secrets)


def read(desk, *ids, key=KEY):
    with desk.begin() as session:
        return inboxes.read(session, key, list(ids), desk.policy, desk.now)


def test_a_message_is_in_the_inbox_and_delivered_at_once(box):
    box.happen()
    box.run()
    row = box.row()
    assert (row.state, row.channel, row.delivered_at) == ("delivered", "inbox", box.now)
    assert row.sent_at == box.now
    assert [each.state for each in box.attempts()] == ["delivered"]
    assert [kind for kind, _ in box.events()] == ["notify.delivered.v1"]
    found = shown(box)
    (message,) = found["messages"]
    assert message["id"] == str(row.id)
    assert "GRV-2026-000123" in message["subject"]
    assert "पथदिवे बंद" in message["body"]
    assert (message["language"], message["read_at"], found["unread"]) == ("mr", None, 1)


def test_nothing_of_it_can_be_read_in_the_table(box):
    box.happen()
    box.run()
    with box.begin() as session:
        stored = session.connection().exec_driver_sql("SELECT * FROM inbox_message").all()
    for secret in ("GRV-2026", "पथदिवे", "9812345610"):
        assert secret not in str(stored)
        assert secret.encode() not in bytes(stored[0].sealed)


def test_what_is_read_is_read_once_and_by_its_owner_alone(box):
    box.happen()
    box.run()
    key = box.row().id
    assert read(box, key, key=SECRETS.recipient("+919812345699")) == 0
    box.now += timedelta(hours=1)
    assert read(box, key, uuid4()) == 1
    assert read(box, key) == 0
    assert (box.row().state, box.row().read_at) == ("read", box.now)
    found = shown(box)
    assert found["messages"][0]["read_at"] == box.now.isoformat()
    assert found["unread"] == 0
    assert shown(box, unread=True)["messages"] == []


def test_a_page_has_the_newest_first(box):
    box.happen(5)
    box.run()
    first = shown(box, limit=2)
    second = shown(box, limit=2, after=first["next"])
    third = shown(box, limit=2, after=second["next"])
    ids = [each["id"] for page in (first, second, third) for each in page["messages"]]
    assert ids == sorted((str(row.id) for row in box.rows()), reverse=True)
    assert third["next"] is None


def test_nobody_else_sees_it_and_without_the_key_nobody_does(box):
    box.happen()
    box.run()
    assert shown(box, key=SECRETS.recipient("+919812345699"))["messages"] == []
    (message,) = shown(box, secrets=Secrets([b"1" * 32]))["messages"]
    assert (message["subject"], message["body"]) == (None, None)


def test_handed_over_twice_it_is_there_once(box):
    box.happen()
    box.run()
    with box.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE delivery SET state = 'created', delivered_at = NULL"
        )
    box.run()
    assert len(box.attempts()) == 2
    assert len(shown(box)["messages"]) == 1
    assert box.row().state == "delivered"


def test_a_hand_over_that_was_never_noted_is_found(box):
    box.happen()
    box.run()
    with box.begin() as session:
        provider = Inbox(box.begin, SECRETS, box.policy)
        (attempt,) = box.attempts()
        assert provider.look_up(attempt.id) == Sent(f"inbox:{attempt.id}")
        assert isinstance(provider.look_up(uuid4()), Failed)
        session.rollback()
