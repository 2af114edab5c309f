"""Appeals: who may make them, against what, by when they are decided, by whom, and what follows."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from palika.auth import ANONYMOUS, Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.grievance.commands.follow import follow_grievance
from services.grievance.queries import appeals, contacts
from services.grievance.schemas import AppealsOf, Following, PendingAppeals
from tests.support.grievances import CITIZEN, HOUR, NOW, OFFICER, OTHER_CITIZEN, in_utc

DAY = 24 * HOUR
AUTHORITY = Identity.of("supervisor:roads-ee", "supervisor")
SECOND = Identity.of("supervisor:city-engineer", "supervisor")


def rejected(desk, rejection: str = "not_responsible") -> Any:
    return desk.take("reject", desk.file(), rejection=rejection)


def of_one(desk, grievance, caller=CITIZEN, now=NOW + DAY, **key: Any) -> dict[str, Any]:
    key = key or {"id": str(grievance.id)}
    with desk.sessions() as session:
        return appeals.appeals_of(session, caller, AppealsOf().load(key), now)


def pending(desk, now=NOW + DAY, **filters: Any) -> dict[str, Any]:
    with desk.sessions() as session:
        return appeals.pending_appeals(session, OFFICER, PendingAppeals().load(filters), now)


def follow(desk, grievance) -> None:
    args = Following().load({"id": str(grievance.id), "citizen_phone": "98220 12341"})
    with desk.sessions.begin() as session:
        follow_grievance(session, OFFICER, args, NOW)


def decide(desk, grievance, outcome="upheld", caller=AUTHORITY, now=NOW + 2 * DAY) -> Any:
    return desk.take("decide_appeal", grievance, caller, now, outcome=outcome)


# ---- making one


def test_an_appeal_has_a_level_a_ground_and_a_clock_and_is_told_without_words(desk):
    refused = rejected(desk)
    made = desk.take("appeal", refused, CITIZEN, NOW + DAY, grounds="It is your road")
    assert (made.level, made.against, made.grounds) == (1, "rejected", "It is your road")
    # 30 days after 2 July is Saturday, 1 August; the office opens on Monday.
    assert made.decide_by == datetime(2026, 8, 3, 18, 29, 59, tzinfo=UTC)
    told = desk.events(refused)[-1]
    assert (told.type, told.data["level"], told.data["against"], told.data["late"]) == (
        "grievance.appealed.v1", 1, "rejected", False,
    )  # fmt: skip
    assert "your road" not in told.to_json()
    assert told.sequence == desk.stored(refused).version == 3
    entry = desk.timeline(refused, CITIZEN)[-1]
    assert (entry["step"], entry["by"], entry["note"]) == ("appeal", "citizen", "It is your road")
    assert desk.stored(refused).state == "rejected"


def test_only_its_citizen_appeals_by_login_or_by_token(desk):
    filed = desk.file_with_token()
    desk.take("reject", filed.grievance)
    for caller in (OTHER_CITIZEN, ANONYMOUS):
        with pytest.raises(NotFound):
            desk.take("appeal", filed.grievance, caller)
    for caller in (OFFICER, Identity.of("officer:roads-je", "officer", "citizen")):
        with pytest.raises(Forbidden, match="to appeal a grievance is for admin, citizen"):
            desk.take("appeal", filed.grievance, caller)
    made = desk.take("appeal", None, ANONYMOUS, NOW + DAY, token=filed.token)
    assert (made.level, made.appealed_by) == (1, "token")


def test_what_is_in_time_withdrawn_or_appealed_already_is_not_appealed_against(desk):
    filed = desk.file()
    with pytest.raises(Conflict, match=r"^PMC-\d{4}-\d+ is not due before"):
        desk.take("appeal", filed, CITIZEN)
    assert desk.stored(filed).version == len(desk.events(filed)) == 1
    refused = rejected(desk)
    desk.take("appeal", refused, CITIZEN)
    with pytest.raises(Conflict, match="to level 1 is to be decided by"):
        desk.take("appeal", refused, CITIZEN, NOW + DAY)
    withdrawn = desk.take("withdraw", filed, CITIZEN)
    with pytest.raises(Conflict, match="is withdrawn: there is nothing to appeal against"):
        desk.take("appeal", withdrawn, CITIZEN)


def test_what_is_late_may_be_appealed_against_while_the_work_goes_on(desk):
    filed = desk.file()
    desk.take("assign", filed)
    late = filed.due_at + HOUR
    made = desk.take("appeal", filed, CITIZEN, late)
    assert made.against == "overdue"
    ordered = decide(desk, filed, now=late + DAY)
    assert (ordered.state, ordered.officer) == ("assigned", "roads-je")
    told = desk.events(filed)[-1]
    assert (told.data["outcome"], told.data["reopened"]) == ("upheld", False)
    assert desk.take("resolve", filed, now=late + 2 * DAY).state == "resolved"


def test_after_the_last_day_a_reason_is_needed_and_after_the_very_last_none_helps(desk):
    refused = rejected(desk)
    late = NOW + 40 * DAY
    with pytest.raises(Invalid) as caught:
        desk.take("appeal", refused, CITIZEN, late)
    assert "the last day was 2026-07-31" in caught.value.fields["reason"][0]
    with pytest.raises(Conflict, match="the last day to appeal was"):
        desk.take("appeal", refused, CITIZEN, NOW + 100 * DAY, reason="In hospital")
    made = desk.take("appeal", refused, CITIZEN, late, reason="In hospital")
    assert made.delay == "In hospital"
    assert desk.events(refused)[-1].data["late"] is True


@pytest.mark.parametrize("subject", ["sub_judice", "rti", "service_matter"])
def test_whether_a_subject_is_excluded_is_a_supervisors_word_and_appealed_against_once(
    desk, subject
):
    filed = desk.file()
    with pytest.raises(Forbidden, match="which is excluded from appeals, is for admin, supervisor"):
        desk.take("reject", filed, rejection=subject)
    with pytest.raises(Invalid, match="needs a note"):
        desk.take("reject", filed, SECOND, rejection=subject, remark=None)
    refused = desk.take("reject", filed, SECOND, rejection=subject)
    assert of_one(desk, refused)["next"]["against"] == "rejected"
    desk.take("appeal", refused, CITIZEN, NOW + HOUR)
    decide(desk, refused, "dismissed")
    with pytest.raises(Conflict, match=f"rejected as {subject} .*excluded from further appeals"):
        desk.take("appeal", refused, CITIZEN, NOW + 3 * DAY)
    assert of_one(desk, refused, now=NOW + 3 * DAY)["next"] is None
    assert "excluded" in of_one(desk, refused, now=NOW + 3 * DAY)["refusal"]


def test_what_a_level_has_ordered_on_is_not_excluded_by_a_rejection_after_it(desk):
    filed = desk.take("reject", desk.file())
    desk.take("appeal", filed, CITIZEN, NOW + HOUR)
    decide(desk, filed)
    desk.take("reject", filed, SECOND, NOW + 3 * DAY, rejection="sub_judice")
    again = desk.take("appeal", filed, CITIZEN, NOW + 4 * DAY)
    assert (again.level, again.against) == (2, "rejected")
    decide(desk, filed, "dismissed", Identity.of("supervisor:x", "supervisor"), NOW + 5 * DAY)
    assert desk.take("appeal", filed, CITIZEN, NOW + 6 * DAY).level == 3


# ---- deciding one


def test_who_had_a_part_in_it_does_not_decide(desk):
    done = desk.resolved()
    desk.take("reopen", done, CITIZEN, NOW + HOUR)
    desk.take("assign", done, officer="roads-de", now=NOW + HOUR)
    resolver = Identity.of("supervisor:roads-de", "supervisor")
    desk.take("resolve", done, resolver, NOW + 2 * HOUR)
    desk.take("assign", desk.take("reopen", done, CITIZEN, NOW + 3 * HOUR), officer="roads-ae")
    desk.take("resolve", done, Identity.of("officer:roads-xe", "officer"), NOW + 4 * HOUR)
    desk.take("appeal", done, CITIZEN, NOW + DAY)
    for post in ("roads-je", "roads-de", "roads-ae", "roads-xe"):
        with pytest.raises(Forbidden, match="for another officer than the one who"):
            decide(desk, done, caller=Identity.of(f"supervisor:{post}", "supervisor"))
    assert desk.stored(done).state == "resolved"
    assert decide(desk, done).state == "assigned"


def test_who_rejected_it_does_not_decide_and_who_decided_before_does_not_again(desk):
    refused = desk.take("reject", desk.file(), AUTHORITY)
    desk.take("appeal", refused, CITIZEN, NOW + HOUR)
    with pytest.raises(Forbidden, match="who rejected it"):
        decide(desk, refused)
    decide(desk, refused, "dismissed", SECOND)
    second = desk.take("appeal", refused, CITIZEN, NOW + 3 * DAY)
    assert (second.level, second.against) == (2, "order")
    with pytest.raises(Forbidden, match="decided the appeal before"):
        decide(desk, refused, caller=SECOND)


def test_who_filed_it_or_appealed_does_not_decide_it_either(desk):
    both = Identity.of(AUTHORITY.subject, "supervisor", "citizen")
    own = desk.file(both)
    desk.take("reject", own)
    desk.take("appeal", own, both, NOW + HOUR)
    for judge in (AUTHORITY, both, Identity.of("officer:roads-ee", "admin")):
        with pytest.raises(Forbidden, match="who filed it"):
            decide(desk, own, caller=judge)
    assert decide(desk, own, caller=SECOND).state == "filed"
    refused = rejected(desk)
    desk.take("appeal", refused, Identity.of("admin:helpline", "admin"), NOW + HOUR)
    with pytest.raises(Forbidden, match="who appealed"):
        decide(desk, refused, caller=Identity.of("supervisor:helpline", "supervisor"))
    by_token = desk.file_with_token(ANONYMOUS)
    desk.take("reject", by_token.grievance)
    desk.take("appeal", None, ANONYMOUS, NOW + HOUR, token=by_token.token)
    assert decide(desk, by_token.grievance).state == "filed"


def test_a_rejection_that_is_undone_is_open_again(desk):
    for officer in (None, "roads-je"):
        filed = desk.file()
        if officer is not None:
            desk.take("assign", filed, officer=officer)
        desk.take("reject", filed, Identity.of("officer:clerk", "officer"))
        desk.take("appeal", filed, CITIZEN, NOW + HOUR)
        restored = decide(desk, filed)
        assert restored.state == ("filed" if officer is None else "assigned")
        assert (restored.rejection, restored.closed_at, restored.remark) == (None, None, None)
        decided, again = desk.events(filed)[-2:]
        assert decided.type == "grievance.appeal_decided.v1"
        assert (decided.data["reopened"], decided.data["in_time"]) == (True, True)
        assert again.type == "grievance.restored.v1"
        assert (again.data["rejected_at"], again.data["rejection"]) == (
            in_utc(NOW),
            "not_responsible",
        )
        assert (again.data.get("officer"), again.sequence) == (officer, restored.version)
        assert again.data["due_at"] == decided.data["due_at"] == in_utc(restored.due_at)
        steps = [(entry["step"], entry["status"]) for entry in desk.timeline(filed, CITIZEN)]
        assert steps[-2:] == [("decide", "rejected"), ("restore", restored.state)]


def test_an_upheld_appeal_against_a_rejection_tells_all_who_were_told_of_that(desk):
    refused, same = desk.file(), desk.file(OTHER_CITIZEN)
    desk.take("merge", same, into=str(refused.id))
    follow(desk, refused)
    desk.take("reject", refused)
    told = desk.events(refused)[-1].data
    desk.take("appeal", refused, CITIZEN, NOW + HOUR)
    decide(desk, refused)
    restored = desk.events(refused)[-1].data
    assert restored["merged"] == told["merged"] == [str(same.id)]
    assert restored["followers"] == told["followers"]
    assert len(restored["followers"]) == 1


def test_an_upheld_appeal_against_a_merging_tells_who_follows_it(desk):
    original, same = desk.file(), desk.file(OTHER_CITIZEN)
    follow(desk, same)
    desk.take("merge", same, into=str(original.id))
    desk.take("appeal", same, OTHER_CITIZEN, NOW + HOUR)
    decide(desk, same)
    unmerged = desk.events(same)[-1]
    assert (unmerged.type, len(unmerged.data["followers"])) == ("grievance.unmerged.v1", 1)


def test_a_dismissal_is_told_to_who_appealed_alone(desk):
    refused, same = desk.file(), desk.file(OTHER_CITIZEN)
    desk.take("merge", same, into=str(refused.id))
    desk.take("reject", refused)
    desk.take("appeal", refused, CITIZEN, NOW + HOUR)
    decide(desk, refused, "dismissed")
    assert desk.told(refused)[-1] == "appeal_decided"
    assert str(same.id) not in desk.events(refused)[-1].to_json()


def test_a_resolution_that_is_undone_is_reopened_whatever_the_limits(desk):
    done = desk.resolved()
    for times in (1, 2):
        desk.take("rate", done, CITIZEN, NOW + 2 * times * HOUR, rating=1)
        desk.take("resolve", done, now=NOW + (2 * times + 1) * HOUR)
    # The third time the citizen's word does not open it again: the appeal does.
    left = desk.take("rate", done, CITIZEN, NOW + 9 * HOUR, rating=1)
    assert (left.state, left.times_reopened) == ("resolved", 2)
    made = desk.take("appeal", done, CITIZEN, NOW + 10 * DAY)
    assert made.against == "not_put_right"
    again = decide(desk, done, now=NOW + 12 * DAY)
    assert (again.state, again.officer, again.times_reopened) == ("assigned", "roads-je", 3)
    decided, reopened = desk.events(done)[-2:]
    assert decided.data["outcome"] == "upheld"
    assert (reopened.type, reopened.data["reason"]) == ("grievance.reopened.v1", "appeal")
    assert "week" not in decided.to_json() + reopened.to_json()


def test_a_citizen_who_closed_as_satisfied_may_still_appeal(desk):
    done = desk.resolved()
    desk.take("close", done, CITIZEN, NOW + HOUR)
    assert desk.take("appeal", done, CITIZEN, NOW + 20 * DAY).against == "not_put_right"
    again = decide(desk, done, now=NOW + 21 * DAY)
    assert (again.state, again.closed_at) == ("assigned", None)


def test_a_dismissal_says_why_and_changes_nothing_else(desk):
    done = desk.resolved()
    desk.take("appeal", done, CITIZEN, NOW + HOUR)
    with pytest.raises(ValidationError, match="must not be empty"):
        desk.take("decide_appeal", done, AUTHORITY, outcome="dismissed", order=" ")
    left = decide(desk, done, "dismissed")
    assert (left.state, left.times_reopened) == ("resolved", 0)
    shown = of_one(desk, done)["items"][0]
    assert (shown["outcome"], shown["order"]) == ("dismissed", "Do it within a week")
    with pytest.raises(Conflict, match="no appeal is pending"):
        decide(desk, done, caller=SECOND)


def test_without_an_appeal_there_is_nothing_to_decide(desk):
    with pytest.raises(Conflict, match="no appeal is pending"):
        decide(desk, desk.resolved())


# ---- the clocks


def test_an_overdue_decision_opens_the_second_appeal_and_ends_the_first(desk):
    refused = rejected(desk)
    first = desk.take("appeal", refused, CITIZEN)
    with pytest.raises(Conflict, match="to be decided by 2026-07-31"):
        desk.take("appeal", refused, CITIZEN, first.decide_by)
    now = first.decide_by + HOUR
    assert pending(desk, now, overdue=True)["items"][0]["days_left"] == -1
    second = desk.take("appeal", refused, CITIZEN, now)
    assert (second.level, second.against) == (2, "no_order")
    # The first is pending no more: only the second is listed, and only that is decided.
    assert [each["level"] for each in pending(desk, now)["items"]] == [2]
    decide(desk, refused, now=now + DAY)
    assert [each["outcome"] for each in of_one(desk, refused)["items"]] == [None, "upheld"]


def test_a_decision_that_comes_late_still_counts_and_says_so(desk):
    refused = rejected(desk)
    first = desk.take("appeal", refused, CITIZEN)
    decide(desk, refused, "dismissed", now=first.decide_by + DAY)
    assert desk.events(refused)[-1].data["in_time"] is False
    assert desk.take("appeal", refused, CITIZEN, first.decide_by + 20 * DAY).against == "order"


def test_there_is_no_level_above_the_commission(desk):
    refused = rejected(desk)
    for level, caller in enumerate((AUTHORITY, SECOND, Identity.of("admin:rts", "admin")), 1):
        made = desk.take("appeal", refused, CITIZEN, NOW + level * DAY)
        assert made.level == level
        decide(desk, refused, "dismissed", caller, NOW + level * DAY + HOUR)
    with pytest.raises(Conflict, match="through every level"):
        desk.take("appeal", refused, CITIZEN, NOW + 5 * DAY)


# ---- seeing them


def test_the_citizen_sees_which_appeal_is_open_and_until_when(desk):
    filed = desk.file_with_token()
    soon = of_one(desk, filed.grievance, ANONYMOUS, token=filed.token)
    assert soon["next"] is None
    assert "is not due before" in soon["refusal"]
    desk.take("reject", filed.grievance)
    shown = of_one(desk, filed.grievance)
    assert shown["next"] | {"authority": ""} == {
        "level": 1, "against": "rejected", "authority": "", "last_day": "2026-07-31",
        "last_day_with_reason": "2026-09-29",
    }  # fmt: skip
    assert shown["next"]["authority"]["en"] == "First Appellate Authority"
    desk.take("appeal", filed.grievance, CITIZEN)
    decide(desk, filed.grievance, "dismissed")
    shown = of_one(desk, filed.grievance, now=NOW + 3 * DAY)
    assert shown["next"]["level"] == 2
    assert "roads-ee" not in json.dumps(shown)
    with pytest.raises(NotFound):
        of_one(desk, filed.grievance, OTHER_CITIZEN)


def test_pending_appeals_are_listed_by_their_clocks_page_by_page(desk):
    made = []
    for day in (3, 1, 2):
        refused = rejected(desk)
        desk.take("appeal", refused, CITIZEN, NOW + day * DAY + timedelta(minutes=day))
        made.append(str(refused.id))
    decided = rejected(desk)
    desk.take("appeal", decided, CITIZEN)
    decide(desk, decided)
    page = pending(desk, limit=2)
    assert [each["level"] for each in page["items"]] == [1, 1]
    rest = pending(desk, limit=2, cursor=page["next"])
    assert rest["next"] is None
    by_clock = [each["decide_by"] for each in page["items"] + rest["items"]]
    assert by_clock == sorted(by_clock)
    assert {each["id"] for each in page["items"] + rest["items"]} == set(made)
    assert all(not each["overdue"] and each["days_left"] > 20 for each in page["items"])
    assert (
        pending(desk, department="water-supply")["items"] == pending(desk, level=2)["items"] == []
    )
    assert pending(desk, overdue=True)["items"] == []
    with pytest.raises(Invalid):
        pending(desk, cursor="x")


def test_what_a_message_calls_a_decision_is_told_in_both_languages(desk):

    refused, other = rejected(desk), rejected(desk)
    desk.take("appeal", refused, CITIZEN)
    decide(desk, refused, "dismissed")
    with desk.sessions() as session:
        told = contacts.of(session, [refused.id, other.id])
    assert {each["id"]: each["appeal_outcome"] for each in told} == {
        str(refused.id): {"mr": "अमान्य", "en": "dismissed"}, str(other.id): None,
    }  # fmt: skip
