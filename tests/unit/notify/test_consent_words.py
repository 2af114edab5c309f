"""The words by which citizens opt out and in, and what a city may write of them."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.reading import Mistakes
from services.notify.domain.care import ALWAYS, Purpose
from services.notify.domain.consent_words import read_consent_words
from services.notify.reference import city_consent_words, read_data

WORDS = city_consent_words()
OPTIONAL = {each for each in Purpose if each not in ALWAYS}


@pytest.mark.parametrize(
    ("text", "agreed", "purposes"),
    [
        ("STOP", False, OPTIONAL),
        ("  Stop. ", False, OPTIONAL),
        ("थांबा", False, OPTIONAL),
        ("“थांबा”!", False, OPTIONAL),
        ("stop news", False, {Purpose.NEWS}),
        ("NEWS, STOP", False, {Purpose.NEWS}),
        ("बातम्या थांबा", False, {Purpose.NEWS}),
        ("START", True, OPTIONAL - {Purpose.NEWS}),
        ("सुरू करा", True, OPTIONAL - {Purpose.NEWS}),
        ("start news", True, {Purpose.NEWS}),
        ("Stop sending", False, OPTIONAL),
        ("please stop", False, OPTIONAL),
        ("Stop please!", False, OPTIONAL),
        ("Please stop sending me messages", False, OPTIONAL),
        ("थांबा कृपया", False, OPTIONAL),
        ("opt out", False, OPTIONAL),
        ("opt-out", False, OPTIONAL),
        ("रोको", False, OPTIONAL),
        ("stop taxes", False, {Purpose.TAX}),
        ("please stop sending tax messages", False, {Purpose.TAX}),
    ],
)
def test_a_word_is_read(text, agreed, purposes):
    word = WORDS.read(text)
    assert (word.agreed, set(word.purposes)) == (agreed, purposes)
    assert word.language == ("en" if text.isascii() else "mr")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hi",
        "stop the water leak",
        "non-stop",
        "थांबा जरा",
        "stop code",
        "don't stop",
        "please",
        "1",
        "STOP " * 90,
    ],
)
def test_what_else_is_written_is_no_such_word(text):
    assert WORDS.read(text) is None


@given(st.text(max_size=200))
def test_whatever_is_written_is_read(text):
    word = WORDS.read(text)
    assert word is None or not set(word.purposes) & ALWAYS


def test_a_reply_names_what_it_is_about_and_the_way_back():
    reply = WORDS.reply(WORDS.read("STOP TAX"))
    assert "property tax" in reply
    assert "news" not in reply
    assert "START" in reply
    # START alone does not begin the news again.
    assert WORDS.reply(WORDS.read("STOP")).endswith("For news write START NEWS.")
    assert WORDS.read("START NEWS").purposes == (Purpose.NEWS,)
    assert "थांबा" in WORDS.reply(WORDS.read("सुरू"))


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("start", lambda raw: raw["start"].append("Stop!")),
        ("beside", lambda raw: raw["beside"].append("Stop")),
        ("stops", lambda raw: raw["stops"].append("code")),
        ("purposes", lambda raw: raw["purposes"].pop("news")),
        ("replies, stopped", lambda raw: raw["replies"]["stopped"].pop("mr")),
        ("stop", lambda raw: raw.update(stop=[])),
        ("stop", lambda raw: raw["stop"].append("...")),
    ],
)
def test_a_mistake_is_told_with_its_place(place, change):
    raw = deepcopy(read_data("consent.yaml"))
    change(raw)
    with pytest.raises(Mistakes) as wrong:
        read_consent_words(raw)
    assert any(str(each[0]).startswith(place) for each in wrong.value.found)


@pytest.mark.parametrize("text", ["थांबा\u200d", "थां\u200cबा", "\ufeffSTOP", "STOP\ufe0f"])
def test_what_a_keyboard_puts_between_letters_hides_no_word(text):
    word = WORDS.read(text)
    assert word is not None
    assert not word.agreed
