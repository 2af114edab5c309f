"""Campaigns: states, hours, the own limit, and the estimate."""

from datetime import datetime, time, timedelta

import pytest

from palika.india import INDIA
from services.notify.domain.bucket import Bucket
from services.notify.domain.campaigns import (
    ENDED,
    FOLLOWS,
    CampaignState,
    Group,
    closed_until,
    estimate,
    least_minutes,
    pace,
)
from services.notify.domain.care import Purpose
from services.notify.domain.routes import Channel

NOON = datetime(2026, 4, 1, 12, 0, tzinfo=INDIA)
CHANNELS = ("whatsapp", "sms", "email")


def test_every_state_can_be_left_but_the_ends():
    assert set(FOLLOWS) == set(CampaignState)
    assert {state for state, after in FOLLOWS.items() if not after} == set(ENDED)
    for state, after in FOLLOWS.items():
        assert (CampaignState.CANCELLED in after) is (state not in ENDED)


def test_nothing_runs_that_nobody_has_approved():
    before = {state for state, after in FOLLOWS.items() if CampaignState.RUNNING in after}
    assert before == {CampaignState.SCHEDULED, CampaignState.PAUSED}
    assert [s for s, after in FOLLOWS.items() if CampaignState.SCHEDULED in after] == ["draft"]


@pytest.mark.parametrize(
    ("begins", "ends", "at", "opens"),
    [
        ("10:00", "18:00", "10:00", None),
        ("10:00", "18:00", "17:59", None),
        ("10:00", "18:00", "18:00", "2026-04-02T10:00"),
        ("10:00", "18:00", "09:59", "2026-04-01T10:00"),
        ("20:00", "02:00", "01:59", None),
        ("20:00", "02:00", "02:00", "2026-04-01T20:00"),
        ("20:00", "02:00", "23:00", None),
    ],
)
def test_hours_are_of_the_day_in_india(begins, ends, at, opens):
    now = datetime.combine(NOON.date(), time.fromisoformat(at), INDIA)
    found = closed_until(time.fromisoformat(begins), time.fromisoformat(ends), now)
    assert found == (datetime.fromisoformat(opens).replace(tzinfo=INDIA) if opens else None)


def test_without_hours_it_is_always_open():
    assert closed_until(None, None, NOON) is None


@pytest.mark.parametrize("per_minute", [1, 7, 60, 600, 60_000])
def test_in_an_hour_no_more_goes_than_its_limit_and_one_burst(per_minute):
    rate, bucket, given, now = pace(per_minute), Bucket(0, NOON), 0, NOON
    while now < NOON + timedelta(hours=1):
        now += timedelta(milliseconds=500)
        some, bucket = bucket.take(500, now, rate, urgent=True)
        given += some
    assert per_minute * 60 - 1 <= given + rate.burst
    assert given <= per_minute * 60 + rate.burst


def a_group(count=1, units=(1, 2, None), said=True, language="mr"):
    return Group(language, units, said, count)


def estimated(groups, purpose=Purpose.NEWS, usable=(Channel.WHATSAPP, Channel.SMS), prices=None):
    prices = {Channel.WHATSAPP: 11_500, Channel.SMS: 16_000} if prices is None else prices
    return estimate(groups, purpose, CHANNELS, lambda language: usable, prices)


def test_who_has_not_opted_in_to_news_is_not_counted_as_told():
    found = estimated([a_group(5), a_group(3, said=None), a_group(2, said=False)])
    assert {k: found[k] for k in ("recipients", "told", "not_opted_in", "opted_out")} == {
        "recipients": 10, "told": 5, "not_opted_in": 3, "opted_out": 2,
    }  # fmt: skip
    assert found["channels"] == [
        {"channel": "whatsapp", "messages": 5, "units": 5, "paise": 58}  # 5 × 11.5 paise
    ]


def test_other_purposes_go_to_who_was_never_asked():
    found = estimated([a_group(3, said=None), a_group(2, said=False)], Purpose.REMINDER)
    assert (found["told"], found["opted_out"]) == (3, 2)


def test_the_first_channel_that_can_be_used_and_has_an_address_is_paid_for():
    found = estimated(
        [a_group(1_000, (None, 2, 1)), a_group(10, (None, None, 1)), a_group(7, (1, 1, 1))],
        usable=(Channel.SMS,),
    )
    assert found["channels"] == [
        {"channel": "sms", "messages": 1_007, "units": 2_007, "paise": 32_112}
    ]
    assert (found["no_channel"], found["paise"]) == (10, 32_112)


def test_the_counts_add_up():
    groups = [
        a_group(n, units, said)
        for n, (units, said) in enumerate(
            [(u, s) for u in ((1, 1, 1), (None, None, 1)) for s in (True, False, None)], start=1
        )
    ]
    found = estimated(groups)
    parts = ("told", "opted_out", "not_opted_in", "no_channel")
    assert sum(found[part] for part in parts) == found["recipients"] == 21


def test_a_city_with_the_log_alone_tells_all():
    found = estimated([a_group(4, (None, None, 1))], usable=(Channel.LOG,), prices={})
    assert found["channels"] == [{"channel": "log", "messages": 4, "units": 4, "paise": 0}]


def test_a_campaign_lasts_as_long_as_its_slowest_channel_or_its_own_limit():
    rows = [{"channel": "sms", "messages": 1_200}, {"channel": "email", "messages": 60}]
    found = {"told": 1_260, "channels": rows}
    assert least_minutes(found, None, {"sms": 10, "email": 1}) == 2
    assert least_minutes(found, 100, {"sms": 10, "email": 1}) == 13
    assert least_minutes({"told": 0, "channels": []}, None, {}) == 0
