"""kpi and notify as the city runs them: real processes, events in, RPC and mail lines out."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Forbidden, Invalid, NotFound, Unavailable
from palika.migrate import upgrade
from palika.rpc import Client
from services.kpi.domain.projection import INDIA

pytestmark = pytest.mark.slow

OFFICER = Identity.of("officer:je-12", "officer")
CITIZEN = Identity.of("citizen:1", "citizen")


def until(ask: Callable[[], Any], seconds: float = 60) -> Any:
    """The first answer of `ask` that is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        assert time.monotonic() < deadline, f"it did not come within {seconds} s"
        time.sleep(0.05)


class Processes:
    """Started and stopped together; their output in one file each."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = os.environ | environment | {"PALIKA_HEARTBEAT_S": "1"}
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> None:
        with (self.folder / f"{'-'.join(arguments)}.log").open("wb") as output:
            command = [sys.executable, "-m", "palika.cli", *arguments]
            self.running.append(
                subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)
            )

    def said(self, *arguments: str) -> str:
        return (self.folder / f"{'-'.join(arguments)}.log").read_text()

    def stop(self) -> list[int]:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(40) for process in self.running]
        self.running = []
        return codes


@pytest.fixture
def processes(city, tmp_path) -> Iterator[Processes]:
    """grievance with its relay, kpi and notify, up and answering."""
    services = ("grievance", "kpi", "notify")
    for service in services:
        upgrade(service)
    started = Processes(tmp_path, city)
    try:
        for service in services:
            started.start("run", service)
        started.start("relay", "grievance")
        with Client(SYSTEM("test"), timeout_s=5) as client:
            until(lambda: answers(lambda: client.kpi.dashboard(**today())))
            until(lambda: answers(lambda: client.notify.deliveries()))
            until(lambda: answers(lambda: client.grievance.list()))
        until(lambda: "consuming" in started.said("run", "kpi"))
        until(lambda: "consuming" in started.said("run", "notify"))
        yield started
    finally:
        for arguments in [("run", service) for service in services]:
            print(started.said(*arguments)[-3000:])
        started.stop()


def answers(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except Unavailable:
        return False
    return True


def today() -> dict[str, str]:
    day = datetime.now(INDIA).date().isoformat()
    return {"from_day": day, "to_day": day}


def test_a_grievance_moves_the_dashboard_and_reaches_its_citizen(processes):
    with Client(OFFICER) as client:
        filed = client.grievance.file(
            category=a_category(),
            description="The street light in front of the school has been out for a week.",
            citizen_name="Asha Kulkarni",
            citizen_email="asha@example.in",
            language="en",
        )

        def dashboard() -> dict[str, Any]:
            found = client.kpi.dashboard(**today())["kpis"]
            return {each["code"]: each for each in found}

        until(lambda: dashboard()["grievances-registered"]["value"] == 1)
        rate = dashboard()["grievance-resolution-rate"]
        assert (rate["value"], rate["status"]) == (0.0, "missed")
        assert dashboard()["tax-collection-rate"]["status"] == "no data"

        def delivered() -> list[dict[str, Any]]:
            asked = client.notify.deliveries(recipient_ref=filed["id"], state="sent")
            return asked["deliveries"]

        (delivery,) = until(delivered)
        assert delivery["subject"] == f"Your grievance {filed['number']} is registered"
        assert delivery["address"] == "a•••@e•••.in"
        assert client.notify.get(id=delivery["id"]) == delivery
    assert "asha@example.in" not in processes.said("run", "notify")

    the_methods_keep_their_rules(filed)
    assert processes.stop() == [0, 0, 0, 0]


def the_methods_keep_their_rules(filed: dict[str, Any]) -> None:
    with Client(ANONYMOUS) as client:
        one = client.kpi.kpi(code="grievances-registered", **today())
        assert one["value"] == 1
        for refused in (
            lambda: client.kpi.measures(**today()),
            lambda: client.notify.deliveries(),
            lambda: client.notify.preview(template="tax.paid", language="mr"),
        ):
            with pytest.raises(Forbidden):
                refused()
        with pytest.raises(NotFound, match="'none'"):
            client.kpi.kpi(code="none", **today())
        with pytest.raises(Invalid) as error:
            client.kpi.dashboard(from_day="2026-04-02", to_day="2026-04-01")
        assert "to_day" in error.value.fields
        with pytest.raises(Invalid) as error:
            client.kpi.dashboard(from_day="yesterday", to_day="2026-04-01")
        assert "from_day" in error.value.fields
    with Client(OFFICER) as client:
        found = client.kpi.measures(measure="grievance.filed", **today())
        (row,) = found["rows"]
        assert (row["measure"], row["value"], row["department"]) == (
            "grievance.filed",
            1,
            filed["department"],
        )
        assert not found["truncated"]
        total = client.kpi.measures(group_by=[], measure="grievance.filed", **today())
        assert total["rows"] == [{"value": 1}]
        assert client.kpi.measures(measure="tax.paid", group_by=[], **today())["rows"] == []
        shown = client.notify.preview(template="tax.billed", language="mr")
        assert "₹१,१५,०००.००" in shown["body"]
        with pytest.raises(Invalid) as error:
            client.notify.preview(template="tax.billed", language="en", fields={"name": "Asha"})
        assert "amount_paise" in error.value.fields
        with pytest.raises(NotFound):
            client.notify.get(id="00000000-0000-7000-8000-000000000000")


def a_category() -> str:
    from services.grievance.reference import city

    return next(iter(city().categories))
