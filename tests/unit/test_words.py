"""The words of a text, made comparable: what must be one token, and what must stay two."""

import time
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.glossary import COURTESIES, HAPPENINGS, LANDMARKS, STOP_WORDS
from palika.words import (
    month_token,
    query_tokens,
    search_tokens,
    sound,
    tells_nothing,
    tells_what,
    tokens,
)

ONE_TOKEN = [
    # cases, postpositions, plurals and oblique stems
    "रस्ता रस्ते रस्त्यावर रस्त्यात रस्त्याचा रस्त्याला रस्त्यावरील रस्त्यांवरचे rasta rastyavar road Roads",
    "खड्डा खड्डे खड्ड्यात खड्ड्यांमुळे खड्ड्यांचा khadda khadde Pothole potholes",
    "कचरा कचऱ्याचा कचऱ्यामुळे kachra garbage",
    "पाणी पाण्याचा पाण्यात pani water",
    "दिवा दिवे दिव्यांचा पथदिवे light",
    "झाड झाडे झाडाची झाडांच्या tree",
    "फांदी फांद्या फांद्यांची branches",
    "कुत्रा कुत्री कुत्र्यांनी dogs",
    "इमारत इमारतीत इमारतीसमोरील इमारतीमधूनही",
    "वाहन वाहने वाहनांचा vehicle",
    "जबरदस्त जबरदस्ती",
    "दुकान दुकाने दुकानासमोर shop",
    # verbs
    "तुंबले तुंबली तुंबलेल्या तुंबून तुंबते choked",
    "कोसळले कोसळला collapsed collapsing",
    "overflow overflowing overflowed",
    "leak leaking leaks गळती",
    # accidents of writing: joiners, nukta, nasals, long and short, doubled letters, ॲ three ways
    "कचऱ्याचा कचर्‍याचा कचर्याचा",
    "दुर्गंधी दुर्गन्धी दुर्गंधि दुर्गँधी",
    "पाणी पाणि",
    "पूल पुल पुलाखाली",
    "खड्डा खड्ढा खडडा",
    "मॅनहोल मेनहोल मॅनहोलचे manhole",
    "ॲप अ‍ॅप अॅप ऍप",
    "विशेष विशेश",
    "क़िला किला",
    "pothole POTHOLE ｐｏｔｈｏｌｅ",
    "cafe Café",
    "४५ 45",
]


@pytest.mark.parametrize("written", ONE_TOKEN)
def test_forms_of_one_word_are_one_token(written):
    assert len(set(tokens(written))) == 1, dict(zip(written.split(), tokens(written), strict=False))
    assert len(tokens(written)) == len(written.split())


@pytest.mark.parametrize(
    "written",
    [
        "गळती गल्ली",
        "दिवा दिवस",
        "diva divas",
        "नळ नाला",
        "वाहन वाहते",
        "पाणी पान",
        "खड्डा खडी",
        "मारुती मार",
        "पदपथ पथदिवा",
        "street 45",
    ],
)
def test_different_words_stay_different(written):
    assert len(set(tokens(written))) == 2


def test_a_short_word_is_no_ending():
    assert tokens("आवर खालून सर्वर") == ["आवर", "खालुन", "सर्वर"]


def test_vowel_signs_and_the_virama_do_not_end_a_word():
    assert len(tokens("विश्रामबागवाडा ज्ञानेश्वर उद्यानात")) == 3
    for word in ("क्षेत्रीय", "ज्ञानेश्वर", "सार्वजनिक"):
        assert len(tokens(word)) == 1


def test_the_form_of_unicode_does_not_matter():
    text = "कचऱ्याचा ढीग, मॅनहोलचे झाकण, Café समोर, ख़राब फ़ुटपाथ"
    forms = {tuple(tokens(unicodedata.normalize(form, text))) for form in ("NFC", "NFD", "NFKD")}
    assert len(forms) == 1


def test_tokens_keep_order_and_repeats_and_leave_out_stop_words():
    text = "The road near the school: ROAD, रस्ता आहे शाळेजवळ."
    road, school = tokens("road school")
    assert tokens(text) == [road, school, road, road, school]
    assert query_tokens(text) == [road, school]
    assert query_tokens("हे आहे the and") == []


def test_what_is_stored_for_search_is_distinct_sorted_and_skips_what_is_missing():
    stored = search_tokens("big pothole pothole", None, "", "Kothrud 45")
    assert stored == sorted(set(stored))
    assert set(query_tokens("potholes kothrud ४५")) <= set(stored)


