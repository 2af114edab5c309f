"""The citizen's side: tokens, ratings, reopening, anonymity, one's own list, and who sees what."""

import json
from typing import Any

import pytest

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Conflict, Invalid, NotFound
from services.grievance.queries import mine as own
from services.grievance.queries import one
from services.grievance.schemas import Mine
from tests.support.grievances import CITIZEN, HOUR, NOW, OFFICER, OTHER_CITIZEN

DAY = 24 * HOUR


def track(desk, token: str) -> dict[str, Any]:
    with desk.sessions() as session:
        return one.track(session, token, NOW)


def mine(desk, caller: Identity, **filters: Any) -> dict[str, Any]:
    with desk.sessions() as session:
        return own.page(session, caller, Mine().load(filters))


# ---- the token


def test_a_grievance_is_followed_by_its_token_without_a_word_that_somebody_wrote(desk):
    filed = desk.file_with_token(address="12, Hidden Lane", citizen_name="Asha")
    desk.take("comment", filed.grievance, text="Internal", public=False)
    desk.take("assign", filed.grievance)
    shown = track(desk, filed.token)
    assert (shown["number"], shown["status"]) == (filed.grievance.number, "assigned")
    assert [entry["step"] for entry in shown["timeline"]] == ["file", "assign"]
    assert shown["steps"] == ["withdraw", "comment", "attach", "locate"]
    for secret in ("A hole", "Hidden", "Asha", "Internal", "citizen:9", "officer:roads-je"):
        assert secret not in json.dumps(shown)


def test_only_the_hash_of_a_token_is_kept(desk):
    filed = desk.file_with_token()
    assert len(filed.token) >= 20
    assert filed.token not in str(desk.stored(filed.grievance).__dict__)
    for wrong in ("", "x", filed.token[:-1], filed.grievance.token_hash.hex()):
        with pytest.raises(NotFound):
            track(desk, wrong)


def test_what_was_filed_before_is_answered_without_a_token(desk):
    first = desk.file_with_token(source="citizen:9", source_id="1")
    again = desk.file_with_token(source="citizen:9", source_id="1")
    assert again.grievance.id == first.grievance.id
    assert (first.token is not None, again.token) == (True, None)


def test_who_has_the_token_is_the_citizen_and_no_more(desk):
    filed = desk.file_with_token(citizen_name="Asha")
    desk.take("assign", filed.grievance)
    desk.take("resolve", filed.grievance)
    with pytest.raises(NotFound):
        desk.take("rate", None, ANONYMOUS, token="a" * 22)
    with pytest.raises(NotFound):
        desk.take("rate", filed.grievance, ANONYMOUS)
    closed = desk.take("rate", None, ANONYMOUS, NOW + HOUR, token=filed.token)
    assert (closed.state, closed.rating) == ("closed", 5)
    assert desk.timeline(filed.grievance)[-1]["actor"] == "token"


# ---- anonymous


def test_who_is_not_known_may_file_where_the_category_allows_it(desk):
    filed = desk.file_with_token(ANONYMOUS)
    assert (filed.grievance.anonymous, filed.grievance.filed_by) == (True, "anonymous")
    assert track(desk, filed.token)["status"] == "filed"
    with pytest.raises(Invalid) as refused:
        desk.file(ANONYMOUS, category="water-bill", attributes={"connection_number": "1"})
    assert list(refused.value.fields) == ["anonymous"]


def test_who_does_not_want_to_be_known_is_not_kept(desk):
    filed = desk.file(CITIZEN, anonymous=True)
    assert (filed.anonymous, filed.filed_by) == (True, "anonymous")
    assert "citizen:9" not in json.dumps(desk.get(filed))
    assert mine(desk, CITIZEN)["items"] == []


def test_no_anonymous_caller_sees_or_touches_what_another_has_filed(desk):
    filed = desk.file(ANONYMOUS)
    for nobody in (ANONYMOUS, Identity.of("anonymous", "citizen")):
        with pytest.raises(NotFound):
            desk.get(filed, nobody)
        with pytest.raises(NotFound):
            desk.take("comment", filed, nobody)
        assert mine(desk, nobody)["items"] == []


# ---- the citizen's word


def test_a_satisfied_citizen_closes_it(desk):
    done = desk.resolved()
    closed = desk.take("rate", done, CITIZEN, NOW + HOUR, rating=3, comment="Well done")
    assert (closed.state, closed.rating, closed.closed_at) == ("closed", 3, NOW + HOUR)
    rated, ended = desk.events(done)[-2:]
    assert rated.data["rating"] == 3
    assert (rated.data["satisfied"], rated.data["officer"]) == (True, "roads-je")
    assert ended.data["closed_by"] == "citizen"


