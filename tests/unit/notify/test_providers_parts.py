"""Parts of the providers that need no server."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from palika.config import settings
from palika.errors import Forbidden
from palika.outgoing import Answered, Lost, NotSent
from services.notify.channels import answers, callback, dlt
from services.notify.channels.infobip import Infobip
from services.notify.channels.plivo import Plivo, signature_of
from services.notify.channels.providers import open_providers
from services.notify.channels.whatsapp import Meta
from services.notify.domain import magic
from services.notify.domain.magic import Fate, Step

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
PLIVO_SIGNATURE = "8THFKtZB/I8PLiGYT2pJ21hCEg1QiakvmSzDiV7QDxk="


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("9" * 50, 86_400),
        ("Wed, 01 Apr 2026 06:00:30 GMT", 30),
        ("Wed, 01 Apr 2026 05:00:00 GMT", 0),
        ("Wed, 01 Apr 2099 05:00:00 GMT", 86_400),
        ("", None),
        ("-1", None),
        ("7.5", None),
        ("soon", None),
        ("Wed, 01 Apr 2026 06:00:30 +99999999999999999999", None),
        ("७", None),
    ],
)
def test_how_long_the_other_side_wants_to_be_left_alone(given, seconds):
    assert answers.retry_after_s({"retry-after": given}, NOW) == seconds


def test_it_may_not_say():
    assert answers.retry_after_s({}) is None


@pytest.mark.parametrize(
    ("status", "said", "permanent", "down", "offered", "uncertain"),
    [
        (400, "no", True, False, True, False),
        (404, "no", True, False, True, False),
        (401, None, False, True, False, False),
        (403, "no", False, True, False, False),
        (429, None, False, True, False, False),
        (503, None, False, True, False, False),
        (500, "no", False, True, True, False),
        (500, None, False, True, True, True),
        (504, None, False, True, True, True),
        # Not in the provider's words: something in between has answered.
        (400, None, False, True, True, True),
        (302, None, False, True, True, True),
    ],
)
def test_what_a_status_alone_comes_to(status, said, permanent, down, offered, uncertain):
    found = answers.refusal("p", Answered(status, {}, b""), said)
    assert (found.permanent, found.channel_down) == (permanent, down)
    assert (found.offered, found.uncertain) == (offered, uncertain)


def test_what_has_not_left_is_certain_and_what_was_lost_is_not():
    assert not answers.unanswered("p", NotSent("x")).uncertain
    assert answers.unanswered("p", Lost("x")).uncertain


def test_somebody_elses_json_is_looked_into_without_trust():
    raw = {"a": [{"b": "x\0\ud800y"}, 7, True], "n": None}
    assert answers.text_at(raw, "a", 0, "b") == "xy"
    assert answers.text_at(raw, "a", 1) == "7"
    for path in (("a", 2), ("a", 9), ("n", "x"), ("a", "b"), (0,), ("a", 0, "b", "c")):
        assert answers.text_at(raw, *path) == ""
    assert answers.list_at(raw, "n") == []
    assert answers.json_of(b"[" * 200_000) is None
    assert answers.text_at({"x": "अ" * 900}, "x", most=3) == "अअअ"


def test_a_key_is_for_one_subject_and_any_of_the_secrets():
    address = callback.address("https://c.example/w", ("new", "old"), "a", attempt="a")
    key = address.rpartition("key=")[2]
    callback.check({"key": key}, ("newer", "new"), "a")
    callback.check({"key": callback.key_of("old", "a")}, ("new", "old"), "a")
    for query, secrets, subject in (
        ({"key": key}, ("new",), "b"),
        ({"key": key}, ("old",), "a"),
        ({"key": key}, (), "a"),
        ({"key": ""}, ("new",), "a"),
        ({}, ("new",), "a"),
    ):
        with pytest.raises(Forbidden):
            callback.check(query, secrets, subject)


def test_plivos_signature_is_of_the_address_without_its_query_and_of_the_nonce():
    made = signature_of("https://c.example/answer/?a=b", "05429567804466091622", "token")
    assert made == signature_of("https://c.example/answer/", "05429567804466091622", "token")
    assert made == PLIVO_SIGNATURE


@pytest.mark.parametrize("code", range(600, 700))
def test_every_code_of_the_registers_has_a_reason_of_its_own(code):
    reason = dlt.reason_of(code)
    assert reason is not None
    assert reason.startswith("dlt_")
    assert [c for c in range(600, 700) if dlt.reason_of(c) == reason] == [code]


@pytest.mark.parametrize("code", [-1, 0, 599, 700, 60])
def test_other_codes_are_not_the_registers(code):
    assert dlt.reason_of(code) is None


def test_each_fate_has_one_number_and_one_address():
    assert [magic.fate_of(magic.number_of(fate)) for fate in Fate] == list(Fate)
    assert [magic.fate_of(magic.email_of(fate).upper()) for fate in Fate] == list(Fate)
    assert magic.fate_of("+919812345610") is Fate.DELIVERED
    assert magic.number_of(Fate.DELIVERED) == "+917000000001"


def test_the_operators_page_has_each_of_them():
    page = (Path(magic.__file__).parents[1] / "CHANNELS.md").read_text("utf-8")
    for fate in Fate:
        assert f"| {magic.number_of(fate)} | {magic.email_of(fate)} | " in page


def test_who_is_not_on_whatsapp_is_reached_by_text_message():
    assert magic.steps_of(Fate.NOT_ON_WHATSAPP, "whatsapp") == (Step.NOT_HERE,)
    assert magic.steps_of(Fate.NOT_ON_WHATSAPP, "sms") == (Step.SENT, Step.DELIVERED)
    assert Step.READ not in magic.steps_of(Fate.READ, "sms")
    assert magic.steps_of(Fate.SILENT, "sms") == ()


@pytest.fixture
def set_(monkeypatch):
    def setting(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"PALIKA_{name.upper()}", value)
        settings.cache_clear()

    yield setting
    settings.cache_clear()


def test_a_provider_is_there_when_its_settings_are(set_):
    set_()
    config = settings()
    assert list(open_providers(config)) == ["smtp", "log"]
    set_(
        portal_url="https://city.example/",
        whatsapp_phone_number_id="106540352242922",
        whatsapp_token="EAAG",
        whatsapp_app_secrets="new old",
        sms_callback_secrets="s1 s2",
        sms_plivo_auth_id="MAXX",
        sms_plivo_auth_tokens="t1 t2",
        sms_infobip_url="https://x.api.infobip.com",
        sms_infobip_api_key="key",
    )
    found = open_providers(settings())
    channels = [each.channel for each in found.values()]
    assert channels == ["whatsapp", "sms", "sms", "email", "log"]
    meta, plivo, infobip = found["meta"], found["plivo"], found["infobip"]
    assert isinstance(meta, Meta)
    assert meta.app_secrets == ("new", "old")
    assert meta.api() == "https://graph.facebook.com/v25.0"
    assert isinstance(plivo, Plivo)
    assert plivo.webhook_url == "https://city.example/webhooks/plivo"
    assert (plivo.auth_tokens, plivo.callback_secrets) == (("t1", "t2"), ("s1", "s2"))
    assert isinstance(infobip, Infobip)
    assert infobip.webhook_url == "https://city.example/webhooks/infobip"
