"""What the desk's pages ask beside steps: what is legal with many, the reasons of a rejection, and
a step that is asked again under the same call."""

import uuid

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from tests.support.grievance_service import Service
from tests.support.grievances import OFFICER

JE = Identity.of("officer:roads-je", "officer")
OTHER = Identity.of("officer:water-je", "officer")
CHIEF = Identity.of("officer:roads-ce", "officer", "supervisor")
POSTS = {
    "roads-je": {"department": "roads"},
    "roads-ce": {"department": "roads", "level": 2},
    "water-je": {"department": "water-supply"},
    "vigilance-je": {"department": "vigilance"},
}


def calling(desk, who, call=None):
    service = Service(desk.sessions, who)
    service.caller.call = call
    return service


def test_what_is_legal_with_many_is_what_each_says_by_itself(desk):
    filed, done = desk.file(), desk.resolved()
    desk.set_posts(POSTS)
    private = desk.file(category="bribe", attributes={"office": "Aundh"})
    gone = uuid.uuid4()
    for who in (JE, OTHER, CHIEF):
        service = calling(desk, who)
        asked = [str(each) for each in (done.id, gone, filed.id, private.id, done.id)]
        items = service.do("steps", ids=asked)["items"]
        assert [each["id"] for each in items] == [str(done.id), str(filed.id), str(private.id)]
        for each in items:
            try:
                alone = service.do("get", id=each["id"])
            except Forbidden:
                assert each["masked"]
                assert (each["steps"], each["category"]) == ([], None)
                continue
            assert each["steps"] == alone["steps"]
            assert (each["version"], each["status"]) == (alone["version"], alone["status"])
            assert not each["masked"]


@pytest.mark.parametrize("ids", [[], ["x"], [str(uuid.uuid4())] * 201])
def test_none_and_too_many_are_refused(desk, ids):
    with pytest.raises(Invalid):
        calling(desk, JE).do("steps", ids=ids)


def test_the_reasons_of_a_rejection_are_those_that_one_may_give(desk):
    mine = {each["code"]: each for each in calling(desk, JE).do("rejections")["items"]}
    all_ = [each["code"] for each in calling(desk, CHIEF).do("rejections")["items"]]
    assert mine["no_fault_found"] == {
        "code": "no_fault_found",
        "mr": "दोष आढळला नाही",
        "en": "No fault was found",
    }
    assert {"sub_judice", "rti"} <= set(all_)
    assert not {"sub_judice", "rti"} & set(mine)


@pytest.mark.parametrize(
    ("step", "given"),
    [("comment", {"text": "Seen"}), ("assign", {"officer": "roads-ce"}), ("acknowledge", {})],
)
def test_a_step_that_is_asked_again_under_its_call_is_taken_once_and_says_so(desk, step, given):
    filed, call = desk.file(), str(uuid.uuid4())
    before = desk.stored(filed).version
    service = calling(desk, OFFICER, call)
    service.do(step, id=str(filed.id), version=before, **given)
    after = desk.stored(filed).version
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            service.do(step, id=str(filed.id), version=before, **given)
        assert refused.value.details == {"carried_out": True}
    assert desk.stored(filed).version == after
    assert [each["step"] for each in desk.timeline(filed)].count(step) == 1


def test_a_refusal_of_another_call_is_told_as_it_is(desk):
    done = desk.resolved()
    with pytest.raises(Conflict) as refused:
        calling(desk, OFFICER, str(uuid.uuid4())).do("acknowledge", id=str(done.id))
    assert "carried_out" not in refused.value.details
    assert "cannot acknowledge a grievance that is resolved" in str(refused.value)
