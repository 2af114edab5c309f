"""The war room, called over RPC."""

import base64
import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from palika.auth import ANONYMOUS, SYSTEM
from palika.errors import Forbidden, Invalid, NotFound, Unavailable
from services.warroom.commands.hold_reviews import review_id
from services.warroom.commands.sitting import Sitting
from services.warroom.domain.reviews import Meeting, Phase
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.warroom import ADMIN, MILESTONE, OTHER, OWNER, PROJECT
from tests.support.warroom_packs import words_of
from tests.support.warroom_reviews import CHAIR, TAKER

_OWNERS = ("roads-ce", "roads-je-kothrud")
"""One that reviews.yaml names, and one that nothing here does."""


def test_a_meeting_goes_on_and_projects_are_kept_while_the_e_office_is_away(
    backbone: Backbone,
) -> None:
    # The first of this file: no e-office runs yet.
    backbone.migrate("warroom")
    key = _review(backbone, days_ago=1, phase=Phase.OPEN, opened_at=datetime.now(UTC))
    backbone.service("warroom").wait_ready(90)
    due_on = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    action = {"title": "Cut trees", "post": "drainage-ce", "due_on": due_on, "code": "RD-50"}
    risk = {"title": "Rain", "likelihood": 2, "impact": 2, "owner": "addl-commissioner"}
    risk |= {"mitigation": "Pumps", "risk_id": str(uuid4())}
    unknown = pytest.raises(Unavailable, match="post roads-je-kothrud cannot be said")
    with backbone.client(ADMIN) as city:
        added = city.warroom.add_project(**PROJECT | {"code": "RD-50"})
        city.warroom.add_risk(id=added["id"], **risk)
        assert city.warroom.add_risk(id=added["id"], **risk)["version"] == 2
        city.warroom.revise_project(id=added["id"], owner="roads-ce", public=False)
        # Whether there is such a file nobody can say: it is taken, and said to be unconfirmed.
        linked = city.warroom.link(id=added["id"], kind="file", target="ROADS/1")
        assert linked["unconfirmed"] == ["ROADS/1"]
        assert linked["links"][0]["code"] == "ROADS/1"
        city.as_(TAKER)
        city.warroom.attend(review_id=key, post="commissioner", presence="present")
        city.warroom.minute(review_id=key, kind="statement", text="So.", post="projects-head")
        city.warroom.assign_action(review_id=key, **action)
        # Of a post that nobody here has named it cannot be said.
        with unknown:
            city.warroom.attend(review_id=key, post="roads-je-kothrud", presence="present")
        city.as_(ADMIN)
        with unknown:
            city.warroom.revise_project(id=added["id"], owner="roads-je-kothrud")
        head = "code,name_mr,name_en,department,owner,starts_on"
        lines = [f"I-{at},रस्ता,Road,roads,{owner},2026-01-01" for at, owner in enumerate(_OWNERS)]
        for count, unconfirmed in ((1, []), (2, ["roads-je-kothrud"])):
            text = "\n".join([head, *lines[:count], ""])
            tried = city.warroom.import_projects(projects=text, dry_run=True)
            assert tried["unconfirmed"] == unconfirmed
        with unknown:
            city.warroom.import_projects(projects=text)
        done = city.warroom.import_projects(projects="\n".join([head, lines[0], ""]))
        assert done["codes"] == ["I-0"]


def test_a_project_is_kept_read_and_shown_over_rpc(backbone: Backbone) -> None:
    backbone.migrate("warroom")
    backbone.service("warroom").wait_ready(90)
    with backbone.client(OWNER) as city:
        _begin_eoffice(backbone)
        with pytest.raises(Invalid) as refused:
            city.warroom.add_project(**PROJECT | {"owner": "rods-ce"})
        assert refused.value.fields["owner"][0].startswith(
            "there was never a post 'rods-ce'; there is roads-ce"
        )
        added = city.warroom.add_project(**PROJECT)
        key = added["id"]
        changed = city.warroom.add_milestone(id=key, **MILESTONE)
        (stone,) = changed["milestones"]
        assert stone["late"] is True
        assert city.warroom.get(code="RD-01", as_of=added["recorded_at"])["milestones"] == []
        assert [each["code"] for each in city.warroom.list(light="red")["items"]] == ["RD-01"]
        slips = city.warroom.schedule(id=key, milestone_id=stone["id"], slip_days=9)["slips"]
        assert slips == [{"id": stone["id"], "key": "dpr", "days": 9}]
        page = city.warroom.changes(id=key, since=added["recorded_at"])
        assert [each["key"] for each in page["milestones_new"]] == ["dpr"]
        actions = [each["action"] for each in city.warroom.history(id=key)["items"]]
        assert actions == ["add_milestone", "add_project"]
        assert city.warroom.optimism()["items"] == []
        assert len(city.warroom.forecasts(id=key)["items"]) >= 2
        city.as_(OTHER)
        with pytest.raises(Forbidden):
            city.warroom.revise_project(id=key, public=False)
        city.as_(ANONYMOUS)
        shown = city.warroom.public_project(code="RD-01")
        assert "owner" not in shown
        assert [each["code"] for each in city.warroom.public_projects()["items"]] == ["RD-01"]
        city.as_(ADMIN)
        assert city.warroom.revise_project(id=key, public=False)["public"] is False
        # No KPI service runs here: whether there is such a KPI cannot be said.
        with pytest.raises(Unavailable, match=r"kpi\.kpi"):
            city.warroom.link(id=key, kind="kpi", target="water.nrw")
        # Nor a grievance service, of categories.
        with pytest.raises(Unavailable, match=r"grievance\.count"):
            city.warroom.link(id=key, kind="area", category="pothole")
        assert city.warroom.get(id=key)["links"] == []


