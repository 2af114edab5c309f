"""The record room records closed files, and holds them back; what is due when."""

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.store import Folder
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.hold import hold_file, lift_hold
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Recording
from services.eoffice.organisation_store import current
from services.eoffice.queries import records
from services.eoffice.schemas import Closing
from services.eoffice.schemas import records as schemas
from services.eoffice.schemas.moving import Reopening
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW
from tests.support.eoffice_databases import database
from tests.support.eoffice_records import LATER, Scene
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database"]

LAW = Identity.of("officer:law", "officer")


@pytest.fixture
def scene(database: sessionmaker[Session], tmp_path: Path) -> Scene:
    return Scene.begun(database, Folder(tmp_path))


def closed(scene, **said):
    desk = Desk(scene.sessions)
    with desk.cleared("roads-je", Secrecy.SECRET):
        file = desk.file(head="tender", **said)
    return scene.do(close_file, Closing, JE, {"id": str(file.id)})


def recording(scene, file) -> Recording | None:
    with scene.sessions() as session:
        return session.get(Recording, file.id)


def due(scene, post="registry-clerk", now=LATER, **asked):
    with scene.sessions() as session:
        loaded = schemas.Due().load(asked)
        return records.due(session, current(session).posts[post], loaded, now)


def numbers(found):
    return [each["number"] for each in found["items"]]


def held(scene, file, who=LAW, kind="court", **said):
    asked = {"file_id": str(file.id), "kind": kind, "remark": "दावा 12/2026", **said}
    return scene.do(hold_file, schemas.Holding, who, asked)


def test_a_closed_file_is_recorded_as_the_schedule_says(scene):
    found = scene.recorded(closed(scene), JE)
    assert (found.category, found.years, found.record_class) == ("C", 10, "tender")
    assert found.due_on == date(2036, 7, 1)
    assert scene.findings() == []


def test_an_open_file_is_not_recorded(scene):
    file = Desk(scene.sessions).file()
    with pytest.raises(Conflict) as refused:
        scene.recorded(file, JE)
    assert "close" in refused.value.details["legal"]


def test_only_the_post_that_has_it_and_the_record_room_record_it(scene):
    file = closed(scene)
    with pytest.raises(Forbidden):
        scene.recorded(file, CLERK)
    assert scene.recorded(file, REGISTRY).recorded_by == "registry-clerk"


def test_what_one_may_not_read_is_not_recorded(scene):
    file = closed(scene, secrecy="secret")
    with pytest.raises(NotFound):
        scene.recorded(file, REGISTRY)


def test_it_is_raised_with_a_reason_and_lowered_by_who_may(scene):
    file = closed(scene)
    scene.recorded(file, JE)
    with pytest.raises(Invalid):
        scene.recorded(file, JE, category="B")
    assert scene.recorded(file, JE, category="B", reason="पूर्वदाखला").due_on == date(2051, 7, 1)
    with pytest.raises(Forbidden):
        scene.recorded(file, REGISTRY, category="C", years=10, reason="चूक")
    with pytest.raises(Forbidden):
        scene.recorded(file, JE, category="C", years=10, reason="चूक")
    assert recording(scene, file).category == "B"
    assert scene.findings() == []


def test_who_wants_what_the_schedule_says_is_told_that_it_was_recorded_otherwise(scene):
    file = closed(scene)
    scene.recorded(file, JE, category="B", reason="पूर्वदाखला")
    with pytest.raises(Conflict, match="was recorded by roads-je as B; say a category"):
        scene.recorded(file, REGISTRY)
    assert scene.recorded(file, JE).category == "B"
    assert scene.recorded(file, REGISTRY, category="B").recorded_by == "roads-je"


def test_asked_again_nothing_changes(scene):
    file = closed(scene)
    assert scene.recorded(file, JE).rev == scene.recorded(file, JE).rev == 1


def test_reopened_its_years_stand_still_and_begin_anew_when_it_is_closed(scene):
    file = closed(scene)
    scene.recorded(file, JE)
    again = NOW + timedelta(days=400)
    scene.do(reopen_file, Reopening, JE, {"id": str(file.id), "remark": "अपील"}, again)
    assert recording(scene, file).due_on is None
    assert numbers(due(scene)) == []
    scene.do(close_file, Closing, JE, {"id": str(file.id)}, again)
    assert recording(scene, file).due_on == date(2037, 8, 5)
    assert scene.findings() == []


