"""What providers say later, over their own signed webhooks: in any order, any number of times."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from palika.errors import Forbidden, Invalid
from services.notify.channels.loopback import MetaServer, PlivoServer
from services.notify.commands.apply import apply_new
from services.notify.commands.receive import keep
from services.notify.domain.magic import NUMBERS, Fate, number_of
from services.notify.domain.messages import Receipt, Told
from services.notify.queries.standing import unmatched
from tests.support.part import wait_for


def sent(desk, fate: Fate = Fate.DELIVERED, provider: str = "meta"):
    """A message to whom it will go so, and what its provider kept of it."""
    desk.contact["phone"] = number_of(fate)
    desk.happen()
    desk.run()
    return desk.server(provider).sent[-1]


def test_a_message_that_is_delivered_and_read_says_so(desk):
    kept = sent(desk, Fate.READ)
    for hook, state in zip(
        desk.carrying.meta.hooks(kept), ("sent", "delivered", "read"), strict=True
    ):
        assert desk.told("meta", hook) == 1
        assert desk.row().state == state
    row = desk.row()
    assert row.fallback_at is None
    assert row.delivered_at is not None
    assert row.read_at is not None
    assert [kind for kind, _ in desk.events()] == ["notify.delivered.v1"]
    assert desk.events()[0][1]["channel"] == "whatsapp"


@pytest.mark.parametrize("seed", range(5))
def test_a_storm_of_receipts_in_any_order_comes_to_the_same_end(desk, seed):
    fates = [Fate.DELIVERED, Fate.READ, Fate.DELIVERED_LATE, Fate.OUT_OF_ORDER, Fate.SILENT]
    for fate in fates:
        sent(desk, fate)
    desk.told("meta", *desk.carrying.meta.storm(times=3, seed=seed))
    states = [row.state for row in desk.rows()]
    assert states == ["delivered", "read", "delivered", "read", "sent"]
    assert [kind for kind, _ in desk.events()].count("notify.delivered.v1") == 4


def test_receipts_that_come_at_once_from_several_webhooks_are_counted_once(desk):
    for _ in range(8):
        sent(desk, Fate.READ)
    hooks = desk.carrying.meta.storm(times=4, seed=2)
    new = Counter()

    def tell(part: int) -> None:
        new[part] = desk.told("meta", *hooks[part::4])

    threads = [threading.Thread(target=tell, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(new.values()) == 8 * 3
    assert {row.state for row in desk.rows()} == {"read"}
    assert [kind for kind, _ in desk.events()].count("notify.delivered.v1") == 8


def test_an_id_that_a_provider_gives_again_is_taken_and_goes_to_the_attempt_that_it_names(desk):
    first = sent(desk, Fate.READ)
    again = sent(desk, Fate.READ)
    with desk.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE attempt SET reference = NULL, state = 'sending' WHERE reference = %s",
            (again.reference,),
        )
    alike = replace(again, reference=first.reference)
    assert desk.told("meta", *desk.carrying.meta.hooks(alike)) == 3
    assert [row.state for row in desk.rows()] == ["sent", "read"]
    desk.sweep()
    assert [row.state for row in desk.rows()] == ["sent", "read"]


def test_a_provider_that_was_started_again_gives_no_id_twice():
    for kind in (MetaServer, PlivoServer):
        with kind() as before, kind() as after:
            assert before.next_number() != after.next_number()


def test_who_is_not_on_whatsapp_is_told_by_text_message(desk):
    kept = sent(desk, Fate.NOT_ON_WHATSAPP)
    desk.told("meta", *desk.carrying.meta.hooks(kept))
    row = desk.row()
    assert (row.state, row.spent) == ("created", ["whatsapp"])
    assert row.reason == "meta_not_on_whatsapp"
    desk.run()
    (text,) = desk.carrying.plivo.sent
    desk.told("plivo", *desk.carrying.plivo.hooks(text))
    row = desk.row()
    assert (row.state, row.channel, row.reason) == ("delivered", "sms", None)


def test_what_failed_for_now_is_tried_again_on_the_same_channel_and_then_given_up(desk):
    kept = sent(desk, Fate.FAILS_FOR_NOW)
    for tries in (1, 2):
        desk.told("meta", *desk.carrying.meta.hooks(kept))
        row = desk.row()
        assert (row.state, row.tries, row.channel) == ("failed_temporary", tries, "whatsapp")
        desk.now = row.next_attempt_at
        desk.run()
        kept = desk.carrying.meta.sent[-1]
    desk.told("meta", *desk.carrying.meta.hooks(kept))
    assert (desk.row().state, desk.row().spent) == ("created", ["whatsapp"])


def test_a_late_delivery_over_the_first_channel_wins_over_the_second(desk):
    kept = sent(desk, Fate.DELIVERED)
    desk.now += timedelta(hours=4)
    desk.sweep()
    desk.run()
    assert desk.row().channel == "sms"
    desk.told("meta", *desk.carrying.meta.hooks(kept))
    row = desk.row()
    assert (row.state, row.channel) == ("delivered", "whatsapp")


def keep_only(desk, *hooks) -> None:
    """Webhooks come, and their receipts lie behind a bill run's: nobody has applied them yet."""
    for hook in hooks:
        with desk.begin() as session:
            said = desk.carrying.providers["meta"].receipts(*hook.arrived())
            assert keep(session, "meta", said, desk.now)


