"""The day in an answer, as a provider transcribes it."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.number_words import devanagari
from services.notify.domain import speech
from services.notify.domain.call.days import day_of_keys, find_day

TODAY = date(2026, 6, 10)
"""A Wednesday."""
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def _in(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("आज", _in(0)),
        ("aaj", _in(0)),
        ("उद्या", _in(1)),
        ("udya", _in(1)),
        ("Udyaa bharto.", _in(1)),
        ("मी उद्यापर्यंत भरतो", _in(1)),
        ("परवा", _in(2)),
        ("the day after tomorrow", _in(2)),
        ("तीन दिवसांनी", _in(3)),
        ("३ दिवसात", _in(3)),
        ("in 3 days", _in(3)),
        ("pandhra divsani", _in(15)),
        ("एका आठवड्यात", _in(7)),
        ("दोन आठवड्यांनी", _in(14)),
        ("next week", _in(7)),
        ("एका महिन्यात", date(2026, 7, 10)),
        ("सोमवारी", date(2026, 6, 15)),
        ("somvari", date(2026, 6, 15)),
        ("शुक्रवारपर्यंत", date(2026, 6, 12)),
        ("friday", date(2026, 6, 12)),
        ("wednesday", date(2026, 6, 17)),
        ("पुढच्या सोमवारी", date(2026, 6, 15)),
        ("next friday", date(2026, 6, 19)),
        ("pudhchya shukravari", date(2026, 6, 19)),
        ("30 tarkhela", date(2026, 6, 30)),
        ("15 तारखेला", date(2026, 6, 15)),
        ("दहा तारखेपर्यंत", date(2026, 6, 10)),
        ("पाच तारखेला", date(2026, 7, 5)),
        ("sat tarkhela", date(2026, 7, 7)),
        ("by the twenty-fifth", date(2026, 6, 25)),
        ("30", date(2026, 6, 30)),
        ("30 june", date(2026, 6, 30)),
        ("june 30th", date(2026, 6, 30)),
        ("३० जूनला", date(2026, 6, 30)),
        ("1 july la", date(2026, 7, 1)),
        ("एक जुलै", date(2026, 7, 1)),
        ("30/6", date(2026, 6, 30)),
        ("३०-०६-२०२६", date(2026, 6, 30)),
        ("30.6.26", date(2026, 6, 30)),
        ("2026-06-30", date(2026, 6, 30)),
        ("twenty sixth june twenty twenty six", date(2026, 6, 26)),
        ("पुढच्या महिन्याच्या 5 तारखेला", date(2026, 7, 5)),
        ("5th of next month", date(2026, 7, 5)),
        ("महिना अखेर", date(2026, 6, 30)),
        ("महिन्याच्या शेवटी", date(2026, 6, 30)),
        ("end of this month", date(2026, 6, 30)),
        ("the last day of this month", date(2026, 6, 30)),
        # Just passed: whoever says it means this one, and is told that it is past.
        ("5 june", date(2026, 6, 5)),
        ("30 जानेवारी", date(2027, 1, 30)),
        ("उद्या, म्हणजे 11 तारखेला", _in(1)),
    ],
)
def test_a_day_is_understood(said: str, day: date):
    assert find_day(said, TODAY) == day


@pytest.mark.parametrize(
    "said",
    [
        "",
        "हो",
        "मी भरणार नाही",
        "उद्या नाही परवा",
        "सोमवारी किंवा मंगळवारी",
        "next month",
        "पुढच्या महिन्यात",
        "31 june",
        "31/6",
        "40 तारखेला",
        "I will pay 5000 rupees",
        "मी ५००० रुपये भरतो",
        "99999999 days",
        "0 दिवसांनी",
        "²",
        "20 kinva 25 tarkhela 26 tarkhela",
    ],
)
def test_what_is_no_clear_day_is_asked_again(said: str):
    assert find_day(said, TODAY) is None


@settings(deadline=None)
@given(DAYS, st.sampled_from(speech.LANGUAGES), st.integers(-50, 200))
def test_a_day_as_the_bot_speaks_it_is_understood(day: date, language: str, ago: int):
    assert find_day(speech.day(day, language), day - timedelta(days=ago)) == day


@settings(deadline=None)
@given(
    DAYS,
    st.booleans(),
    st.sampled_from(["{:%d/%m/%Y}", "{:%d-%m-%Y}", "{:%d.%m.%Y}", "{:%Y-%m-%d}"]),
)
def test_a_written_day_is_understood_in_either_script(day: date, marathi: bool, form: str):
    text = form.format(day)
    assert find_day(devanagari(text) if marathi else text, TODAY) == day


@settings(deadline=None)
@given(DAYS, st.integers(1, 27))
def test_a_day_of_the_month_is_the_next_one(today: date, nth: int):
    found = find_day(f"{nth} तारखेला", today)
    assert found is not None
    assert found.day == nth
    assert today <= found < today + timedelta(days=32)


@settings(deadline=None)
@given(DAYS, st.integers(0, 6))
def test_a_weekday_is_within_a_week_and_the_next_one_in_the_next_week(today: date, weekday: int):
    name = (date(2026, 6, 8) + timedelta(days=weekday)).strftime("%A")
    soon, following = find_day(name, today), find_day(f"next {name}", today)
    assert soon is not None
    assert following is not None
    assert today < soon <= today + timedelta(days=7)
    assert soon.weekday() == following.weekday() == weekday
    assert following.isocalendar()[:2] == (today + timedelta(days=7)).isocalendar()[:2]


@settings(deadline=None)
@given(DAYS, st.integers(1, 99))
def test_in_so_many_days(today: date, count: int):
    expected = today + timedelta(days=count)
    assert find_day(f"in {count} days", today) == expected
    assert find_day(f"{devanagari(count)} दिवसांनी", today) == expected
    assert find_day(f"{speech.number(count, 'mr')} दिवसांनी", today) == expected


@settings(deadline=None)
@given(st.text(max_size=60), DAYS)
def test_any_text_is_answered(said: str, today: date):
    found = find_day(said, today)
    assert found is None or isinstance(found, date)


_WORDS = """
    उद्या udya next पुढच्या friday सोमवारी 30 15 june जून तारखेला दिवसांनी month 2026 नाही end thousand
    दोन / this after day the
"""
WORDS = _WORDS.split()


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=8), DAYS)
def test_any_words_of_the_grammar_are_answered(words: list[str], today: date):
    found = find_day(" ".join(words), today)
    assert found is None or found.year <= 2199


@settings(deadline=None)
@given(DAYS)
def test_days_are_dialled(day: date):
    assert day_of_keys(f"{day:%d%m%Y}", TODAY) == day
    assert day_of_keys(f"{day:%d%m%y}", TODAY) == day
    soon = day_of_keys(f"{day:%d%m}", TODAY)
    assert soon is not None
    assert (soon.day, soon.month) == (day.day, day.month)


@pytest.mark.parametrize(
    ("keys", "day"),
    [
        ("05", date(2026, 7, 5)),
        ("3006", date(2026, 6, 30)),
        ("3106", None),
        ("00", None),
        ("5", None),
        ("30062", None),
        ("99999999", None),
        ("*1", None),
        ("", None),
    ],
)
def test_what_is_dialled(keys: str, day: date | None):
    assert day_of_keys(keys, TODAY) == day
