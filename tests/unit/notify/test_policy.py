"""How long to wait, when to give up, what is too old; what a city may write of it."""

from copy import deepcopy
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from palika import catalogue
from palika.reading import Mistakes
from palika.rpc import rpc_methods
from services.notify.domain.addresses import is_email, mask
from services.notify.domain.care import Lane, Purpose
from services.notify.domain.policy import MOST_CONTACTS, read_policy
from services.notify.domain.provider_plan import read_provider_plan
from services.notify.domain.reasons import REASONS
from services.notify.domain.routes import Channel
from services.notify.reference import PROVIDERS, city_calls, city_plan, city_policy, read_data

NOW = datetime(2026, 4, 1, tzinfo=UTC)
RAW: dict[str, Any] = {
    "default_language": "mr",
    "tries": {"most": 5, "first_delay_s": 10, "longest_delay_s": 60},
    "stuck_after_minutes": 15,
    "lanes": {
        "urgent": {"batch": 20, "at_once": 8, "of_use_minutes": 10},
        "transactional": {"batch": 100, "at_once": 16, "of_use_minutes": 0},
        "bulk": {"batch": 200, "at_once": 16, "of_use_minutes": 0},
    },
    "quiet_hours": {"news": {"from": "21:00", "to": "10:00"}},
    "a_day": {"news": 1},
    "fallback_h": {"whatsapp": 4},
}
THREE_DAYS = timedelta(hours=72)
POLICY = read_policy(RAW, THREE_DAYS)


def test_a_lane_may_have_times_of_its_own():
    lanes = RAW["lanes"] | {
        "urgent": RAW["lanes"]["urgent"] | {"stuck_after_minutes": 3, "fallback_minutes": 2}
    }
    policy = read_policy(RAW | {"lanes": lanes}, THREE_DAYS)
    assert policy.lanes[Lane.URGENT].stuck_after == timedelta(minutes=3)
    assert policy.lanes[Lane.BULK].stuck_after == timedelta(minutes=15)
    assert policy.fallback_after(Lane.URGENT, Channel.SMS) == timedelta(minutes=2)
    assert policy.fallback_after(Lane.BULK, Channel.SMS) is None
    assert policy.fallback_after(Lane.BULK, Channel.WHATSAPP) == timedelta(hours=4)


def test_a_lane_may_go_out_gently_beside_codes():
    assert POLICY.lanes[Lane.BULK].beside_codes is None
    lanes = RAW["lanes"] | {"bulk": RAW["lanes"]["bulk"] | {"beside_codes": 2}}
    assert read_policy(RAW | {"lanes": lanes}, THREE_DAYS).lanes[Lane.BULK].beside_codes == 2


def test_delays_double_up_to_the_longest():
    delays = [POLICY.delay(attempts, 1).total_seconds() for attempts in range(1, 6)]
    assert delays == [10, 20, 40, 60, 60]


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_jitter_takes_away_at_most_half(attempts, chance):
    assert POLICY.delay(attempts, 1) / 2 <= POLICY.delay(attempts, chance) <= timedelta(seconds=60)


def test_the_last_attempt_is_the_last():
    assert POLICY.next_attempt(4, NOW, 1) == NOW + timedelta(seconds=60)
    assert POLICY.next_attempt(5, NOW, 1) is None


def test_history_is_stale_and_the_present_is_not():
    assert not POLICY.is_stale(NOW - timedelta(hours=72), NOW)
    assert POLICY.is_stale(NOW - timedelta(hours=72, seconds=1), NOW)
    assert not POLICY.is_stale(NOW + timedelta(minutes=1), NOW)


