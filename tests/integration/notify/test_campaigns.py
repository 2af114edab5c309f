"""Campaigns as they live: approved by another, fed as the queue allows, paused, ended."""

from datetime import time, timedelta

import pytest
from sqlalchemy import text

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from services.notify.commands import campaign_life as life
from services.notify.commands.consent import say
from services.notify.commands.sending.claims import claim
from services.notify.domain.campaigns import MOST_TESTS
from services.notify.domain.care import Lane, Purpose
from services.notify.queries import campaigns as queries
from services.notify.reference import city_templates
from tests.support.notify import SECRETS, Desk
from tests.support.notify_campaigns import OFFICER, SUPERVISOR, Bulk, number, row


@pytest.fixture
def bulk(desk: Desk, tmp_path) -> Bulk:
    """Campaigns, with none there."""
    found = Bulk(desk, tmp_path)
    found.clear()
    desk.lane = Lane.BULK
    return found


def approve(bulk, campaign, by=SUPERVISOR):
    with bulk.desk.begin() as session:
        return life.approve(session, by, campaign.id, city_templates(), bulk.desk.now)


def test_a_campaign_goes_to_everybody_once_and_is_done(bulk):
    made = bulk.running(25)
    assert bulk.states(made) == {"waiting": 25}
    while bulk.feed() or bulk.send():
        pass
    assert bulk.states(made) == {"sent": 25}
    assert len(bulk.desk.carrying.meta.sent) == 25
    assert bulk.waiting() == []
    assert bulk.again(made).state == "done"
    assert {row.lane for row in bulk.desk.rows()} == {"bulk"}


def test_what_was_put_down_is_what_each_is_told(bulk):
    bulk.running([row(1, arrears_paise="125000"), row(2, arrears_paise="9900", language="mr")])
    bulk.desk.channels = ("sms",)
    bulk.feed()
    bulk.send()
    first, second = sorted(bulk.desk.carrying.plivo.sent, key=lambda each: each.asked["dst"])
    assert "P-1: tax of Rs 1,250 is late" in first.asked["text"]
    assert "P-2: रु. ९९ कर" in second.asked["text"]


def test_nothing_is_sent_that_another_person_has_not_approved(bulk):
    made = bulk.draft(3)
    bulk.feed()
    assert bulk.desk.rows() == []
    with pytest.raises(Forbidden):
        approve(bulk, made, OFFICER)
    with pytest.raises(Forbidden):
        approve(bulk, made, Identity.of(OFFICER.subject, "supervisor"))
    post = OFFICER.subject.partition(":")[2]
    with pytest.raises(Forbidden, match="another person"):
        approve(bulk, made, Identity.of(f"supervisor:{post}", "supervisor"))
    with pytest.raises(Conflict), bulk.desk.begin() as session:
        life.start(session, SUPERVISOR, made.id, None, bulk.desk.now)
    # The person who has made it holds another post, too.
    with pytest.raises(Forbidden, match="another person"):
        approve(bulk, made, Identity(SUPERVISOR.subject, SUPERVISOR.roles, OFFICER.person))
    assert approve(bulk, made).state == "scheduled"
    with pytest.raises(Conflict):
        approve(bulk, made)
    bulk.feed()
    assert bulk.desk.rows() == []


def test_a_template_that_has_changed_since_has_to_be_checked_again(bulk):
    made = bulk.draft(1)
    with bulk.desk.begin() as session:
        queries.by_id(session, made.id).template_version = 7
    with pytest.raises(Conflict):
        approve(bulk, made)


def test_an_empty_campaign_is_not_approved(bulk):
    made = bulk.draft([row(1, phone="12")])
    assert (made.recipients, made.rejected) == (0, 1)
    with pytest.raises(Conflict):
        approve(bulk, made)


def test_it_begins_at_its_moment(bulk):
    made = bulk.approved(2, start_at=bulk.desk.now + timedelta(hours=1))
    bulk.feed()
    assert (bulk.again(made).state, bulk.desk.rows()) == ("scheduled", [])
    bulk.desk.now += timedelta(hours=1)
    bulk.feed()
    assert bulk.again(made).state == "running"
    assert len(bulk.desk.rows()) == 2


