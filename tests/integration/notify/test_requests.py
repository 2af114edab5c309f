"""What a service asks to be sent at once: a login code."""

from datetime import timedelta
from uuid import uuid4

import pytest

from palika.errors import Conflict, Invalid
from palika.local.loopback import Fault
from services.notify.commands.request import Request, request
from services.notify.commands.sending.claims import claim
from services.notify.domain.care import Lane, Purpose
from services.notify.domain.magic import Fate, number_of
from services.notify.reference import city_policy, city_templates
from services.notify.secrets import Secrets
from tests.support.notify import SECRETS

CODE = city_templates().named("login.code")
PHONE = {"phone": "+919812345610", "language": "en"}


@pytest.fixture
def ask(desk):
    """Ask for a code, and send it as the call does."""

    def asking(key=None, contact=PHONE, code="482913", send=True):
        asked = Request(key or uuid4(), contact, {"code": code, "minutes": 10})
        with desk.begin() as session:
            made, new = request(session, asked, CODE, desk.policy, SECRETS, desk.now)
        if new and send:
            desk.sender().send([made])
        return made, new

    desk.lane = Lane.URGENT
    return asking


def test_a_code_goes_out_with_the_call_that_asks_for_it(desk, ask):
    ask()
    (kept,) = desk.carrying.plivo.sent
    assert kept.asked["text"].startswith("482913 is your login code.")
    row = desk.row()
    assert (row.state, row.lane, row.purpose, row.event_type) == (
        "sent", Lane.URGENT, Purpose.CODE, "request",
    )  # fmt: skip


def test_a_code_that_does_not_arrive_goes_over_its_next_channel_while_it_is_of_use(desk, ask):
    desk.policy = city_policy(48)
    ask()
    desk.now += timedelta(minutes=1)
    desk.sweep()
    assert (desk.row().state, desk.row().channel) == ("sent", "sms")
    desk.now += timedelta(minutes=1)
    desk.sweep()
    desk.run()
    assert (desk.row().state, desk.row().channel) == ("sent", "whatsapp")
    assert len(desk.carrying.meta.sent) == 1


def test_a_code_that_busy_providers_refuse_goes_over_its_next_channel_in_two_minutes(desk, ask):
    desk.policy = city_policy(48)
    busy = [desk.carrying.plivo, desk.carrying.infobip]
    for server in busy:
        server.faults.extend([Fault.THROTTLED] * 100)
    ask()
    asked = desk.now
    while not desk.carrying.meta.sent:
        assert desk.row().next_attempt_at <= asked + timedelta(minutes=2)
        desk.now = max(desk.now, desk.row().next_attempt_at)
        desk.run()
    row = desk.row()
    assert (row.state, row.channel, row.spent) == ("sent", "whatsapp", ["sms"])
    assert desk.now == asked + timedelta(minutes=2)
    for server in busy:
        server.faults.clear()


def test_a_code_of_a_city_with_one_channel_is_tried_over_it_for_as_long_as_it_is_of_use(desk, ask):
    desk.policy, desk.channels = city_policy(48), ("sms",)
    ask(contact=PHONE | {"phone": number_of(Fate.THROTTLED)})
    desk.now += timedelta(minutes=5)
    desk.run()
    assert desk.row().state == "failed_temporary"
    assert {each.channel for each in desk.attempts()} == {"sms"}


@pytest.mark.parametrize("fault", [Fault.ERROR_502_HTML, Fault.DROP_AFTER])
def test_a_code_whose_answer_does_not_come_goes_over_the_next_provider_at_once(desk, ask, fault):
    desk.policy = city_policy(48)
    desk.carrying.plivo.faults.append(fault)
    ask()
    desk.run()
    assert (desk.row().state, desk.row().channel) == ("sent", "sms")
    assert [(each.provider, each.state) for each in desk.attempts()] == [
        ("plivo", "unknown"), ("infobip", "sent"),
    ]  # fmt: skip


def test_a_code_whose_sender_has_died_is_looked_into_while_it_is_of_use(desk, ask):
    desk.policy = city_policy(48)
    ask(send=False)
    with desk.begin() as session:
        claim(session, Lane.URGENT, desk.now, 1)
    desk.now += timedelta(minutes=3, seconds=1)
    desk.sweep()
    desk.run()
    assert (desk.row().state, len(desk.carrying.plivo.sent)) == ("sent", 1)


