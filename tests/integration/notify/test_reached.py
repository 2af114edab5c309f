"""Who has told an event asks whether its recipients were reached, and why not."""

from uuid import uuid4

from services.notify.commands.resend import resend
from services.notify.queries.reached import reached
from tests.support.notify import CONTACT


def said(desk, *events) -> list[dict]:
    with desk.begin() as session:
        return reached(session, [*(each.id for each in events), uuid4()])["items"]


def test_who_has_left_no_contact_was_not_reached_and_it_is_told_why(desk):
    desk.contact = None
    (event,) = desk.happen()
    (before,) = said(desk, event)
    assert (before["reached"], before["state"], before["at"]) == (None, "created", None)
    desk.run()
    (item,) = said(desk, event)
    assert (item["reached"], item["state"], item["reason"]) == (False, "skipped", "contact_missing")
    assert item["why"] == "The service that knows the recipient has no contact for them."
    assert item["event_id"] == event.id
    assert item["recipient_ref"] == event.data["grievance_id"]


def test_each_recipient_of_an_event_is_told_of_apart(desk):
    follower = str(uuid4())
    facts = {"resolved_at": "2026-04-01T05:00:00Z", "reopen_until": "2026-04-08T05:00:00Z"}
    (event,) = desk.happen(kind="grievance.resolved.v1", followers=[follower], **facts)
    desk.people = {follower: {**CONTACT, "phone": None, "email": None}}
    desk.run()
    items = {each["recipient_ref"]: each for each in said(desk, event)}
    assert items[event.data["grievance_id"]]["reached"] is True
    assert items[event.data["grievance_id"]]["channel"] == "whatsapp"
    assert items[event.data["grievance_id"]]["at"] is not None
    assert items[follower]["reached"] is False
    assert items[follower]["skipped"]["email"] == "no_address"


def test_what_is_sent_again_counts_as_the_last_of_it_says(desk):
    desk.contact = None
    (event,) = desk.happen()
    desk.run()
    for contact, wanted in ((None, False), (dict(CONTACT), True)):
        with desk.begin() as session:
            last = desk.rows()[-1].id
            resend(
                session, last, "officer:desk", "the post has a number now", desk.policy, desk.now
            )
        (waiting,) = said(desk, event)
        assert waiting["reached"] is None
        desk.contact = contact
        desk.run()
        (item,) = said(desk, event)
        assert (item["event_id"], item["reached"]) == (event.id, wanted)


def test_a_message_that_no_channel_has_carried_did_not_reach(desk):
    (event,) = desk.happen()
    desk.refuses = (event.data["grievance_id"],)
    desk.run()
    (item,) = said(desk, event)
    assert (item["reached"], item["state"]) == (False, "failed_permanent")
