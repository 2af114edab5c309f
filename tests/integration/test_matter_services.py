"""One matter across real services: war room, grievance, tax and e-office, over RabbitMQ."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from uuid6 import uuid7

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.rpc import Client
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for
from tests.support.taxes import PROPERTY
from tests.support.warroom import PROJECT

pytestmark = pytest.mark.slow

SERVICES = ("warroom", "kpi", "grievance", "tax", "eoffice")
OWNER = Identity.of("officer:roads-ce", "officer")
JUNIOR = Identity.of("officer:roads-je", "officer")
COMMISSIONER = Identity.of("officer:commissioner", "officer")
CITIZEN = Identity.of("citizen:9", "citizen")
WARD = "kothrud-bavdhan"
KPI = "garden-open-space"


@pytest.fixture(scope="module")
def parts(backbone: Backbone) -> dict[str, Part]:
    """The five services and their relays, ready."""
    backbone.migrate(*SERVICES)
    started = {name: backbone.service(name) for name in SERVICES}
    started |= {f"relay {name}": backbone.relay(name) for name in SERVICES}
    for part in started.values():
        part.wait_ready(60)
    return started


@pytest.fixture(scope="module")
def things(backbone: Backbone, parts: dict[str, Part]) -> dict[str, Any]:
    """A red indicator that has begun a matter, a project's issue in it, and what is behind them:
    a file, a secret file, a grievance, a bill."""
    found: dict[str, Any] = {"matter": str(uuid7()), "alert": str(uuid7())}
    backbone.query(
        "kpi",
        "INSERT INTO alert (id, correlation_id, code, kind, department, owner, reason, period, "
        "running, value, facts, began_at, tellings, silent) VALUES (%s, %s, %s, 'red', 'garden', "
        "'garden-ce', 'red', '2026-04', false, 1, '{}', '2026-05-02T00:00:00Z', 0, false) "
        "RETURNING 1",
        found["alert"],
        found["matter"],
        KPI,
    )
    with backbone.client(Identity.of("admin:palika", "admin")) as city:
        project = city.warroom.add_project(**{**PROJECT, "wards": [WARD]})
        city.as_(OWNER)
        issue = {"title": "Trees", "severity": "high", "post": "garden-head"}
        days = {"raised_on": "2026-05-20", "due_on": "2026-05-30"}
        shown = city.warroom.raise_issue(
            id=project["id"], **issue, **days, correlation_id=found["matter"]
        )
        found |= {"project": project["code"], "issue": shown["issues"][0]["id"]}
        city.as_(JUNIOR)
        found["file"] = city.eoffice.open_file(subject="Trees on the road")["number"]
        secret = city.as_(COMMISSIONER).eoffice.open_file(subject="गुप्त", secrecy="top_secret")
        found["secret"] = secret["number"]
        filed = city.as_(CITIZEN).grievance.file(
            category="pothole", ward=WARD, description="A hole"
        )
        found["grievance"] = filed["number"]
        owed = city.as_(JUNIOR).tax.register_property(**PROPERTY | {"number": "M/1", "ward": WARD})
        bill = city.tax.raise_bill(property_id=owed["id"], period="2026-27")
        found |= {"property": "M/1", "bill": bill["number"]}
        tied = {"correlation_id": found["matter"]}
        city.eoffice.tie(number=found["file"], **tied, note="permission to cut")
        city.as_(COMMISSIONER).eoffice.tie(number=found["secret"], **tied)
        city.as_(JUNIOR).grievance.tie(number=found["grievance"], **tied)
        city.tax.tie(kind="bill", number=found["bill"], **tied)
    return found


def kinds(matter: dict[str, Any]) -> dict[str, Any]:
    return {each["kind"]: each["number"] for each in matter["items"]}


def test_each_shows_the_others(backbone, things):
    expected = {
        "alert": KPI,
        "issue": things["project"],
        "file": things["file"],
        "grievance": things["grievance"],
        "bill": things["bill"],
    }
    with backbone.client(JUNIOR) as city:
        matter = city.warroom.matter(correlation_id=things["matter"])
        assert kinds(matter) == expected
        times = [each["tied_at"] for each in matter["items"]]
        assert times == sorted(times)
        standing = {name: each["status"] for name, each in matter["services"].items()}
        assert standing == dict.fromkeys(SERVICES, "answered")
        (alert,) = [each for each in matter["items"] if each["kind"] == "alert"]
        assert alert["id"] == things["alert"]
        assert (alert["service"], alert["status"], alert["tied_by"]) == (
            *("kpi", "open", "service:kpi"),
        )
        assert alert["about"]["owner"] == "garden-ce"
        assert set(alert["about"]["words"]) == {"mr", "en"}
        one = {
            "alert": {"id": things["alert"]},
            "issue": {"id": things["issue"]},
            "file": {"number": things["file"]},
            "grievance": {"number": things["grievance"]},
            "bill": {"number": things["bill"]},
        }
        for kind, key in one.items():
            told = city.warroom.matter_of(kind=kind, **key)
            assert [kinds(each) for each in told["matters"]] == [expected], kind
            assert told["others"] == []
        assert city.warroom.matter_of(kind="property", number="M/1")["matters"] == []
        # And where each is looked at by itself.
        shown = city.grievance.get(number=things["grievance"])
        assert [each["correlation_id"] for each in shown["matters"]] == [things["matter"]]
        shown = city.eoffice.get(number=things["file"])
        assert shown["matters"][0]["note"] == "permission to cut"


def test_an_alert_is_in_its_matter_from_its_beginning(backbone, things):
    with backbone.client(JUNIOR) as city:
        asked = {"correlation_id": things["matter"]}
        assert city.kpi.tied(**asked, as_of="2026-05-01T23:59:59Z")["items"] == []
        (found,) = city.kpi.tied(**asked, as_of="2026-05-02T00:00:00Z")["items"]
        assert found["number"] == KPI
        assert city.kpi.tied(correlation_id=str(uuid7()))["items"] == []
        told = city.kpi.matters_of(id=things["alert"])
        assert [each["correlation_id"] for each in told["matters"]] == [things["matter"]]
        with pytest.raises(NotFound):
            city.kpi.matters_of(id=str(uuid4()))
        with pytest.raises(Forbidden):
            city.as_(CITIZEN).kpi.tied(**asked)


def test_who_may_not_read_a_file_sees_nothing_of_it_in_the_matter(backbone, things):
    with backbone.client(COMMISSIONER) as city:
        matter = city.warroom.matter(correlation_id=things["matter"])
        assert things["secret"] in [each["number"] for each in matter["items"]]
        junior = city.as_(JUNIOR).warroom.matter(correlation_id=things["matter"])
        assert things["secret"] not in json.dumps(junior)
        assert len(junior["items"]) == len(matter["items"]) - 1
        told = []
        for number in (things["secret"], "GAD/EST/GENERAL/2099/0001"):
            with pytest.raises(NotFound) as refused:
                city.warroom.matter_of(kind="file", number=number)
            told.append(json.dumps(refused.value.to_dict()).replace(number, "…"))
        assert told[0] == told[1]
        for kind in ("alert", "issue"):
            with pytest.raises(Invalid, match="named by its id"):
                city.warroom.matter_of(kind=kind, number="R/1")
        with pytest.raises(Forbidden):
            city.as_(CITIZEN).warroom.matter(correlation_id=things["matter"])


def test_a_service_that_acts_for_itself_names_the_post_that_reads_in_the_e_office(backbone, things):
    with backbone.client(SYSTEM("portal")) as city:
        asked = {"correlation_id": things["matter"]}
        without = city.warroom.matter(**asked)
        assert without["services"]["eoffice"]["status"] == "refused"
        assert "post" in without["services"]["eoffice"]["why"]
        matter = city.warroom.matter(**asked, post="roads-je")
        assert kinds(matter)["file"] == things["file"]


def test_an_issue_is_tied_once_and_untied_with_what_was_known_kept(backbone, things):
    other = str(uuid7())
    with backbone.client(OWNER) as city:
        assert city.warroom.tie(id=things["issue"])["correlation_id"] == things["matter"]
        with pytest.raises(Conflict, match="untie it first"):
            city.warroom.tie(id=things["issue"], correlation_id=other)
        with pytest.raises(Forbidden):
            city.as_(JUNIOR).warroom.tie(id=things["issue"], correlation_id=things["matter"])
        with pytest.raises(NotFound):
            city.warroom.tie(id=str(uuid4()))
        city.as_(OWNER)
        asked = {"id": things["issue"], "correlation_id": things["matter"], "reason": "mistaken"}
        before = city.warroom.tied(correlation_id=things["matter"])["items"]
        ended = city.warroom.untie(**asked)
        assert (ended["untied_by"], ended["reason"]) == (OWNER.subject, "mistaken")
        assert city.warroom.tied(correlation_id=things["matter"])["items"] == []
        assert "issue" not in kinds(city.warroom.matter(correlation_id=things["matter"]))
        with pytest.raises(NotFound, match="not tied"):
            city.warroom.untie(**asked)
        city.warroom.tie(id=things["issue"], correlation_id=things["matter"])
        (again,) = city.warroom.tied(correlation_id=things["matter"])["items"]
        assert again["id"] == before[0]["id"]
        actions = [each["action"] for each in city.warroom.history(code="RD-01")["items"]]
        assert actions[:2] == ["tie", "untie"]


def test_what_happens_around_the_project_comes_by_event(backbone, things):
    with backbone.client(OWNER) as city:
        code = things["project"]
        with pytest.raises(Invalid) as refused:
            city.warroom.link(code=code, kind="area", ward=WARD, category="pothol")
        assert list(refused.value.fields) == ["category"]
        assert "pothole" in refused.value.fields["category"][0]
        # By a category of either kind: one of potholes, one of all that is about roads.
        for category in ("pothole", "roads"):
            made = city.warroom.link(code=code, kind="area", category=category)["links"][-1]
            assert made["category"] == category
            city.warroom.withdraw(code=code, kind="link", fact_id=made["id"], reason="tried")
        city.warroom.link(code=code, kind="area", ward=WARD)
        city.warroom.link(code=code, kind="tax", ward=WARD)
        city.as_(CITIZEN).grievance.file(category="pothole", ward=WARD, description="Another")
        city.as_(JUNIOR)
        paid = {"reference": "UPI-M1", "mode": "upi", "amount_paise": 500_00}
        owed = city.tax.get(number="M/1")
        city.tax.pay(property_id=owed["id"], **paid)

        def totals(city: Client = city) -> dict[str, int]:
            links = city.warroom.activity(code=code)["links"]
            return {name: n for each in links for name, n in each["totals"].items() if n}

        wait_for(lambda: totals() == {"grievances_filed": 1, "tax_paid_paise": 500_00})


def test_a_service_that_is_away_keeps_nobody_waiting_and_is_named(backbone, parts, things):
    pid = parts["tax"].pid
    assert pid is not None
    # Frozen, it is there for the broker, and answers nobody.
    os.kill(pid, signal.SIGSTOP)
    try:
        with backbone.client(JUNIOR) as city:
            matter = city.warroom.matter(correlation_id=things["matter"])
            assert "no answer" in matter["services"]["tax"]["why"]
            assert "grievance" in kinds(matter)
    finally:
        os.kill(pid, signal.SIGCONT)
    parts["tax"].stop()
    with backbone.client(JUNIOR) as city:
        asked: Callable[..., dict[str, Any]] = city.warroom.matter
        matter = asked(correlation_id=things["matter"])
        assert matter["services"]["tax"]["status"] == "away"
        assert set(kinds(matter)) == {"alert", "issue", "file", "grievance"}
    done = backbone.palika(
        *("warroom", "matter", things["matter"], "--as", "officer:roads-je", "--language", "en")
    )
    assert done.returncode == 0, done.stderr
    assert things["file"] in done.stdout
    assert "tax: away" in done.stdout
    told = backbone.palika("warroom", "matter", "no-such-id")
    assert told.returncode == 2
