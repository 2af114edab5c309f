"""Sending again by hand, how sending stands, and what is forgotten."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import text

from palika.errors import Conflict, NotFound
from palika.local.loopback import Fault
from services.notify.cli.tending import resend_command
from services.notify.commands.consent import say
from services.notify.commands.keep import forget
from services.notify.commands.resend import resend
from services.notify.domain.care import Purpose
from services.notify.models import Base
from services.notify.queries import standing
from services.notify.queries.deliveries import deliveries, delivery
from services.notify.reference import city_plan
from services.notify.schemas import DeliveriesArgs
from tests.support.notify import CONTACT, SECRETS


@pytest.fixture(autouse=True)
def text_messages(desk):
    """A city that has text messages alone."""
    desk.channels = ("sms",)


def again(desk, key, reason="the citizen has called"):
    with desk.begin() as session:
        return resend(session, key, "officer:desk", reason, desk.policy, desk.now)


def skipped(desk):
    """A delivery of somebody who could not be reached then."""
    desk.contact = {"name": "x"}
    desk.happen()
    desk.run()
    row = desk.row()
    assert row.state == "skipped"
    desk.contact = dict(CONTACT)
    return row.id


def test_what_was_skipped_is_sent_again_once_and_it_is_recorded(desk):
    key = skipped(desk)
    made, new = again(desk, key)
    assert (new, made.state, made.event_type) == (True, "created", "resend")
    assert again(desk, key)[0].id == made.id
    assert not again(desk, key)[1]
    desk.run()
    with desk.begin() as session:
        shown = delivery(session, {"id": made.id})
        original = delivery(session, {"id": key})
    assert (shown["state"], original["state"]) == ("sent", "skipped")
    (note,) = shown["resends"]
    assert (note["original_id"], note["by"]) == (str(key), "officer:desk")
    assert original["resends"] == [note]
    assert len(desk.carrying.plivo.sent) == 1


def test_what_may_have_arrived_is_not_sent_again(desk):
    desk.happen()
    for refused in ("created", "sent", "delivered"):
        row = desk.row()
        assert row.state == refused
        with pytest.raises(Conflict):
            again(desk, row.id)
        if refused == "created":
            desk.run()
        elif refused == "sent":
            desk.told("plivo", *desk.carrying.plivo.hooks(desk.carrying.plivo.sent[0]))
    with pytest.raises(NotFound):
        again(desk, uuid4())


def test_a_code_is_never_sent_again_by_hand(desk):
    desk.happen()
    with desk.begin() as session:
        session.execute(text("UPDATE delivery SET audience = NULL, state = 'expired'"))
    with pytest.raises(Conflict, match="not kept"):
        again(desk, desk.row().id)


def test_the_command_sends_again_and_says_so(desk, database, monkeypatch):
    monkeypatch.setattr("services.notify.cli.tending.sessions", lambda _: database)
    key = str(skipped(desk))
    arguments = [key, "--reason", "the citizen has called"]
    done = CliRunner().invoke(resend_command, arguments)
    assert done.exit_code == 0
    assert done.output.startswith("It goes again as ")
    told = CliRunner().invoke(resend_command, [*arguments, "--json"])
    found = json.loads(told.output)
    assert (found["new"], found["state"]) == (False, "created")
    with desk.begin() as session:
        (note,) = delivery(session, {"id": key})["resends"]
    assert (note["id"], note["reason"]) == (found["id"], "the citizen has called")
    assert note["by"].startswith("shell:")


def test_who_has_opted_out_is_told_no_more_when_it_is_sent_again(desk):
    key = skipped(desk)
    with desk.begin() as session:
        recipient = SECRETS.recipient(CONTACT["phone"])
        say(session, recipient, [Purpose.SERVICE], False, "officer", desk.now)
    made, _ = again(desk, key)
    desk.run()
    found = {row.id: row for row in desk.rows()}[made.id]
    assert (found.state, found.reason) == ("skipped", "opted_out")


@pytest.mark.parametrize("recipient", ["98123 45610", "+919812345610"])
def test_what_was_not_sent_is_found_by_the_number_with_its_reason(desk, recipient):
    key = SECRETS.recipient(CONTACT["phone"])
    with desk.begin() as session:
        say(session, key, [Purpose.SERVICE], False, "officer", desk.now)
    desk.happen()
    desk.run()
    with desk.begin() as session:
        args = DeliveriesArgs().load({"recipient": recipient})
        (found,) = deliveries(session, args, SECRETS)["deliveries"]
    assert (found["state"], found["reason"]) == ("skipped", "opted_out")
    assert found["address"].endswith("••10")


def test_what_waits_for_the_morning_is_found_too(desk):
    desk.now = desk.now.replace(hour=18)
    desk.happen()
    with desk.begin() as session:
        session.execute(text("UPDATE delivery SET purpose = 'reminder'"))
    desk.run()
    with desk.begin() as session:
        args = DeliveriesArgs().load({"recipient": CONTACT["phone"]})
        (found,) = deliveries(session, args, SECRETS)["deliveries"]
    assert (found["state"], found["reason"]) == ("created", "quiet_hours")


def test_the_queue_tells_what_waits_and_for_how_long(desk):
    desk.happen(3)
    desk.now += timedelta(minutes=2)
    with desk.begin() as session:
        lanes = {each["lane"]: each for each in standing.queue(session, desk.now)}
    assert lanes["transactional"] == {
        "lane": "transactional", "due": 3, "later": 0, "sending": 0, "oldest_s": 120.0,
    }  # fmt: skip
    assert lanes["bulk"]["oldest_s"] == 0
    for server in (desk.carrying.plivo, desk.carrying.infobip):
        server.faults.extend([Fault.ERROR_503] * 3)
    desk.run()
    desk.run()
    with desk.begin() as session:
        lanes = {each["lane"]: each for each in standing.queue(session, desk.now)}
    assert lanes["transactional"]["due"] + lanes["transactional"]["later"] == 3


def test_a_provider_that_is_left_alone_is_shown_with_its_end(desk):
    desk.happen(2)
    desk.run()
    with desk.begin() as session:
        session.execute(
            text("UPDATE provider_state SET open_until = :at, opened = 2 WHERE provider = 'plivo'"),
            {"at": desk.now + timedelta(minutes=1)},
        )
    with desk.begin() as session:
        shown = {
            each["provider"]: each
            for each in standing.providers(session, city_plan(), ["plivo"], desk.now)
        }
    assert shown["plivo"]["open_until"] == (desk.now + timedelta(minutes=1)).isoformat()
    assert shown["plivo"]["tokens"] == shown["plivo"]["burst"] - 2
    assert (shown["plivo"]["set_up"], shown["meta"]["set_up"]) == (True, False)
    assert shown["meta"]["open_until"] is None


def test_the_tables_are_as_the_models_have_them(desk):
    own = Base.metadata.tables
    options = {"include_name": lambda name, kind, _: kind != "table" or name in own}
    with desk.begin() as session:
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, Base.metadata) == []


@pytest.fixture
def old(desk):
    """The desk with the real clock, since ids have the time in them."""
    desk.now = datetime.now(UTC)
    desk.policy = replace(
        desk.policy, keep_messages=timedelta(days=40), keep_inbox=timedelta(days=60)
    )
    return desk


def happen(desk, times=1):
    desk.happen(times, filed_at=desk.now.isoformat())


def count(desk, table):
    with desk.begin() as session:
        return session.scalar(text(f"SELECT count(*) FROM {table}"))


def gone(desk, days):
    return forget(desk.begin, desk.policy, desk.now + timedelta(days=days))


def test_what_has_ended_is_forgotten_with_all_that_hangs_on_it_and_its_month_stays(old):
    happen(old, 3)
    old.run()
    for kept in old.carrying.plivo.sent:
        old.told("plivo", *old.carrying.plivo.hooks(kept))
    assert gone(old, 39) == {"deliveries": 0, "receipts": 0, "inbox": 0}
    assert gone(old, 41)["deliveries"] == 3
    assert [count(old, each) for each in ("delivery", "attempt", "receipt")] == [0, 0, 0]
    with old.begin() as session:
        (month,) = session.execute(text("SELECT * FROM provider_month")).mappings()
    assert (month["provider"], month["attempts"], month["delivered"]) == ("plivo", 3, 3)
    assert month["units"] >= 3
    happen(old, 2)
    old.run()
    gone(old, 41)
    with old.begin() as session:
        (month,) = session.execute(text("SELECT * FROM provider_month")).mappings()
    assert (month["attempts"], month["accepted"], month["delivered"]) == (5, 5, 3)


def test_who_has_sent_it_again_is_forgotten_with_it(old):
    happen(old)
    with old.begin() as session:
        session.execute(text("UPDATE delivery SET state = 'skipped'"))
    again(old, old.row().id)
    with old.begin() as session:
        session.execute(text("UPDATE delivery SET state = 'skipped'"))
    assert gone(old, 41)["deliveries"] == 2
    assert count(old, "resend") == 0


def test_what_waits_is_not_forgotten_and_consent_never_is(old):
    happen(old, 1)
    with old.begin() as session:
        say(session, "k", [Purpose.NEWS], True, "officer", old.now)
    gone(old, 400)
    assert (count(old, "delivery"), count(old, "consent")) == (1, 1)


def test_the_inbox_has_a_time_of_its_own_and_is_still_read_after_the_delivery_is_forgotten(old):
    old.channels = ("inbox",)
    happen(old)
    old.run()
    assert gone(old, 50) == {"deliveries": 1, "receipts": 0, "inbox": 0}
    assert count(old, "inbox_message") == 1
    assert gone(old, 61)["inbox"] == 1
    assert count(old, "inbox_message") == 0


def test_receipts_that_nobody_knows_go_too(old):
    happen(old)
    old.run()
    hooks = old.carrying.plivo.hooks(old.carrying.plivo.sent[0])
    with old.begin() as session:
        session.execute(text("DELETE FROM delivery"))
    old.told("plivo", *hooks)
    assert count(old, "receipt") == 2
    assert gone(old, 41)["receipts"] == 2


def test_forgetting_goes_on_where_it_was_and_leaves_when_it_is_told_to(old):
    happen(old, 3)
    with old.begin() as session:
        session.execute(text("UPDATE delivery SET state = 'skipped'"))
    late = old.now + timedelta(days=41)
    assert forget(old.begin, old.policy, late, stopping=lambda: True)["deliveries"] == 0
    assert forget(old.begin, old.policy, late)["deliveries"] == 3


def test_an_index_finds_what_is_old(old):
    from services.notify.commands.keep import _OLD, _lowest_id

    happen(old, 20)
    before = old.now - timedelta(days=90)
    given = {"lowest": _lowest_id(before), "before": before, "most": 10}
    with old.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(text(f"EXPLAIN {_OLD.text}"), given).scalars().all()
    # Which of the two indexes that have ids in order is the planner's affair.
    assert any("Index Cond" in line and "id < " in line for line in plan), plan
