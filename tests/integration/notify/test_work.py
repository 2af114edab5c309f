"""What is for many goes out in a process of its own, which the service starts and stops."""

import base64
import os
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import sessionmaker
from uuid6 import uuid7

from palika.config import settings
from palika.database import create_engine
from palika.local.processes import family
from services.notify.commands.receive import keep
from services.notify.domain.messages import Receipt, Told
from services.notify.models import Delivery
from services.notify.secrets import Secrets
from services.notify.working import A_HAND
from tests.support.backbone import Backbone
from tests.support.collector import Collector
from tests.support.part import Part, wait_for

KEY = b"k" * 32
COUNT = 2_000


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> dict[str, str]:
    """The settings of a city that writes to the log."""
    keys = tmp_path_factory.mktemp("keys") / "notify-keys"
    keys.write_bytes(base64.b64encode(KEY))
    return {"PALIKA_NOTIFY_KEYS": str(keys), "PALIKA_NOTIFY_CHANNELS": "log"}


@pytest.fixture(scope="module")
def service(backbone: Backbone, city) -> Part:
    """The real service."""
    backbone.migrate("notify")
    return backbone.part("run", "notify", **city).start()


def fill(backbone: Backbone, lane: str, count: int) -> None:
    """Messages in a lane, due now."""
    now = datetime.now(UTC)
    sealed = Secrets([KEY]).seal(
        {
            "contact": {"phone": "+919812345610", "name": "Asha", "language": "en"},
            "fields": {
                "bill_number": "PT-2026-27-000001",
                "period": "2026-27",
                "amount_paise": 11_500_00,
                "due_on": "2026-06-30",
            },
        }
    )
    rows = [
        {
            "id": uuid7(),
            "event_id": uuid7(),
            "event_type": "request",
            "template": "tax.billed",
            "purpose": "tax",
            "lane": lane,
            "recipient_ref": "x",
            "sealed": sealed,
            "fields": {},
            "state": "created",
            "next_attempt_at": now,
            "of_use_until": now + timedelta(hours=1),
            "created_at": now,
        }
        for _ in range(count)
    ]
    engine = create_engine(replace(settings(), database_url=backbone.database_url("notify")))
    with sessionmaker(engine).begin() as session:
        session.execute(insert(Delivery), rows)
    engine.dispose()


def sent(backbone: Backbone, lane: str) -> int:
    query = "SELECT count(*) FROM delivery WHERE state = 'sent' AND lane = %s"
    count: int = backbone.value("notify", query, lane)
    return count


def test_what_is_for_many_goes_out_in_a_process_of_its_own(backbone, service):
    fill(backbone, "bulk", COUNT)
    wait_for(lambda: len(family(service.pid)) > 1, 20, "a process is started")
    fill(backbone, "transactional", 1)
    wait_for(lambda: sent(backbone, "transactional") == 1, 20, "the others do not wait")
    wait_for(lambda: sent(backbone, "bulk") == COUNT, 60, "all are sent")
    wait_for(lambda: len(family(service.pid)) == 1, 30, "with nothing to do it ends")
    told = {"channel": "log", "outcome": "sent"}
    wait_for(
        lambda: service.metric("palika_notify_deliveries_total", **told) == COUNT + 1,
        10,
        "what it has counted is in the service's metrics",
    )
    waited = "palika_notify_created_to_sent_seconds_count"
    assert service.metric(waited, lane="bulk") == COUNT


def test_beside_codes_it_goes_out_a_few_at_a_time_and_quickly_again_after_them(backbone, service):
    """No more lie in the hands of all processes than are handed over gently."""
    in_hand = "SELECT count(*) FROM delivery WHERE state = 'sending' AND lane = 'bulk'"
    wait_for(lambda: len(family(service.pid)) == 1, 30, "nothing is at work")
    before = sent(backbone, "bulk")

    def is_at_work() -> bool:
        # On a busy machine the process takes a while to start: codes are asked for meanwhile.
        fill(backbone, "urgent", 1)
        return sent(backbone, "bulk") > before

    fill(backbone, "urgent", 1)
    fill(backbone, "bulk", COUNT)
    wait_for(is_at_work, 30, "it is at work")
    most = 0
    begun = time.monotonic()
    while time.monotonic() - begun < 2:
        fill(backbone, "urgent", 1)
        most = max(most, backbone.value("notify", in_hand))
    assert 0 < most <= 2 * A_HAND
    assert sent(backbone, "bulk") < before + COUNT
    wait_for(lambda: sent(backbone, "bulk") == before + COUNT, 60, "all are sent")


