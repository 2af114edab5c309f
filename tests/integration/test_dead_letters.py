"""`palika dead-letters` on a running service: looking, replaying, discarding; also interrupted."""

import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import amqp
import pytest

from palika import catalogue, cli, dead_letters
from palika.events import Event
from tests.support.backbone import Backbone, ping
from tests.support.fixtures import Probe
from tests.support.part import PALIKA, ROOT, wait_for

QUEUE = Probe.QUEUE
DEAD = f"{QUEUE}.dead"
PROBE = catalogue.Listener("probe", "pings", "", ("probe.pinged.v1",), QUEUE, DEAD, ())


@pytest.fixture
def empty(backbone: Backbone, probe: Probe) -> Iterator[Probe]:
    """The probe, running, without a dead letter."""
    yield probe
    if probe.service.pid is None:
        probe.service.start()
    with backbone.channel() as channel:
        channel.queue_purge(DEAD)


def start(backbone: Backbone, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*PALIKA, "dead-letters", *arguments],
        cwd=ROOT,
        env=backbone.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def palika(backbone: Backbone, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of `palika dead-letters …`."""
    done = backbone.palika("dead-letters", *arguments)
    return done.returncode, done.stdout, done.stderr


def shown(backbone: Backbone, *arguments: str) -> Any:
    status, output, errors = palika(backbone, *arguments)
    assert status == 0, errors
    return json.loads(output)


def lay(probe: Probe, count: int) -> list[Event]:
    """Dead letters that would succeed now, put where a subscription puts them."""
    events = [ping(number) for number in probe.numbers(count)]
    probe.backbone.publish(DEAD, [event.to_json() for event in events])
    return events


def numbers(events: list[Event]) -> list[int]:
    return [event.data["number"] for event in events]


def test_what_was_refused_is_listed_shown_and_discarded(backbone: Backbone, empty: Probe) -> None:
    assert palika(backbone, "list", QUEUE)[:2] == (0, "no dead letters\n")
    assert shown(backbone, "list", "--json") == []
    (number,) = empty.ping("refuse")
    wait_for(lambda: number in empty.dead())

    (letter,) = shown(backbone, "list", "--json")
    assert letter == {
        "queue": QUEUE,
        "event_id": letter["event_id"],
        "type": "probe.pinged.v1",
        "subject": str(number),
        "attempts": 1,
        "reason": f"asked to refuse ping {number}",
        "exception": "Refuse",
        "failed_at": letter["failed_at"],
    }
    _, table, _ = palika(backbone, "list")
    assert letter["event_id"] in table
    assert f"asked to refuse ping {number}" in table
    whole = shown(backbone, "show", QUEUE, letter["event_id"])
    assert json.loads(whole["body"])["data"] == {"number": number, "treat": "refuse"}
    assert whole["headers"]["x-palika-attempt"] == "1"

    # Without a terminal and without --yes nobody has agreed.
    status, _, errors = palika(backbone, "discard", QUEUE, letter["event_id"])
    assert (status, errors) == (
        1,
        f"Error: Discard 1 dead letter of {QUEUE}? Say --yes if so\n",
    )
    # Nobody is asked about what is not there.
    status, _, errors = palika(backbone, "discard", QUEUE, "1")
    assert (status, errors) == (1, "Error: no dead letters there: 1\n")
    assert number in empty.dead()
    done = shown(backbone, "discard", QUEUE, letter["event_id"], "--yes", "--json")
    assert done == {"discarded": 1}
    assert backbone.depth(DEAD) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["list", "kpi.pongs"], 2, "there is no queue 'kpi.pongs'"),
        (["list", "--limit", "0"], 2, "--limit"),
        (["show", "kpi.measures"], 2, "EVENT_ID"),
        (["replay", "kpi.measures"], 2, "name the event ids, or say --all"),
        (["replay", "kpi.measures", "1", "--all"], 2, "name the event ids, or say --all"),
        (["discard", "kpi.measures", "--yes"], 2, "name the event ids, or say --all"),
        # Its service has never run here.
        (["show", "kpi.measures", "1"], 1, "there is no subscription with the queue"),
        (["replay", "kpi.measures", "--all"], 1, "there is no subscription with the queue"),
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
    assert cli.main(["dead-letters", *arguments]) == status
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("command", ["list", "show", "replay", "discard"])
def test_each_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dead-letters", command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: palika dead-letters {command}")


def test_an_id_that_is_not_there_is_told(backbone: Backbone, empty: Probe) -> None:
    (letter,) = lay(empty, 1)
    status, _, errors = palika(backbone, "show", QUEUE, "1")
    assert (status, errors) == (1, f"Error: {QUEUE} has no dead letter 1\n")
    status, output, errors = palika(backbone, "replay", QUEUE, "2", letter.id, "1", "2")
    assert (status, output) == (1, "replayed 1\n")
    assert errors == "Error: no dead letters there: 1, 2\n"


def test_a_replay_takes_effect_once_however_often(backbone: Backbone, empty: Probe) -> None:
    one, *others = lay(empty, 3)
    assert palika(backbone, "replay", QUEUE, one.id)[:2] == (0, "replayed 1\n")
    empty.wait_counted(one.data["number"])
    assert empty.counted(*numbers(others)) == [0, 0]
    # The same event once more, which has had its effect already.
    backbone.publish(DEAD, [one.to_json()] * 2)
    duplicates = empty.service.metric("palika_events_duplicate_total", subscription=QUEUE)
    assert shown(backbone, "replay", QUEUE, "--all", "--json") == {"replayed": 4}
    empty.wait_counted(*numbers([one, *others]))
    wait_for(
        lambda: (
            empty.service.metric("palika_events_duplicate_total", subscription=QUEUE)
            == duplicates + 2
        )
    )
    empty.wait_counted(*numbers([one, *others]))
    wait_for(lambda: backbone.messages(DEAD) == backbone.messages(QUEUE) == 0)


def test_what_is_no_event_is_listed_by_its_digest_and_comes_back_when_replayed(
    backbone: Backbone, empty: Probe
) -> None:
    backbone.publish(QUEUE, ["{]", b"\xff\xfe\x00"])
    wait_for(lambda: backbone.depth(DEAD) == 2)
    letters = shown(backbone, "list", QUEUE, "--json")
    assert {letter["type"] for letter in letters} == {None}
    assert all(letter["event_id"].startswith("body:") for letter in letters)
    assert "not an event" in palika(backbone, "list")[1]
    odd = next(each for each in letters if each["event_id"].endswith(digest_of(b"\xff\xfe\x00")))
    whole = shown(backbone, "show", QUEUE, odd["event_id"])
    assert (whole["body"], whole["body_base64"]) == ("\\xff\\xfe\x00", "//4A")
    digest = letters[0]["event_id"]
    assert shown(backbone, "replay", QUEUE, digest, "--json") == {"replayed": 1}
    wait_for(lambda: backbone.depth(DEAD) == 2, what="it is refused again")
    assert {each["event_id"] for each in shown(backbone, "list", QUEUE, "--json")} == {
        letter["event_id"] for letter in letters
    }
    done = shown(backbone, "discard", QUEUE, digest, "--yes", "--json")
    assert done == {"discarded": 1}
    (left,) = shown(backbone, "list", QUEUE, "--json")
    assert left["event_id"] == letters[1]["event_id"]


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


FOUL: list[dict[str, Any]] = [
    {"x-death": "lol"},
    {"x-death": 7},
    {"x-death": []},
    {"x-death": ["lol"]},
    {"x-death": [[]]},
    {"x-death": {"reason": "lol"}},
    {"x-death": [{"reason": ["rejected"], "count": "many"}]},
    {"x-death": [{}], "x-palika-reason": {"a": [1]}, "x-palika-exception": 3},
    {"x-palika-reason": "[/red] \ud800", "x-palika-failed-at": 7, "x-palika-attempt": True},
    {"x-palika-failed-at": datetime(2026, 1, 2, tzinfo=UTC), "x-palika-attempt": "many"},
    {"x-palika-failed-at": ["lol"], "x-palika-queue": 7, "\ud800": "\udfff"},
]


def test_headers_of_any_shape_do_not_stop_anybody(backbone: Backbone, empty: Probe) -> None:
    events = [ping(number) for number in empty.numbers(len(FOUL))]
    with backbone.channel() as channel:
        for event, headers in zip(events, FOUL, strict=True):
            message = amqp.Message(event.to_json().encode(), application_headers=headers)
            channel.basic_publish_confirm(message, exchange="", routing_key=DEAD)
    listed = shown(backbone, "list", QUEUE, "--json")
    assert {each["event_id"] for each in listed} == {event.id for event in events}
    assert all(type(each["attempts"]) is int for each in listed)
    assert {each["reason"] for each in listed} >= {"unknown", "['rejected']", "[/red] \\ud800"}
    status, table, errors = palika(backbone, "list", QUEUE)
    assert status == 0, errors
    assert "[/red] \\ud800" in table
    for event in events:
        assert shown(backbone, "show", QUEUE, event.id)["event_id"] == event.id
    done = shown(backbone, "discard", QUEUE, events[0].id, "--yes", "--json")
    assert done == {"discarded": 1}
    assert shown(backbone, "replay", QUEUE, "--all", "--json") == {"replayed": len(FOUL) - 1}
    empty.wait_counted(*numbers(events[1:]))


def test_many_letters_stay_in_their_order_and_are_counted(backbone: Backbone, empty: Probe) -> None:
    events = lay(empty, 400)
    ids = [event.id for event in events]
    # Oldest first, although what was looked at once lies in any order.
    for _ in range(2):
        looked = dead_letters.browse(backbone.amqp_uri, QUEUE, 1_000)
        assert [letter.event_id for letter in looked] == ids
    listed = shown(backbone, "list", QUEUE, "--limit", "1000", "--json")
    assert [each["event_id"] for each in listed] == ids
    _, table, _ = palika(backbone, "list")
    assert f"{QUEUE}: 100 of 400 are shown" in table
    last = shown(backbone, "show", QUEUE, events[-1].id)
    assert json.loads(last["body"]) == json.loads(events[-1].to_json())
    assert shown(backbone, "replay", QUEUE, "--all", "--json") == {"replayed": 400}
    empty.wait_counted(*numbers(events))
    wait_for(lambda: backbone.messages(DEAD) == 0, what="the last acknowledgement has come")


def test_a_letter_is_kept_and_given_back_as_it_came(backbone: Backbone, empty: Probe) -> None:
    properties = {
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "priority": 3,
        "correlation_id": "c-1",
        "reply_to": "nobody",
        "message_id": "m-1",
        "timestamp": 1_700_000_000,
        "type": "odd",
        "app_id": "foreign",
        "delivery_mode": 2,
    }
    headers = {"count": 7, "half": 0.5, "yes": True, "words": ["a", {"b": "ण"}], "raw": "x"}
    (number,) = empty.numbers()
    # Spaces and all: not as our own publisher would write it.
    body = json.dumps(json.loads(ping(number, "refuse").to_json()), indent=3).encode()
    message = amqp.Message(body, **properties, application_headers=headers)
    with backbone.channel() as channel:
        channel.basic_publish(message, exchange="", routing_key=QUEUE)
    wait_for(lambda: number in empty.dead())
    kept = _get(backbone, DEAD)
    assert kept[0] == body
    assert kept[1] == properties
    ours = {key: kept[2].pop(key) for key in list(kept[2]) if key.startswith("x-palika-")}
    assert ours["x-palika-queue"] == QUEUE
    assert kept[2] == headers

    empty.service.stop()
    # A heartbeat of the service may wait there already.
    with backbone.channel() as channel:
        channel.queue_purge(QUEUE)
    assert shown(backbone, "replay", QUEUE, "--all", "--json") == {"replayed": 1}
    assert _get(backbone, QUEUE) == (body, properties, headers)


def _get(backbone: Backbone, queue: str) -> tuple[bytes, dict[str, Any], dict[str, Any]]:
    """The first message of a queue, which stays there."""
    with backbone.channel() as channel:
        channel.auto_decode = False
        message = channel.basic_get(queue)
        properties = dict(message.properties)
        headers = {
            key: value
            for key, value in properties.pop("application_headers").items()
            if key != "x-delivery-count"
        }
        return bytes(message.body), properties, headers


def test_a_replay_that_is_killed_loses_nothing_and_doubles_nothing(
    backbone: Backbone, empty: Probe
) -> None:
    events = lay(empty, 500)
    killed = start(backbone, "replay", QUEUE, "--all")
    wait_for(lambda: sum(empty.counted(*numbers(events))) > 20, 60, step_s=0.002)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -9
    left = shown(backbone, "replay", QUEUE, "--all", "--json")["replayed"]
    assert 0 < left < 500, "the kill came in the middle"
    empty.wait_counted(*numbers(events))
    wait_for(lambda: backbone.messages(QUEUE) == 0)
    empty.wait_counted(*numbers(events))
    wait_for(lambda: backbone.messages(DEAD) == 0, what="the last acknowledgement has come")


def test_two_operators_see_all_and_replay_each_letter_once(
    backbone: Backbone, empty: Probe
) -> None:
    events = lay(empty, 300)
    looking = [start(backbone, "list", QUEUE, "--limit", "500", "--json") for _ in range(2)]
    for each in looking:
        assert len(json.loads(each.communicate(timeout=60)[0])) == 300
    replaying = [start(backbone, "replay", QUEUE, "--all", "--json") for _ in range(2)]
    counts = [json.loads(each.communicate(timeout=60)[0])["replayed"] for each in replaying]
    assert sorted(counts) == [0, 300]
    empty.wait_counted(*numbers(events))


def test_whoever_does_not_get_their_turn_is_told(
    backbone: Backbone, empty: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(empty, 1)
    monkeypatch.setattr(dead_letters, "_PATIENCE_S", 0.3)
    with dead_letters._taking(backbone.amqp_uri, QUEUE) as taken:
        assert next(taken)
        started = time.monotonic()
        with pytest.raises(dead_letters.Occupied, match=f"somebody else has been at {DEAD}"):
            dead_letters.browse(backbone.amqp_uri, QUEUE)
        assert 0.3 <= time.monotonic() - started < 10
    assert len(dead_letters.browse(backbone.amqp_uri, QUEUE)) == 1