def changed(place: str, value: object, raw: Any = RAW) -> Any:
    """The same with one value another; None takes it away."""
    new = deepcopy(raw)
    *path, last = place.split(", ")
    inner = new
    for key in path:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return new


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("tries, most", 0, "tries, most: must be a whole number from 1 to 1000, not 0"),
        ("lanes, bulk, batch", "many", "lanes, bulk, batch: must be a whole number from 1 to 500"),
        ("lanes, bulk, batch", 501, "lanes, bulk, batch: must be a whole number from 1 to 500"),
        ("lanes, bulk, at_once", 1, "lanes, bulk: a batch of 200, 1 at once, 30 seconds each"),
        (
            "lanes, bulk, beside_codes",
            17,
            "lanes, bulk, beside_codes: must be a whole number from 0",
        ),
        ("lanes, bulk", None, "lanes: bulk missing"),
        ("stuck_after_minutes", 2, "stuck_after_minutes: must be a whole number from 3"),
        ("default_language", "fr", "default_language: must be one of mr, en"),
        ("colour", "red", "colour not known"),
        ("quiet_hours, code", {"from": "21:00", "to": "08:00"}, "quiet_hours: code not known"),
        ("quiet_calls", {"from": "21:00"}, "quiet_calls: to missing"),
        ("quiet_hours, news, from", 21, "quiet_hours, news, from: must be a time in quotation"),
        ("quiet_hours, news, to", "24:00", "quiet_hours, news, to: must be a time"),
        ("quiet_hours, news, to", "21:00", "quiet_hours, news: from and to must not be the same"),
        ("a_day, news", 0, "a_day, news: must be a whole number from 1"),
        ("fallback_h, pigeon", 4, "fallback_h: pigeon not known"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_rule(place, value, told):
    with pytest.raises(Mistakes) as error:
        read_policy(changed(place, value), THREE_DAYS)
    assert told in str(error.value)


def test_what_a_city_wrote_is_what_is_done():
    assert POLICY.lanes[Lane.URGENT].of_use == timedelta(minutes=10)
    assert POLICY.lanes[Lane.BULK].of_use == THREE_DAYS
    assert POLICY.of_use_until(Lane.URGENT, NOW) == NOW + timedelta(minutes=10)
    assert POLICY.care.quiet[Purpose.NEWS].begins == time(21)
    assert POLICY.care.a_day == {Purpose.NEWS: 1}
    assert POLICY.fallback == {Channel.WHATSAPP: timedelta(hours=4)}


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("channels, sms", ["plivo", "pigeon"], "channels, sms, 2: must be one of"),
        ("channels, sms", ["plivo", "plivo"], "channels, sms, 2: plivo is there twice"),
        ("channels, sms", [], "channels, sms: there must be one at least"),
        ("providers, plivo", None, "providers: plivo missing"),
        ("providers, plivo, kept", 100, "providers, plivo, kept: must be less than burst"),
        ("providers, plivo, per_s", 0, "providers, plivo, per_s: must be a whole number from 1"),
        ("providers, pigeon", {}, "providers: pigeon not known"),
        ("breaker, bad_percent", 101, "breaker, bad_percent: must be a whole number from 1 to 100"),
    ],
)
def test_a_mistake_about_providers_is_told_with_its_place_and_rule(place, value, told):
    with pytest.raises(Mistakes) as error:
        read_provider_plan(changed(place, value, read_data("providers.yaml")), PROVIDERS)
    assert told in str(error.value)


def test_every_provider_of_the_plan_has_a_rate_and_a_price():
    plan = city_plan()
    named = {name for each in plan.order.values() for name in each}
    assert named == set(plan.rates) == set(plan.prices)


@pytest.mark.parametrize("audience", sorted({call.audience for call in city_calls().values()}))
def test_a_batch_is_never_more_than_a_service_gives_contacts_for(audience):
    service = catalogue.service_class(audience)
    (contacts,) = [each for each in rpc_methods(service) if each.name == "contacts"]
    assert contacts.schema is not None
    contacts.schema.load({"ids": [str(uuid4())] * MOST_CONTACTS})


def test_the_citys_figures_are_sound():
    assert city_policy(48).max_age == timedelta(days=2)


def test_every_reason_is_explained():
    assert all(text.endswith(".") for text in REASONS.values())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("asha.kulkarni@example.in", "a•••@e•••.in"),
        ("a@b.co.in", "a•••@b•••.in"),
        ("+919812345610", "•••••••••••10"),
        ("9", "9"),
        ("", ""),
    ],
)
def test_an_address_is_shown_masked(address, shown):
    assert mask(address) == shown


# Making up addresses is what takes long on a busy machine.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.emails())
def test_of_an_email_only_two_letters_and_the_ending_are_shown(address):
    local, _, domain = address.rpartition("@")
    assert mask(address) == f"{local[0]}•••@{domain[0]}•••.{domain.rpartition('.')[2]}"


@pytest.mark.parametrize("address", ["asha@example.in", "आशा@उदाहरण.भारत", "a+b@c.d"])
def test_an_email_address_is_one(address):
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "asha",
        "@b.in",
        "a@b",
        "a b@c.in",
        "a@b..in",
        "a@b.in\n",
        "a@b.in\r\nX: y",
        # An SMTP client reads other recipients out of these: root, all, a.
        "root,x@y.in",
        "<all>x@y.in",
        "a(b@y.in",
        "root;x@y.in",
        '"a"x@y.in',
        "x@y,root.in",
        "\ud800@x.in",
        "a\x7f@b.in",
    ],
)
def test_what_cannot_be_an_email_address_is_not(address):
    assert not is_email(address)