def test_many_receipts_are_applied_by_it_also_of_messages_that_nobody_knows(backbone, service):
    wait_for(lambda: len(family(service.pid)) == 1, 30, "nothing is at work")
    count = 300
    now = datetime.now(UTC)
    told = [Receipt(f"unknown-{n}", None, Told.DELIVERED, now) for n in range(count)]
    engine = create_engine(replace(settings(), database_url=backbone.database_url("notify")))
    with sessionmaker(engine).begin() as session:
        assert len(keep(session, "plivo", told, now)) == count
        assert keep(session, "plivo", told, now) == []
    engine.dispose()
    wait_for(lambda: len(family(service.pid)) > 1, 20, "a process is started")
    new = "SELECT count(*) FROM receipt WHERE looked_at IS NULL"
    wait_for(lambda: backbone.value("notify", new) == 0, 20, "all are looked at")


def test_it_is_started_again_when_it_is_killed_and_nothing_goes_twice(backbone, service):
    fill(backbone, "bulk", COUNT)
    wait_for(lambda: sent(backbone, "bulk") > COUNT, 30, "it is at work")
    (worker,) = [pid for pid in family(service.pid) if pid != service.pid]
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: "has ended with -9" in service.said, 20)
    stuck = "SELECT count(*) FROM delivery WHERE state = 'sending'"
    wait_for(
        lambda: sent(backbone, "bulk") + backbone.value("notify", stuck) == 2 * COUNT, 60,
        "another has sent what was not in hand",
    )  # fmt: skip
    twice = """SELECT count(*) FROM (SELECT delivery_id FROM attempt
        GROUP BY delivery_id HAVING count(*) > 1) AS twice"""
    assert backbone.value("notify", twice) == 0


def test_a_service_that_stops_lets_it_note_what_is_in_hand(backbone, service):
    begun = datetime.now(UTC)
    fill(backbone, "bulk", COUNT)
    before = sent(backbone, "bulk")
    wait_for(lambda: sent(backbone, "bulk") > before, 30, "it is at work")
    assert service.stop() == 0
    unknown = "SELECT count(*) FROM attempt WHERE state = 'sending' AND made_at > %s"
    assert backbone.value("notify", unknown, begun) == 0


def test_a_worker_that_is_started_by_hand_has_metrics_of_its_own(backbone, service, city):
    if service.pid:
        service.stop()
    before = sent(backbone, "bulk")
    fill(backbone, "bulk", 50)
    worker = backbone.part("notify", "work", "bulk", "--idle", "60", "--port", "0", **city)
    worker.start()
    wait_for(lambda: sent(backbone, "bulk") >= before + 50, 30, "all are sent")
    outcome = {"channel": "log", "outcome": "sent"}
    wait_for(lambda: worker.metric("palika_notify_deliveries_total", **outcome) >= 50, 10)
    assert worker.get("/healthz")[0] == 200
    assert worker.stop() == 0


def test_its_sending_goes_on_in_the_trace_that_was_kept_with_a_message(backbone, service, city):
    if service.pid:
        service.stop()
    before = sent(backbone, "bulk")
    fill(backbone, "bulk", 2)
    kept = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    backbone.query(
        "notify",
        "UPDATE delivery SET traceparent = %s WHERE id = "
        "(SELECT id FROM delivery WHERE state = 'created' LIMIT 1)",
        kept,
    )
    with Collector() as collector:
        ended = backbone.palika(
            "notify", "work", "bulk", "--idle", "5", PALIKA_OTEL_ENDPOINT=collector.url, **city
        )
    assert ended.returncode == 0, ended.stderr
    assert "2 taken up" in ended.stdout, ended.stderr
    assert sent(backbone, "bulk") == before + 2
    (span,) = collector.named("send message")
    assert (span.service, span.trace_id, span.parent) == ("notify-work", *kept.split("-")[1:3])
