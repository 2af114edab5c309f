"""Somebody calls the city; and what comes to its address that is no call."""

import io
import wave
from pathlib import Path
from urllib.parse import urlencode

import pytest

from palika.errors import Unavailable
from palika.outgoing import Answered, Outgoing
from services.notify.calls import signature, voices
from services.notify.channels.loopback.telephony import malformed
from services.notify.models import Call, Consent, Promise
from tests.support.calls import PHONE, PROPERTY, Calls
from tests.unit.notify.call.test_engine import table


def test_an_owner_hears_the_dues_after_the_check(calls: Calls):
    played = calls.call_in("2", "1", "1234", None)
    assert played.problems == []
    assert "twelve thousand three hundred forty-five rupees" in played.words
    (row,) = calls.all(Call)
    assert (row.flow, row.property_id, row.request_id) == ("inbound", PROPERTY, None)


def test_who_owes_nothing_is_told_so_and_promises_nothing(calls: Calls):
    for calls.city.owed in (0, -50_00):
        played = calls.call_in("2", "1", "1234", "1", "3006", "1", None)
        assert "No property tax is to be paid" in played.words
        assert "rupees" not in played.words
    assert {row.outcome for row in calls.all(Call)} == {"nothing_owed"}
    assert (calls.all(Promise), calls.events()) == ([], [])


def test_the_digits_of_a_check_are_tried_so_often_an_hour_and_no_more(calls: Calls):
    allowed = table().limits.checks_an_hour
    for _ in range(allowed // 2):
        calls.call_in("2", "1", "9998", "9999")
    played = calls.call_in("2", "1", "1234")
    assert "twelve thousand" not in played.words
    assert calls.turns(calls.all(Call)[-1].id)[-1].understood == "barred"
    assert {row.outcome for row in calls.all(Call)} == {"not_verified"}
    calls.later(hours=1)
    assert "twelve thousand" in calls.call_in("2", "1", "1234", None).words


def test_somebody_else_hears_nothing_of_dues(calls: Calls):
    played = calls.call_in("1", "1", None, sender="+919812345611")
    assert "नोंदवलेली आढळली नाही" in played.words
    assert "रुपये" not in played.words


@pytest.mark.parametrize("sender", ["anonymous", "", "+266696687", "+14155550100"])
def test_who_hides_the_number_is_nobody(calls: Calls, sender: str):
    played = calls.call_in("1", "1", "8", sender=sender)
    assert played.problems == []
    assert "रुपये" not in played.words
    (row,) = calls.all(Call)
    assert (row.number, row.contact) == ("", None)
    # An opt-out of nobody is nobody else's.
    assert {each.recipient_key for each in calls.all(Consent)} == {row.recipient_key}
    assert row.recipient_key != calls.secrets.recipient(PHONE)


def test_opting_out_by_calling(calls: Calls):
    calls.call_in("1", "आमचे फोन नको, फोन करू नका")
    asked = calls.ask()
    calls.dial()
    assert calls.row(asked.id).reason == "opted_out"


def test_the_status_of_a_grievance_of_this_number(calls: Calls):
    status = {"mr": "सोडवली आहे", "en": "resolved"}
    calls.city.grievances[("2026000123", PHONE)] = status
    played = calls.call_in("1", "2", "2026000123#", None)
    assert "सोडवली आहे" in played.words
    other = calls.call_in("1", "2", "2026000123#", None, sender="+919812345611")
    assert "सोडवली" not in other.words


def test_when_a_service_is_away_a_person_is_offered(calls: Calls):
    calls.city.away = True
    played = calls.call_in("1", "1", "9", transfer="completed")
    assert played.problems == []
    assert played.dialled == ["+912025501001"]
    assert calls.all(Call)[0].outcome == "done"


def test_a_call_that_is_told_of_three_times_is_one(calls: Calls):
    played = calls.call_in("1", "1", "1234", None, times=3)
    assert played.problems == []
    assert len(calls.all(Call)) == 1


# -- voices of our own ------------------------------------------------------------------------


def test_espeak_speaks_and_the_provider_fetches_the_sounds(calls: Calls, tmp_path: Path):
    calls.engine = voices.espeak(table().voices, tmp_path)
    row, played = calls.call("1", "1234", "1", "3006", "1", "2")
    assert played.problems == []
    assert row.outcome == "done"
    assert {kind for kind, _ in played.heard} == {"audio"}
    assert all(float(seconds) > 0.5 for _, seconds in played.heard)


def test_when_espeak_does_not_work_the_provider_speaks(calls: Calls, tmp_path: Path):
    calls.engine = voices.Espeak("/nowhere", table().voices, tmp_path)
    row, played = calls.call("1", "1234", None)
    assert played.problems == []
    assert "रुपये" in played.words
    assert row.state == "ended"


def test_a_sound_is_for_the_provider_and_for_this_turn_only(calls: Calls, tmp_path: Path):
    calls.engine = voices.espeak(table().voices, tmp_path)
    calls.telephony.rings = False
    row = calls.ask()
    calls.dial()
    played = calls.telephony.played[0]
    calls.telephony.post(played, calls.telephony.asked[0]["Url"][0], {})
    base = f"{calls.portal.url}/webhooks/voice/audio?call={row.id}"
    token = calls.telephony.token
    good = f"{base}&turn=1&part=0"
    assert _get(good, signature.signature_of(good, {}, token))[0] == 200
    with wave.open(io.BytesIO(_get(good, signature.signature_of(good, {}, token))[1])) as sound:
        assert sound.getframerate() == 8_000
    assert _get(good, "")[0] == 403
    for wrong in (
        "&turn=0&part=0",
        "&turn=1&part=99",
        "&turn=1",
        "&turn=-1&part=0",
        "&turn=1&part=x",
    ):
        url = base + wrong
        assert _get(url, signature.signature_of(url, {}, token))[0] == 404


def _get(url: str, signed: str) -> tuple[int, bytes]:
    outcome = Outgoing().ask("GET", url, headers={"X-Twilio-Signature": signed})
    assert isinstance(outcome, Answered)
    return outcome.status, outcome.body


# -- what is no call --------------------------------------------------------------------------


def _post(calls: Calls, path: str, form: dict[str, str], token: str = "", **changes: str) -> int:
    url = f"{calls.portal.url}{path}"
    fields = {name: [value] for name, value in form.items()}
    signed = signature.signature_of(changes.get("url", url), fields, token or "token")
    body = changes.get("body", urlencode(form)).encode()
    outcome = Outgoing().ask("POST", url, headers={"X-Twilio-Signature": signed}, body=body)
    assert isinstance(outcome, Answered)
    return outcome.status


FORM = {"CallSid": "CA1", "From": PHONE, "CallStatus": "ringing"}
ANSWER, TURN, STATUS = (f"/webhooks/voice/{each}" for each in ("answer", "turn", "status"))


def test_what_is_not_signed_by_the_provider_is_refused(calls: Calls):
    assert _post(calls, ANSWER, FORM) == 200
    assert _post(calls, ANSWER, FORM, token="guessed") == 403
    assert _post(calls, ANSWER, FORM, body=urlencode(FORM | {"From": "+919812345611"})) == 403
    assert _post(calls, ANSWER, FORM, body=urlencode(FORM) + "&Digits=1") == 403
    assert _post(calls, f"{ANSWER}?attempt=1", FORM, url=f"{calls.portal.url}{ANSWER}") == 403
    assert len(calls.all(Call)) == 1


def test_an_older_token_is_believed_while_it_is_named(calls: Calls):
    calls.changes["tokens"] = ["new", "token"]
    calls.portal.line = calls.line
    assert _post(calls, ANSWER, FORM) == 200
    calls.changes["tokens"] = ["new"]
    calls.portal.line = calls.line
    assert _post(calls, ANSWER, FORM) == 403


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        (ANSWER, {}, 400),
        (f"{ANSWER}?attempt=x", FORM, 404),
        (f"{ANSWER}?attempt={PROPERTY}", FORM, 200),
        (f"{TURN}?call={PROPERTY}&turn=1", FORM, 404),
        (f"{TURN}?call=x&turn=1", FORM, 404),
        (f"{TURN}?call={PROPERTY}&turn=99999", FORM, 404),
        (TURN, FORM, 404),
        ("/webhooks/voice/nowhere", FORM, 404),
        (STATUS, FORM, 400),
        (f"{STATUS}?attempt=x", FORM, 400),
        (f"{STATUS}?attempt={PROPERTY}", FORM, 200),
        (f"{STATUS}?attempt={PROPERTY}", {"CallSid": "CA1"}, 400),
        (f"{STATUS}?attempt={PROPERTY}", FORM | {"CallStatus": "dancing"}, 400),
        (ANSWER, FORM | {"x": "y" * 70_000}, 400),
        (ANSWER, FORM | {f"f{n}": "1" for n in range(300)}, 400),
    ],
)
def test_what_is_malformed_is_refused(calls: Calls, path: str, form: dict, status: int):
    assert _post(calls, path, form) == status


