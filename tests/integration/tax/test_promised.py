"""Promises that tax hears of from notify (``notify.promised.v1``)."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import yaml

from palika.events import Event
from services.tax.commands.promise import promised
from services.tax.models import RecoveryPromise
from services.tax.queries.recovery import holds
from services.tax.reference import recovery
from tests.support.razorpay import rows
from tests.support.samples import ROOT, golden

NOON = datetime(2026, 6, 10, 6, 30, tzinfo=UTC)


def said(owed, until="2026-06-30", **changes) -> Event:
    body = json.loads(golden("notify.promised.v1").read_text("utf-8"))
    data = {"property_id": str(owed.id), "promised_on": until, "at": NOON.isoformat()}
    return Event.from_json(
        json.dumps(body | {"id": str(uuid4()), "data": body["data"] | data | changes})
    )


def heard(sessions, *events):
    with sessions.begin() as session:
        return promised(session, events)


def test_a_promise_of_a_call_counts_from_when_it_was_given_until_its_day(sessions, owed):
    event = said(owed)
    assert heard(sessions, event) == {}
    (row,) = rows(sessions, RecoveryPromise)
    assert (row.from_day, row.until, row.by) == (NOON.date(), date(2026, 6, 30), "service:notify")
    assert event.data["call_id"] in row.reason
    with sessions() as session:
        for day in (date(2026, 6, 10), date(2026, 6, 30)):
            assert holds(session, day)[owed.id]["promised"] == date(2026, 6, 30)
        for day in (date(2026, 6, 9), date(2026, 7, 1)):
            assert "promised" not in holds(session, day).get(owed.id, {})


def test_the_same_again_is_the_first_and_a_later_day_is_another(sessions, owed):
    assert heard(sessions, said(owed), said(owed), said(owed, "2026-07-05")) == {}
    assert sorted(each.until for each in rows(sessions, RecoveryPromise)) == [
        date(2026, 6, 30),
        date(2026, 7, 5),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"property_id": str(uuid4())}, "there is no property"),
        ({"property_id": "P/1"}, "not a promise"),
        ({"promised_on": "2026-06-09"}, "not a day to promise"),
        ({"promised_on": "2026-10-01"}, "not a day to promise"),
        ({"promised_on": "soon"}, "not a promise"),
        ({"call_id": None}, "not a promise"),
        ({"at": "2026-06-10T12:00:00"}, "not a promise"),
    ],
)
def test_what_cannot_be_promised_is_refused_and_its_neighbours_are_kept(
    sessions, owed, changes, why
):
    first, wrong, last = said(owed), said(owed, **changes), said(owed, "2026-07-05")
    refused = heard(sessions, first, wrong, last)
    assert list(refused) == [wrong.id]
    assert why in str(refused[wrong.id].reason)
    assert len(rows(sessions, RecoveryPromise)) == 2


def test_every_day_that_a_call_takes_is_one_that_recovery_keeps():
    calls = yaml.safe_load((ROOT / "services/notify/data/calls.yaml").read_text("utf-8"))
    assert timedelta(days=calls["limits"]["promise_days"]) <= timedelta(
        days=recovery().promise_days
    )
