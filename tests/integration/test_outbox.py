"""The outbox: recorded with what caused it, in order, and the only way to publish."""

import ast
import time
from dataclasses import replace
from pathlib import Path

import pytest

from palika import outbox
from palika.errors import Invalid
from palika.events import EventType
from tests.support.backbone import Backbone, ping, probe_types
from tests.support.mailbox import Mailbox
from tests.support.part import ROOT, Part, wait_for

# What comes sooner than this was not found by looking.
RARELY_S = 60


@pytest.fixture(scope="module")
def rare_relay(migrated: Backbone) -> Part:
    """A relay that looks once a minute unless it is told to."""
    return migrated.part("relay", "probe", PALIKA_RELAY_POLL_S=str(RARELY_S)).start()


def recorded(backbone: Backbone) -> int:
    count: int = backbone.value("probe", "SELECT count(*) FROM outbox")
    return count


def test_what_is_rolled_back_was_never_recorded(
    migrated: Backbone, mailbox: Mailbox, rare_relay: Part
) -> None:
    with migrated.sessions("probe")() as session:
        outbox.record(session, ping(1))
        session.flush()
        session.rollback()
    assert recorded(migrated) == 0
    migrated.record("probe", ping(2))
    wait_for(lambda: mailbox.depth == 1)
    assert mailbox.numbers() == [2]


def test_nothing_leaves_before_the_commit(
    migrated: Backbone, mailbox: Mailbox, rare_relay: Part
) -> None:
    with migrated.sessions("probe").begin() as session:
        outbox.record(session, ping(1))
        session.flush()
        migrated.record("probe", ping(2))
        wait_for(lambda: mailbox.depth == 1, what="another transaction's event")
        assert mailbox.numbers() == [2]
    wait_for(lambda: mailbox.depth == 1, what="and then its own")
    assert mailbox.numbers() == [1]


def test_the_order_of_a_transaction_is_kept(
    migrated: Backbone, mailbox: Mailbox, rare_relay: Part
) -> None:
    with migrated.sessions("probe").begin() as session:
        outbox.record(session, *map(ping, range(800, 0, -1)))
        outbox.record(session)
        outbox.record(session, *map(ping, range(1_000, 1_100)))
    wait_for(lambda: mailbox.depth == 900)
    assert mailbox.numbers() == [*range(800, 0, -1), *range(1_000, 1_100)]


def test_a_commit_wakes_the_relay(migrated: Backbone, mailbox: Mailbox, rare_relay: Part) -> None:
    for number in range(5):
        started = time.monotonic()
        migrated.record("probe", ping(number))
        wait_for(lambda n=number: mailbox.depth > n, RARELY_S)  # type: ignore[misc]
        assert time.monotonic() - started < RARELY_S / 4


def test_an_event_whose_notification_is_missed_is_found_by_looking(
    migrated: Backbone, mailbox: Mailbox
) -> None:
    migrated.query("probe", "ALTER TABLE outbox DISABLE TRIGGER outbox_notify")
    often = migrated.part("relay", "probe", PALIKA_RELAY_POLL_S="0.2").start()
    try:
        migrated.record("probe", ping(1))
        wait_for(lambda: mailbox.depth == 1)
    finally:
        migrated.query("probe", "ALTER TABLE outbox ENABLE TRIGGER outbox_notify")
    often.kill()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"treat": "count"}, "number"),
        ({"number": "many"}, "number"),
        ({"number": 1, "colour": "red"}, "colour"),
    ],
    ids=["missing", "of the wrong kind", "unknown"],
)
def test_a_payload_that_does_not_fit_is_refused_where_it_is_made_and_where_it_is_recorded(
    migrated: Backbone, mailbox: Mailbox, data: dict[str, object], field: str
) -> None:
    pinged: EventType = probe_types()[0]
    with pytest.raises(Invalid) as refused:
        pinged.new(subject="1", data=data)
    assert refused.value.fields.keys() == {field}
    # One made by hand, among good ones.
    with pytest.raises(Invalid, match=r"probe\.pinged\.v1 does not fit") as refused:
        migrated.record("probe", ping(1), replace(ping(2), data=data), ping(3))
    assert refused.value.fields.keys() == {field}
    assert recorded(migrated) == 0, "nothing is half-written"


def test_an_event_of_a_type_that_nobody_registered_is_refused(
    migrated: Backbone, mailbox: Mailbox
) -> None:
    with pytest.raises(KeyError):
        migrated.record("probe", ping(1), replace(ping(2), type="probe.unheard.v1"))
    assert recorded(migrated) == 0


# The ways to put a message on the broker: Nameko's, kombu's, py-amqp's, pika's and our own.
WAYS = {
    "event_dispatcher",
    "EventDispatcher",
    "Producer",
    "publish",
    "basic_publish",
    "basic_publish_confirm",
    "publish_frames",
}


def used_names(path: Path) -> set[str]:
    """Every name that a module imports, or uses as a name or an attribute."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                names.add(name)
            case _:
                continue
    return names


def test_nothing_but_the_relay_publishes_events() -> None:
    publishing = {
        path.relative_to(ROOT).as_posix()
        for folder in ("palika", "services")
        for path in (ROOT / folder).rglob("*.py")
        if used_names(path) & WAYS
    }
    assert publishing == {
        # What was published before, back into a log or a queue by its name.
        "palika/backup/event_logs.py",
        "palika/relay/claims.py",
        "palika/relay/publisher.py",
        # Answers, to the reply queue of who called.
        "palika/rpc_wire.py",
        # Failed events, to a queue by its name; the next test looks closer.
        "palika/subscribe/failures.py",
    }, "an event goes through palika.outbox.record"


@pytest.mark.parametrize("module", ["subscribe/failures", "backup/event_logs"])
def test_events_of_before_go_to_queues_and_never_to_an_exchange(module: str) -> None:
    source = (ROOT / f"palika/{module}.py").read_text("utf-8")
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WAYS
    ]
    assert calls
    for call in calls:
        exchanges = [each.value for each in call.keywords if each.arg == "exchange"]
        assert len(call.args) < 2, "the exchange is named, for this test to see it"
        assert all(isinstance(each, ast.Constant) and each.value == "" for each in exchanges)
