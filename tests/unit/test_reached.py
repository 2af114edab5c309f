"""Whether people were reached, as the services that have told them show it."""

from types import SimpleNamespace

import pytest

from palika.errors import Forbidden, Unavailable
from palika.reached import FIELDS, in_words, reached
from services.notify.domain.reasons import REASONS
from services.notify.schemas.views import MAX_PAGE

SAID = {
    "reached": False,
    "state": "skipped",
    "channel": None,
    "reason": "contact_missing",
    "why": "x",
    "skipped": {},
    "at": None,
}


def notify(*items):
    asked = []

    def answer(*, events):
        asked.append(events)
        return {"items": list(items)}

    return SimpleNamespace(reached=answer, asked=asked)


def test_what_notify_says_is_known_by_the_event_and_its_recipient():
    service = notify(
        {**SAID, "event_id": "1", "recipient_ref": "roads-je"},
        {**SAID, "event_id": "1", "recipient_ref": "roads-ce", "reached": True},
    )
    assert reached(service, {"1": "roads-je", "2": "roads-je"}) == {"1": SAID}
    assert service.asked == [["1", "2"]]
    assert tuple(SAID) == FIELDS


def test_of_more_than_a_call_takes_it_is_asked_in_several():
    service = notify()
    told = {str(number): "x" for number in range(MAX_PAGE + 1)}
    assert reached(service, told) == {}
    assert [len(each) for each in service.asked] == [MAX_PAGE, 1]


def test_nothing_is_asked_of_nothing_and_nothing_is_known_while_notify_is_away():
    service = notify()
    assert reached(service, {}) == {}
    assert service.asked == []

    def away(**_):
        raise Unavailable("notify is not running")

    assert reached(SimpleNamespace(reached=away), {"1": "x"}) == {}


def test_who_did_not_answer_is_asked_again_after_a_minute_and_who_refused_at_once(monkeypatch):
    now, asked = [1000.0], []
    monkeypatch.setattr("palika.reached.monotonic", lambda: now[0])

    def away(*, events):
        asked.append(events)
        raise Unavailable("no answer")

    for _ in range(3):
        assert reached(SimpleNamespace(reached=away), {"1": "x"}) == {}
    assert asked == [["1"]]
    answers = notify({**SAID, "event_id": "1", "recipient_ref": "x"})
    now[0] += 59
    assert reached(answers, {"1": "x"}) == {}
    now[0] += 2
    assert reached(answers, {"1": "x"}) == {"1": SAID}

    def refuses(*, events):
        raise Forbidden("not yours")

    assert reached(SimpleNamespace(reached=refuses), {"1": "x"}) == {}
    assert reached(answers, {"1": "x"}) == {"1": SAID}


@pytest.mark.parametrize(
    ("said", "mr", "en"),
    [
        (None, "कळवले का हे माहीत नाही", "not known to be told"),
        (SAID, "पोहोचले नाही: संपर्क नोंदवलेला नाही", "not told: no contact is on record"),
        ({**SAID, "reason": "no_channel", "skipped": {"sms": "invalid_address"}},
         "पोहोचले नाही: कळवण्याचा मार्ग नाही (sms पत्ता चुकीचा)",
         "not told: no channel can be used (sms a wrong address)"),
        ({**SAID, "reason": "plivo_30"}, "पोहोचले नाही: plivo_30", "not told: plivo_30"),
        ({**SAID, "reason": None}, "पोहोचले नाही", "not told"),
        ({**SAID, "reached": True, "channel": "email"}, "कळवले: email", "told: email"),
        ({**SAID, "reached": None, "reason": "provider_away"},
         "कळवले जात आहे: संदेश कंपनीची सेवा बंद आहे", "being told: the provider does not answer"),
    ],
)  # fmt: skip
def test_it_is_said_in_a_line_of_either_language(said, mr, en):
    words = in_words(said)
    assert (words.mr, words.en) == (mr, en)


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_of_notify_is_said_in_words(code):
    words = in_words({**SAID, "reason": code})
    assert code not in words.mr
    assert code not in words.en
