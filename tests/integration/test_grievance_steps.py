"""The steps of a grievance's life on a real database: what each changes, tells and refuses."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event as sqlalchemy_events

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.grievance.models import Grievance
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW, OFFICER, OTHER_CITIZEN

SUPERVISOR = Identity.of("supervisor:roads-ee", "supervisor")
SCHEDULER = SYSTEM("grievance")


def test_a_whole_life_is_on_the_timeline_and_in_the_events(desk):
    filed = desk.file()
    for number, (step, caller) in enumerate(
        [("acknowledge", OFFICER), ("assign", SUPERVISOR), ("start", OFFICER), ("wait", OFFICER),
         ("answer", CITIZEN), ("resolve", OFFICER), ("rate", CITIZEN)]
    ):  # fmt: skip
        last = desk.take(step, filed, caller, NOW + number * HOUR)
    told = desk.events()
    assert [event.name.partition(".")[2] for event in told] == [
        "filed", "acknowledged", "assigned", "started", "waiting", "answered", "resolved", "rated",
        "closed",
    ]  # fmt: skip
    assert [event.sequence for event in told] == list(range(1, 10))
    assert (last.state, last.version, last.rating, last.closed_by) == ("closed", 9, 5, "citizen")
    timeline = desk.timeline(filed)
    assert [entry["step"] for entry in timeline] == [
        "file", "acknowledge", "assign", "start", "wait", "answer", "resolve", "rate", "close",
    ]  # fmt: skip
    assert [entry["status"] for entry in timeline] == [
        "filed", "acknowledged", "assigned", "in_progress", "waiting", "in_progress", "resolved",
        "resolved", "closed",
    ]  # fmt: skip
    for before, after in itertools.pairwise(timeline):
        assert after["from_status"] == before["status"]
        assert after["at"] >= before["at"]
    assert timeline[2]["actor"] == "supervisor:roads-ee"
    assert timeline[2]["actor_role"] == "supervisor"


def test_what_a_step_gives_is_what_is_stored(desk):
    filed = desk.file()
    given = desk.take("assign", filed)
    stored = desk.stored(filed)
    for column in Grievance.__table__.columns:
        assert getattr(given, column.key) == getattr(stored, column.key), column.key


def test_a_step_is_three_statements(desk):
    filed = desk.file()
    statements: list[str] = []
    engine = desk.sessions.kw["bind"]

    def count(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    sqlalchemy_events.listen(engine, "before_cursor_execute", count)
    try:
        desk.take("acknowledge", filed)
    finally:
        sqlalchemy_events.remove(engine, "before_cursor_execute", count)
    assert [each.split()[0] for each in statements] == ["SELECT", "WITH", "INSERT"]


def test_an_illegal_step_changes_nothing_and_names_the_legal_ones(desk):
    filed = desk.file()
    for step, who, legal in (
        ("start", OFFICER, "acknowledge, assign, reject, transfer, merge, "),
        ("resolve", OFFICER, "acknowledge, assign, reject, transfer, merge, "),
        ("close", SCHEDULER, "acknowledge, assign, reject, transfer, merge, "),
        *((step, CITIZEN, "withdraw, ") for step in ("answer", "reopen", "rate")),
    ):
        with pytest.raises(Conflict, match=f"legal now: {legal}comment"):
            desk.take(step, filed, who)
    assert len(desk.events()) == len(desk.timeline(filed)) == desk.stored(filed).version == 1


@pytest.mark.parametrize("step", ["acknowledge", "assign", "reject", "transfer"])
def test_a_citizen_cannot_do_what_is_the_offices(desk, step):
    filed = desk.file()
    with pytest.raises(Forbidden, match=f"to {step} a grievance is for admin, officer"):
        desk.take(step, filed, CITIZEN)
    assert desk.stored(filed).version == 1


@pytest.mark.parametrize("step", ["close", "rate"])
def test_an_officer_cannot_give_the_citizens_word(desk, step):
    done = desk.resolved()
    with pytest.raises(Forbidden, match="the caller is officer"):
        desk.take(step, done, OFFICER)
    assert desk.stored(done).state == "resolved"


def test_a_step_on_anothers_grievance_finds_nothing(desk):
    done = desk.resolved()
    for step in ("rate", "close", "reopen", "comment"):
        with pytest.raises(NotFound):
            desk.take(step, done, OTHER_CITIZEN)
    with pytest.raises(NotFound):
        desk.take("assign", Grievance(id=NOBODY))


def test_every_step_refuses_what_was_decided_on_an_older_reading(desk):
    filed = desk.file()
    desk.take("comment", filed, CITIZEN)
    for step in ("acknowledge", "assign", "reject", "transfer"):
        with pytest.raises(Conflict, match="at version 2, not 1"):
            desk.take(step, filed, version=1)
    assert desk.take("acknowledge", filed, version=2).version == 3


def test_of_many_who_act_at_once_on_one_version_one_does(desk):
    filed = desk.file()
    start = threading.Barrier(6)

    def act(step: str) -> bool:
        start.wait(timeout=20)
        try:
            desk.take(step, filed, version=1)
        except Conflict:
            return False
        return True

    steps = ["acknowledge", "assign", "reject", "transfer", "assign", "acknowledge"]
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(act, steps)) == 1
    assert desk.stored(filed).version == len(desk.events()) == len(desk.timeline(filed)) == 2


def test_while_the_citizen_is_asked_the_clock_stands_still(desk):
    # Round the clock, so that an hour is an hour.
    filed = desk.file(category="manhole-cover")
    desk.take("assign", filed)
    waiting = desk.take("wait", filed, now=NOW + HOUR)
    assert (waiting.state, waiting.paused_state) == ("waiting", "assigned")
    going = desk.take("answer", filed, CITIZEN, NOW + 4 * HOUR)
    assert (going.state, going.paused_at, going.paused_minutes) == ("assigned", None, 180)
    assert going.due_at == filed.due_at + 3 * HOUR
    answered = desk.events(filed)[-1]
    assert answered.data["waited_minutes"] == 180
    assert answered.data["due_at"] == (filed.due_at + 3 * HOUR).isoformat().replace("+00:00", "Z")


def test_a_transfer_keeps_the_citizens_clock_and_lets_nobody_have_it(desk):
    filed = desk.file()
    desk.take("assign", filed)
    desk.take("wait", filed, now=NOW + HOUR)
    sent = desk.take("transfer", filed, now=NOW + 3 * HOUR, category="manhole-cover")
    fresh = desk.file(category="manhole-cover")
    assert (sent.state, sent.officer, sent.department) == ("acknowledged", None, "drainage")
    assert sent.due_at == fresh.due_at + 2 * HOUR
    assert sent.paused_at is None
    told = desk.events(filed)[-1].data
    assert (told["from_department"], told["from_category"]) == ("roads", "pothole")
    assert (told["department"], told["category"]) == ("drainage", "manhole-cover")


def test_a_transfer_to_where_it_is_or_to_nowhere_is_refused(desk):
    filed = desk.file()
    with pytest.raises(Conflict, match="is with roads, as pothole, already"):
        desk.take("transfer", filed, category="pothole")
    with pytest.raises(Invalid) as refused:
        desk.take("transfer", filed, category="potholes")
    assert list(refused.value.fields) == ["category"]
    for nowhere in ("potholes", "stlouis:Streets"):
        with pytest.raises(Invalid) as refused:
            desk.take("transfer", filed, category="pothole", department=nowhere)
        assert list(refused.value.fields) == ["department"]
    other = desk.take("transfer", filed, category="pothole", department="drainage")
    assert (other.department, other.category) == ("drainage", "pothole")


def test_a_rejection_names_one_of_the_policys_reasons(desk):
    filed = desk.file()
    with pytest.raises(Invalid) as refused:
        desk.take("reject", filed, rejection="no_time")
    assert list(refused.value.fields) == ["rejection"]
    with pytest.raises(Invalid, match="needs a word"):
        desk.take("reject", filed, remark=None)
    rejected = desk.take("reject", filed, remark="Ask the highway authority")
    assert (rejected.state, rejected.rejection) == ("rejected", "not_responsible")
    assert (rejected.closed_at, rejected.closed_by) == (NOW, "office")
    assert desk.events(filed)[-1].data["rejection"] == "not_responsible"
    with pytest.raises(Conflict, match="legal now: comment, link, unlink"):
        desk.take("assign", filed)


def test_who_files_takes_it_back(desk):
    filed = desk.file()
    with pytest.raises(Forbidden):
        desk.take("withdraw", filed, OFFICER)
    withdrawn = desk.take("withdraw", filed, CITIZEN, reason="It was filled overnight")
    assert (withdrawn.state, withdrawn.closed_by) == ("withdrawn", "citizen")


def test_a_comment_is_for_whom_it_is_meant_and_moves_no_clock(desk):
    done = desk.resolved()
    desk.take("comment", done, text="Contractor did not come twice")
    desk.take("comment", done, text="The work is on Monday", public=True)
    desk.take("comment", done, CITIZEN, NOW + 48 * HOUR, text="Nobody came")
    seen = [entry["note"] for entry in desk.timeline(done, CITIZEN) if entry["step"] == "comment"]
    assert seen == ["The work is on Monday", "Nobody came"]
    assert len([each for each in desk.timeline(done) if each["step"] == "comment"]) == 3
    with pytest.raises(Conflict, match="could be reopened until"):
        desk.take("reopen", done, CITIZEN, NOW + 73 * HOUR)


def test_links_go_both_ways_once(desk):
    one, other = desk.file(), desk.file()
    desk.take("link", one, other=str(other.id))
    for here, there in ((one, other), (other, one)):
        (found,) = desk.get(here)["links"]
        assert found == {"id": str(there.id), "number": there.number, "status": "filed"}
        with pytest.raises(Conflict, match="already"):
            desk.take("link", here, other=str(there.id))
    assert "links" not in desk.get(one, CITIZEN)
    desk.take("unlink", other, other=str(one.id))
    assert desk.get(one)["links"] == []
    assert [event.name for event in desk.events(other)][1:] == ["grievance.unlinked"]
    with pytest.raises(NotFound, match="is not linked"):
        desk.take("unlink", one, other=str(other.id))
    with pytest.raises(NotFound):
        desk.take("link", one, other=NOBODY)
    with pytest.raises(Invalid):
        desk.take("link", one, other=str(one.id))


def test_where_the_category_asks_for_it_a_resolution_must_be_shown(desk):
    filed = desk.file(category="road-damage")
    desk.take("assign", filed)
    with pytest.raises(Conflict, match="without a photograph"):
        desk.take("resolve", filed)
    assert desk.stored(filed).state == "assigned"
    _show(desk, filed, NOW)
    assert desk.take("resolve", filed).state == "resolved"
    desk.take("reopen", filed, CITIZEN, NOW + HOUR)
    # A photograph of the work that was not good enough shows nothing of the next.
    with pytest.raises(Conflict, match="without a photograph"):
        desk.take("resolve", filed, now=NOW + 2 * HOUR)
    _show(desk, filed, NOW + 2 * HOUR)
    assert desk.take("resolve", filed, now=NOW + 3 * HOUR).state == "resolved"


def _show(desk, grievance, now) -> None:
    import uuid

    from services.grievance.models import Attachment

    with desk.sessions.begin() as session:
        session.add(
            Attachment(
                id=uuid.uuid4(),
                grievance_id=grievance.id,
                kind="photo",
                phase="after",
                key="k",
                content_type="image/jpeg",
                bytes=1,
                sha256="x",
                added_at=now,
                added_by=OFFICER.subject,
                added_role="officer",
            )
        )
