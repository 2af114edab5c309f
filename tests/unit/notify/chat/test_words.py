"""Words in Devanagari and in Latin letters mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.grievance.reference import city
from services.notify.domain.chat.matching import Kind, Matcher
from services.notify.domain.chat.words import meant, mentioned, number_in, sounds
from tests.unit.notify.chat.test_table import TABLE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("तक्रार", "takrar"),
        ("takraar", "takrar"),
        ("नमस्कार", "namaskar"),
        ("घरपट्टी", "gharpatti"),
        ("मिळकतकर", "milkatkar"),
        ("थांबा", "thamba"),
        ("मागे", "maage"),
        ("पाणी", "paani"),
        ("रस्त्यावर", "rastyavar"),
        ("कचरा", "kachra"),
        ("शौचालय", "shauchalay"),
    ],
)
def test_a_word_sounds_the_same_in_both_scripts(one, other):
    assert sounds(one) == sounds(other)


COMMANDS = {name: each.words for name, each in TABLE.commands.items()}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Hi", "hello"), ("नमस्कार!", "hello"), ("namaskar", "hello"), ("HELLO..", "hello"),
        ("मागे", "back"), ("back", "back"), ("maage", "back"), ("मेनू", "menu"), ("MENU", "menu"),
        ("stop", "stop"), ("STOP.", "stop"), ("थांबा", "stop"), ("thaamba", "stop"),
        ("मला मदत करा कृपया लवकर", None), ("", None), ("42", None),
    ],
)  # fmt: skip
def test_commands_are_understood(text, command):
    assert meant(text, COMMANDS) == command


MENU = {
    code: (*each.words, each.title.mr, each.title.en)
    for code, each in TABLE.states["menu"].choices.items()
}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("takrar", "file"), ("tax", "tax"), ("kar", "tax"), ("ghar patti", "tax"),
        ("बिल", "tax"), ("mala takrar karaychi ahe", "file"), ("my property tax please", "tax"),
        ("मला घरपट्टी भरायची आहे", "tax"), ("mazi takrar", "follow"), ("xyz", None),
    ],
)  # fmt: skip
def test_the_menu_is_understood_by_words(text, choice):
    assert (meant(text, MENU) or mentioned(text, MENU)) == choice


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("२", 2),
        ("2.", 2),
        ("(3)", 3),
        ("12345", None),
        ("दोन", 2),
        ("teen", 3),
        ("One.", 1),
        ("अनेक", None),
    ],
)
def test_numbers_of_either_script(text, number):
    assert number_in(text) == number


MATCHER = Matcher(
    [
        Kind(code, {"mr": each.name.mr, "en": each.name.en})
        for code, each in city().subcategories.items()
    ],
    TABLE.keywords,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("रस्त्यावर मोठा खड्डा पडला आहे", "pothole"),
        ("rastyavar khadda", "pothole"),
        ("big pothole near school", "pothole"),
        ("kachra uchalla nahi", "garbage-not-collected"),
        ("कचरा उचलला नाही", "garbage-not-collected"),
        ("pani yet nahi", "no-water"),
        ("पाणी येत नाही", "no-water"),
        ("bhatke kutre tras detat", "stray-dogs"),
        ("diva band ahe", "street-light"),
        ("drainage tumbale ahe", "drainage-choked"),
        ("machhar khup ahet", "mosquitoes"),
        ("zad padle rastyavar", "tree-fall"),
        ("लाच मागितली", "bribe"),
        ("gharpatti chukichi", "tax-bill"),
    ],
)
def test_the_kind_is_among_the_first_three(text, kind):
    assert kind in [each.code for each in MATCHER.find(text, 3)]


def test_words_that_say_nothing_find_nothing():
    assert MATCHER.find("asdf qwer", 5) == []
    assert MATCHER.find("", 5) == []


@given(some.text(max_size=300))
def test_no_text_is_too_strange(text):
    assert meant(text, COMMANDS) in {None, *COMMANDS}
    assert mentioned(text, MENU) in {None, *MENU}
    assert len(MATCHER.find(text, 5)) <= 5