def test_it_sends_at_its_hours_only(bulk):
    # It is 11.30 in India.
    made = bulk.running(40, hours=(time(10), time(12)))
    bulk.feed(most_queued=20)
    assert bulk.states(made) == {"created": 20, "waiting": 20}
    bulk.desk.now += timedelta(minutes=30)
    bulk.feed()
    assert bulk.send() == 0
    assert {row.reason for row in bulk.desk.rows()} == {"campaign_hours"}
    bulk.desk.now += timedelta(hours=22)
    while bulk.feed() or bulk.send():
        pass
    assert bulk.states(made) == {"sent": 40}


def test_in_quiet_hours_nothing_is_fed(bulk):
    bulk.desk.now += timedelta(hours=10)  # 21.30
    made = bulk.running(3)
    assert bulk.feed() == 0
    bulk.desk.now += timedelta(hours=10, minutes=30)
    assert bulk.feed() == 3
    assert bulk.states(made) == {"created": 3}


def test_it_is_not_faster_than_its_own_limit(bulk):
    made = bulk.running(1_000, per_minute=60)
    sent = 0
    for _ in range(60):
        bulk.desk.now += timedelta(seconds=1)
        bulk.feed()
        sent += bulk.send()
    assert 55 <= sent <= 65
    assert bulk.states(made) == {"sent": sent, "waiting": 1_000 - sent}


def test_what_could_not_go_does_not_go_at_once_later(bulk):
    made = bulk.running(1_000, per_minute=600)
    for _ in range(30):
        bulk.desk.now += timedelta(seconds=10)
        bulk.feed()
    assert bulk.states(made)["created"] <= 50


def test_the_queue_stays_short_and_the_feeding_waits_for_the_sender(bulk):
    made = bulk.running(300)
    assert bulk.feed(most_queued=100) == 100
    assert bulk.feed(most_queued=100) == 0
    bulk.desk.sender().run(Lane.BULK)
    assert bulk.feed(most_queued=100) == 10
    assert bulk.states(made) == {"created": 100, "sent": 10, "waiting": 190}


def test_who_is_put_off_to_another_day_does_not_hold_up_the_others(bulk):
    bulk.said(True, Purpose.NEWS, *(number(n) for n in range(30)))
    first = bulk.news([number(n) for n in range(20)])
    second = bulk.news([number(n) for n in range(30)])
    for made in (first, second):
        bulk.start(made)
        while bulk.feed(most_queued=20) or bulk.send():
            pass
    assert bulk.states(first) == {"sent": 20}
    # One piece of news a day: twenty of them wait for tomorrow.
    assert bulk.states(second) == {"created": 20, "sent": 10}
    assert {row.reason for row in bulk.desk.rows() if row.state == "created"} == {"daily_cap"}


def test_news_goes_to_who_has_opted_in_and_the_estimate_says_how_many(bulk):
    phones = [number(n) for n in range(6)]
    bulk.said(True, Purpose.NEWS, *phones[:3])
    bulk.said(False, Purpose.NEWS, phones[3])
    made = bulk.news(phones)
    told = {key: made.estimate[key] for key in ("told", "opted_out", "not_opted_in", "paise")}
    # Three messages of WhatsApp at 11.5 paise.
    assert told == {"told": 3, "opted_out": 1, "not_opted_in": 2, "paise": 34}
    bulk.start(made)
    while bulk.feed() or bulk.send():
        pass
    assert bulk.states(made) == {"sent": 3, "skipped": 3}


def test_an_estimate_is_made_again_by_todays_consents(bulk):
    made = bulk.news([number(1)])
    assert made.estimate["told"] == 0
    bulk.said(True, Purpose.NEWS, number(1))
    with bulk.desk.begin() as session:
        assert life.estimate(session, made.id, bulk.shop, bulk.desk.now).estimate["told"] == 1


def test_who_has_opted_out_by_one_address_has_by_all(bulk):
    header = ("phone", "email", "name", "language", "number", "arrears_paise", "due_on")
    cells = [number(1), "a@b.in", "Asha", "en", "P-1", "100", "2026-07-01"]
    key = SECRETS.recipient("a@b.in")
    with bulk.desk.begin() as session:
        say(session, key, [Purpose.REMINDER], False, "sms", bulk.desk.now)
    made = bulk.draft([cells], header)
    assert made.estimate["opted_out"] == 1


