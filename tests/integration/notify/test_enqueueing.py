"""Events become deliveries: once, for whom they name, and honest."""

from dataclasses import replace
from uuid import uuid4

import pytest

from palika import metrics
from palika.subscribe import Refuse
from tests.support.samples import golden_data

AT = "2026-04-01T05:30:00Z"


def test_an_event_becomes_one_delivery_however_often_it_comes(desk):
    event = desk.event()
    for _ in range(3):
        with desk.begin() as session:
            desk.enqueue(session, [event])
    row = desk.row()
    assert (row.state, row.template, row.audience) == ("created", "grievance.filed", "grievance")
    assert row.recipient_ref == event.data["grievance_id"]


def test_those_who_have_the_same_grievance_or_follow_it_are_told_what_became_of_it(desk):
    desk.channels = ("email",)
    desk.contact |= {"language": "en"}
    merged, also_following, follower = (str(uuid4()) for _ in range(3))
    event = desk.event(
        "grievance.resolved.v1",
        resolved_at="2026-04-01T05:30:00Z",
        reopen_until="2026-04-04T05:30:00Z",
        merged=[merged, also_following],
        followers=[follower, also_following],
    )
    for _ in range(2):
        with desk.begin() as session:
            assert desk.enqueue(session, [event]) == {}
    told = {row.recipient_ref for row in desk.rows()}
    assert told == {event.data["grievance_id"], merged, also_following, follower}
    assert desk.run() == 4
    assert "until 04-04-2026" in desk.carrying.smtp.mails[0].message.get_content()


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("resolved", {"resolved_at": AT, "reopen_until": AT}),
        ("reopened", {"reopened_at": AT}),
        ("rejected", {"rejected_at": AT}),
        ("restored", {"restored_at": AT}),
    ],
)
def test_whom_a_step_concerns_too_is_told_of_it(desk, kind, facts):
    merged, follower = str(uuid4()), str(uuid4())
    facts |= {"merged": [merged], "followers": [follower]}
    (event,) = desk.happen(kind=f"grievance.{kind}.v1", **facts)
    told = {row.recipient_ref for row in desk.rows()}
    assert told == {event.data["grievance_id"], merged, follower}


@pytest.mark.parametrize(
    ("kind", "facts", "says"),
    [
        ("unmerged", {"unmerged_at": AT}, "Since 01-04-2026 it goes on by itself"),
        ("wait_over", {"wait_over_at": AT}, "no answer by 01-04-2026"),
        (
            "appeal_overdue",
            {"overdue_at": AT, "decide_by": AT, "level": 1},
            "was to be decided by 01-04-2026",
        ),
    ],
)
def test_what_time_or_the_office_has_done_is_told_from_the_event_and_the_contact(
    desk, kind, facts, says
):
    """With no field that the services do not give: each event has the golden sample's."""
    desk.channels = ("email",)
    desk.contact |= {"language": "en"}
    given = golden_data(f"grievance.{kind}.v1") | facts
    assert given.keys() == golden_data(f"grievance.{kind}.v1").keys()
    desk.happen(kind=f"grievance.{kind}.v1", **given)
    assert desk.run() == 1
    assert says in desk.carrying.smtp.mails[0].message.get_content()


@pytest.mark.parametrize("field", ["merged", "followers"])
@pytest.mark.parametrize("others", ["g-2", [2], [""], None])
def test_a_list_of_recipients_that_is_none_is_refused_whole(desk, field, others):
    facts = {"resolved_at": "2026-04-01T05:30:00Z", field: others}
    event = desk.event("grievance.resolved.v1", **facts)
    with desk.begin() as session:
        refused = desk.enqueue(session, [event])
    assert refused[event.id] == Refuse(f"{field}: no id, and no list of ids")
    assert desk.rows() == []


def test_history_is_written_down_as_skipped_and_nobody_is_told(desk):
    desk.happen(filed_at="2026-03-30T05:00:00Z")
    assert (desk.row().state, desk.row().reason) == ("skipped", "stale_event")
    assert desk.run() == 0


def test_a_malformed_event_is_refused_and_its_neighbours_are_not(desk):
    good, no_id, no_time = desk.event(), desk.event(), desk.event(filed_at="one day")
    odd_id = desk.event(grievance_id="GRV-2026-000123")
    del no_id.data["grievance_id"]
    batch = [no_id, good, odd_id, no_time]
    with desk.begin() as session:
        refused = desk.enqueue(session, batch)
    assert refused[no_id.id] == Refuse("grievance_id: missing")
    assert refused[odd_id.id] == Refuse("grievance_id: not a UUID: 'GRV-2026-000123'")
    assert "one day" in refused[no_time.id].reason
    assert str(desk.row().event_id) == good.id


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"public": True, "by": "office"}, 1),
        ({"public": False, "by": "office"}, 0),
        ({"public": True, "by": "citizen"}, 0),
    ],
)
def test_of_a_comment_only_what_the_office_says_in_public_is_told(desk, facts, told):
    desk.happen(kind="grievance.commented.v1", commented_at=AT, **facts)
    assert len(desk.rows()) == told


def test_the_owners_of_what_a_property_was_split_into_are_told(desk):
    made = [str(uuid4()), str(uuid4())]
    desk.happen(kind="tax.replaced.v1", successors=made, replaced_at=AT)
    assert {row.recipient_ref for row in desk.rows()} == set(made)


def test_of_a_hold_the_owner_is_told_and_of_a_zones_nobody(desk):
    whose = str(uuid4())
    for owned in ({"property_id": whose}, {}):
        given = golden_data("tax.held.v1") | {"held_at": AT} | owned
        if not owned:
            given.pop("property_id", None)
        with desk.begin() as session:
            assert desk.enqueue(session, [replace(desk.event("tax.held.v1"), data=given)]) == {}
    assert [row.recipient_ref for row in desk.rows()] == [whose]


def test_history_is_counted_as_skipped(desk):
    def counted():
        skipped = metrics.NOTIFY_DELIVERIES.labels("none", "skipped")
        return skipped._value.get(), metrics.NOTIFY_SKIPS.labels("stale_event")._value.get()

    before = counted()
    desk.happen(2, filed_at="2026-03-30T05:00:00Z")
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [2, 2]


@pytest.mark.parametrize(
    ("language", "said"),
    [("mr", "सलग ६ वेळा अयशस्वी प्रयत्न"), ("en", "tried 6 times in a row to sign in")],
)
def test_an_officer_is_told_when_strangers_try_their_account(desk, language, said):
    desk.channels = ("email",)
    desk.contact |= {"language": language}
    held_back = {"person": "a.jadhav2", "tries": 6, "until": "2026-04-01T05:30:15Z"}
    desk.happen(kind="portal.account_held_back.v1", **held_back)
    row = desk.row()
    assert (row.audience, row.recipient_ref) == ("eoffice", "officer:a.jadhav2")
    assert desk.run() == 1
    (mail,) = desk.carrying.smtp.mails
    assert said in " ".join(mail.message.get_content().split())


def test_what_is_no_officers_code_is_refused_and_an_event_without_one_tells_nobody(desk):
    held_back = {"tries": 6, "until": "2026-04-01T05:30:15Z"}
    kind = "portal.account_held_back.v1"
    desk.happen(kind=kind, **held_back)
    wrong = desk.event(kind, person="a.jadhav2 or anybody", **held_back)
    with desk.begin() as session:
        (refused,) = desk.enqueue(session, [wrong]).values()
    assert "person" in str(refused)
    assert desk.rows() == []