def test_a_file_that_there_is_not_is_refused_with_its_field(backbone: Backbone) -> None:
    backbone.migrate("warroom")
    backbone.service("warroom").wait_ready(90)
    _begin_eoffice(backbone)
    decided = {"text": "Go on", "by": "roads-ce", "decided_on": "2026-06-01"}
    with backbone.client(OWNER) as city:
        project = {"id": city.warroom.add_project(**PROJECT | {"code": "RD-60"})["id"]}
        number = city.eoffice.open_file(subject="A road")["number"]
        missing = "ROADS/2026/9999"
        rule = f"there is no file {missing} that roads-ce may read in the e-office"
        with pytest.raises(Invalid) as refused:
            city.warroom.link(**project, kind="file", target=missing)
        assert refused.value.fields == {"target": [rule]}
        with pytest.raises(Invalid) as refused:
            city.warroom.decide(**project, **decided, file_number=missing)
        assert refused.value.fields == {"file_number": [rule]}
        with pytest.raises(NotFound, match="no such action"):
            city.warroom.complete_action(
                action_id=str(uuid4()), evidence="done", evidence_file=missing
            )
        kept = city.warroom.get(**project)
        assert (kept["links"], kept["decisions"]) == ([], [])
        linked = city.warroom.link(**project, kind="file", target=number)
        assert linked["unconfirmed"] == []
        told = city.warroom.decide(**project, **decided, file_number=number)
        assert told["unconfirmed"] == []
        # Of a file that the owner may not read nothing is said, not even that it is there.
        city.as_(CHAIR)
        secret = city.eoffice.open_file(subject="Secret", secrecy="top_secret")["number"]
        for caller in (OWNER, ADMIN):
            with pytest.raises(Invalid, match="no such file"):
                city.as_(caller).warroom.link(**project, kind="file", target=secret)


def _begin_eoffice(backbone: Backbone) -> None:
    backbone.migrate("eoffice")
    backbone.service("eoffice").wait_ready(90)


def _review(backbone: Backbone, days_ago: int = 0, **given: Any) -> str:
    """A review that is held so many days ago, whatever day that is."""
    now = datetime.now(UTC) - timedelta(days=days_ago)
    key = review_id("fortnightly", now.date())
    posts = {"chair": "commissioner", "secretary": "addl-commissioner"}
    meeting = Meeting(
        "fortnightly", now.date(), now, 120, takers=("projects-head",), **posts, **given
    )
    with backbone.sessions("warroom").begin() as session:
        Sitting.begin(session, SYSTEM("warroom"), key, meeting, now).save("hold")
    return str(key)


def test_a_review_is_prepared_minuted_and_followed_over_rpc(backbone: Backbone) -> None:
    backbone.migrate("warroom")
    key = _review(backbone)
    backbone.service("warroom").wait_ready(90)
    _begin_eoffice(backbone)
    with backbone.client(ADMIN) as city:
        added = city.warroom.add_project(**{**PROJECT, "code": "RD-99"})
        city.warroom.add_milestone(id=added["id"], **MILESTONE)
        city.as_(CHAIR)
        frozen = city.warroom.freeze_pack(review_id=key)
        assert "RD-99" in [each["code"] for each in frozen["agenda"]]
        pack: dict[str, Any] = {}

        def is_set() -> bool:
            with suppress(NotFound):
                pack.update(city.warroom.pack(review_id=key, language="en"))
            return bool(pack)

        wait_for(is_set, 120)
        content = base64.b64decode(pack["content_base64"])
        assert hashlib.sha256(content).hexdigest() == pack["sha256"]
        city.as_(TAKER)
        city.warroom.open_review(review_id=key)
        with pytest.raises(Invalid, match="no such post"):
            city.warroom.attend(review_id=key, post="nosuch-head", presence="present")
        city.warroom.attend(review_id=key, post="roads-ce", presence="present")
        due_on = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
        minuted = city.warroom.assign_action(
            review_id=key, title="Cut trees", post="drainage-ce", due_on=due_on, code="RD-99"
        )
        (action,) = minuted["actions"]
        with pytest.raises(Forbidden):
            city.warroom.close_review(review_id=key)
        city.as_(CHAIR)
        assert city.warroom.close_review(review_id=key)["phase"] == "closed"
        city.as_(OTHER)
        city.warroom.report_action(action_id=action["id"], status="begun")
        done: dict[str, Any] = {"action_id": action["id"], "evidence": "cut"}
        with pytest.raises(Invalid) as refused:
            city.warroom.complete_action(**done, evidence_file="ROADS/2026/9999")
        assert list(refused.value.fields) == ["evidence_file"]
        assert city.warroom.complete_action(**done)["unconfirmed"] == []
        city.as_(CHAIR)
        city.warroom.answer_action(action_id=action["id"], answer="accept")
        assert city.warroom.actions(post="drainage-ce")["counts"]["kept"] == 1
        minutes = city.warroom.minutes(review_id=key, language="en")
        told = words_of(base64.b64decode(minutes["content_base64"]))
        assert "Chief Engineer, Roads" in told
        assert "roads-ce" not in told
        history = [each["action"] for each in city.warroom.review_history(review_id=key)["items"]]
        assert history[-1] == "accept_action"