def test_asked_again_under_its_id_nothing_more_goes(desk, ask):
    key = uuid4()
    assert ask(key)[1]
    assert not ask(key)[1]
    assert len(desk.carrying.plivo.sent) == 1
    with pytest.raises(Conflict):
        ask(key, code="000000")
    with pytest.raises(Conflict):
        ask(key, contact={"phone": "+919812345611"})
    assert len(desk.carrying.plivo.sent) == 1


def test_neither_the_code_nor_the_number_can_be_read_in_the_table(desk, ask):
    ask(contact=PHONE | {"email": "asha@example.in"})
    with desk.begin() as session:
        stored = str(session.connection().exec_driver_sql("SELECT * FROM delivery").all())
    for secret in ("482913", "9812345610", "asha@"):
        assert secret not in stored


def test_of_what_is_sealed_no_subject_is_kept(desk):
    desk.channels = ("email",)
    told = city_templates().named("grievance.filed")
    fields = {"number": "GRV-2026-000123", "category_name": {"mr": "पथदिवे", "en": "Lights"}}
    fields |= {"filed_at": "2026-04-01T05:00:00Z", "due_at": "2026-04-08T05:00:00Z"}
    asked = Request(uuid4(), {"email": "asha@example.in"}, fields)
    with desk.begin() as session:
        made, _ = request(session, asked, told, desk.policy, SECRETS, desk.now)
    desk.sender().send([made])
    assert (desk.row().state, desk.row().subject) == ("sent", None)


def test_what_is_sealed_goes_when_the_message_has_arrived_or_is_of_no_use(desk, ask):
    ask()
    assert desk.row().sealed is not None
    desk.told("plivo", *desk.carrying.plivo.hooks(desk.carrying.plivo.sent[0]))
    assert (desk.row().state, desk.row().sealed) == ("delivered", None)
    ask()
    desk.now += timedelta(hours=50)
    desk.sweep()
    assert [row.sealed for row in desk.rows()] == [None, None]


def test_a_code_takes_the_next_channel_when_all_providers_of_the_first_are_left_alone(desk, ask):
    for server in (desk.carrying.plivo, desk.carrying.infobip):
        server.faults.extend([Fault.ERROR_503] * 30)
    for _ in range(12):
        ask()
        while desk.run():
            pass
    assert {row.state for row in desk.rows()[-2:]} == {"sent"}
    assert desk.rows()[-1].channel == "whatsapp"
    assert desk.rows()[-1].skipped == {"sms": "provider_away"}


def test_a_process_that_dies_after_the_row_leaves_it_to_another(desk, ask):
    ask(send=False)
    desk.now += timedelta(minutes=16)
    desk.sweep()
    desk.run()
    assert desk.row().state == "sent"


def test_a_code_is_of_use_for_some_minutes_only(desk, ask):
    from services.notify.reference import city_policy

    desk.policy = city_policy(48)
    ask(send=False)
    desk.now += timedelta(minutes=16)
    desk.sweep()
    desk.run()
    assert (desk.row().state, desk.row().reason) == ("skipped", "too_late")


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({"phone": "020 25501000"}, "phone"),
        ({"phone": "+14155552671"}, "phone"),
        ({"email": "a@b.in\r\nBcc: c@d.in"}, "email"),
        ({"name": "Asha"}, "contact"),
    ],
)
def test_an_address_that_is_none_is_refused_and_named(desk, ask, contact, field):
    with pytest.raises(Invalid) as error:
        ask(contact=contact)
    assert list(error.value.fields) == [field]
    assert desk.rows() == []


def test_a_missing_field_is_refused_at_once(desk):
    with desk.begin() as session, pytest.raises(Invalid) as error:
        request(session, Request(uuid4(), PHONE, {}), CODE, desk.policy, SECRETS, desk.now)
    assert set(error.value.fields) == {"code", "minutes"}
    assert desk.rows() == []


def test_a_key_that_is_gone_is_told(desk, ask):
    ask(send=False)
    desk.now += timedelta(minutes=16)
    desk.sweep()
    desk.sender(secrets=Secrets([b"1" * 32])).run(Lane.URGENT)
    assert (desk.row().state, desk.row().reason) == ("failed_permanent", "contact_sealed")
