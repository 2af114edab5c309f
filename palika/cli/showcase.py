"""What the first ``palika up`` shows: sample work of a year, then one grievance and one bill filed
through the services before your eyes, and their arrival in the KPIs.

It names services, as nothing else in ``palika/`` should: the command line is the whole city's, and
what is to be seen here is work that goes from one service to another.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from palika import catalogue, topology
from palika.auth import Identity
from palika.cli.seed import sow
from palika.config import settings
from palika.india import INDIA, rupees
from palika.rpc import Client

_SAMPLE = {"grievance": 600, "tax": 300, "eoffice": 120, "warroom": 50, "kpi": 40}
_SETTLED_WITHIN_S = 60.0
_SEEN_WITHIN_S = 15.0
_FLAT = {
    "floor": "पहिला",
    "area_sqm": "74.50",
    "use": "residential",
    "class": "rcc",
    "built_in": 2004,
    "occupancy": "self",
}
_OFFICER = Identity.of("officer:showcase", "officer", "supervisor")


@click.command(hidden=True)
def showcase() -> None:
    """File sample work through the running city and show it arriving in the KPIs."""
    started = time.monotonic()
    new = sow(_SAMPLE, 1, datetime.now(UTC), quiet=True)
    shown = ", ".join(f"{count} of {service}" for service, count in new.items())
    click.echo(f"sample work of a year filed: {shown} ({time.monotonic() - started:.1f} s)")
    waited = _wait_until_quiet()
    click.echo(f"all of it counted by the KPIs {waited:.1f} s later")
    with Client(_OFFICER) as city:
        _grievance(city)
        _bill(city)


def _grievance(city: Client) -> None:
    before = _measure(city, "grievance.resolved", "roads")
    filed = city.grievance.file(
        category="pothole",
        ward="kothrud-bavdhan",
        description="कर्वे रस्त्यावर खड्डा",
        language="mr",
        channel="app",
    )
    if filed["officer"] is None:  # A city with posts of its own has given it to one at once.
        city.grievance.assign(id=filed["id"], officer="je-roads-kothrud")
    city.grievance.resolve(id=filed["id"], remark="खड्डा बुजवला")
    committed = time.monotonic()
    after = _wait_for(lambda: _measure(city, "grievance.resolved", "roads"), before + 1)
    click.echo(
        f"grievance {filed['number']} filed, assigned, resolved: grievance.resolved "
        f"{before} → {after}, {_ms(committed)} after the answer"
    )


def _bill(city: Client) -> None:
    now = datetime.now(UTC)
    before = _measure(city, "tax.paid_paise", "property-tax")
    number = f"SHOW-{now:%Y%m%d%H%M%S%f}"
    owned = city.tax.register_property(
        number=number,
        ward="kothrud-bavdhan",
        zone="zone-2",
        address="कर्वे रस्ता, कोथरूड",
        floors=[_FLAT],
        claims=["self_occupied", "solar"],
        owners=[{"name": "सौ. मंगला जोशी"}],
        effective_from="2020-04-01",
    )
    today = now.astimezone(INDIA)
    year = today.year if today.month >= 4 else today.year - 1
    period = f"{year}-{(year + 1) % 100:02d}"
    bill = city.tax.raise_bill(property_id=owned["id"], period=period)
    due = city.tax.dues(id=owned["id"])["payable_paise"]
    city.tax.pay(property_id=owned["id"], reference=number, amount_paise=due, mode="upi")
    committed = time.monotonic()
    after = _wait_for(lambda: _measure(city, "tax.paid_paise", "property-tax"), before + due)
    click.echo(
        f"bill {bill['number']} of {rupees(due)} raised and paid: tax.paid_paise "
        f"{before} → {after}, {_ms(committed)} after the answer"
    )


def _measure(city: Client, name: str, department: str) -> int:
    today = datetime.now(INDIA).date().isoformat()
    answer: dict[str, Any] = city.kpi.measures(
        measure=name, department=department, from_day=today, to_day=today, group_by=[]
    )
    return sum(row["value"] for row in answer["rows"])


def _wait_for(read: Callable[[], int], wanted: int) -> int:
    deadline = time.monotonic() + _SEEN_WITHIN_S
    while (value := read()) < wanted:
        if time.monotonic() > deadline:
            raise click.ClickException(
                f"the KPI is {value} and not yet {wanted}: `palika status` and "
                "`palika dead-letters list` tell where the event is"
            )
        time.sleep(0.001)
    return value


def _wait_until_quiet() -> float:
    """Wait until every outbox and every subscription's queue is empty; gives the seconds."""
    from sqlalchemy import text

    from palika.database import sessions

    started = time.monotonic()
    queues = [listener.queue for listener in catalogue.all_listeners()]
    while True:
        unsent = 0
        for service in catalogue.database_names():
            with sessions(service).begin() as session:
                unsent += (
                    session.scalar(text("SELECT count(*) FROM outbox WHERE sent_at IS NULL")) or 0
                )
        if not unsent and not any(topology.depths(settings().amqp_uri, queues).values()):
            return time.monotonic() - started
        if time.monotonic() - started > _SETTLED_WITHIN_S:
            raise click.ClickException(
                f"{unsent} events still wait after {_SETTLED_WITHIN_S:.0f} s: see `palika status`"
            )
        time.sleep(0.1)


def _ms(since: float) -> str:
    return f"{(time.monotonic() - since) * 1000:.0f} ms"