def test_what_is_due_is_listed_the_longest_first_a_page_at_a_time(scene):
    files = [closed(scene) for _ in range(3)]
    for each in files:
        scene.recorded(each, JE)
    scene.recorded(files[1], JE, category="A", reason="पूर्वदाखला")
    first = due(scene, limit=1)
    second = due(scene, limit=1, cursor=first["next"])
    wanted = {files[0].number, files[2].number}
    assert {*numbers(first), *numbers(second)} == wanted
    assert second["next"] is None
    assert numbers(due(scene, what="review")) == []
    assert numbers(due(scene, what="review", by_day="2051-07-01")) == [files[1].number]
    assert numbers(due(scene, now=NOW)) == []
    assert numbers(due(scene, department="drainage")) == []
    with pytest.raises(Invalid):
        due(scene, department="roads", cursor=first["next"])


def test_what_is_closed_and_not_recorded_is_to_be_recorded(scene):
    files = [closed(scene) for _ in range(3)]
    first = due(scene, what="recording", limit=2)
    assert numbers(first) == [each.number for each in files[:2]]
    assert numbers(due(scene, what="recording", cursor=first["next"])) == [files[2].number]
    scene.recorded(files[0], JE)
    assert numbers(due(scene, what="recording")) == [each.number for each in files[1:]]


def test_what_a_post_may_not_read_is_not_listed(scene):
    file = closed(scene, secrecy="secret")
    scene.recorded(file, JE)
    assert numbers(due(scene)) == []
    # Cleared both, and only one needs to know.
    assert numbers(due(scene, post="law")) == []
    assert numbers(due(scene, post="roads-ce")) == [file.number]


def test_a_hold_is_placed_and_lifted_and_both_are_told(scene):
    file = closed(scene)
    scene.recorded(file, JE)
    hold = held(scene, file)
    assert due(scene)["items"][0]["held"] is True
    with pytest.raises(Forbidden) as refused:
        lifted(scene, hold, ACCOUNTS)
    assert refused.value.details["may"] == ["addl-commissioner", "commissioner", "law"]
    lifted(scene, hold, LAW)
    assert due(scene)["items"][0]["held"] is False
    assert lifted(scene, hold, LAW).rev == 2
    with scene.sessions() as session:
        told = records.record_of(session, current(session).posts["law"], file.id)
    assert [each["lifted_by"] for each in told["holds"]] == ["law"]
    assert told["schedule"]["source"] == "illustrative"
    assert scene.findings() == []


@pytest.mark.parametrize("over", [LAW, CE])
def test_what_a_clerk_holds_is_not_let_go_by_a_clerk_alone(scene, over):
    file = closed(scene)
    hold = held(scene, file, JE)
    for post in (JE, DE):
        with pytest.raises(Forbidden) as refused:
            lifted(scene, hold, post)
        may = ["addl-commissioner", "commissioner", "law", "roads-ce"]
        assert refused.value.details["may"] == may
    assert lifted(scene, hold, over).lifted_at is not None


def lifted(scene, hold, who):
    asked = {"id": str(hold.id), "remark": "निकाल लागला"}
    return scene.do(lift_hold, schemas.Lifting, who, asked)


def test_a_hold_asked_for_twice_is_one(scene):
    file, key = closed(scene), str(uuid4())
    assert held(scene, file, id=key).id == held(scene, file, id=key).id
    with pytest.raises(Conflict) as refused:
        held(scene, file, id=key, remark="another")
    assert refused.value.details["differs"] == ["remark"]


def test_who_has_nothing_to_do_with_a_file_does_not_hold_it(scene):
    file = closed(scene)
    with pytest.raises(Forbidden):
        held(scene, file, CLERK)
    with pytest.raises(Forbidden):
        held(scene, file, ACCOUNTS, kind="court")
    assert held(scene, file, ACCOUNTS, kind="audit").placed_by == "accounts"
    assert held(scene, file, DE).placed_by == "roads-de"
    assert held(scene, file, CE).placed_by == "roads-ce"
    with pytest.raises(Invalid):
        held(scene, file, kind="whim")


def test_who_is_named_as_one_who_may_lower_does_it_without_having_the_file(scene):
    file = closed(scene)
    scene.recorded(file, JE, category="B", reason="A court asked for it")
    with pytest.raises(Forbidden, match="may not lower") as refused:
        scene.recorded(file, JE, category="C", years=3, reason="The suit is over")
    may = refused.value.details["may"]
    assert CE.subject.removeprefix("officer:") in may
    found = scene.recorded(file, CE, category="C", years=3, reason="The suit is over")
    assert (found.category, found.recorded_by) == ("C", "roads-ce")
    # Who may lower, and is not above the desk, has to have it all the same.
    with pytest.raises(Forbidden, match="record"):
        scene.recorded(file, ACCOUNTS, category="C", years=2, reason="Space")
