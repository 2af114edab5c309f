"""`palika events`: tail of a running service's log, and the catalogue's documents."""

import json
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import amqp
import pytest

from palika import cli, event_log
from palika.events import Event
from tests.support.backbone import Backbone, ping
from tests.support.fixtures import Probe
from tests.support.part import PALIKA, ROOT, wait_for


@pytest.fixture(scope="module")
def echoed(probe: Probe) -> list[int]:
    """Numbers of pings, each of which has been echoed into the log."""
    numbers = probe.ping("echo", "echo")
    probe.wait_counted(*numbers)
    wait_for(
        lambda: (
            probe.backbone.value("probe", "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
        ),
        what="all of it is in the log",
    )
    return numbers


def tail(backbone: Backbone, *arguments: str) -> list[str]:
    """The lines that a tail without an end prints."""
    done = backbone.palika("events", "tail", "--no-follow", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def events(lines: list[str]) -> set[tuple[str, int]]:
    found: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return {(event["type"], event["data"]["number"]) for event in found}


def test_all_of_the_past_is_printed_as_events_a_line(backbone: Backbone, echoed: list[int]) -> None:
    both = {(f"probe.{kind}.v1", number) for kind in ("pinged", "echoed") for number in echoed}
    assert events(tail(backbone, "--all", "--json")) == both
    lines = tail(backbone, "--all", "--json", "--type", "probe.echoed.v1", "--service", "probe")
    assert events(lines) == {each for each in both if each[0] == "probe.echoed.v1"}
    assert events(tail(backbone, "--since", "2020-01-01", "--json")) == both


def test_a_log_that_grows_is_read_to_where_it_ended(
    backbone: Backbone, probe: Probe, echoed: list[int]
) -> None:
    logged = {each.id for each in all_of_the_log(backbone)}
    stop = threading.Event()
    grown: list[int] = []

    def grow() -> None:
        # More often than a log may be quiet; straight to the exchange, as fast as need be.
        with backbone.channel() as channel:
            while not stop.wait(0.1):
                grown.append(10_000 + len(grown))
                body = amqp.Message(ping(grown[-1]).to_json().encode())
                channel.basic_publish_confirm(body, exchange="probe.events", routing_key="pinged")

    growing = threading.Thread(target=grow)
    growing.start()
    try:
        wait_for(lambda: len(grown) >= 3)
        known = len(grown) - 1
        found = all_of_the_log(backbone)
        read_until, went_on_until = len(found), len(grown)
        wait_for(lambda: len(grown) > went_on_until, what="it goes on growing")
    finally:
        stop.set()
        growing.join()
    assert logged <= {each.id for each in found}
    numbers = [each.data["number"] for each in found if each.data["number"] >= 10_000]
    assert numbers == grown[: len(numbers)], "all up to the end, in order"
    assert len(numbers) >= known
    assert read_until < len(all_of_the_log(backbone))


def all_of_the_log(backbone: Backbone) -> list[Event]:
    return [each for batch in event_log.read(backbone.amqp_uri, "probe") for each in batch]


def test_for_people_a_line_says_when_what_and_to_whom(
    backbone: Backbone, echoed: list[int]
) -> None:
    lines = tail(backbone, "--all", "--type", "probe.echoed.v1")
    assert len(lines) == len(echoed)
    assert all("  probe.echoed.v1 " in line and '"number": ' in line for line in lines)


def test_what_is_not_there_yet_is_no_error(backbone: Backbone, echoed: list[int]) -> None:
    assert tail(backbone) == [], "only what is new"
    assert tail(backbone, "--all", "--service", "tax") == [], "tax has never run here"


def test_it_follows_until_ctrl_c(backbone: Backbone, probe: Probe, echoed: list[int]) -> None:
    following = subprocess.Popen(
        [*PALIKA, "events", "tail", "--all", "--json", "--type", "probe.echoed.v1"],
        cwd=ROOT,
        env=backbone.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert following.stdout is not None
        seen = [following.stdout.readline() for _ in echoed]
        (number,) = probe.ping("echo")
        seen.append(following.stdout.readline())
        assert events(seen) == {("probe.echoed.v1", each) for each in (*echoed, number)}
        following.send_signal(signal.SIGINT)
        _, errors = following.communicate(timeout=30)
        assert (following.returncode, errors.strip()) == (130, "palika: stopped")
    finally:
        following.kill()
        following.wait()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["tail", "--service", "water"], 2, "there is no service water"),
        (["tail", "--type", "tax.payed.v1"], 2, "no event type tax.payed.v1; there are: "),
        (["tail", "--since", "yesterday"], 2, "--since"),
        (["unbind", "kpi.pongs", "tax.paid.v1"], 1, "there is no queue 'kpi.pongs'"),
        (["unbind", "kpi.measures", "tax.paid.v1"], 2, "it would be bound again"),
        (["unbind", "kpi.measures", "tax.paid"], 2, "expected service.event_name.vN"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_wrong_usage_is_told(
    city: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    words: str,
) -> None:
    assert cli.main(["events", *arguments]) == status
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("queue", ["kpi.measures", "parks.jobs"])
def test_a_type_that_nobody_listens_to_any_more_is_unbound(
    city: dict[str, str], backbone: Backbone, probe: Probe, queue: str
) -> None:
    """The release before has bound it, or a service that is no more: it comes until then."""
    assert city["AMQP_URI"] == backbone.amqp_uri
    with backbone.channel() as channel:
        channel.queue_declare(queue, durable=True, auto_delete=False)
        channel.queue_bind(queue, "probe.events", "echoed")

    def comes() -> bool:
        before = backbone.depth(queue)
        with backbone.channel() as channel:
            told = amqp.Message(b"{}")
            channel.basic_publish_confirm(told, exchange="probe.events", routing_key="echoed")
        return backbone.depth(queue) > before

    assert comes()
    assert cli.main(["events", "unbind", queue, "probe.echoed.v1"]) == 0
    assert not comes()
    assert cli.main(["events", "unbind", queue, "probe.echoed.v1"]) == 0, "again does no harm"
    assert cli.main(["events", "unbind", queue, "nobody.said.v1"]) == 0, "nor what never was"


def test_a_broker_that_is_away_is_one_line(backbone: Backbone) -> None:
    away = "amqp://guest:guest@127.0.0.1:1//"
    done = backbone.palika("events", "tail", "--all", "--no-follow", AMQP_URI=away)
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_documents_are_up_to_date_and_their_check_can_fail(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["events", "document", "--check", "--to", str(root / "docs")]) == 0
    folder = ["--to", str(tmp_path)]
    assert cli.main(["events", "document", "--check", *folder]) == 1
    assert "events.md is out of date" in capsys.readouterr().err
    assert cli.main(["events", "document", *folder]) == 0
    assert cli.main(["events", "document", "--check", *folder]) == 0
    with (tmp_path / "asyncapi.yaml").open("a") as document:
        document.write("# edited\n")
    assert cli.main(["events", "document", "--check", *folder]) == 1
    assert "asyncapi.yaml is out of date" in capsys.readouterr().err
