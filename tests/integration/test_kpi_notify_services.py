"""kpi and notify as the city runs them: real processes, events in, RPC and mail lines out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from palika.auth import ANONYMOUS, Identity
from palika.errors import Forbidden, Invalid, NotFound
from palika.india import day_of
from services.grievance.reference import city as grievance_data
from services.notify.reference import shipped
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

pytestmark = pytest.mark.slow

RELAYS = ("grievance", "tax", "eoffice", "notify")
OFFICER = Identity.of("officer:je-12", "officer")


@pytest.fixture(scope="module")
def parts(backbone: Backbone) -> dict[str, Part]:
    """grievance, kpi and notify, and the relays of all that publish, ready."""
    backbone.migrate("grievance", "tax", "eoffice", "kpi", "notify")
    started = {name: backbone.service(name) for name in ("grievance", "kpi", "notify")}
    started |= {f"relay {name}": backbone.relay(name) for name in RELAYS}
    for part in started.values():
        part.wait_ready()
    return started


def today() -> dict[str, str]:
    day = day_of(datetime.now(UTC)).isoformat()
    return {"from_day": day, "to_day": day}


def last_month() -> dict[str, str]:
    last = day_of(datetime.now(UTC)).replace(day=1) - timedelta(days=1)
    return {"from_day": last.replace(day=1).isoformat(), "to_day": last.isoformat()}


@pytest.fixture(scope="module")
def filed(backbone: Backbone, parts: dict[str, Part]) -> dict[str, Any]:
    """A grievance, filed."""
    with backbone.client(OFFICER) as client:
        answer: dict[str, Any] = client.grievance.file(
            category=next(iter(grievance_data().subcategories)),
            description="The street light in front of the school has been out for a week.",
            citizen_name="Asha Kulkarni",
            citizen_email="asha@example.in",
            language="en",
        )
    return answer


def test_a_grievance_moves_the_dashboard(backbone, filed):
    with backbone.client(OFFICER) as client:

        def dashboard() -> dict[str, Any]:
            found = client.kpi.dashboard(**today())["kpis"]
            return {each["code"]: each for each in found}

        wait_for(lambda: dashboard()["ga-grievance-pending"]["value"] == 1)
        rate = dashboard()["ga-grievance-disposal"]
        # Its target is for a month, not for a day.
        assert (rate["value"], rate["status"]) == (0.0, "not judged")
        month = client.kpi.kpi(code="ga-grievance-disposal")
        # What is open at the end of the month is not known before.
        assert (month["value"], month["status"], month["running"]) == (0.0, "not judged", True)
        assert dashboard()["tax-collection-rate"]["status"] == "no data"


def test_a_grievance_reaches_its_citizen_and_no_log_has_the_address(backbone, parts, filed):
    with backbone.client(OFFICER) as client:

        def delivered() -> list[dict[str, Any]]:
            asked = client.notify.deliveries(recipient_ref=filed["id"], state="sent")
            found: list[dict[str, Any]] = asked["deliveries"]
            return found

        wait_for(delivered)
        (delivery,) = delivered()
        assert delivery["subject"] == f"Your grievance {filed['number']} is registered"
        assert delivery["address"] == "a•••@e•••.in"
        found = client.notify.get(id=delivery["id"])
        assert delivery.items() <= found.items()
        assert [each["provider"] for each in found["attempts_made"]] == ["log"]
    assert "message sent" in parts["notify"].said
    assert "asha@example.in" not in parts["notify"].said
    assert "Asha" not in parts["notify"].said


def test_kpis_are_public_and_measures_and_deliveries_are_not(backbone, filed):
    code = "ga-grievance-pending"
    with backbone.client(OFFICER) as client:
        wait_for(lambda: client.kpi.kpi(code=code, **today())["value"] == 1)
    with backbone.client(ANONYMOUS) as client:
        assert client.kpi.kpi(code=code, **last_month())["status"] == "no data"
        assert client.kpi.dashboard(**last_month())["kpis"]
        for early in (
            lambda: client.kpi.kpi(code=code, **today()),
            lambda: client.kpi.dashboard(**today()),
        ):
            with pytest.raises(Invalid, match="last day of a month that is over"):
                early()
        for refused in (
            lambda: client.kpi.measures(**today()),
            lambda: client.notify.deliveries(),
            lambda: client.notify.get(id=filed["id"]),
            lambda: client.notify.preview(template="tax.paid", language="mr"),
        ):
            with pytest.raises(Forbidden):
                refused()


def test_wrong_arguments_are_refused_and_named(backbone, parts):
    with backbone.client() as client:
        with pytest.raises(NotFound, match="'none'"):
            client.kpi.kpi(code="none", **today())
        for wrong, field in (
            (lambda: client.kpi.dashboard(from_day="2026-04-02", to_day="2026-04-01"), "to_day"),
            (lambda: client.kpi.dashboard(from_day="yesterday", to_day="2026-04-01"), "from_day"),
            (lambda: client.kpi.measures(group_by=["colour"], **today()), "group_by"),
            (lambda: client.kpi.measures(department="roadz", **today()), "department"),
            (lambda: client.kpi.dashboard(department="roadz", **today()), "department"),
            (
                lambda: client.kpi.kpi(code="ga-grievance-pending", department="roadz", **today()),
                "department",
            ),
            (lambda: client.notify.deliveries(state="lost"), "state"),
            (
                lambda: client.notify.preview(template="tax.paid", language="en", fields={}),
                "amount_paise",
            ),
        ):
            with pytest.raises(Invalid) as error:
                wrong()
            assert field in error.value.fields
        with pytest.raises(NotFound):
            client.notify.get(id="00000000-0000-7000-8000-000000000000")


def test_measures_are_summed_by_what_is_asked_for(backbone, filed):
    with backbone.client(OFFICER) as client:
        asked = {"measure": "grievance.filed", **today()}
        wait_for(lambda: client.kpi.measures(**asked)["rows"])
        found = client.kpi.measures(**asked)
        (row,) = found["rows"]
        assert row["department"] == filed["department"]
        assert (row["value"], row["day"], found["truncated"]) == (1, today()["from_day"], False)
        assert client.kpi.measures(**asked, group_by=[])["rows"] == [{"value": 1}]
        nothing = client.kpi.measures(measure="tax.paid", group_by=[], **today())
        assert nothing["rows"] == []


def test_a_preview_is_what_would_be_sent(backbone, parts):
    with backbone.client(OFFICER) as client:
        shown = client.notify.preview(template="tax.billed", language="mr")
        listed = client.notify.templates()
    assert "₹१,१५,०००.००" in shown["channels"]["email"]["body"]
    assert shown["version"] == 1
    assert "tax.billed" in {each["template"] for each in listed}


def test_an_admin_saves_a_template_that_every_process_then_uses(backbone, parts):
    content = dict(shipped()["login.code"])
    content["sample"] = {"code": "112233", "minutes": 5}
    given = {"template": "login.code", "content": content, "note": "another sample"}
    with backbone.client(OFFICER) as client, pytest.raises(Forbidden):
        client.notify.save_template(**given)
    with backbone.client(Identity.of("admin:it", "admin")) as client:
        wait_for(lambda: client.notify.templates())
        told = client.notify.save_template(**given)
        assert told == {"template": "login.code", "version": 2, "new": True}
        wait_for(
            lambda: client.notify.preview(template="login.code", language="en")["version"] == 2
        )
        listed = {each["template"]: each for each in client.notify.templates()}
        assert listed["login.code"]["saved_by"] == "admin:it"
        with pytest.raises(Invalid) as error:
            client.notify.save_template(template="login.code", content={"mr": "{% x %}"})
        assert "en: missing" in error.value.details["login.code"]
        with pytest.raises(Invalid) as error:
            client.notify.save_template(template="Login Code", content=content)
        assert "template" in error.value.fields


def test_the_commands_work_while_the_city_runs(backbone, filed):
    with backbone.client(OFFICER) as client:
        wait_for(lambda: client.kpi.kpi(code="ga-grievance-pending", **today())["value"] == 1)
    rebuilt = palika(backbone, "kpi", "rebuild", "--json")
    assert (rebuilt["counted"], rebuilt["rows_changed"], rebuilt["refused"]) == (1, 0, [])
    shown = palika(backbone, "kpi", "show", "--json")
    values = {each["code"]: each["value"] for each in shown["kpis"]}
    assert values["ga-grievance-pending"] == 1


def palika(backbone: Backbone, *arguments: str) -> dict[str, Any]:
    """The JSON that a command prints."""
    done = backbone.palika(*arguments)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
