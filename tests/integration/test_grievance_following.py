"""A grievance is followed instead of being filed again: by whom, and by whose word."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Conflict, Invalid, NotFound
from services.grievance.commands import follow as following
from services.grievance.domain import following as rules
from services.grievance.domain import merging
from services.grievance.models import Follower, Grievance
from services.grievance.queries import contacts as reach
from services.grievance.queries import followers, mine
from services.grievance.schemas import Following, Paging, Unfollowing
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW, OFFICER, OTHER_CITIZEN

HELPDESK = Identity.of("helpdesk:hall", "helpdesk")
BOTH = Identity.of("officer:roads-je", "officer", "citizen")
PHONE = {"citizen_phone": "98220 12345"}
RAVI = {"citizen_name": "Ravi", "citizen_phone": "98220 55555", "citizen_email": "ravi@example.org"}


def follow(desk, grievance, caller: Identity = OTHER_CITIZEN, now=NOW, **args) -> dict:
    with desk.sessions.begin() as session:
        asked = Following().load({"id": str(grievance.id)} | args)
        return following.follow_grievance(session, caller, asked, now)


def unfollow(desk, grievance, caller: Identity = OTHER_CITIZEN, **args) -> dict:
    with desk.sessions.begin() as session:
        asked = Unfollowing().load({"id": str(grievance.id)} | args)
        return following.unfollow_grievance(session, caller, asked, NOW)


def followed(desk, caller: Identity = OTHER_CITIZEN, **args) -> dict:
    with desk.sessions() as session:
        return mine.followed(session, caller, Paging().load(args))


def contacts(desk, ids) -> list[dict]:
    with desk.sessions() as session:
        return reach.of(session, ids)


def contacts_of(desk, grievance) -> list[dict]:
    """How those who follow it are reached."""
    with desk.sessions() as session:
        return contacts(desk, followers.of(session, [grievance.id]))


# ---- by a login


def test_a_citizen_follows_by_their_login_and_sees_what_becomes_of_it(desk):
    filed = desk.file(citizen_name="Asha", address="Hidden Lane")
    told = follow(desk, filed)
    assert told == {"number": filed.number, "status": "filed", "following": True}
    desk.take("assign", filed)
    desk.take("resolve", filed)
    (key,) = desk.events(filed)[-1].data["followers"]
    (item,) = followed(desk)["items"]
    assert (item["number"], item["status"]) == (filed.number, "resolved")
    for secret in ("Asha", "Hidden", "A hole", "citizen:9"):
        assert secret not in str(item)
    (contact,) = contacts(desk, [key])
    assert (contact["phone"], contact["email"]) == (None, None)
    assert followed(desk, CITIZEN) == {"items": [], "next": None}


def test_they_are_written_to_as_they_were_when_they_last_filed(desk):
    desk.file(OTHER_CITIZEN, NOW - 2 * HOUR, **RAVI | {"citizen_phone": "98220 44444"})
    desk.file(OTHER_CITIZEN, NOW - HOUR, **RAVI)
    desk.file(OTHER_CITIZEN)
    filed = desk.file()
    follow(desk, filed, language="en")
    (contact,) = contacts_of(desk, filed)
    told = contact["name"], contact["phone"], contact["email"], contact["language"]
    assert told == ("Ravi", "+919822055555", "ravi@example.org", "en")


@pytest.mark.parametrize("whose", [PHONE, {"citizen_email": "ravi@example.org"}])
def test_nobody_is_believed_whose_number_it_is(desk, whose):
    filed = desk.file()
    for act in (follow, unfollow):
        with pytest.raises(Invalid) as refused:
            act(desk, filed, **whose)
        assert "a citizen follows by their login" in refused.value.fields["citizen_phone"][0]
        for nobody in (ANONYMOUS, Identity.of("x", "anonymous")):
            with pytest.raises(Invalid):
                act(desk, filed, nobody, **whose)
            with pytest.raises(Invalid, match="nobody to be told"):
                act(desk, filed, nobody)
    assert desk.get(filed)["followers"] == 0


def test_a_login_follows_though_its_number_does_already(desk):
    desk.file(OTHER_CITIZEN, **PHONE)
    filed = desk.file()
    follow(desk, filed, HELPDESK, **PHONE)
    follow(desk, filed)
    assert [each["number"] for each in followed(desk)["items"]] == [filed.number]
    # One message goes to the number, not two.
    assert sorted(each["phone"] or "" for each in contacts_of(desk, filed)) == ["", "+919822012345"]


def test_what_a_login_follows_comes_a_page_at_a_time_the_last_first(desk):
    filed = [desk.file() for _ in range(3)]
    for hours, each in enumerate(filed):
        follow(desk, each, now=NOW + timedelta(hours=hours))
    first = followed(desk, limit=2)
    rest = followed(desk, limit=2, cursor=first["next"])
    numbers = [each["number"] for page in (first, rest) for each in page["items"]]
    assert (numbers, rest["next"]) == ([each.number for each in reversed(filed)], None)
    with pytest.raises(Invalid):
        followed(desk, cursor="x")


def test_of_what_has_become_private_since_only_that_it_is_there_is_seen(desk):
    filed = desk.file()
    follow(desk, filed)
    desk.take("transfer", filed, category="illegal-water-connection")
    (item,) = followed(desk)["items"]
    assert item["number"] == filed.number
    assert not {"category", "ward"} & item.keys()


# ---- by the word of the office


@pytest.mark.parametrize("office", [HELPDESK, OFFICER, BOTH, SYSTEM("ivr")])
def test_the_office_enters_who_calls_and_that_is_kept(desk, office):
    filed = desk.file()
    follow(desk, filed, office, citizen_name="Ravi", language="en", **PHONE)
    (contact,) = contacts_of(desk, filed)
    assert (contact["name"], contact["phone"], contact["language"]) == (
        "Ravi",
        "+919822012345",
        "en",
    )
    assert (contact["number"], contact["category_name"]["en"]) == (filed.number, "Pothole")
    entry = desk.timeline(filed)[-1]
    assert (entry["step"], entry["actor"], entry["public"]) == ("follow", office.subject, False)
    assert entry["data"] == {"follower": contact["id"]}
    assert desk.stored(filed).version == 1
    unfollow(desk, filed, office, **PHONE)
    assert desk.timeline(filed)[-1]["step"] == "unfollow"
    assert "follow" not in str([each["step"] for each in desk.timeline(filed, CITIZEN)])
    assert contacts_of(desk, filed) == []


@pytest.mark.parametrize("office", [HELPDESK, OFFICER, SYSTEM("ivr")])
def test_an_office_says_who_it_is(desk, office):
    with pytest.raises(Invalid, match="nobody to be told"):
        follow(desk, desk.file(), office)


def test_an_officer_who_is_a_citizen_too_follows_by_their_own_login(desk):
    filed = desk.file()
    follow(desk, filed, BOTH)
    assert [each["number"] for each in followed(desk, BOTH)["items"]] == [filed.number]
    assert desk.timeline(filed)[-1]["step"] == "file"


def test_the_office_that_takes_a_number_out_leaves_logins_alone(desk):
    filed = desk.file()
    follow(desk, filed)
    unfollow(desk, filed, HELPDESK, **PHONE)
    assert desk.get(filed)["followers"] == 1


# ---- what becomes of it


def test_who_is_told_of_a_rejection_learns_the_reason(desk):
    filed = desk.file()
    follow(desk, filed, HELPDESK, **PHONE)
    desk.take("reject", filed)
    (contact,) = contacts(desk, desk.events(filed)[-1].data["followers"])
    assert contact["rejection_name"]["en"] == "Not the corporation's responsibility"


def test_who_follows_a_duplicate_is_told_of_the_original(desk):
    original, same = desk.file(), desk.file()
    follow(desk, same)
    desk.take("merge", same, into=str(original.id))
    desk.take("assign", original)
    desk.take("resolve", original)
    data = desk.events(original)[-1].data
    assert data["merged"] == [str(same.id)]
    (contact,) = contacts(desk, data["followers"])
    assert (contact["number"], contact["original_number"]) == (same.number, original.number)


def test_contacts_of_citizens_and_followers_come_together(desk):
    filed = desk.file(citizen_phone="98220 99999")
    follow(desk, filed, HELPDESK, **PHONE)
    with desk.sessions() as session:
        (key,) = followers.of(session, [filed.id])
    found = {each["id"]: each["phone"] for each in contacts(desk, [filed.id, key])}
    assert found == {str(filed.id): "+919822099999", str(key): "+919822012345"}


def test_whoever_follows_already_is_told_once_and_nothing_is_given_away(desk):
    filed = desk.file()
    first = follow(desk, filed, HELPDESK, **PHONE)
    assert follow(desk, filed, OFFICER, **PHONE, citizen_email="r@example.org") == first
    assert follow(desk, filed, CITIZEN) == follow(desk, filed, CITIZEN) == first
    assert desk.get(filed)["followers"] == 2
    assert [each["step"] for each in desk.timeline(filed)] == ["file", "follow"]


def test_who_follows_no_more_is_not_told(desk):
    filed = desk.file()
    follow(desk, filed)
    follow(desk, filed, HELPDESK, **PHONE)
    told = unfollow(desk, filed)
    assert told["following"] is False
    assert unfollow(desk, filed) == told
    assert desk.get(filed)["followers"] == 1
    assert followed(desk)["items"] == []
    unfollow(desk, filed, HELPDESK, **PHONE)
    desk.take("reject", filed)
    assert "followers" not in desk.events(filed)[-1].data


def test_only_an_open_one_that_may_be_known_is_followed(desk):
    with pytest.raises(Conflict, match="is resolved: only an open one"):
        follow(desk, desk.resolved())
    original, same = desk.file(), desk.file()
    desk.take("merge", same, into=str(original.id))
    with pytest.raises(Conflict, match=f"goes on as {original.number}"):
        follow(desk, same)
    private = desk.file()
    with desk.sessions.begin() as session:
        session.execute(text("UPDATE grievance SET private = true WHERE number = :n"),
                        {"n": private.number})  # fmt: skip
    for caller, said in ((OTHER_CITIZEN, {}), (HELPDESK, PHONE)):
        with pytest.raises(NotFound) as refused:
            follow(desk, private, caller, **said)
        with pytest.raises(NotFound) as unknown:
            follow(desk, Grievance(id=NOBODY), caller, **said)
        assert refused.value.details.keys() == unknown.value.details.keys()
    assert follow(desk, private, CITIZEN)["following"]


def test_a_grievance_has_so_many_followers_and_no_more_even_at_once(desk, monkeypatch):
    monkeypatch.setattr(rules, "MOST_FOLLOWERS", 3)
    filed = desk.file()
    start = threading.Barrier(6)

    def join(number: int) -> bool:
        start.wait(timeout=20)
        try:
            follow(desk, filed, HELPDESK, citizen_phone=f"98220 0000{number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(join, range(6))) == 3
    assert desk.get(filed)["followers"] == 3


def test_who_follows_already_needs_no_room_and_who_would_be_too_many_with_the_merged_has_none(
    desk, monkeypatch
):
    filed, other = desk.file(), desk.file()
    desk.take("merge", other, into=str(filed.id))
    follow(desk, filed)
    monkeypatch.setattr(rules, "MOST_FOLLOWERS", 1)
    assert follow(desk, filed)["following"]
    with pytest.raises(Conflict, match="followed by 1 already"):
        follow(desk, filed, HELPDESK, **PHONE)
    monkeypatch.setattr(rules, "MOST_FOLLOWERS", 9)
    monkeypatch.setattr(merging, "MOST_TOLD", 2)
    with pytest.raises(Conflict, match="would stand for 3 who are told"):
        follow(desk, filed, HELPDESK, **PHONE)
    assert desk.get(filed)["followers"] == 1


def test_who_follows_what_becomes_private_hears_no_more_of_what_it_is_and_may_leave(desk):
    filed = desk.file()
    follow(desk, filed)
    desk.take("transfer", filed, category="birth-certificate")
    assert desk.stored(filed).private
    (told,) = contacts_of(desk, filed)
    assert told["category_name"]["en"] == "a private matter"
    assert told["department_name"]["en"] == "the corporation"
    with pytest.raises(NotFound):
        unfollow(desk, filed, Identity.of("citizen:77", "citizen"))
    assert not unfollow(desk, filed)["following"]
    assert contacts_of(desk, filed) == []


def test_what_an_employee_filed_for_a_caller_is_not_how_they_themselves_are_reached(desk):
    desk.file(BOTH, citizen_name="Asha", citizen_phone="98220 12345")
    filed = desk.file()
    follow(desk, filed, BOTH)
    with desk.sessions() as session:
        (row,) = session.scalars(select(Follower))
    assert (row.subject, row.name, row.phone) == ("officer:roads-je", None, None)


def test_what_others_follow_is_not_withdrawn(desk):
    filed = desk.file()
    follow(desk, filed)
    with pytest.raises(Conflict, match="1 follow it instead of filing the same"):
        desk.take("withdraw", filed, CITIZEN)
    unfollow(desk, filed)
    assert desk.take("withdraw", filed, CITIZEN).state == "withdrawn"


def test_no_event_tells_who_follows(desk):
    filed = desk.file()
    follow(desk, filed)
    follow(desk, filed, HELPDESK, **RAVI)
    desk.take("reject", filed)
    for told in desk.events():
        assert [s for s in ("Ravi", "ravi@", "55555", "citizen:10") if s in told.to_json()] == []
