"""What is not known after a crash, or because others were quicker: found out, and never made up."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from palika.local.loopback import Fault
from services.notify.commands.receive import receive
from services.notify.commands.sending.claims import claim
from services.notify.domain.care import Lane
from services.notify.domain.messages import Failed, Message, Receipt, Sent, Told
from tests.support.notify import NOW

MAIL = ("email",)
SMS = ("sms",)


def test_a_lost_answer_is_looked_into_where_the_provider_can_say(desk):
    desk.channels = SMS
    desk.happen()
    desk.carrying.plivo.faults.append(Fault.ERROR_500)
    desk.run()
    desk.carrying.infobip.faults.append(Fault.DROP_AFTER)
    desk.run()
    row = desk.row()
    assert (row.state, desk.attempts()[1].state) == ("sending", "unknown")
    assert desk.run() == 0
    desk.now += timedelta(minutes=16)
    desk.sweep()
    row = desk.row()
    assert (row.state, row.attempts) == ("sent", 2)
    assert desk.attempts()[1].reference == desk.carrying.infobip.sent[0].reference
    assert len(desk.carrying.infobip.sent) == 1


def test_a_lost_answer_is_sent_again_where_nobody_can_say(desk):
    desk.happen()
    desk.carrying.meta.faults.append(Fault.DROP_AFTER)
    desk.run()
    assert desk.row().state == "sending"
    desk.now += timedelta(minutes=16)
    desk.sweep()
    assert (desk.row().state, desk.row().reason) == ("failed_temporary", "stuck_in_sending")
    desk.run()
    assert desk.row().state == "sent"
    assert len(desk.carrying.meta.sent) == 2


def test_a_receipt_resolves_a_lost_answer_before_the_sweeper_does(desk):
    desk.happen()
    desk.carrying.meta.faults.append(Fault.DROP_AFTER)
    desk.run()
    (kept,) = desk.carrying.meta.sent
    desk.told("meta", *desk.carrying.meta.hooks(kept))
    row = desk.row()
    assert (row.state, desk.attempts()[0].reference) == ("delivered", kept.reference)
    desk.now += timedelta(minutes=16)
    desk.sweep()
    assert desk.row().state == "delivered"
    assert len(desk.carrying.meta.sent) == 1


def test_a_delivery_that_kills_its_sender_every_time_is_given_up_on_its_channel(desk):
    class Deadly:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            raise SystemExit("killed")

        def look_up(self, attempt_id):
            return None

    desk.channels = ("whatsapp", "sms")
    desk.happen()
    with desk.carrying.standing_in(Deadly()):
        for _ in range(3):
            with pytest.raises(SystemExit):
                desk.run()
            desk.now += timedelta(minutes=16)
            desk.sweep()
    row = desk.row()
    assert (row.state, row.spent, row.tries) == ("created", ["whatsapp"], 0)
    desk.contact["phone"] = None
    desk.run()
    assert (desk.row().state, desk.row().reason) == ("failed_permanent", "stuck_in_sending")
    assert [kind for kind, _ in desk.events()] == ["notify.failed.v1"]


def test_what_a_dead_sender_had_claimed_and_not_begun_is_sent_by_another(desk):
    desk.happen(2)
    with desk.begin() as session:
        claim(session, Lane.TRANSACTIONAL, NOW, 10)
    desk.now += timedelta(minutes=14)
    desk.sweep()
    assert desk.run() == 0
    desk.now += timedelta(minutes=2)
    desk.sweep()
    assert desk.run() == 2
    assert {(row.state, row.attempts) for row in desk.rows()} == {("sent", 1)}


def test_a_slow_sender_whose_message_left_marks_it_sent_though_it_was_swept(desk):
    class Slow:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            desk.now += timedelta(hours=1)
            desk.sweep()
            return Sent("slow")

        def look_up(self, attempt_id):
            return None

    well = desk.carrying.providers["meta"]
    desk.carrying.providers["meta"] = Slow()
    try:
        desk.happen()
        desk.run()
    finally:
        desk.carrying.providers["meta"] = well
    assert desk.row().state == "sent"
    assert desk.run() == 0


def test_what_has_left_is_noted_when_the_database_is_back(desk):
    """It goes away after the messages have left: they wait for it, and do not leave again."""
    desk.happen(6)
    away = iter(range(4))

    def begin():
        if len(desk.carrying.meta.sent) and next(away, None) is not None:
            raise OperationalError("", {}, Exception("gone"), connection_invalidated=True)
        return desk.begin()

    desk.run(begin=begin)
    assert next(away, None) is None
    assert {(row.state, row.attempts) for row in desk.rows()} == {("sent", 1)}
    assert len(desk.carrying.meta.sent) == 6


def test_a_message_over_which_an_adapter_breaks_takes_no_other_with_it(desk):
    class Breaking:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            if message.delivery_id == desk.rows()[0].id:
                raise ZeroDivisionError
            return Sent(str(message.attempt_id))

    well = desk.carrying.providers["meta"]
    desk.carrying.providers["meta"] = Breaking()
    try:
        desk.happen(5)
        with pytest.raises(ZeroDivisionError):
            desk.run()
    finally:
        desk.carrying.providers["meta"] = well
    assert [row.state for row in desk.rows()] == ["sending", *["sent"] * 4]


def test_a_failure_that_is_told_before_the_answer_is_noted_is_not_forgotten(desk):
    """Else it would lie there as sent, and nobody would be told over another channel."""

    class Quick:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            failure = Receipt(
                "wamid.1",
                message.attempt_id,
                Told.FAILED,
                NOW,
                True,
                "meta_undeliverable",
                "131026",
            )
            with desk.begin() as session:
                receive(session, "meta", [failure], desk.policy, desk.now)
            return Sent("wamid.1")

    desk.happen()
    with desk.carrying.standing_in(Quick()):
        desk.run()
    row, (attempt,) = desk.row(), desk.attempts()
    assert (row.state, row.spent, row.reason) == ("created", ["whatsapp"], "meta_undeliverable")
    assert (attempt.state, attempt.reason) == ("failed", "meta_undeliverable")
    desk.run()
    assert (desk.row().state, desk.row().channel) == ("sent", "sms")


def test_a_receipt_that_it_was_accepted_keeps_it_from_being_sent_again(desk):
    desk.happen()
    desk.carrying.meta.faults.append(Fault.DROP_AFTER)
    desk.run()
    (kept,) = desk.carrying.meta.sent
    desk.now += timedelta(minutes=16)
    desk.sweep()
    assert desk.attempts()[0].state == "unknown"
    desk.told("meta", desk.carrying.meta.hooks(kept)[0])
    row = desk.row()
    assert (row.state, row.reason, desk.attempts()[0].state) == ("sent", None, "sent")
    assert desk.run() == 0
    # And it goes on to the next channel, as any other that is not delivered.
    assert row.fallback_at == NOW + timedelta(hours=4)


def test_what_a_look_up_finds_goes_on_to_the_next_channel_too(desk):
    desk.channels = ("sms", "email")
    desk.happen()
    desk.carrying.plivo.faults.append(Fault.ERROR_500)
    desk.run()
    desk.carrying.infobip.faults.append(Fault.DROP_AFTER)
    desk.run()
    desk.now += timedelta(minutes=16)
    desk.sweep()
    row = desk.row()
    assert (row.state, row.fallback_at) == ("sent", NOW + timedelta(hours=12))


def test_a_sweeper_that_is_slow_leaves_alone_what_others_have_taken_up_meanwhile(desk):
    class Asked:
        name, channel = "meta", "whatsapp"
        asked = 0

        def send(self, message: Message):
            return Failed(False, "meta_no_answer", uncertain=True)

        def look_up(self, attempt_id):
            self.asked += 1
            if self.asked == 1:
                # As long as this takes another process finds it stuck, and it is sent again.
                desk.now += timedelta(minutes=16)
                desk.sweep()
                assert desk.run() == 1
            return

    desk.happen()
    with desk.carrying.standing_in(Asked()):
        desk.run()
        desk.now += timedelta(minutes=16)
        desk.sweep()
    assert [each.state for each in desk.attempts()] == ["unknown", "unknown"]
    assert (desk.row().state, desk.row().reason) == ("sending", "meta_no_answer")


def test_messages_that_a_provider_names_alike_are_noted_as_sent(desk):
    class Alike:
        name, channel = "meta", "whatsapp"

        def send(self, message: Message):
            return Sent("wamid.always")

    with desk.carrying.standing_in(Alike()):
        for _ in range(2):
            desk.happen(2)
            desk.run()
    assert [row.state for row in desk.rows()] == ["sent"] * 4
    references = sorted(each.reference or "" for each in desk.attempts())
    assert references == ["", "", "", "wamid.always"]


def test_what_has_left_is_noted_in_spite_of_a_deadlock(desk):
    desk.happen(2)
    broken = iter([True])

    def begin():
        if desk.carrying.meta.sent and next(broken, None):
            raise OperationalError("", {}, DeadlockDetected())
        return desk.begin()

    desk.run(begin=begin)
    assert next(broken, None) is None
    assert {row.state for row in desk.rows()} == {"sent"}


class DeadlockDetected(Exception):
    pgcode = "40P01"
