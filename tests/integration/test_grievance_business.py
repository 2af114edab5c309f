"""Whose business a grievance is: who of the office may decide about it, once posts are entered."""

from dataclasses import replace
from fractions import Fraction

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from palika.india import day_of
from services.grievance.attachments import Kind
from services.grievance.commands import sample
from services.grievance.commands.attach import attach
from services.grievance.commands.officers import cancel_leave, set_all, set_leave, set_officer
from services.grievance.domain.posts import Entry
from services.grievance.reference import policy
from services.grievance.schemas import SettingLeave, SettingOfficer
from tests.support.grievances import CENTRE, CITIZEN, HOUR, NOW, GrievanceDesk, in_utc

HEAD = Identity.of("supervisor:roads-head", "supervisor")
OTHERS = Identity.of("officer:water-je", "officer")
WARD = "aundh-baner"


@pytest.fixture
def desk(desk: GrievanceDesk) -> GrievanceDesk:
    """A desk with a ladder of roads, a post of water supply, and another ward's officer."""
    with desk.sessions.begin() as session:
        posts = [
            Entry("roads-je", "roads"),
            Entry("roads-wo", "roads", level=2),
            Entry("roads-head", "roads", level=3),
            Entry("water-je", "water-supply"),
            Entry("aundh-wo", "garden", level=2, wards=(WARD,)),
            Entry("kothrud-wo", "garden", level=2, wards=("kothrud-bavdhan",)),
        ]
        set_all(session, posts)
    return desk


def identity(code: str, role: str = "officer") -> Identity:
    return Identity.of(f"{role}:{code}", role)


@pytest.mark.parametrize("code", ["water-je", "kothrud-wo", "never-entered"])
def test_who_has_nothing_to_do_with_it_decides_nothing_about_it(desk, code):
    filed = desk.file(ward=WARD)
    for step in ("start", "resolve", "reject", "transfer", "wait"):
        with pytest.raises(
            Forbidden, match=f"the posts of roads and the officer of its ward; {code}"
        ):
            desk.take(step, filed, identity(code))
    assert desk.stored(filed).state == "assigned"
    # What it knows of it, it may say.
    desk.take("comment", filed, identity(code))
    assert desk.get(filed, identity(code))["steps"] == ["comment", "link", "unlink", "attach"]


@pytest.mark.parametrize("code", ["roads-je", "roads-head", "aundh-wo"])
def test_its_holder_its_department_and_its_wards_officer_do(desk, code):
    filed = desk.file(ward=WARD)
    assert "resolve" in desk.get(filed, identity(code))["steps"]
    assert desk.take("resolve", filed, identity(code)).state == "resolved"


def test_a_supervisor_without_a_post_is_of_the_citys_centre(desk):
    filed = desk.file(ward=WARD)
    with pytest.raises(Forbidden, match="water-je is the junior-engineer of water-supply"):
        desk.take("start", filed, identity("water-je", "supervisor"))
    assert desk.take("start", filed, CENTRE).state == "in_progress"


def test_whoever_files_as_a_citizen_does_not_say_that_it_is_put_right(desk):
    both = Identity.of("officer:roads-je", "officer", "citizen")
    filed = desk.file(both, ward=WARD)
    with pytest.raises(Forbidden, match="another officer than the one who filed it"):
        desk.take("resolve", filed, both)
    desk.take("resolve", filed, HEAD)
    assert desk.take("rate", filed, both, rating=5).state == "closed"


@pytest.mark.parametrize(
    ("code", "may"),
    [("roads-je", False), ("roads-wo", True), ("roads-head", True), ("aundh-wo", True),
     ("kothrud-wo", False), ("water-je", False), ("commissioner", True)],
)  # fmt: skip
def test_an_appeal_is_decided_by_its_authority_or_who_is_above_it(desk, code, may):
    filed = desk.file(ward=WARD)
    desk.take("reject", filed, HEAD if code == "roads-wo" else identity("roads-wo"))
    desk.take("appeal", filed, CITIZEN, NOW + HOUR)
    judge = identity(code, "supervisor")
    if code == "roads-je":
        desk.take("comment", filed, judge)
    if may:
        desk.take("decide_appeal", filed, judge, NOW + 2 * HOUR, outcome="upheld")
        assert desk.stored(filed).state == "assigned", "what is ordered is done, whoever orders it"
        return
    with pytest.raises(Forbidden, match=f"decided by the ward-officer of roads.*{code} is the"):
        desk.take("decide_appeal", filed, judge, NOW + 2 * HOUR, outcome="upheld")


