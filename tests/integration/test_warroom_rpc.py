"""The war room, called over RPC."""

import pytest

from palika.auth import ANONYMOUS
from palika.errors import Forbidden
from tests.support.backbone import Backbone
from tests.support.warroom import ADMIN, MILESTONE, OTHER, OWNER, PROJECT


def test_a_project_is_kept_read_and_shown_over_rpc(backbone: Backbone) -> None:
    backbone.migrate("warroom")
    backbone.service("warroom").wait_ready(90)
    with backbone.client(OWNER) as city:
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
