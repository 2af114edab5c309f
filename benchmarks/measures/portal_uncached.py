"""A page that is kept nowhere, made of three calls to two services, at a steady rate."""

import http.client
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from sqlalchemy.orm import sessionmaker
from uuid6 import uuid7

from benchmarks import costs, http_load
from benchmarks.ground import Ground, Process
from benchmarks.rows import Result, Row
from benchmarks.serving import address_of
from palika.auth import Identity
from palika.config import settings
from palika.database import create_engine
from palika.india import day_of
from palika.local.processes import LocalError
from palika.rpc import Client as Caller
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping
from services.portal.models import Citizen

PATH = "/mr/property/mine"
PHONE = "+919822012345"
A_SECOND = 50.0
SECONDS = 20.0
ROUNDS = 3
_WITHIN_S = 120
_PARTS = ("tax", "notify")
_OWNED: Mapping[str, Any] = {
    "number": "P/1/0001",
    "ward": "aundh-baner",
    "zone": "zone-2",
    "address": "1, Baner Road",
    "floors": [
        {
            "floor": "Ground",
            "area_sqm": "62.50",
            "use": "residential",
            "class": "rcc",
            "built_in": 1998,
            "occupancy": "self",
        }
    ],
    "owners": [{"name": "Asha Kulkarni", "phone": PHONE}],
    "order_date": "2015-04-01",
    "effective_from": "2015-04-01",
}

HOW = f"""
`{PATH}`, as a citizen who is signed in opens it: the session is read from the portal's database,
then property tax is asked for the properties of the proved number and notify for the consent beside
them, and property tax again for what is owed. Nothing of it is kept. {A_SECOND:g} requests begin in
each second, at even moments, whether those before have been answered or not, for {SECONDS:g} s,
{ROUNDS} times; a round before does not count. A time is from the moment when a request was due to
the end of its answer. The portal (gunicorn), both services, RabbitMQ, PostgreSQL, which syncs each
commit, and the asking process share this machine. The figure is the median of the rounds' 99th
percentiles.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Ask for the page at its rate."""
    ground.enter("portal_uncached", "portal", *_PARTS)
    parts = [ground.part("run", name) for name in _PARTS]
    os.environ["PALIKA_PORTAL_HTTP_PORT"] = "0"
    portal = ground.part("run", "portal")
    del os.environ["PALIKA_PORTAL_HTTP_PORT"]
    try:
        for name, part in zip(_PARTS, parts, strict=True):
            ground.wait_for_consumer(f"rpc-{name}", part)
        _own_a_property(ground)
        headers = {"Cookie": f"palika={_key()}"}
        url = address_of(portal)
        size = _wait_for_page(url, headers, portal)
        taken, spent = [], []
        for number in range(ROUNDS + 1):
            before = costs.spent()
            took = http_load.at_a_rate(url + PATH, A_SECOND, SECONDS, headers)
            figures = median(took) * 1_000, quantiles(took, n=100)[98] * 1_000
            cost = costs.between(before, costs.spent(), len(took))
            say(f"median {figures[0]:.1f} ms, p99 {figures[1]:.1f} ms; {costs.said(cost)}")
            if number:
                taken.append(figures)
                spent.append(cost)
    finally:
        for process in (portal, *parts):
            process.stop()
    middle, slow = (median(each) for each in zip(*taken, strict=True))
    what = f"portal: an uncached page of three calls, {A_SECOND:g} requests/s"
    return Result(
        "portal_uncached",
        [
            Row(f"{what}, p99", "–", slow, "ms", 150, ceiling=True),
            Row(f"{what}, median", "–", middle, "ms", None),
        ],
        HOW,
        [
            f"the page has {size:,} bytes",
            f"a page takes {costs.said(costs.middle(spent))}",
            *(f"median {low:.1f} ms, p99 {high:.1f} ms" for low, high in taken),
        ],
    )


def _own_a_property(ground: Ground) -> None:
    today = day_of(datetime.now(UTC))
    begins = today.year if today.month >= 4 else today.year - 1
    clerk = Identity("officer:clerk", frozenset({"officer"}))
    with Caller(clerk, amqp_uri=ground.amqp_uri) as city:
        owed = city.tax.register_property(**_OWNED)
        city.tax.raise_bill(property_id=owed["id"], period=f"{begins}-{(begins + 1) % 100:02}")


def _key() -> str:
    """The key of the citizen's session."""
    now, keeping = datetime.now(UTC), city_keeping()
    engine = create_engine(settings("portal"), pool_size=1)
    with sessionmaker(engine).begin() as session:
        citizen = Citizen(
            id=uuid7(),
            phone_digest=keeping.of_phone(PHONE),
            phone=keeping.sealed_phone(PHONE),
            language="mr",
            created_at=now,
            seen_at=now,
        )
        session.add(citizen)
        session.flush()
        client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Android")
        begun = begin_session(session, keeping, citizen, client, Stage.WHOLE, Way.CODE, now)
    engine.dispose()
    return begun.token


def _wait_for_page(url: str, headers: Mapping[str, str], portal: Process) -> int:
    """Return when the page has the property and what it owes: its size in bytes.

    Raises:
        LocalError: it does not come.
    """
    end, said = time.monotonic() + _WITHIN_S, ""
    while time.monotonic() < end:
        portal.check()
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
            connection.request("GET", PATH, headers=dict(headers))
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            said = f"{answer.status} {answer.getheader('Location') or ''}"
            if answer.status == 200 and "₹".encode() in body:
                return len(body)
        time.sleep(0.5)
    raise LocalError(f"the page of the citizen's properties did not come: {said}")
