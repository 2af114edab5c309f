"""Calls by the city's own table: what is said and done for what is heard."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.city_data import with_corporation
from services.notify.domain.call.engine import (
    Ask,
    Call,
    Do,
    Ear,
    HangUp,
    Heard,
    Listen,
    PutThrough,
    Step,
    step,
)
from services.notify.domain.call.states import Deed, Lookup, Table
from services.notify.domain.call.table import read_table

BEGAN = datetime(2026, 6, 10, 5, 30, tzinfo=UTC)
"""A Wednesday, 11:00 in India."""
FACTS = {"owed": 12_345_50, "property": "P/09/001234", "verify": "1234"}
SECRETS = ("twelve thousand", "बारा हजार")


@cache
def table() -> Table:
    path = resources.files("services.notify") / "data" / "calls.yaml"
    return read_table(with_corporation(yaml.safe_load(path.read_text("utf-8"))))


class Talk:
    """One call, and all that came of it."""

    def __init__(self, flow: str = "reminder", language: str = "mr", facts: dict | None = None):
        self.now = BEGAN
        given = FACTS if flow == "reminder" else {}
        self.call = Call(flow, language, BEGAN, facts=given if facts is None else facts)
        self.steps: list[Step] = []
        self.hear(Ear.BEGAN)

    def hear(self, ear: Ear, text: str = "", facts: dict | None = None) -> Step:
        self.now += timedelta(seconds=5)
        made = step(self.call, Heard(ear, self.now, text, facts or {}), table())
        self.call = made.call
        self.steps.append(made)
        return made

    def keys(self, *keys: str) -> "Talk":
        for each in keys:
            self.hear(Ear.KEYS, each)
        return self

    def says(self, *words: str) -> "Talk":
        for each in words:
            self.hear(Ear.WORDS, each)
        return self

    def silence(self, times: int = 1) -> "Talk":
        for _ in range(times):
            self.hear(Ear.SILENCE)
        return self

    @property
    def last(self) -> Step:
        return self.steps[-1]

    @property
    def said(self) -> str:
        return " ".join(each.text for each in self.last.says)

    @property
    def all_said(self) -> str:
        return " ".join(each.text for made in self.steps for each in made.says)

    @property
    def deeds(self) -> list[Do]:
        return [each for made in self.steps for each in made.actions if isinstance(each, Do)]


def test_an_owner_promises_with_keys():
    talk = Talk().keys("1", "1234", "1", "3006", "1")
    assert talk.deeds == [Do(Deed.PROMISE, date(2026, 6, 30))]
    assert "तीस जून दोन हजार सव्वीस" in talk.said
    assert talk.keys("2").last.actions == (HangUp("done"),)


def test_an_owner_promises_with_words_in_marathi():
    talk = Talk().says("हो", "एक दोन तीन चार", "मी भरतो", "पुढच्या सोमवारी", "हो बरोबर आहे")
    assert talk.deeds == [Do(Deed.PROMISE, date(2026, 6, 15))]


def test_an_owner_promises_with_words_in_latin_letters():
    talk = Talk().says("Ho", "1234", "bharto", "udya", "hoy")
    assert talk.deeds == [Do(Deed.PROMISE, date(2026, 6, 11))]


def test_an_owner_promises_in_english():
    talk = Talk().keys("*")
    assert "Do you look after" in talk.said
    talk.says("yes", "one two three four", "i will pay", "next friday", "yes")
    assert talk.deeds == [Do(Deed.PROMISE, date(2026, 6, 19))]
    assert "nineteenth June two thousand twenty-six" in talk.said


def test_the_amount_is_spoken_after_the_check_and_not_before():
    talk = Talk().keys("1")
    assert not any(each in talk.all_said for each in SECRETS)
    talk.keys("1234")
    assert "बारा हजार तीनशे पंचेचाळीस रुपये आणि पन्नास पैसे" in talk.said


def test_who_will_not_pay_is_asked_what_the_trouble_is():
    for said in ("मी भरणार नाही", "mi bharnar nahi", "I will not pay", "I won't pay"):
        assert Talk().keys("1", "1234").says(said).call.state == "trouble", said


def test_wrong_digits_twice_end_the_call_without_the_amount():
    talk = Talk().keys("1", "9999")
    assert "जुळत नाहीत" in talk.said
    talk.keys("0000")
    assert talk.last.actions == (HangUp("not_verified"),)
    assert "एक आठ शून्य शून्य" in talk.said
    assert not any(each in talk.all_said for each in SECRETS)


def test_a_wrong_number_is_noted_and_left_alone():
    talk = Talk().says("नाही, चूक")
    assert talk.deeds == [Do(Deed.WRONG_PERSON)]
    assert talk.call.outcome == "wrong_person"


@pytest.mark.parametrize(
    "words", ["फोन करू नका", "हो, पण परत फोन करू नका", "phone karu naka", "please stop", "थांबा"]
)
def test_opting_out_by_words_is_stronger_than_a_yes(words: str):
    talk = Talk().says(words)
    assert talk.deeds == [Do(Deed.OPT_OUT)]
    assert talk.call.outcome == "done"


@pytest.mark.parametrize("before", [(), ("1",), ("1", "1234"), ("1", "1234", "1")])
def test_opting_out_by_key_works_anywhere(before: tuple[str, ...]):
    assert Talk().keys(*before, "8").deeds == [Do(Deed.OPT_OUT)]


def test_a_day_that_is_said_as_a_number_is_no_key():
    # 8 would be opting out, 9 a person.
    talk = Talk().keys("1", "1234", "1").says("8")
    assert talk.deeds == []
    assert "आठ जुलै" in talk.said
    assert talk.says("नाही", "nine").call.facts["promised_on"] == "2026-07-09"


def test_a_link_is_asked_for():
    talk = Talk().keys("1", "1234").says("लिंक पाठवा")
    assert talk.deeds == [Do(Deed.SEND_LINK)]
    assert talk.call.outcome == "link"


@pytest.mark.parametrize(("key", "deed"), [("1", Deed.DISPUTE), ("2", Deed.HARDSHIP)])
def test_trouble_is_noted(key: str, deed: Deed):
    assert Talk().keys("1", "1234", "2", key).deeds == [Do(deed)]


def test_a_person_is_asked_for():
    talk = Talk().says("अधिकारी")
    assert talk.last.actions == (PutThrough(),)
    talk.hear(Ear.NOT_TAKEN)
    assert talk.last.actions == (HangUp("nobody_free"),)


def test_after_a_person_has_talked_the_call_is_over():
    talk = Talk().keys("9")
    talk.hear(Ear.TAKEN)
    assert talk.call.outcome == "done"


def test_zero_repeats_and_does_nothing_twice():
    talk = Talk().keys("1", "1234", "1", "3006", "1")
    before = talk.said
    talk.keys("0")
    assert len(talk.deeds) == 1
    assert talk.said == before


@pytest.mark.parametrize(
    ("said", "told"),
    [("5 june", "होऊन गेली"), ("31 december", "खूप पुढची"), ("11 july", "दहा जुलै दोन हजार सव्वीस")],
)
def test_a_day_out_of_bounds_is_asked_again(said: str, told: str):
    talk = Talk().keys("1", "1234", "1").says(said)
    assert told in talk.said
    assert talk.call.state == "ask_day"
    assert talk.says("10 july", "हो").deeds == [Do(Deed.PROMISE, date(2026, 7, 10))]


def test_who_says_nothing_is_hung_up_on():
    talk = Talk().silence(2)
    assert isinstance(talk.last.actions[-1], Listen)
    assert talk.silence().last.actions == (HangUp("no_input"),)


def test_who_is_not_understood_is_offered_a_person():
    talk = Talk().says("काहीतरी", "बडबड")
    assert "समजले नाही" in talk.said
    talk.says("अजून")
    assert talk.call.state == "help"
    assert talk.says("हो").last.actions == (PutThrough(),)


def test_who_is_never_understood_comes_to_an_end():
    assert Talk().says(*["काहीतरी"] * 6).call.outcome == "no_input"


def test_a_call_is_not_longer_than_its_limit():
    talk = Talk()
    talk.now += timedelta(minutes=5)
    assert talk.keys("1").last.actions == (HangUp("too_long"),)


def test_hanging_up_ends_a_call_anywhere_and_nothing_is_said():
    talk = Talk().keys("1", "1234")
    made = talk.hear(Ear.HUNG_UP)
    assert (made.says, made.actions) == ((), (HangUp("hung_up"),))
    assert talk.keys("1").last.says == ()


def test_somebody_who_calls_chooses_a_language_and_hears_the_dues():
    talk = Talk("inbound").keys("2", "1")
    assert talk.last.actions == (Ask(Lookup.DUES),)
    talk.hear(Ear.FOUND, facts=FACTS)
    talk.keys("1234")
    assert "twelve thousand three hundred forty-five rupees and fifty paise" in talk.said


def test_a_number_that_is_not_registered_hears_nothing_of_dues():
    talk = Talk("inbound").keys("1", "1")
    talk.hear(Ear.MISSING)
    assert "नोंदणीकृत" in talk.said
    assert talk.call.state == "services"


def test_the_status_of_a_grievance():
    talk = Talk("inbound").keys("1").says("तक्रार").keys("2026000123#")
    assert talk.last.actions == (Ask(Lookup.GRIEVANCE, "2026000123"),)
    talk.hear(Ear.FOUND, facts={"status": {"mr": "काम चालू आहे", "en": "in progress"}})
    assert "दोन शून्य दोन सहा शून्य शून्य शून्य एक दोन तीन: काम चालू आहे" in talk.said


def test_each_language_is_spoken_by_its_own_voice():
    first = Talk().steps[0].says
    assert [each.language for each in first] == ["mr", "mr", "en"]
    assert "For English" in first[-1].text
    assert "For English" not in first[1].text


def test_what_is_said_is_not_shown():
    talk = Talk().keys("1", "1234")
    shown = repr(talk.last) + repr(talk.call)
    assert not any(each in shown for each in (*SECRETS, "1234", "12345"))


WORDS = st.sampled_from(
    [
        "हो",
        "नाही",
        "उद्या",
        "30 june",
        "लिंक",
        "stop",
        "english",
        "पुन्हा",
        "अडचण",
        "भरतो",
        "काय",
        "1234",
        "nine",
        "",
    ]
)
KEYS = st.sampled_from(
    ["1", "2", "3", "0", "*", "9", "1234", "9999", "3006", "2026000123", "#", ""]
)
HEARD = st.one_of(
    st.tuples(st.just(Ear.KEYS), KEYS),
    st.tuples(st.just(Ear.WORDS), WORDS | st.text(max_size=20)),
    st.tuples(st.sampled_from(list(Ear)), st.just("")),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["reminder", "inbound"]), st.lists(HEARD, max_size=30))
def test_whatever_is_heard_each_step_has_one_way_on_and_nothing_private_is_said_unchecked(
    flow, heard
):
    talk = Talk(flow)
    right = False
    for ear, text in heard:
        facts = {}
        if ear is Ear.FOUND:
            asked = talk.last.actions[-1]
            grievance = isinstance(asked, Ask) and asked.what is Lookup.GRIEVANCE
            facts = {"status": {"mr": "बंद", "en": "closed"}} if grievance else FACTS
        made = talk.hear(ear, text, facts)
        right = right or made.understood == "right"
        *deeds, last = made.actions
        assert isinstance(last, Listen | Ask | PutThrough | HangUp)
        assert all(isinstance(each, Do) for each in deeds)
        assert isinstance(last, HangUp) == bool(talk.call.outcome)
        if not right:
            assert not any(each in talk.all_said for each in SECRETS)
            assert {each.deed for each in talk.deeds} <= {Deed.OPT_OUT, Deed.WRONG_PERSON}
    for each in talk.deeds:
        if each.deed is Deed.PROMISE:
            assert date(2026, 6, 10) <= each.day <= date(2026, 7, 10)


@settings(deadline=None)
@given(st.sampled_from(["reminder", "inbound"]), st.lists(HEARD, max_size=10))
def test_silence_ends_every_call(flow, heard):
    talk = Talk(flow)
    for ear, text in heard:
        if ear is not Ear.FOUND:
            talk.hear(ear, text)
    talk.silence(10)
    assert talk.call.outcome