def test_what_has_arrived_is_not_sent_again_because_its_receipt_was_not_applied_yet(desk):
    kept = sent(desk, Fate.DELIVERED)
    keep_only(desk, *desk.carrying.meta.hooks(kept))
    desk.now += timedelta(hours=4)
    desk.sweep()
    assert desk.run() == 0
    assert desk.carrying.plivo.sent == []
    assert desk.row().state == "delivered"


def test_what_is_stuck_is_looked_up_among_the_receipts_that_were_not_applied_yet(desk):
    kept = sent(desk, Fate.DELIVERED)
    with desk.begin() as session:
        # A crash: the answer was never noted.
        session.connection().exec_driver_sql(
            "UPDATE attempt SET reference = NULL, state = 'sending';"
            "UPDATE delivery SET state = 'sending', sent_at = NULL"
        )
    keep_only(desk, *desk.carrying.meta.hooks(kept))
    desk.now += timedelta(minutes=16)
    desk.sweep()
    assert desk.row().state == "delivered"
    assert desk.run() == 0
    assert len(desk.carrying.meta.sent) == 1


def test_late_messages_go_on_although_of_some_the_receipts_are_being_applied(desk):
    first, second = sent(desk, Fate.DELIVERED), sent(desk, Fate.SILENT)
    keep_only(desk, *desk.carrying.meta.hooks(first))
    desk.now += timedelta(hours=4)
    with desk.begin() as other:
        other.connection().exec_driver_sql("SELECT id FROM receipt FOR UPDATE")
        desk.sweep()
    assert [row.state for row in desk.rows()] == ["sent", "created"]
    assert second.reference != first.reference
    desk.sweep()
    assert [row.state for row in desk.rows()] == ["delivered", "created"]


def test_attempts_are_locked_in_one_order_also_of_receipts_that_name_them_differently(desk):
    first, second = sent(desk, Fate.DELIVERED), sent(desk, Fate.DELIVERED)
    earlier, later = desk.attempts()
    said = [
        Receipt(first.reference, None, Told.DELIVERED, desk.now),
        Receipt(second.reference, later.id, Told.DELIVERED, desk.now),
    ]
    with desk.begin() as session:
        keep(session, "meta", said, desk.now)

    def apply() -> None:
        with desk.begin() as session:
            apply_new(session, desk.policy, desk.now)

    waits = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with desk.begin() as other, ThreadPoolExecutor(1) as pool:
        run = other.connection().exec_driver_sql
        run("SELECT id FROM attempt WHERE id = %s FOR UPDATE", (earlier.id,))
        applying = pool.submit(apply)
        wait_for(lambda: run(waits).scalar() == 1, 10, "it waits for the first")
        # Nobody who waits for the first has the second.
        run("SELECT id FROM attempt WHERE id = %s FOR UPDATE NOWAIT", (later.id,))
        other.commit()
        applying.result(10)
    assert {row.state for row in desk.rows()} == {"delivered"}


def test_receipts_that_nobody_has_looked_at_yet_are_not_counted_as_of_nobody(desk):
    kept = sent(desk, Fate.DELIVERED)
    keep_only(desk, *desk.carrying.meta.hooks(kept))
    with desk.begin() as session:
        assert unmatched(session) == 0
        keep(session, "meta", [Receipt("wamid.nobody", None, Told.SENT, desk.now)], desk.now)
        apply_new(session, desk.policy, desk.now)
        assert unmatched(session) == 1


def test_a_failure_of_an_earlier_attempt_changes_nothing(desk):
    kept = sent(desk, Fate.FAILS_FOR_GOOD)
    desk.now += timedelta(hours=4)
    desk.sweep()
    desk.run()
    desk.told("meta", *desk.carrying.meta.hooks(kept))
    row = desk.row()
    assert (row.state, row.channel, row.spent) == ("sent", "sms", ["whatsapp"])


def test_a_delivery_that_was_given_up_has_arrived_when_a_provider_says_so(desk):
    kept = sent(desk, Fate.DELIVERED_LATE)
    sending, failed, delivered = desk.carrying.meta.hooks(kept)
    desk.channels = ("whatsapp",)
    desk.policy = desk.policy.__class__(**{
        **{name: getattr(desk.policy, name) for name in desk.policy.__slots__}, "tries": 1,
    })  # fmt: skip
    desk.told("meta", sending, failed)
    desk.run()
    assert desk.row().state == "failed_permanent"
    desk.told("meta", delivered)
    assert desk.row().state == "delivered"
    assert [kind for kind, _ in desk.events()] == ["notify.failed.v1", "notify.delivered.v1"]


