"""Whatever comes to the provider's addresses, signed or not, is answered: by no error of ours."""

from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid6 import uuid7

from palika.outgoing import Answered, Outgoing
from services.notify.calls import addresses, signature
from services.notify.channels.loopback.telephony import Script, Telephony
from services.notify.domain.magic import Fate, number_of
from tests.support.calls import PHONE, Calls

PATHS = [
    addresses.ANSWER,
    addresses.TURN,
    addresses.DIALLED,
    addresses.STATUS,
    addresses.AUDIO,
    "/webhooks/voice/",
]
KEYS = st.sampled_from(
    ["CallSid", "From", "CallStatus", "Digits", "SpeechResult", "AnsweredBy", "x"]
)
VALUES = st.sampled_from(
    ["CA1", PHONE, "completed", "1", "हो", "machine_start", "", "\x00"]
) | st.text(max_size=30)
FORMS = st.dictionaries(KEYS, VALUES, max_size=6)
QUERIES = st.dictionaries(
    st.sampled_from(["call", "turn", "attempt", "part", "y"]),
    st.sampled_from(["0", "1", "-1", "99999", "x", "", str(uuid7()), "\x00", "٣"]),
    max_size=4,
)
_HTTP = Outgoing()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(PATHS), QUERIES, FORMS, st.booleans())
def test_any_webhook_is_answered(calls: Calls, path, query, form, signed):
    url = f"{calls.portal.url}{path}" + (f"?{urlencode(query)}" if query else "")
    body = urlencode(form, errors="surrogatepass").encode()
    fields = signature.form_of(body)
    token = calls.telephony.token if signed else "guessed"
    given = {"X-Twilio-Signature": signature.signature_of(url, fields, token)}
    outcome = _HTTP.ask("POST", url, headers=given, body=body)
    assert isinstance(outcome, Answered)
    assert outcome.status in ((200, 400, 404, 409) if signed else (403,))


def test_magic_recipients_are_played(calls: Calls):
    calls.care = type(calls.care)(quiet={}, a_day={})
    found = {}
    for fate in Fate:
        calls.city.phone = number_of(fate)
        asked = calls.ask()
        calls.dial()
        row = calls.row(asked.id)
        found[fate] = (row.state, row.reason or row.outcome)
    assert found[Fate.FAILS_FOR_NOW] == ("due", "busy")
    assert found[Fate.FAILS_FOR_GOOD] == ("not_reached", "invalid_number")
    assert found[Fate.EXPIRES] == ("due", "no_answer")
    assert found[Fate.REFUSED] == ("not_reached", "voice_invalid_number")
    assert found[Fate.THROTTLED] == ("due", "voice_throttled")
    assert found[Fate.SILENT] == ("dialling", None)
    assert found[Fate.DELIVERED] == ("ended", "no_input")


def test_a_script_is_before_what_is_magic():
    number = number_of(Fate.FAILS_FOR_NOW)
    telephony = Telephony()
    telephony.scripts[number] = Script(acts=("1",))
    assert telephony.script_of(number).end == "taken"