def test_paused_it_sends_nothing_and_resumed_it_goes_on(bulk):
    bulk.desk.channels = ("sms",)
    made = bulk.running(50)
    bulk.feed(most_queued=20)
    bulk.desk.sender().run(Lane.BULK)
    bulk.pause(made)
    assert bulk.send() == 0
    assert bulk.feed() == 0
    assert bulk.states(made) == {"created": 10, "sent": 10, "waiting": 30}
    # However long: what waits is not too old afterwards, and its contact is still there.
    bulk.desk.now += timedelta(days=5)
    bulk.desk.sweep()
    bulk.resume(made)
    while bulk.feed() or bulk.send():
        pass
    assert bulk.states(made) == {"sent": 50}
    assert len(bulk.desk.attempts()) == 50


def test_what_comes_back_while_it_is_paused_is_held_too(bulk):
    made = bulk.running(5)
    bulk.feed()
    with bulk.desk.begin() as session:
        claimed = claim(session, Lane.BULK, bulk.desk.now, 3)
    bulk.pause(made)
    bulk.desk.sender(stopping=lambda: True).send(claimed)
    assert bulk.states(made) == {"created": 5}
    bulk.feed()
    assert bulk.send() == 0
    bulk.resume(made)
    assert bulk.send() == 5


def test_cancelled_it_sends_nothing_more_and_forgets_who_waited(bulk):
    made = bulk.running(50)
    bulk.feed(most_queued=20)
    bulk.desk.sender().run(Lane.BULK)
    bulk.cancel(made)
    assert bulk.send() == 0
    assert bulk.states(made) == {"cancelled": 40, "sent": 10}
    bulk.feed()
    assert bulk.waiting() == []
    assert bulk.states(made) == {"cancelled": 40, "sent": 10}
    rows = bulk.desk.rows()
    assert {row.reason for row in rows if row.state == "cancelled"} == {"campaign_cancelled"}
    assert all(row.sealed is None for row in rows if row.state == "cancelled")
    assert bulk.again(made).sample is None
    for act in (bulk.resume, bulk.pause, bulk.cancel):
        with pytest.raises(Conflict):
            act(made)


def test_a_message_that_falls_back_later_is_cancelled_with_its_campaign(bulk):
    made = bulk.running(1)
    bulk.feed()
    bulk.send()
    bulk.cancel(made)
    bulk.desk.now += timedelta(hours=5)
    bulk.desk.sweep()
    assert bulk.states(made) == {"created": 1}
    bulk.feed()
    assert bulk.send() == 0
    assert bulk.states(made) == {"cancelled": 1}


def test_a_draft_that_nobody_begins_is_forgotten(bulk):
    made = bulk.draft(3)
    bulk.desk.now += timedelta(days=29)
    bulk.feed()
    assert bulk.again(made).state == "draft"
    bulk.desk.now += timedelta(days=2)
    bulk.feed()
    bulk.feed()
    assert (bulk.again(made).state, bulk.waiting()) == ("cancelled", [])


def test_a_test_message_shows_what_the_first_recipient_would_be_told(bulk):
    made = bulk.draft([row(1, name="Asha"), row(2)])
    bulk.desk.channels = ("sms",)
    with bulk.desk.begin() as session:
        sent = life.test(
            session, made.id, "9800000099", city_templates(), bulk.desk.policy, SECRETS,
            bulk.desk.now,
        )  # fmt: skip
    assert bulk.desk.sender().run(Lane(sent.lane)) == 1
    (message,) = bulk.desk.carrying.plivo.sent
    assert message.asked["dst"].endswith("919800000099")
    assert "P-1" in message.asked["text"]
    assert bulk.states(made) == {"waiting": 2}
    assert bulk.again(made).tests == 1