def test_a_receipt_that_comes_before_its_answer_is_noted_is_kept_and_applied(desk):
    kept = sent(desk, Fate.READ, "meta")
    with desk.begin() as session:
        session.connection().exec_driver_sql("UPDATE attempt SET reference = NULL, state='sending'")
    # Plivo gives our own id back in no field: only the reference can tell.
    desk.carrying.providers["meta"] = Deaf(desk.carrying.providers["meta"])
    try:
        assert desk.told("meta", *desk.carrying.meta.hooks(kept)) == 3
        assert desk.row().state == "sent"
        with desk.begin() as session:
            session.connection().exec_driver_sql(
                "UPDATE attempt SET reference = %s, state = 'sent'", (kept.reference,)
            )
        desk.sweep()
    finally:
        desk.carrying.providers["meta"] = desk.carrying.providers["meta"].provider
    assert desk.row().state == "read"


class Deaf:
    """A provider that does not give our own id back."""

    name, channel = "meta", "whatsapp"

    def __init__(self, provider) -> None:
        self.provider = provider

    def receipts(self, *arrived):
        from dataclasses import replace

        return [replace(each, attempt_id=None) for each in self.provider.receipts(*arrived)]


def test_receipts_of_messages_that_nobody_knows_change_nothing(desk):
    kept = sent(desk, Fate.READ)
    with desk.begin() as session:
        session.connection().exec_driver_sql("TRUNCATE delivery CASCADE")
    assert desk.told("meta", *desk.carrying.meta.hooks(kept)) == 3
    assert desk.rows() == []


def test_a_wrong_signature_or_body_is_refused_and_nothing_is_kept(desk):
    kept = sent(desk, Fate.READ)
    headers, body, query = desk.carrying.meta.hooks(kept)[0].arrived()
    provider = desk.carrying.providers["meta"]
    with pytest.raises(Forbidden):
        provider.receipts(headers, body + b" ", query)
    with pytest.raises(Forbidden):
        provider.receipts({}, body, query)
    assert desk.row().state == "sent"


def test_errors_are_masked(desk):
    kept = sent(desk, Fate.FAILS_FOR_GOOD, "meta")
    desk.told("meta", *desk.carrying.meta.hooks(kept))
    row = desk.row()
    assert "70000000" not in (row.detail or "")


def test_random_lives_end_honestly(desk):
    """Of many recipients with all fates, everybody has one end, and no message goes twice."""
    rng = random.Random(5)
    fates = [fate for fate in Fate for _ in range(3)]
    rng.shuffle(fates)
    for fate in fates:
        (event,) = desk.happen()
        desk.people[event.data["grievance_id"]] = desk.contact | {"phone": number_of(fate)}
    for _ in range(50):
        for provider in ("meta", "plivo", "infobip"):
            server = desk.server(provider)
            desk.told(provider, *server.storm(times=2, seed=rng.randrange(100)))
        desk.now += timedelta(hours=1)
        desk.sweep()
        while desk.run():
            pass
    states = Counter(row.state for row in desk.rows())
    assert set(states) <= {"delivered", "read", "sent", "expired", "failed_permanent"}, states
    ends = {
        fate: {each.state for each in desk.rows() if desk.people[each.recipient_ref]["phone"] == n}
        for n, fate in NUMBERS.items()
    }
    assert ends[Fate.DELIVERED] == ends[Fate.NOT_ON_WHATSAPP] == ends[Fate.DELIVERED_LATE]
    assert ends[Fate.DELIVERED] == {"delivered"}
    assert ends[Fate.READ] == ends[Fate.OUT_OF_ORDER] == {"read"}
    # By e-mail, over which nothing more is heard.
    for fate in (Fate.REFUSED, Fate.FAILS_FOR_GOOD, Fate.FAILS_FOR_NOW, Fate.EXPIRES):
        assert ends[fate] == {"sent"}
    told = [each.asked["biz_opaque_callback_data"] for each in desk.carrying.meta.sent]
    assert len(told) == len(set(told))


def test_what_is_not_of_the_form_is_invalid(desk):
    server = desk.carrying.meta
    kept = sent(desk, Fate.READ)
    hook = server.hooks(kept)[0]
    headers, _, query = hook.arrived()
    body = b'{"object": 5}'
    from services.notify.channels.whatsapp_webhook import signature_of

    signed = headers | {"x-hub-signature-256": signature_of(body, server.app_secret)}
    with pytest.raises(Invalid):
        desk.carrying.providers["meta"].receipts(signed, body, query)


def test_of_two_messages_that_a_provider_names_alike_each_arrives_though_the_first_has(desk):
    first = sent(desk, Fate.DELIVERED)
    desk.told("meta", *desk.carrying.meta.hooks(first))
    again = sent(desk, Fate.DELIVERED)
    alike = replace(again, reference=first.reference)
    with desk.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE attempt SET reference = NULL WHERE reference = %s", (again.reference,)
        )
    assert desk.told("meta", *desk.carrying.meta.hooks(alike)) == 2
    assert [row.state for row in desk.rows()] == ["delivered", "delivered"]