def set_post(desk, caller, code: str, department: str, **args) -> None:
    with desk.sessions.begin() as session:
        asked = SettingOfficer().load({"code": code, "department": department} | args)
        set_officer(session, caller, asked)


def test_a_post_is_changed_by_its_own_department_and_leaves_it_without_work_alone(desk):
    water = identity("water-head", "supervisor")
    set_post(desk, CENTRE, "water-head", "water-supply", level=3)
    with pytest.raises(Forbidden, match="are its own department's business; water-head is the"):
        set_post(desk, water, "roads-je", "roads")
    with pytest.raises(Forbidden, match="are its own department's business"):
        set_post(desk, water, "roads-je", "water-supply")
    set_post(desk, water, "water-ae", "water-supply")
    desk.file(ward=WARD)
    with pytest.raises(Conflict, match="roads-je has 1 open ones of roads in hand"):
        set_post(desk, CENTRE, "roads-je", "drainage")
    with desk.sessions.begin() as session, pytest.raises(Conflict, match="has 1 open ones"):
        set_all(session, [Entry("roads-je", "drainage")])
    set_post(desk, CENTRE, "roads-wo", "drainage")


def test_nobody_makes_more_of_their_own_post_and_who_has_left_it_is_not_the_centre(desk):
    head = identity("roads-head", "supervisor")
    with pytest.raises(Forbidden, match="roads-head is your own post"):
        set_post(desk, head, "roads-head", "roads", level=3)
    set_post(desk, CENTRE, "roads-head", "roads", level=3, active=False)
    filed = desk.file(ward=WARD)
    with pytest.raises(Forbidden, match="roads-head is no active post"):
        desk.take("resolve", filed, head)
    with pytest.raises(Forbidden, match="roads-head is no active post"):
        set_post(desk, head, "roads-new", "roads")


def test_a_leave_is_said_and_taken_back_by_its_own_department(desk):
    asked = {"officer": "roads-je", "from_at": in_utc(NOW), "to_at": in_utc(NOW + 9 * HOUR)}
    others = identity("water-je", "supervisor")
    with desk.sessions.begin() as session, pytest.raises(Forbidden, match="own department"):
        set_leave(session, others, SettingLeave().load(asked), NOW)
    with desk.sessions.begin() as session:
        made = set_leave(session, HEAD, SettingLeave().load(asked), NOW)
        with pytest.raises(Forbidden, match="own department"):
            cancel_leave(session, others, made.id, NOW)


def test_what_is_put_right_is_checked_and_shown_by_whose_business_it_is(desk, monkeypatch):
    every = replace(policy(), sample_percent=Fraction(100))
    monkeypatch.setattr(sample, "policy", lambda: every)
    done = desk.file(ward=WARD)
    desk.take("resolve", done, identity("roads-je"))
    with desk.sessions.begin() as session:
        sample.draw(session, day_of(NOW), NOW + 24 * HOUR)
    for nobody in (OTHERS, identity("never-entered")):
        with pytest.raises(Forbidden, match="to check it is for the post that has it in hand"):
            desk.take("check_sample", done, nobody, outcome="not_done", note="No")
        args = {"id": done.id, "kind": Kind.PHOTO_AFTER, "public": True}
        with pytest.raises(Forbidden, match="to resolve it is for"):
            attach(desk.sessions.begin, None, nobody, args, NOW)
    assert desk.take("check_sample", done, HEAD).state == "resolved"


def test_to_whom_it_is_no_business_no_legal_steps_are_named(desk):
    done = desk.file(ward=WARD)
    desk.take("resolve", done, identity("roads-je"))
    with pytest.raises(Forbidden, match="to start it is for"):
        desk.take("start", done, OTHERS)
    with pytest.raises(Conflict, match="legal now: reopen"):
        desk.take("start", done, HEAD)
