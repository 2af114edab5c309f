"""Campaigns: approved and signed by people, carried out within law and caps, ended by payments."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.tax.cli.campaign import group
from services.tax.commands.campaign import approve, cancel, sign
from services.tax.commands.carry_out import send_due, take, tell
from services.tax.commands.promise import promise
from services.tax.models import (
    RecoveryAct,
)
from services.tax.queries.campaigns import brought
from services.tax.queries.recovery import holds
from tests.support.campaigns import (
    BOSS,
    NOON,
    PLANNER,
    TODAY,
    approved,
    candidate,
    end,
    hold,
    items,
    lawful,
    not_lawful,
    owing,
    planned,
    reminders,
    send,
)
from tests.support.taxes import bill, owes, paid, register


def acted(sessions, owed, action, *days_ago):
    """Other officers have acted about a property."""
    with sessions.begin() as session:
        for days in days_ago:
            session.add(
                RecoveryAct(
                    id=uuid.uuid4(), property_id=owed.id, action=action, by="officer:other",
                    taken_on=TODAY - timedelta(days=days),
                )
            )  # fmt: skip


def rename_model(sessions):
    """So that the next campaign of a test can have the same one."""
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE recovery_model DISABLE TRIGGER append_only"))
        session.execute(text("UPDATE recovery_model SET version = 'x', sha256 = 'x'"))
        session.execute(text("ALTER TABLE recovery_model ENABLE TRIGGER append_only"))


def test_nothing_is_sent_before_another_person_has_approved(sessions):
    of = planned(sessions, [candidate(owing(sessions), call=2000)])
    with sessions() as session, pytest.raises(Conflict, match="is planned, not approved"):
        send_due(session, of.id, NOON)
    with sessions() as session, pytest.raises(Forbidden, match="by a supervisor"):
        approve(session, PLANNER, of.id, NOON)
    both = Identity.of(PLANNER.subject, "supervisor")
    with sessions() as session, pytest.raises(Forbidden, match="does not approve it"):
        approve(session, both, of.id, NOON)
    post = PLANNER.subject.partition(":")[2]
    with sessions() as session, pytest.raises(Forbidden, match="does not approve it"):
        approve(session, Identity.of(f"supervisor:{post}", "supervisor"), of.id, NOON)
    service = Identity.of("service:tax", "service")
    with sessions() as session, pytest.raises(Forbidden, match="by a supervisor"):
        approve(session, service, of.id, NOON)
    assert not reminders(sessions)
    with sessions.begin() as session:
        assert approve(session, BOSS, of.id, NOON).state == "approved"
        assert approve(session, BOSS, of.id, NOON).version == 2
    assert send(sessions, of) == {"sent": 1, "stopped": 0, "waiting": 0}


def test_a_reminder_says_what_is_owed_and_not_who_owes_it(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000, message=100))
    send(sessions, of)
    (event,) = reminders(sessions)
    assert event.data["property_id"] == str(owed.id)
    assert event.data["campaign_id"] == str(of.id)
    assert event.data["action"] == "call"
    assert event.data["channel"] == "voice"
    # Not the second half-year: nobody is late with that in December.
    assert event.data["arrears_paise"] == 3_171_00 + 315_00
    assert event.data["due_on"] == bill(sessions, owed).due_on.isoformat()
    written = json.dumps(event.data)
    assert "Asha" not in written
    assert "98220" not in written
    assert send(sessions, of) == {"sent": 0, "stopped": 0, "waiting": 0}
    assert len(reminders(sessions)) == 1


def test_what_was_paid_or_held_since_is_stopped(sessions):
    settled, held, free = (owing(sessions, f"P/{each}") for each in (1, 2, 3))
    of = approved(sessions, *(candidate(each, call=2000) for each in (settled, held, free)))
    paid(sessions, settled, 6_723_00, "UPI-1", now=NOON - timedelta(hours=3))
    hold(sessions, held, "court_case")
    assert send(sessions, of) == {"sent": 1, "stopped": 2, "waiting": 0}
    found = items(sessions)
    assert found[str(settled.id)].stopped_by == "nothing_late"
    assert found[str(held.id)].stopped_by == "court_case"
    assert found[str(free.id)].state == "sent"


def test_nobody_is_reminded_of_what_is_not_late(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000))
    paid(sessions, owed, 3_171_00 + 315_00, "UPI-1", now=NOON - timedelta(hours=3))
    assert owes(sessions, owed, TODAY, NOON)["payable_paise"] == 3_171_00
    assert send(sessions, of) == {"sent": 0, "stopped": 1, "waiting": 0}
    assert items(sessions)[str(owed.id)].stopped_by == "nothing_late"


def test_a_reminder_names_the_day_of_the_oldest_that_is_late(sessions):
    owed = register(sessions, NOON - timedelta(days=800))
    earlier = bill(sessions, owed, "2025-26", NOON - timedelta(days=600))
    bill(sessions, owed)
    send(sessions, approved(sessions, candidate(owed, call=2000)))
    (event,) = reminders(sessions)
    assert event.data["due_on"] == earlier.due_on.isoformat()


def test_who_has_heard_enough_waits(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000))
    acted(sessions, owed, "call", 2, 3)
    assert send(sessions, of)["waiting"] == 1
    assert send(sessions, of, NOON + timedelta(days=5)) == {"sent": 1, "stopped": 0, "waiting": 0}


def test_who_waits_keeps_nobody_behind(sessions, monkeypatch):
    """More wait for their caps than are looked at together, and they are the first ones."""
    flats = [owing(sessions, f"P/{block}/1") for block in (1, 2, 3)]
    other = owing(sessions, "P/9/2")
    calls = [candidate(each, call=3000) for each in flats]
    of = approved(sessions, *calls, candidate(other, call=2000))
    acted(sessions, flats[0], "call", 2, 3)
    monkeypatch.setattr("services.tax.cli.campaign.sessions", lambda name: sessions)
    monkeypatch.setattr(
        "services.tax.cli.campaign.send_due",
        lambda session, id_, now, *after: send_due(session, id_, NOON, *after, most=2),
    )
    done = CliRunner().invoke(group, ["send", str(of.id), "--json"])
    assert json.loads(done.stdout) == {"sent": 1, "stopped": 0, "waiting": 3}
    assert [each.data["property_id"] for each in reminders(sessions)] == [str(other.id)]


def test_what_is_no_contact_fills_no_cap(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000))
    acted(sessions, owed, "attachment", 2, 3)
    assert send(sessions, of) == {"sent": 1, "stopped": 0, "waiting": 0}


def test_two_campaigns_at_once_do_not_tell_an_owner_too_much(sessions):
    one, two = owing(sessions, "P/1/1"), owing(sessions, "P/2/1")
    acted(sessions, one, "call", 2)
    first = approved(sessions, candidate(one, call=2000), name="first")
    rename_model(sessions)
    second = approved(sessions, candidate(two, call=2000), name="second")
    with ThreadPoolExecutor(1) as pool, sessions() as session:
        send_due(session, first.id, NOON)
        later = pool.submit(send, sessions, second)
        with pytest.raises(TimeoutError):
            later.result(timeout=0.5)
        session.commit()
        assert later.result(timeout=30) == {"sent": 0, "stopped": 0, "waiting": 1}
    assert len(reminders(sessions)) == 1


def test_who_is_left_alone_by_chance_is_so_by_other_campaigns_too(sessions):
    all_ = [owing(sessions, f"P/{each}") for each in range(1, 13)]
    calls = [candidate(each, call=2000) for each in all_]
    of = approved(sessions, *calls, percent=50, name="half")
    alone = {id_ for id_, item in items(sessions).items() if item.state == "control"}
    assert 0 < len(alone) < len(all_)
    rename_model(sessions)
    other = approved(sessions, *calls, name="other")
    assert send(sessions, other) == {
        "sent": len(all_) - len(alone), "stopped": len(alone), "waiting": 0,
    }  # fmt: skip
    assert alone.isdisjoint(each.data["property_id"] for each in reminders(sessions))
    with sessions() as session:
        held = holds(session, TODAY)
        assert {str(id_) for id_, codes in held.items() if "left_alone" in codes} == alone
    end(sessions, of, NOON + timedelta(days=62))
    with sessions() as session:
        assert not holds(session, TODAY + timedelta(days=62))


def test_an_item_ends_by_what_was_paid_in_its_time(sessions):
    all_ = [owing(sessions, f"P/{each}") for each in (1, 2, 3, 4)]
    of = approved(sessions, *(candidate(each, call=2000) for each in all_))
    send(sessions, of)
    pays, little, late, bounces = all_
    paid(sessions, pays, 3_000_00, "UPI-1", now=NOON + timedelta(days=3))
    paid(sessions, pays, 1_000_00, "UPI-2", now=NOON + timedelta(days=60))
    paid(sessions, little, 100_00, "UPI-3", now=NOON + timedelta(days=3))
    paid(sessions, late, 3_000_00, "UPI-4", now=NOON + timedelta(days=61))
    cheque = paid(sessions, bounces, 3_000_00, "N-5", "neft", NOON + timedelta(days=2))
    with sessions.begin() as session:
        session.execute(
            text("UPDATE payment SET state = 'bounced' WHERE id = :id"), {"id": cheque.id}
        )
    assert end(sessions, of, NOON + timedelta(days=60)) == {
        "paid": 0, "not_paid": 0, "stopped": 0, "open": 4,
    }  # fmt: skip
    counts = end(sessions, of, NOON + timedelta(days=62))
    assert counts == {"paid": 1, "not_paid": 3, "stopped": 0, "open": 0}
    found = items(sessions)
    assert found[str(pays.id)].paid_paise == 4_000_00
    assert found[str(little.id)].paid_paise == 100_00
    assert found[str(little.id)].state == "not_paid"
    assert found[str(late.id)].paid_paise == 0
    assert found[str(bounces.id)].paid_paise == 0
    with sessions() as session:
        report = brought(session, of.id)
    assert report["state"] == "closed"
    call = report["actions"]["call"]
    assert call["states"] == {"paid": 1, "not_paid": 3}
    assert call["recovered_paise"] == 4_100_00
    assert call["per_action_paise"] == 1_025_00


def test_who_is_left_alone_by_chance_is_counted_beside(sessions):
    # So many that chance does not put all on one side.
    all_ = [owing(sessions, f"P/{each}") for each in range(1, 25)]
    of = approved(sessions, *(candidate(each, call=2000) for each in all_), percent=50, name="half")
    found = items(sessions)
    alone = [owed for owed in all_ if found[str(owed.id)].state == "control"]
    assert 0 < len(alone) < len(all_)
    assert send(sessions, of)["sent"] == len(all_) - len(alone)
    assert str(alone[0].id) not in {each.data["property_id"] for each in reminders(sessions)}
    paid(sessions, alone[0], 3_000_00, "UPI-1", now=NOON + timedelta(days=3))
    end(sessions, of, NOON + timedelta(days=62))
    with sessions() as session:
        report = brought(session, of.id)
    assert report["control"]["ended"] == len(alone)
    assert report["control"]["recovered_paise"] == 3_000_00
    assert report["effect"]["more_paise"] == -round(3_000_00 / len(alone))


def test_who_paid_before_their_day_is_compared_all_the_same(sessions):
    """As many of those left alone have paid by themselves: nothing was brought by those calls."""
    all_ = [owing(sessions, f"P/{each}") for each in range(1, 25)]
    calls = [candidate(each, call=2000) for each in all_]
    of = approved(sessions, *calls, percent=50, name="half")
    found = items(sessions)
    alone = [owed for owed in all_ if found[str(owed.id)].state == "control"]
    with_ = [owed for owed in all_ if owed not in alone]
    # All pay by themselves on the day of the calls, before anybody is called.
    for owed in all_:
        paid(sessions, owed, 6_723_00, f"UPI-{owed.id}", now=NOON - timedelta(hours=3))
    assert send(sessions, of)["stopped"] == len(with_)
    assert end(sessions, of, NOON + timedelta(days=2))["open"] == len(all_)
    assert end(sessions, of, NOON + timedelta(days=62))["open"] == 0
    with sessions() as session:
        report = brought(session, of.id)
    assert report["state"] == "closed"
    assert report["effect"] == {
        "planned": len(with_), "alone": len(alone),
        "more_paise": 0, "low_paise": 0, "high_paise": 0, "in_all_paise": 0,
    }  # fmt: skip
    told = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.tax.cli.campaign.sessions", lambda name: sessions)
        shown = told.invoke(group, ["report", str(of.id), "--language", "en"])
    assert "It has brought ₹0.00 more for each (₹0.00 to ₹0.00, 95 %)" in shown.output


def test_an_attachment_is_signed_by_a_person_one_by_one(sessions):
    one, two = owing(sessions, "P/1"), owing(sessions, "P/2")
    of = approved(sessions, *(candidate(each, attachment=90_000) for each in (one, two)))
    assert send(sessions, of) == {"sent": 0, "stopped": 0, "waiting": 0}
    found = items(sessions)
    item = found[str(one.id)].id
    with sessions() as session, pytest.raises(Conflict, match="nobody has signed"):
        take(session, PLANNER, item, "done", lawful, NOON)
    for nobody in (PLANNER, Identity.of("service:tax", "service")):
        with sessions() as session, pytest.raises(Forbidden, match="by name"):
            sign(session, nobody, item, NOON)
    with sessions.begin() as session:
        sign(session, BOSS, item, NOON)
    with sessions() as session, pytest.raises(Conflict, match="Not before 10-12-2026"):
        take(session, PLANNER, item, "done", not_lawful, NOON)
    with sessions.begin() as session:
        assert take(session, PLANNER, item, "done", lawful, NOON).state == "sent"
    found = items(sessions)
    assert found[str(one.id)].signed_by == BOSS.subject
    assert found[str(two.id)].signed_by is None
    assert found[str(two.id)].state == "planned"
    assert not reminders(sessions)


def test_the_database_knows_no_attachment_without_a_signature(sessions):
    of = approved(sessions, candidate(owing(sessions), attachment=90_000))
    with (
        pytest.raises(IntegrityError, match="ck_campaign_item_signed"),
        sessions.begin() as session,
    ):
        session.execute(
            text("UPDATE campaign_item SET state = 'sent' WHERE campaign_id = :id"), {"id": of.id}
        )


def test_how_a_call_ended_is_told_once(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000))
    item = items(sessions)[str(owed.id)].id
    with sessions() as session, pytest.raises(NotFound):
        tell(session, item, "promised", NOON)
    send(sessions, of)
    with sessions() as session, pytest.raises(Invalid, match="must be one of"):
        tell(session, item, "delivered", NOON)
    with sessions.begin() as session:
        assert tell(session, item, "promised", NOON).told_on == TODAY
        assert tell(session, item, "promised", NOON).outcome == "promised"
    with sessions() as session, pytest.raises(Conflict, match="promised"):
        tell(session, item, "refused", NOON)


def test_a_campaign_is_stopped_by_a_supervisor(sessions):
    one, two = owing(sessions, "P/1"), owing(sessions, "P/2")
    of = approved(sessions, candidate(one, call=2000), candidate(two, notice=2000))
    send(sessions, of)
    with sessions() as session, pytest.raises(Forbidden):
        cancel(session, PLANNER, of.id, NOON)
    with sessions.begin() as session:
        cancel(session, BOSS, of.id, NOON)
    found = items(sessions)
    assert found[str(one.id)].state == "sent"
    assert found[str(two.id)].stopped_by == "cancelled"
    assert end(sessions, of, NOON + timedelta(days=62))["not_paid"] == 1
    with sessions() as session, pytest.raises(Conflict, match="cancelled"):
        send_due(session, of.id, NOON)


def test_a_name_is_given_once_and_an_empty_plan_is_none(sessions):
    owed = owing(sessions)
    planned(sessions, [candidate(owed, call=2000)])
    rename_model(sessions)
    with pytest.raises(Conflict, match="already"):
        planned(sessions, [candidate(owed, call=2000)])


def test_a_promise_is_waited_for_and_not_longer_than_ninety_days(sessions):
    owed = owing(sessions)
    args = {"property_id": owed.id, "until": TODAY + timedelta(days=10), "reason": "by telephone"}
    with sessions.begin() as session:
        session.expire_on_commit = False
        first = promise(session, PLANNER, args, NOON)
        assert promise(session, PLANNER, args, NOON).id == first.id
    for until in (TODAY - timedelta(days=1), TODAY + timedelta(days=91)):
        with sessions() as session, pytest.raises(Invalid, match="90 days ahead"):
            promise(session, PLANNER, args | {"until": until}, NOON)
    of = approved(sessions, candidate(owed, call=2000))
    assert send(sessions, of) == {"sent": 0, "stopped": 1, "waiting": 0}
    assert items(sessions)[str(owed.id)].stopped_by == "promised"


def test_of_several_promises_the_last_one_counts(sessions):
    owed = owing(sessions)
    with sessions.begin() as session:
        for days in (20, 10):
            until = TODAY + timedelta(days=days)
            args = {"property_id": owed.id, "until": until, "reason": "by telephone"}
            promise(session, PLANNER, args, NOON)
    with sessions() as session:
        assert holds(session, TODAY)[owed.id]["promised"] == TODAY + timedelta(days=20)
