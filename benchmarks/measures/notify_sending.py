"""Notify: messages through one worker, against the bare HTTP client."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, LiteralString

import yaml
from sqlalchemy import insert, text
from uuid6 import uuid7

from benchmarks.ground import Ground, Process
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs, in_turn
from benchmarks.watch import rate
from palika.config import settings
from palika.database import sessions
from palika.local.processes import LocalError, free_port
from services.notify.models import Delivery
from services.notify.reference import city_policy, read_data
from services.notify.secrets import Secrets

ROUNDS = 3
MESSAGES = 8_000
WARM_UP = 2_000
KEPT = 1_000
"""So many bodies of ours the bare client posts, again and again."""
FLOOR = 0.5
_ID, _TOKEN = "MALOOPBACK0000000001", "loopback-token"
_KEY = b"a key for measuring and no other"
AT_ONCE = 16
_IN_HAND_S = 60

HOW = f"""
{MESSAGES:,} text messages in Marathi lie in the lane for bulk, each to a number of its own, with
sealed contacts, as a campaign makes them. One worker, the real one (`palika notify work`), claims,
plans, writes and hands them over, {AT_ONCE} at once, to Plivo's API on this machine (a process of
its own), and notes what came of each. Its rate is taken from the attempts
that are answered, by the database's clock, from a fifth on. No relay and no other service run. The
bare client then posts the very bodies ({KEPT:,} of them, again and again) to the same server with
the same number of threads, and looks at the status: urllib3, which our adapters stand on, with a
pool for all threads; and, without a limit, the standard library's http.client with a connection a
thread, which does less (no pool, no retries, no limits). Python's lock gives one processor to each
of the clients, however many threads they have; the server takes most of the other.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Ours and the bare client's in turn."""
    ground.enter("notify_sending", "notify")
    port, bodies = free_port(), ground.directory / "bodies"
    carrier = ground.consumer("text_carrier", port=port, path=str(bodies), keep=KEPT)
    url = f"http://127.0.0.1:{port}"
    with settings_for(ground.directory, url):
        try:
            return _measured(ground, carrier, url, bodies, say)
        finally:
            carrier.stop()


@contextmanager
def settings_for(directory: Path, url: str, portal: str = "https://city.example") -> Iterator[None]:
    """A city that sends text messages over the carrier at ``url`` as quickly as it can; receipts
    come to ``portal``."""
    own = directory / "notify-data"
    own.mkdir(exist_ok=True)
    plan = read_data("providers.yaml")
    plan["providers"]["plivo"] |= {"per_s": 10**6, "burst": 10**6}
    (own / "providers.yaml").write_text(yaml.safe_dump(plan), "utf-8")
    keys = directory / "notify-keys"
    keys.write_bytes(base64.b64encode(_KEY))
    os.environ |= {
        "PALIKA_NOTIFY_CHANNELS": "sms",
        "PALIKA_NOTIFY_DATA": str(own),
        "PALIKA_NOTIFY_KEYS": str(keys),
        "PALIKA_SMS_PLIVO_URL": url,
        "PALIKA_SMS_PLIVO_AUTH_ID": _ID,
        "PALIKA_SMS_PLIVO_AUTH_TOKENS": _TOKEN,
        "PALIKA_SMS_CALLBACK_SECRETS": "secret",
        "PALIKA_PORTAL_URL": portal,
    }
    settings.cache_clear()
    read_data.cache_clear()
    try:
        yield
    finally:
        for name in [each for each in os.environ if each.startswith("PALIKA_")]:
            del os.environ[name]
        settings.cache_clear()
        read_data.cache_clear()


def _measured(
    ground: Ground, carrier: Process, url: str, bodies: Path, say: Callable[[str], None]
) -> Result:
    workers: list[Process] = []

    def check() -> None:
        for process in (*workers, carrier):
            process.check()

    with closing(ground.connect("notify")) as connection:

        def look() -> tuple[float, int]:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT extract(epoch FROM clock_timestamp()), "
                    "(SELECT count(*) FROM attempt WHERE answered_at IS NOT NULL)"
                )
                moment, done = cursor.fetchone()
            return float(moment), int(done)

        def ours(count: int = MESSAGES) -> float:
            fill(count)
            workers[:] = [ground.start("palika.cli", "notify", "work", "bulk", "--idle", "60")]
            try:
                return rate(look, count, check)
            finally:
                workers[0].stop()

        def bare(client: str) -> float:
            path = f"/v1/Account/{_ID}/Message/"
            return ground.peer(
                "bare_posts", url=url + path, path=str(bodies), login=f"{_ID}:{_TOKEN}",
                count=MESSAGES, at_once=AT_ONCE, client=client,
            )  # fmt: skip

        say(f"warm-up: {ours(WARM_UP):,.0f} messages/s")
        found = {
            client: in_turn(client, ours, lambda client=client: bare(client), ROUNDS, say)  # type: ignore[misc]
            for client in ("urllib3", "http.client")
        }
    return Result("notify_sending", [_row(*each) for each in found.items()], HOW)


def _row(client: str, pairs: Pairs) -> Row:
    floor = FLOOR if client == "urllib3" else None
    return Row(
        "notify: messages through one worker",
        f"{client} posting the same bodies",
        pairs.ours,
        "messages/s",
        floor,
        peer=pairs.peer,
        ratio=pairs.ratio,
        setting=f"{AT_ONCE} threads",
    )


def fill(count: int) -> None:
    """So many messages in the lane for bulk, all due now, and none of before."""
    seal = Secrets([_KEY])
    now = datetime.now(UTC)
    policy = city_policy(settings("notify").notify_max_age_h)
    rows: list[dict[str, Any]] = [
        {
            "id": uuid7(),
            "event_id": uuid7(),
            "event_type": "request",
            "template": "tax.billed",
            "purpose": "tax",
            "lane": "bulk",
            "recipient_ref": f"bench-{number}",
            "sealed": seal.seal(_message(number)),
            "fields": {},
            "state": "created",
            "next_attempt_at": now,
            "of_use_until": now + policy.max_age + timedelta(hours=1),
            "created_at": now,
        }
        for number in range(count)
    ]
    drain()
    _wait_for_none("receipt WHERE looked_at IS NULL")
    with sessions("notify").begin() as session:
        session.execute(text("TRUNCATE delivery, attempt, receipt, outbox"))
        if rows:
            session.execute(insert(Delivery), rows)


def drain() -> None:
    """What is due is put off and what is in hand is noted: emptying the tables beside a worker
    would be a deadlock.
    """
    with sessions("notify").begin() as session:
        session.execute(text("LOCK TABLE delivery IN EXCLUSIVE MODE"))
        session.execute(
            text(
                "UPDATE delivery SET next_attempt_at = now() + interval '1 day' "
                "WHERE state <> 'sending'"
            )
        )
    _wait_for_none("delivery WHERE state = 'sending'")


def _wait_for_none(rows: LiteralString) -> None:
    until = monotonic() + _IN_HAND_S
    while monotonic() < until:
        with sessions("notify").begin() as session:
            if not session.scalar(text(f"SELECT count(*) FROM {rows}")):
                return
        sleep(0.1)
    raise LocalError(f"something is still in hand: {rows}")


def _message(number: int) -> dict[str, Any]:
    return {
        "contact": {"phone": f"+9198{number:08}", "name": "आशा कुलकर्णी", "language": "mr"},
        "fields": {
            "bill_number": f"PT-2026-27-{number:06}",
            "period": "2026-27",
            "amount_paise": 11_500_00 + number,
            "due_on": "2026-06-30",
        },
    }