def test_a_turn_that_has_not_come_yet_is_refused(calls: Calls):
    assert _post(calls, ANSWER, FORM) == 200
    (row,) = calls.all(Call)
    assert _post(calls, f"{TURN}?call={row.id}&turn=7", FORM) == 409


def test_strange_words_are_no_trouble(calls: Calls):
    strange = (
        "<Hangup/>&amp;]]>",
        "\x00\x01",
        "🙂" * 300,
        "{owed}",
        "[en|x]",
        "'; DROP TABLE call; --",
    )
    played = calls.call_in("1", *strange, None)
    assert played.problems == []
    assert set(played.answers) == {200}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b"", "not XML"),
        (b"<Say>x</Say>", "the document is a Say"),
        (b"<Response><Shout>x</Shout></Response>", "Shout may not stand in Response"),
        (b"<Response><Say/></Response>", "is empty"),
        (b'<Response><Gather numDigits="0"/></Response>', "above 0"),
        (b'<Response><Gather input="ears"/></Response>', "input must be"),
        (b"<Response><Gather><Hangup/></Gather></Response>", "Hangup may not stand in Gather"),
        (b'<Response><Say language="xx">x</Say></Response>', "language xx"),
        (b'<Response><Hangup now="1"/></Response>', "Hangup has no attribute now"),
    ],
)
def test_the_loopback_provider_tells_what_is_no_twiml(document: bytes, told: str):
    assert told in " ".join(malformed(document))


def test_a_voice_that_is_away_is_unavailable(tmp_path: Path):
    with pytest.raises(Unavailable):
        voices.Espeak("/nowhere", table().voices, tmp_path).speak("x", "en")