def test_a_month_is_of_the_calendar_in_india_and_no_word_is_like_it():
    # 00:00 in India on 1 July is still June in Greenwich.
    midnight = datetime(2026, 6, 30, 18, 30, tzinfo=UTC)
    assert month_token(midnight) == "@2026-07"
    assert month_token(midnight - timedelta(microseconds=1)) == "@2026-06"
    assert "@2026-07" not in search_tokens("filed @2026-07", "@2026-07")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("pothole", "रस्त्यावर मोठे खड्डे पडले आहेत"),
        ("कचरा", "garbage not collected"),
        ("khadda", "deep potholes"),
        ("rasta kharab", "रस्त्यांची दुरवस्था"),
        ("street light", "पथदिवे बंद"),
        ("पोल ४५", "light on pole no. 45"),
    ],
)
def test_a_search_in_one_language_finds_the_other(query, text):
    assert set(query_tokens(query)) & set(search_tokens(text))
    if query != "street light":
        assert set(query_tokens(query)) <= set(search_tokens(text))


def test_words_of_other_scripts_are_kept_whole():
    assert tokens("રસ્તા 道路") == ["રસ્તા", "道路"]


def test_a_word_is_parted_where_scripts_meet():
    assert tokens("12A D-14 रोड१२ pole४५") == ["12a", "14", *tokens("रोड 12"), "pole45"]


@pytest.mark.parametrize(
    ("marathi", "english"),
    [
        ("कोथरूड", "Kothrud"),
        ("शिवाजीनगर", "Shivajinagar"),
        ("सिंहगड", "Sinhagad"),
        ("कोंढवा", "Kondhwa"),
        ("हडपसर", "Hadapsar"),
        ("लक्ष्मी", "Laxmi"),
        ("विश्रामबागवाडा", "Vishrambagwada"),
        ("धनकवडी", "Dhankawadi"),
        ("फुले", "Phule"),
    ],
)
def test_a_name_sounds_the_same_in_both_scripts(marathi, english):
    assert [sound(each) for each in tokens(marathi)] == [sound(each) for each in tokens(english)]


def test_names_that_differ_sound_different():
    names = [sound(each) for each in tokens("Kothrud Kondhwa Katraj Hadapsar Aundh Baner Bavdhan")]
    assert len(set(names)) == len(names)
    assert sound("45") == "45"


def test_what_a_word_tells_is_known():
    pothole, school, action = tokens("potholes schools action")
    assert tells_what(pothole)
    assert not tells_what(school)
    assert tells_nothing(action)
    assert not tells_nothing(school)


def test_no_word_stands_in_two_lines_of_the_glossary():
    lines = [set(line.split()) for line in (HAPPENINGS + LANDMARKS).strip().splitlines()]
    words = [word for line in lines for word in line]
    assert sorted(words) == sorted(set(words))
    assert not set(words) & set(STOP_WORDS.split())
    assert not set(words) & set(COURTESIES.split())


def test_every_line_of_the_glossary_is_one_token():
    lines = [line for line in (HAPPENINGS + LANDMARKS).strip().splitlines() if line]
    wrong = {line: tokens(line) for line in lines if len(set(tokens(line))) != 1}
    assert wrong == {}
    assert len({tokens(line)[0] for line in lines}) == len(lines)


@given(st.text())
def test_any_text_has_tokens_that_are_stable_and_can_be_stored(text):
    found = tokens(text)
    assert found == tokens(text)
    for token in found:
        assert token
        assert "\x00" not in token
        assert not any(each.isspace() for each in token)


@given(st.text(alphabet=st.characters(min_codepoint=0x0900, max_codepoint=0x097F)))
def test_any_devanagari_has_words_that_can_be_spoken(text):
    assert all(sound(token) for token in tokens(text))


def test_thirty_words_take_microseconds():
    text = "रस्त्यावर मोठा खड्डा पडला आहे त्यामुळे अपघात होत आहेत शाळेसमोर वाहतूक कोंडी होते " * 3
    tokens(text)

    def once() -> float:
        begin = time.perf_counter()
        for _ in range(50):
            tokens(text)
        return (time.perf_counter() - begin) / 50

    # 40 µs where this was written; the bound only notices a change of kind.
    assert min(once() for _ in range(5)) < 1e-3
