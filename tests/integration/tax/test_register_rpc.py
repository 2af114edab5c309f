"""The register's methods as the city runs them: a real process, called over RabbitMQ."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.database import sessions
from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.migrate import upgrade
from palika.rpc import Client
from tests.support.taxes import FLOOR, PROPERTY, clear

pytestmark = pytest.mark.slow

CITIZEN = Identity.of("citizen:9", "citizen")
HELPDESK = Identity.of("helpdesk:3", "helpdesk")
OFFICER = Identity.of("officer:tax-clerk", "officer")
OTHER = Identity.of("officer:tax-head", "supervisor")
BIGGER = FLOOR | {"area_sqm": "100.00"}


@pytest.fixture
def client(city: dict[str, str], tmp_path: Path) -> Iterator[Client]:
    """The service up and answering."""
    upgrade("tax")
    # Other tests have left theirs in the same database.
    clear(sessions("tax"))
    with (tmp_path / "tax.log").open("wb") as log:
        command = [sys.executable, "-m", "palika.cli", "run", "tax", "--workers", "4"]
        process = subprocess.Popen(command, env=os.environ | city, stdout=log, stderr=log)
    try:
        with Client(SYSTEM("test"), timeout_s=5) as client:
            deadline = time.monotonic() + 60
            while not answers(client):
                assert time.monotonic() < deadline, "it did not come"
                time.sleep(0.05)
            yield client
    finally:
        print((tmp_path / "tax.log").read_text()[-2_000:])
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0


def answers(client: Client) -> bool:
    try:
        client.tax.get(number="nobody's")
    except Unavailable:
        return False
    except NotFound:
        return True
    return True


def test_the_register_works_as_its_callers_may(client):
    # Starting a process takes longer than all that is asked of it: one test asks it all.
    _for_everybody(client)
    owed = client.as_(OFFICER).tax.register_property(**PROPERTY | {"number": "P/8/0001"})
    raised = client.tax.raise_bill(property_id=owed["id"], period="2026-27")
    _reassessed(client)
    _title(client)
    _objected(client, raised)
    _held(client)
    _split(client)


def _for_everybody(client: Client) -> None:
    given: dict[str, Any] = {"period": "2026-27", "zone": "zone-2", "floors": [FLOOR]}
    assert client.as_(ANONYMOUS).tax.estimate(**given)["total_paise"] == 6_342_00
    with pytest.raises(Invalid) as refused:
        client.tax.estimate(**given | {"floors": []})
    assert list(refused.value.fields) == ["floors"]


def _reassessed(client: Client) -> None:
    states = [{"effective_from": "2026-04-01", "floors": [BIGGER]}]
    order = {"order_number": "TAX/R/1", "grounds": "measured anew", "states": states}
    for identity in (CITIZEN, HELPDESK):
        with pytest.raises(Forbidden):
            client.as_(identity).tax.reassess(number="P/8/0001", **order)
    preview = client.as_(OFFICER).tax.what_if(number="P/8/0001", states=states)
    done = client.tax.reassess(number="P/8/0001", **order)
    assert done["difference_paise"] == preview["difference_paise"] > 0
    claim = {"order_number": "TAX/C/1", "effective_from": "2026-04-01", "grants": ["solar"]}
    assert client.tax.claim(number="P/8/0001", **claim)["difference_paise"] < 0
    with pytest.raises(Invalid) as refused:
        client.tax.reassess(number="P/8/0001", **order | {"states": states * 2})
    assert list(refused.value.fields) == ["states"]
    shown = client.as_(CITIZEN).tax.register(number="P/8/0001")
    assert [each["kind"] for each in shown["orders"]] == ["registration", "reassessment", "claim"]
    program = Identity.of("api:shop", "citizen")
    for stranger in (CITIZEN, program, ANONYMOUS):
        named = client.as_(stranger).tax.look_up(name="asha kulkarni", ward="aundh-baner")
        assert [each["owners"] for each in named["items"]] == [[{"name": "A••• K•••"}]]
        with pytest.raises(Forbidden):
            client.tax.look_up(phone="98220 12345")
        with pytest.raises(Invalid, match="ward"):
            client.tax.look_up(name="asha kulkarni")
        assert client.tax.look_up(number="P/8/")["items"] == []
    (found,) = client.as_(HELPDESK).tax.look_up(name="asha")["items"]
    assert found["owners"][0]["name"] == "A••• K•••"
    (found,) = client.as_(OFFICER).tax.look_up(phone="98220 12345")["items"]
    assert found["owners"][0]["name"] == "Asha Kulkarni"


def _title(client: Client) -> None:
    given = {
        "number": "P/8/0001",
        "reason": "correction",
        "effective_from": "2026-05-01",
        "owners": [{"name": "Asha V. Kulkarni", "phone": "98220 12345"}],
    }
    made = client.as_(HELPDESK).tax.apply_mutation(**given)
    with pytest.raises(Conflict, match=made["number"]):
        client.tax.apply_mutation(**given)
    order = {"mutation_number": made["number"], "order_number": "TAX/T/1"}
    with pytest.raises(Forbidden):
        client.tax.order_mutation(**order)
    assert client.as_(OFFICER).tax.order_mutation(**order)["state"] == "ordered"
    end = {"mutation_number": made["number"], "step": "withdraw", "remark": "too late"}
    with pytest.raises(Conflict, match="come to its end"):
        client.tax.end_mutation(**end)
    assert len(client.tax.mutations(number="P/8/0001")) == 1


def _objected(client: Client, raised: dict[str, Any]) -> None:
    given = {"number": "P/8/0001", "objector": "Asha Kulkarni", "grounds": "it is smaller"}
    made = client.as_(HELPDESK).tax.file_objection(bill_number=raised["number"], **given)
    assert made["possible"] == ["set_hearing", "withdraw"]
    which = {"objection_number": made["number"]}
    with pytest.raises(Invalid) as refused:
        client.as_(OFFICER).tax.set_hearing(
            **which, hearing_at="2026-01-01T10:00:00+05:30", place="Ward office"
        )
    assert list(refused.value.fields) == ["hearing_at"]
    with pytest.raises(Conflict, match="possible is"):
        client.as_(OTHER).tax.decide_objection(**which, outcome="rejected", reasons="as measured")
    assert client.tax.objections(number="P/8/0001")[0]["state"] == "filed"
    ended = client.tax.withdraw_objection(**which, reason="it was explained")
    assert ended["state"] == "withdrawn"
    assert [each["step"] for each in client.tax.objection(**which)["timeline"]] == [
        "file",
        "withdraw",
    ]


def _held(client: Client) -> None:
    given = {"number": "P/8/0001", "kind": "stay", "reference": "WP 1/2026", "since": "2026-05-01"}
    made = client.as_(OFFICER).tax.hold(**given)
    assert client.tax.holds(number="P/8/0001")["held_by"][0]["reference"] == "WP 1/2026"
    lifted = client.tax.lift_hold(id=made["id"], last_day="2026-05-31", reference="order of May")
    assert lifted["last_day"] == "2026-05-31"
    assert client.tax.holds(number="P/8/0001")["held_by"] == []


def _split(client: Client) -> None:
    parts = [
        {"number": f"P/8/0001/{part}", "floors": [FLOOR | {"area_sqm": "50.00"}]} for part in "AB"
    ]
    order = {"order_number": "TAX/S/1", "effective_from": "2026-06-01", "parts": parts}
    before = _first_half(client, "P/8/0001")
    done = client.tax.split(number="P/8/0001", **order)
    assert [each["number"] for each in done["successors"]] == ["P/8/0001/A", "P/8/0001/B"]
    into = {"number": "P/1/0003", "floors": [BIGGER]}
    merged = client.tax.merge(
        numbers=["P/8/0001/A", "P/8/0001/B"],
        into=into,
        order_number="TAX/M/1",
        effective_from="2026-06-02",
    )
    assert merged["successors"][0]["number"] == "P/1/0003"
    with pytest.raises(Conflict, match="nothing has come"):
        client.tax.carry(number="P/8/0001/A")
    gone = client.tax.demolish(
        number="P/1/0003", order_number="TAX/D/1", effective_from="2026-06-03", grounds="a fire"
    )
    assert gone["number"] == "P/1/0003"
    # What was owed of the first half has come along, with its interest.
    assert _first_half(client, "P/1/0003") == before > 0
    assert client.tax.dues(number="P/8/0001")["payable_paise"] == 0


def _first_half(client: Client, number: str) -> int:
    dues = client.tax.dues(number=number)["dues"]
    return sum(each["paise"] for each in dues if each["half_year"] == "2026-27/1")
