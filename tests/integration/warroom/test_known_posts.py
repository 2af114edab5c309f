"""Posts of which the war room asks nobody: those that it has named itself."""

from uuid import UUID, uuid4

from services.warroom.commands.assess_risk import add_risk, revise_risk
from services.warroom.commands.raise_issue import raise_issue
from services.warroom.commands.take_minutes import assign, attend, minute
from services.warroom.queries.known_posts import known_posts
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import ADMIN
from tests.support.warroom_reviews import ReviewRoom


def known(room: ReviewRoom, *codes: str, done: tuple[UUID, ...] = ()) -> set[str]:
    with room.sessions() as session:
        return set(known_posts(session, codes, done))


def test_posts_of_the_citys_reviews_are_known_and_others_are_not(room):
    named = {"commissioner", "addl-commissioner", "projects-head", "fire-head"}
    assert known(room, *named, "roads-je-9") == named
    assert known(room) == set()


def test_posts_that_a_record_names_are_known_as_long_as_it_does(room, road):
    room.add(code="P-9", owner="p-owner")
    key = str(uuid4())
    risk = {"title": "Rain", "likelihood": 2, "impact": 2, "mitigation": "Pumps"}
    room.do(add_risk, asking.AddingRisk, {"id": road, "risk_id": key, "owner": "r-old", **risk})
    issue = {"title": "A wall", "detail": "Old", "severity": "low", "due_on": "2026-07-01"}
    room.do(raise_issue, asking.RaisingIssue, {"id": road, "post": "i-post", **issue})
    room.begin()
    room.on(attend, schemas.Attending, post="a-post", presence="present")
    room.on(minute, schemas.Minuting, kind="statement", text="So.", post="m-post")
    room.on(assign, schemas.Assigning, title="Cut", post="t-post", due_on="2026-07-01")
    named = {"p-owner", "r-old", "i-post", "a-post", "m-post", "t-post"}
    assert known(room, *named, "nobody") == named
    room.do(revise_risk, asking.RevisingRisk, {"id": road, "risk_id": key, "owner": "r-new"}, ADMIN)
    assert known(room, "r-old", "r-new") == {"r-new"}
    # Asked again under the id of what it has made, a call names the post of then.
    assert known(room, "r-old", done=(UUID(key),)) == {"r-old"}