@pytest.mark.parametrize("said", [{"rating": 2}, {"rating": 5, "satisfied": False}])
def test_a_citizen_who_is_not_satisfied_reopens_it(desk, said):
    done = desk.resolved()
    open_again = desk.take("rate", done, CITIZEN, NOW + HOUR, comment="Half done", **said)
    assert (open_again.state, open_again.officer) == ("assigned", "roads-je")
    assert open_again.rating == said["rating"]
    rated, reopened = desk.events(done)[-2:]
    assert rated.data["satisfied"] is False
    assert reopened.data["reason"] == "low_rating"


def test_when_it_was_reopened_too_often_the_rating_stands_and_the_appeal_is_left(desk):
    done = desk.resolved()
    for times in (1, 2):
        desk.take("rate", done, CITIZEN, NOW + 2 * times * HOUR, rating=1)
        desk.take("resolve", done, now=NOW + (2 * times + 1) * HOUR)
    left = desk.take("rate", done, CITIZEN, NOW + 9 * HOUR, rating=1)
    assert (left.state, left.rating, left.times_reopened) == ("resolved", 1, 2)
    with pytest.raises(Conflict, match="was reopened 2 times by its citizen, which is the limit"):
        desk.take("reopen", done, CITIZEN, NOW + 9 * HOUR)


def test_the_office_uses_up_nothing_of_the_citizens_right_to_reopen(desk):
    done = desk.resolved()
    for times in (1, 2, 3):
        desk.take("reopen", done, OFFICER, NOW + 2 * times * HOUR)
        desk.take("resolve", done, now=NOW + (2 * times + 1) * HOUR)
    for times in (4, 5):
        again = desk.take("rate", done, CITIZEN, NOW + 2 * times * HOUR, rating=1)
        assert (again.state, again.times_reopened) == ("assigned", times)
        desk.take("resolve", done, now=NOW + (2 * times + 1) * HOUR)
    assert desk.take("rate", done, CITIZEN, NOW + 12 * HOUR, rating=1).state == "resolved"
    with pytest.raises(Conflict, match="reopened 2 times by its citizen") as refused:
        desk.take("reopen", done, CITIZEN, NOW + 12 * HOUR)
    assert refused.value.details["instead"] == ["appeal"]
    # Who finds their own work undone may say so, within the window.
    assert desk.take("reopen", done, OFFICER, NOW + 12 * HOUR).times_reopened == 6


def test_an_employee_who_filed_it_and_who_has_the_token_have_the_citizens_limit(desk):
    employee = Identity.of("officer:clerk", "officer", "citizen")
    for caller, key in ((employee, False), (ANONYMOUS, True)):
        filed = desk.file_with_token(caller)
        who = (None, caller) if key else (filed.grievance, caller)
        args = {"token": filed.token} if key else {}
        desk.take("assign", filed.grievance)
        for times in (1, 2, 3):
            now = NOW + times * HOUR
            desk.take("resolve", filed.grievance, now=now)
            if times < 3:
                desk.take("reopen", *who, now, **args)
        with pytest.raises(Conflict, match="by its citizen, which is the limit"):
            desk.take("reopen", *who, NOW + 4 * HOUR, **args)


def test_one_resolution_is_rated_once_and_the_next_again(desk):
    done = desk.resolved()
    desk.take("rate", done, CITIZEN, NOW + HOUR)
    with pytest.raises(Conflict, match="was rated"):
        desk.take("rate", done, CITIZEN, NOW + 2 * HOUR)
    desk.take("reopen", done, CITIZEN, NOW + 2 * HOUR)
    desk.take("resolve", done, now=NOW + 3 * HOUR)
    assert desk.take("rate", done, CITIZEN, NOW + 4 * HOUR, rating=4).rating == 4


def test_silence_closes_and_within_the_window_the_citizen_opens_again(desk):
    done = desk.resolved()
    closed = desk.take("close", done, SYSTEM("grievance"), NOW + DAY)
    assert (closed.state, closed.closed_by) == ("closed", "silence")
    opened = desk.take("reopen", done, CITIZEN, NOW + 3 * DAY)
    assert (opened.state, opened.closed_at, opened.resolved_at) == ("assigned", None, None)


def test_after_the_window_nobody_reopens(desk):
    done = desk.resolved()
    late = NOW + 3 * DAY + HOUR
    for caller in (CITIZEN, OFFICER):
        with pytest.raises(Conflict, match="an appeal is possible"):
            desk.take("reopen", done, caller, late)
    left = desk.take("rate", done, CITIZEN, late, rating=1)
    assert (left.state, left.rating) == ("resolved", 1)


# ---- what is seen