def test_a_test_message_is_for_the_campaigns_purpose_and_tells_nobodys_name(bulk):
    made = bulk.draft([row(1, name="Ashalata")])
    bulk.said(False, Purpose.REMINDER, "9800000099")
    bulk.desk.channels = ("whatsapp", "sms")
    with bulk.desk.begin() as session:
        sent = life.test(
            session, made.id, "9800000099", city_templates(), bulk.desk.policy, SECRETS,
            bulk.desk.now,
        )  # fmt: skip
        assert "Ashalata" not in str(SECRETS.open(sent.sealed))
    assert sent.purpose == "reminder"
    bulk.desk.sender().run(Lane(sent.lane))
    (told,) = [each for each in bulk.desk.rows() if each.id == sent.id]
    assert (told.state, told.reason) == ("skipped", "opted_out")


def test_a_campaign_whose_template_has_changed_waits_for_somebody(bulk):
    made = bulk.running(3)
    with bulk.desk.begin() as session:
        session.execute(text("UPDATE campaign SET template_version = 9"))
    assert bulk.feed() == 0
    found = bulk.again(made)
    assert (found.state, found.problem) == (
        "paused", "tax.reminder_due has changed: it says something else now",
    )  # fmt: skip
    bulk.resume(made)
    assert bulk.feed() == 3
    assert bulk.again(made).problem is None


def test_a_campaign_whose_template_is_gone_waits_and_the_others_go_on(bulk):
    gone, other = bulk.running(3), bulk.running(2)
    with bulk.desk.begin() as session:
        session.execute(
            text("UPDATE campaign SET template = 'tax.gone' WHERE id = :id"), {"id": gone.id}
        )
    assert bulk.feed() == 2
    assert (bulk.again(gone).state, bulk.again(other).fed) == ("paused", 2)
    assert "tax.gone" in bulk.again(gone).problem


def test_what_waits_in_the_lane_waits_too_when_the_template_has_changed(bulk):
    made = bulk.running(3)
    assert bulk.feed() == 3
    with bulk.desk.begin() as session:
        session.execute(text("UPDATE campaign SET template_version = 9"))
    assert bulk.feed() == 0
    assert (bulk.again(made).state, bulk.send()) == ("paused", 0)
    bulk.resume(made)
    assert bulk.send() == 3
    with bulk.desk.begin() as session:
        session.execute(text("UPDATE campaign SET template_version = 9"))
    bulk.feed()
    assert bulk.again(made).state == "done"


def test_what_is_forgotten_of_a_campaign_is_counted(bulk):
    made = bulk.running(3)
    bulk.feed()
    with bulk.desk.begin() as session:
        session.execute(text("DELETE FROM delivery"))
    assert bulk.states(made) == {"forgotten": 3}


def test_tests_are_few_and_go_to_a_mobile(bulk):
    made = bulk.draft(1)

    def ask(phone="9800000099"):
        with bulk.desk.begin() as session:
            life.test(
                session, made.id, phone, city_templates(), bulk.desk.policy, SECRETS, bulk.desk.now
            )

    with pytest.raises(Invalid):
        ask("020 25501000")
    for _ in range(MOST_TESTS):
        ask()
    with pytest.raises(Conflict):
        ask()


def test_two_campaigns_take_turns(bulk):
    first, second = bulk.running(300), bulk.running(300)
    bulk.feed(chunk=20, most_queued=200)
    assert bulk.states(first)["created"] == bulk.states(second)["created"] == 100


def test_the_speed_and_the_time_left_are_told(bulk):
    made = bulk.running(400, per_minute=600)
    for _ in range(25):
        bulk.desk.now += timedelta(seconds=1)
        bulk.feed()
        bulk.send()
    far = bulk.progress(made)
    assert 540 <= far["rate"] <= 660
    left = 400 - far["ended"]
    assert far["left_s"] == pytest.approx(left / 10, rel=0.2) if left else far["left_s"] == 0


def test_no_number_and_no_name_can_be_read_in_the_tables(bulk):
    bulk.draft([row(7, name="Ashalata"), row(8, phone="12345"), row(9, phone="022 25501000")])
    with bulk.desk.begin() as session:
        stored = ""
        for table in ("campaign", "campaign_recipient", "campaign_rejection"):
            found = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
            stored += str(found)
    for secret in (number(7), "Ashalata", "12345", "25501000"):
        assert secret not in stored
