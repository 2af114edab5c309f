"""Handing work over in bulk, on a real database."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from marshmallow import ValidationError

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from services.grievance.commands.officers import set_all
from services.grievance.commands.reassign import reassign_grievances
from services.grievance.domain.posts import Entry
from services.grievance.models import Leave
from services.grievance.schemas import Reassigning
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW

SUPERVISOR = Identity.of("supervisor:roads-ee", "supervisor")
LATER = NOW + HOUR


@pytest.fixture
def roads(desk):
    """A desk with three posts of roads, and one of drainage."""
    with desk.sessions.begin() as session:
        entries = [Entry(code, "roads") for code in ("a", "b", "c")]
        deputy = Entry("roads-je", "roads", level=1)
        set_all(session, [*entries, deputy, Entry("drains", "drainage")])
    return desk


def reassign(desk, **args) -> dict:
    loaded = Reassigning().load(args)
    return reassign_grievances(desk.sessions, SUPERVISOR, loaded, LATER)


def away(desk, officer: str, substitute: str | None = None) -> None:
    until = NOW + timedelta(days=9)
    with desk.sessions.begin() as session:
        session.add(Leave(officer=officer, from_at=NOW, to_at=until, substitute=substitute))


def in_hand(desk, filed) -> Counter:
    return Counter(desk.stored(each).officer for each in filed)


def test_a_leave_moves_nothing_and_reassigning_spreads_what_was_in_hand(roads):
    filed = [roads.file() for _ in range(12)]
    assert in_hand(roads, filed) == {"a": 4, "b": 4, "c": 4}
    away(roads, "a")
    assert in_hand(roads, filed) == {"a": 4, "b": 4, "c": 4}
    done = reassign(roads, from_officer="a", auto=True)
    assert done["counts"] == {"reassigned": 4}
    assert done["next"] is None
    assert in_hand(roads, filed) == {"b": 6, "c": 6}
    moved = next(each for each in filed if each.officer == "a")
    entry = roads.timeline(moved)[-1]
    assert (entry["step"], entry["actor"]) == ("assign", "supervisor:roads-ee")
    told = roads.events(moved)[-1]
    assert (told.name, told.sequence) == ("grievance.assigned", 3)
    assert told.data["officer"] == roads.stored(moved).officer != "a"
    # Again: there is nothing more to do.
    assert reassign(roads, from_officer="a", auto=True)["items"] == []


def test_what_is_with_a_post_on_leave_goes_to_who_stands_in_for_it(desk):
    with desk.sessions.begin() as session:
        ward = (
            Entry("a", "roads", wards=("kothrud-bavdhan",)),
            Entry("b", "roads", wards=("aundh-baner",)),
        )
        set_all(session, [*ward, Entry("roads-je", "roads", level=1)])
    first, second = desk.file(ward="kothrud-bavdhan"), desk.file(ward="kothrud-bavdhan")
    desk.take("resolve", second)
    away(desk, "a", substitute="b")
    assert reassign(desk, from_officer="a", auto=True)["counts"] == {"reassigned": 1}
    assert desk.stored(first).officer == "b"
    assert desk.take("reopen", second, CITIZEN, LATER).officer == "b"


def test_away_from_an_officer_who_is_there_means_to_another(roads):
    filed = [roads.file() for _ in range(3)]
    assert reassign(roads, from_officer="b", auto=True)["counts"] == {"reassigned": 1}
    assert in_hand(roads, filed)["b"] == 0


def test_one_that_cannot_be_given_does_not_stop_the_others(roads):
    filed = [roads.file() for _ in range(4)]
    other = roads.file(category="drainage-choked")
    roads.take("assign", filed[0], officer="b")
    roads.take("withdraw", filed[1], CITIZEN)
    keys = [NOBODY, *(str(each.id) for each in [*filed, other])]
    done = reassign(roads, ids=[*keys, keys[-1]], to_officer="b")
    assert [(item["id"], item["outcome"]) for item in done["items"]] == [
        (NOBODY, "not_found"),
        (keys[1], "unchanged"),
        (keys[2], "conflict"),
        (keys[3], "reassigned"),
        (keys[4], "reassigned"),
        (keys[5], "conflict"),
    ]
    assert done["items"][2]["reason"].startswith("cannot assign a grievance that is withdrawn")
    assert done["items"][5]["reason"] == f"{other.number} is with drainage; b is a post of roads"
    assert {roads.stored(each).officer for each in filed[2:]} == {"b"}
    assert roads.stored(other).officer == "drains"
    assert roads.stored(filed[0]).version == 3


def test_what_waits_for_its_citizen_goes_on_waiting_and_comes_back_to_the_new_officer(roads):
    filed = roads.file()
    roads.take("start", filed)
    roads.take("wait", filed)
    assert reassign(roads, from_officer="a", to_officer="b")["counts"] == {"reassigned": 1}
    kept = roads.stored(filed)
    assert (kept.state, kept.officer, kept.paused_at) == ("waiting", "b", NOW)
    back = roads.take("answer", filed, CITIZEN, LATER)
    assert (back.state, back.officer, back.started_at) == ("assigned", "b", None)


def test_what_nobody_has_finds_somebody_when_there_is_one(desk):
    filed = [desk.file() for _ in range(5)]
    nobody = reassign(desk, unassigned=True, department="roads", auto=True)
    assert nobody["counts"] == {"unrouted": 5}
    with desk.sessions.begin() as session:
        set_all(session, [Entry("a", "roads"), Entry("b", "roads")])
    done = [reassign(desk, unassigned=True, auto=True, limit=2)]
    while done[-1]["next"]:
        args = {"unassigned": True, "auto": True, "limit": 2, "cursor": done[-1]["next"]}
        done.append(reassign(desk, **args))
    assert [each["counts"] for each in done] == [{"reassigned": 2}] * 2 + [{"reassigned": 1}]
    assert in_hand(desk, filed) == {"a": 3, "b": 2}


def test_automatically_means_where_it_is_if_that_is_best(roads):
    filed = [roads.file() for _ in range(3)]
    done = reassign(roads, ids=[str(each.id) for each in filed], auto=True)
    assert done["counts"] == {"unchanged": 3}
    assert [roads.stored(each).version for each in filed] == [2, 2, 2]


def test_two_who_reassign_the_same_at_once_move_each_once(roads):
    filed = [roads.file() for _ in range(30)]
    away(roads, "a")
    start = threading.Barrier(2)

    def act(_: int) -> dict:
        start.wait(timeout=20)
        return reassign(roads, from_officer="a", auto=True)

    with ThreadPoolExecutor(2) as pool:
        counts = [each["counts"] for each in pool.map(act, range(2))]
    assert sum(each.get("reassigned", 0) for each in counts) == 10
    # The other one found it gone: it says so, and takes it from nobody.
    assert all(each.keys() <= {"reassigned", "conflict"} for each in counts)
    assert in_hand(roads, filed)["a"] == 0
    assert sorted(roads.stored(each).version for each in filed) == [2] * 20 + [3] * 10


def test_who_is_not_there_is_given_nothing_by_hand_either(roads):
    filed = roads.file()
    away(roads, "b")
    with pytest.raises(Invalid) as absent:
        reassign(roads, ids=[str(filed.id)], to_officer="b")
    assert absent.value.fields["to_officer"][0].startswith("b is on leave until 10 Jul 2026")
    with pytest.raises(Invalid) as unknown:
        reassign(roads, ids=[str(filed.id)], to_officer="nobody")
    assert unknown.value.fields == {"to_officer": ["nobody is not an active post"]}
    for code, rule in (("b", "b is on leave until"), ("nobody", "nobody is not an active post")):
        with pytest.raises(Invalid) as singly:
            roads.take("assign", filed, officer=code)
        assert singly.value.fields["officer"][0].startswith(rule)
    with pytest.raises(
        Conflict, match=r"PMC-\d{4}-\d+ is with roads; drains is a post of drainage"
    ):
        roads.take("assign", filed, officer="drains")
    assert roads.stored(filed).version == 2


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"auto": True}, "ids"),
        ({"auto": True, "unassigned": False}, "ids"),
        ({"ids": [NOBODY]}, "to_officer"),
        ({"ids": [NOBODY], "auto": True, "to_officer": "a"}, "to_officer"),
        ({"ids": [NOBODY], "auto": True, "from_officer": "a"}, "ids"),
        ({"ids": [], "auto": True}, "ids"),
        ({"ids": [NOBODY] * 501, "auto": True}, "ids"),
        ({"from_officer": "a\n", "auto": True}, "from_officer"),
    ],
)
def test_what_is_to_be_moved_and_to_whom_must_be_said_once(args, field):
    with pytest.raises(ValidationError) as caught:
        Reassigning().load(args)
    assert field in caught.value.messages_dict


# ---- one at a time


def test_before_a_city_has_entered_its_posts_every_code_is_one(desk):
    assert desk.take("assign", desk.file(), officer="somebody").officer == "somebody"


def test_once_it_has_only_an_active_post_is_given_anything(desk):
    with desk.sessions.begin() as session:
        # Of a higher level: nothing is given to it by itself.
        entries = [Entry("roads-de", "roads", level=1), Entry("roads-old", "roads", active=False)]
        set_all(session, [*entries, Entry("roads-je", "roads", level=1)])
    filed = desk.file()
    version = desk.stored(filed).version
    for code in ("nobody", "roads-old"):
        with pytest.raises(Invalid, match=f"{code} is not an active post"):
            desk.take("assign", filed, officer=code)
    assert desk.stored(filed).version == version
    assert desk.take("assign", filed, officer="roads-de").officer == "roads-de"


def test_it_is_not_given_to_whom_it_is_with_already(desk):
    filed = desk.file()
    desk.take("assign", filed)
    with pytest.raises(Conflict, match="is with roads-je already"):
        desk.take("assign", filed)
    assert [event.type for event in desk.events(filed)][1:] == ["grievance.assigned.v1"]


# ---- what comes back


def test_what_is_reopened_goes_back_to_its_officer(roads):
    filed = roads.file()
    roads.take("resolve", filed)
    had = roads.stored(filed).officer
    reopened = roads.take("reopen", filed, CITIZEN, LATER)
    assert (reopened.state, reopened.officer) == ("assigned", had)
    assert roads.events(filed)[-1].name == "grievance.reopened"


@pytest.mark.parametrize("gone", ["away", "retired"])
def test_what_is_reopened_does_not_lie_with_whom_nobody_finds(roads, gone):
    filed = roads.file()
    roads.take("resolve", filed)
    had = roads.stored(filed).officer
    if gone == "away":
        away(roads, had)
    else:
        with roads.sessions.begin() as session:
            set_all(session, [Entry(had, "roads", active=False)])
    reopened = roads.take("reopen", filed, CITIZEN, LATER)
    assert reopened.state == "assigned"
    assert reopened.officer in {"a", "b", "c"} - {had}
    told = roads.events(filed)[-2:]
    assert [each.name for each in told] == ["grievance.reopened", "grievance.assigned"]
    assert told[-1].data["officer"] == reopened.officer
    entry = roads.timeline(filed)[-1]
    assert (entry["step"], entry["actor"]) == ("assign", "service:grievance")


def test_what_is_reopened_stays_where_it_was_if_there_is_nobody_else(roads):
    filed = roads.file()
    roads.take("resolve", filed)
    had = roads.stored(filed).officer
    for code in ("a", "b", "c"):
        away(roads, code)
    assert roads.take("reopen", filed, CITIZEN, LATER).officer == had
