"""What the gateway says: signatures, and webhooks of any form."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Forbidden, Invalid
from services.tax.domain.gateway import (
    BODY_MAX,
    check_checkout,
    check_signed,
    mismatch,
    payment_of,
    read_notice,
    signature_of,
)
from services.tax.gateway.loopback import Loopback

LOOPBACK = Loopback(now=lambda: 1_775_000_000.0)
KEY = LOOPBACK.pay("order_1", "card", amount=100_00)
BODY, SIGNATURE, _ = LOOPBACK.webhook("payment.captured", KEY)
PAYMENT = json.loads(BODY)["payload"]["payment"]["entity"]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_the_signature_is_the_hmac_of_the_bytes():
    # The example of RFC 4231, test case 2.
    assert signature_of(b"what do ya want for nothing?", "Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    check_signed(BODY, SIGNATURE, ["another", LOOPBACK.webhook_secret])
    check_checkout(
        "order_1", KEY, LOOPBACK.checkout(KEY)["razorpay_signature"], LOOPBACK.key_secret
    )


@pytest.mark.parametrize("signature", ["", SIGNATURE[:-1], SIGNATURE.upper(), "\udc00", "ख"])
def test_no_other_signature_is_believed(signature):
    with pytest.raises(Forbidden):
        check_signed(BODY, signature, [LOOPBACK.webhook_secret])
    with pytest.raises(Forbidden):
        check_checkout("order_1", KEY, signature, LOOPBACK.key_secret)


def test_nothing_is_believed_where_there_is_no_secret():
    with pytest.raises(Forbidden):
        check_signed(BODY, signature_of(BODY, ""), [])
    with pytest.raises(Forbidden):
        check_checkout("o", "p", signature_of(b"o|p", ""), "")


def test_a_webhook_is_read_without_what_is_the_payers_own():
    notice = read_notice(BODY)
    assert notice.event == "payment.captured"
    assert notice.payment is not None
    assert (notice.payment.id, notice.payment.amount_paise, notice.payment.mode) == (
        KEY,
        100_00,
        "card",
    )
    assert "asha" not in repr(notice)
    assert mismatch(notice.payment, "order_1", 100_00) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 100.0),
        ("amount", True),
        ("amount", "10000"),
        ("amount", 0),
        ("amount", -1),
        ("amount", 10**16),
        ("amount", None),
        ("currency", 356),
        ("currency", ""),
        ("id", None),
        ("id", "x" * 61),
        ("id", "pay\n1"),
        ("order_id", 7),
        ("status", None),
        ("created_at", "2026-04-01"),
        ("created_at", 10**15),
        ("created_at", 1.5),
    ],
)
def test_a_field_of_another_kind_is_refused_by_its_name(field, value):
    with pytest.raises(Invalid) as refused:
        payment_of(PAYMENT | {field: value})
    assert list(refused.value.fields) == [f"payment.{field}"]


@given(JSON)
def test_whatever_is_signed_it_is_read_or_refused(raw):
    for body in (raw, {"event": raw}, json.loads(BODY) | {"payload": raw}):
        _read(body)
    _read(json.loads(BODY) | {"payload": {"payment": {"entity": raw}}})


def _read(raw: Any) -> None:
    refused = _refusal(lambda: read_notice(json.dumps(raw).encode()))
    assert refused is None or refused.details


def _refusal(read: Callable[[], Any]) -> Invalid | None:
    try:
        read()
    except Invalid as refused:
        return refused
    return None


@pytest.mark.parametrize("name", sorted(PAYMENT))
@given(value=JSON)
def test_whatever_stands_in_a_field_the_payment_is_read_or_refused(name, value):
    changed = PAYMENT | {name: value}
    refused = _refusal(lambda: payment_of(changed))
    if refused is None:
        found = payment_of(changed)
        assert type(found.amount_paise) is int
        assert found.amount_paise > 0
    else:
        assert list(refused.fields) == [f"payment.{name}"]


def test_what_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(Invalid, match="bytes"):
        read_notice(b"[" * (BODY_MAX + 1))
