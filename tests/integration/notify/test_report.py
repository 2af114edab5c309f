"""The report: what providers did with what they were given, forgotten months included."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from palika.india import INDIA
from palika.local.loopback import Fault
from services.notify.commands.keep import forget
from services.notify.queries.report import report
from services.notify.reference import city_plan


@pytest.fixture(autouse=True)
def text_messages(desk):
    """A city that has text messages alone, of one segment."""
    desk.channels = ("sms",)
    desk.contact |= {"language": "en"}


def reported(desk, since, until):
    with desk.begin() as session:
        return report(session, since, until, city_plan().prices)


def day(desk):
    return reported(desk, desk.now - timedelta(hours=1), desk.now + timedelta(hours=1))


def test_what_was_accepted_and_then_failed_counts_as_accepted_and_is_paid_for(desk):
    desk.happen(2)
    desk.run()
    good, bad = desk.carrying.plivo.sent
    desk.told("plivo", *desk.carrying.plivo.hooks(good))
    with desk.begin() as session:
        session.execute(
            text("UPDATE attempt SET state = 'failed' WHERE reference = :reference"),
            {"reference": bad.reference},
        )
    (plivo,) = day(desk)["providers"]
    assert (plivo["attempts"], plivo["accepted"], plivo["delivered"], plivo["failed"]) == (
        2, 2, 1, 1,
    )  # fmt: skip
    assert (plivo["delivered_percent"], plivo["units"]) == (50.0, 2)


def test_what_a_provider_refused_at_once_is_neither_accepted_nor_paid_for(desk):
    for server in (desk.carrying.plivo, desk.carrying.infobip):
        server.faults.append(Fault.ERROR_503)
    desk.happen()
    desk.run()
    (plivo,) = day(desk)["providers"]
    assert (plivo["attempts"], plivo["accepted"], plivo["units"]) == (1, 0, 0)
    assert plivo["delivered_percent"] is None


def month(desk, name):
    first = datetime.fromisoformat(f"{name}-01").replace(tzinfo=INDIA)
    return first, (first + timedelta(days=32)).replace(day=1)


def test_the_sums_of_forgotten_months_are_in_it(desk):
    desk.now = datetime.now(UTC)
    desk.policy = replace(desk.policy, keep_messages=timedelta(days=40))
    desk.happen(3, filed_at=desk.now.isoformat())
    desk.run()
    for kept in desk.carrying.plivo.sent[:2]:
        desk.told("plivo", *desk.carrying.plivo.hooks(kept))
    name = f"{desk.now.astimezone(INDIA):%Y-%m}"
    first, last = month(desk, name)
    before = reported(desk, first, last)
    later = desk.now + timedelta(days=41)
    assert forget(desk.begin, desk.policy, later)["deliveries"] == 3
    after = reported(desk, first, last)
    assert (after["forgotten"], after["left_out"]) == ([name], [])
    counts = ("attempts", "accepted", "delivered", "failed", "units", "cost_paise",
              "delivered_percent")  # fmt: skip
    (was,), (found,) = before["providers"], after["providers"]
    assert {key: found[key] for key in counts} == {key: was[key] for key in counts}
    assert found["attempts"] == 3
    assert found["p50_s"] is None


def test_a_month_that_is_asked_for_in_part_is_named_and_left_out(desk):
    desk.now = datetime.now(UTC)
    desk.policy = replace(desk.policy, keep_messages=timedelta(days=40))
    desk.happen(filed_at=desk.now.isoformat())
    desk.run()
    forget(desk.begin, desk.policy, desk.now + timedelta(days=41))
    name = f"{desk.now.astimezone(INDIA):%Y-%m}"
    first, last = month(desk, name)
    for since, until in ((first + timedelta(days=1), last), (first, last - timedelta(days=1))):
        found = reported(desk, since, until)
        assert (found["providers"], found["forgotten"], found["left_out"]) == ([], [], [name])
    assert reported(desk, last, last + timedelta(days=9))["left_out"] == []