def test_the_citizen_sees_what_is_public_and_not_who_in_the_office_did_it(desk):
    filed = desk.file(CITIZEN)
    desk.take("assign", filed, Identity.of("officer:Asha Kulkarni", "officer"))
    desk.take("comment", filed, text="He complains every week")
    desk.take("wait", filed, question="Which school?")
    desk.take("answer", filed, CITIZEN, NOW + HOUR, answer="The ZP school")
    entries = desk.timeline(filed, CITIZEN)
    assert [(entry["step"], entry["by"], entry["note"]) for entry in entries] == [
        ("file", "citizen", None),
        ("assign", "office", None),
        ("wait", "office", "Which school?"),
        ("answer", "citizen", "The ZP school"),
    ]
    assert entries[1]["data"] == {"officer": "roads-je"}
    assert "Kulkarni" not in json.dumps(desk.get(filed, CITIZEN))
    assert [entry["actor"] for entry in desk.timeline(filed)][1] == "officer:Asha Kulkarni"


def test_each_is_shown_the_steps_that_are_theirs(desk):
    done = desk.resolved()
    assert desk.get(done, CITIZEN)["steps"] == [
        "rate",
        "close",
        "reopen",
        "comment",
        "attach",
        "appeal",
    ]
    offices = ["reopen", "comment", "link", "unlink", "attach", "detach"]
    assert desk.get(done, OFFICER)["steps"] == offices


def test_a_citizens_own_are_listed_newest_first_and_nobody_elses(desk):
    first = desk.file(CITIZEN)
    second = desk.file(CITIZEN, NOW + HOUR)
    desk.file(OTHER_CITIZEN)
    page = mine(desk, CITIZEN, limit=1)
    assert [each["id"] for each in page["items"]] == [str(second.id)]
    rest = mine(desk, CITIZEN, limit=1, cursor=page["next"])
    assert [each["id"] for each in rest["items"]] == [str(first.id)]
    assert rest["next"] is None
    desk.take("assign", first)
    assert [each["id"] for each in mine(desk, CITIZEN, status="assigned")["items"]] == [
        str(first.id)
    ]


# ---- what is asked when filing


def test_a_filing_with_a_place_is_found_again_by_its_cell(desk):
    filed = desk.file(lat=18.5204, lon=73.8567)
    assert (filed.lat, filed.lon) == (18.5204, 73.8567)
    assert filed.cell is not None
    assert desk.file().cell is None


@pytest.mark.parametrize("place", [{"lat": 18.5}, {"lat": 73.8, "lon": 18.5}, {"lat": 0, "lon": 0}])
def test_half_a_place_or_one_elsewhere_is_refused(desk, place):
    with pytest.raises(Invalid):
        desk.file(**place)
    assert desk.events() == []


def test_the_words_of_a_filing_can_be_searched(desk):
    from sqlalchemy import select

    from palika.words import query_tokens
    from services.grievance.models import SearchWords

    filed = desk.file(description="शाळेसमोर मोठा खड्डा", address="Satara Road")
    for words in ("खड्डे", "satara"):
        found = select(SearchWords.grievance_id).where(
            SearchWords.tokens.contains(query_tokens(words))
        )
        with desk.sessions() as session:
            assert session.scalars(found).all() == [filed.id]


def test_answers_to_the_categorys_questions_are_checked(desk):
    filed = desk.file(attributes={"how_many": 3})
    assert desk.stored(filed).attributes == {"how_many": 3}
    for wrong in ({"colour": "red"}, {"how_many": "many"}):
        with pytest.raises(Invalid) as refused:
            desk.file(attributes=wrong)
        assert list(refused.value.fields) == [f"attributes.{next(iter(wrong))}"]


# ---- filing twice


KEY = {"source": "anonymous", "source_id": "7"}


def test_who_has_no_login_may_file_again_after_an_answer_was_lost(desk):
    said = KEY | {"citizen_phone": "98220 12345", "attributes": {"how_many": 2}}
    first = desk.file_with_token(ANONYMOUS, **said)
    desk.take("transfer", first.grievance, category="road-damage")
    again = desk.file_with_token(ANONYMOUS, NOW + HOUR, **said)
    assert (again.grievance.id, again.token) == (first.grievance.id, None)
    assert [event.type for event in desk.events()].count("grievance.filed.v1") == 1


def test_who_files_anonymously_with_a_login_may_too(desk):
    said = {"source": CITIZEN.subject, "source_id": "7"}
    said |= {"category": "encroachment", "anonymous": True}
    first = desk.file(CITIZEN, **said)
    assert desk.file(CITIZEN, NOW + HOUR, **said).id == first.id


@pytest.mark.parametrize(
    "other", [{"description": "Else"}, {"citizen_phone": "98220 54321"}, {"address": "There"}]
)
def test_a_guessed_key_shows_nobody_what_somebody_else_has_filed(desk, other):
    said = KEY | {"citizen_phone": "98220 12345"}
    desk.file(ANONYMOUS, **said)
    with pytest.raises(Conflict, match="of source 'anonymous' is taken"):
        desk.file(ANONYMOUS, **said | other)
    with pytest.raises(Conflict, match="of source 'anonymous' is taken"):
        desk.file(OFFICER, **said | other)
