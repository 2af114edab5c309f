"""How long to wait, when to give up, what is too old, how an address is shown."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika import catalogue
from palika.errors import Invalid
from palika.rpc import rpc_methods
from services.notify.domain.addresses import is_email, mask
from services.notify.domain.sending import MOST_CONTACTS, REASONS, Policy
from services.notify.reference import city_calls, city_policy

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FIGURES = {
    "max_attempts": 5,
    "first_delay_s": 10,
    "longest_delay_s": 60,
    "stuck_after_minutes": 15,
    "batch": 50,
    "default_language": "mr",
}
THREE_DAYS = timedelta(hours=72)
POLICY = Policy.load(FIGURES, THREE_DAYS)


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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_attempts", 0),
        ("batch", "many"),
        ("batch", True),
        ("batch", 501),
        ("stuck_after_minutes", 2),
        ("default_language", "fr"),
        ("colour", "red"),
    ],
)
def test_a_wrong_figure_is_refused_and_named(field, value):
    with pytest.raises(Invalid) as error:
        Policy.load(FIGURES | {field: value}, THREE_DAYS)
    assert list(error.value.details) == [field]


@pytest.mark.parametrize("audience", sorted({call.audience for call in city_calls().values()}))
def test_a_batch_is_never_more_than_a_service_gives_contacts_for(audience):
    service = catalogue.service_class(audience)
    (contacts,) = [each for each in rpc_methods(service) if each.name == "contacts"]
    assert contacts.schema is not None
    contacts.schema.load({"ids": [str(uuid4())] * MOST_CONTACTS})


def test_a_missing_figure_is_refused_and_named():
    with pytest.raises(Invalid) as error:
        Policy.load({k: v for k, v in FIGURES.items() if k != "batch"}, THREE_DAYS)
    assert list(error.value.details) == ["batch"]


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


@given(st.emails())
def test_of_an_email_only_two_letters_and_the_ending_are_shown(address):
    local, _, domain = address.rpartition("@")
    assert mask(address) == f"{local[0]}•••@{domain[0]}•••.{domain.rpartition('.')[2]}"


@pytest.mark.parametrize("address", ["asha@example.in", "आशा@उदाहरण.भारत", "a+b@c.d"])
def test_an_email_address_is_one(address):
    assert is_email(address)


@pytest.mark.parametrize(
    "address", ["", "asha", "@b.in", "a@b", "a b@c.in", "a@b..in", "a@b.in\n", "a@b.in\r\nX: y"]
)
def test_what_cannot_be_an_email_address_is_not(address):
    assert not is_email(address)
