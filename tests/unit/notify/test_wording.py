"""Amounts, dates and names as a citizen reads them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from palika.errors import Invalid
from services.notify.domain.wording import (
    amount,
    aware,
    day,
    lines,
    link,
    moment,
    money,
    number,
    text,
    time,
)


@pytest.mark.parametrize(
    ("paise", "english", "marathi"),
    [
        (0, "₹0.00", "₹०.००"),
        (5, "₹0.05", "₹०.०५"),
        (99_999, "₹999.99", "₹९९९.९९"),
        (100_000, "₹1,000.00", "₹१,०००.००"),
        (11_500_000, "₹1,15,000.00", "₹१,१५,०००.००"),
        (123_456_789_012, "₹1,23,45,67,890.12", "₹१,२३,४५,६७,८९०.१२"),
        (-11_500_050, "-₹1,15,000.50", "-₹१,१५,०००.५०"),
    ],
)
def test_money_is_grouped_in_the_indian_manner(paise, english, marathi):
    assert money(paise, "en") == english
    assert money(paise, "mr") == marathi


@pytest.mark.parametrize("value", [1.5, "100", None, True])
def test_an_amount_is_a_whole_number_of_paise(value):
    with pytest.raises(Invalid, match="whole"):
        money(value, "en")
    with pytest.raises(Invalid, match="whole"):
        number(value, "en")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2026-06-30", "30-06-2026"),
        (date(2026, 6, 30), "30-06-2026"),
        ("2026-03-31T18:29:59Z", "31-03-2026"),
        ("2026-03-31T18:30:00Z", "01-04-2026"),
        (datetime(2026, 3, 31, 18, 30, tzinfo=UTC), "01-04-2026"),
        (datetime(2026, 4, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))), "01-04-2026"),
    ],
)
def test_a_date_is_the_one_in_india(value, shown):
    assert day(value, "en") == shown


def test_a_date_in_marathi_is_in_devanagari_digits():
    assert day("2026-06-30", "mr") == "३०-०६-२०२६"


@pytest.mark.parametrize("value", ["tomorrow", "2026-02-30", "2026-04-01T10:00:00", None, 20260401])
def test_what_is_no_date_is_refused(value):
    with pytest.raises(Invalid, match=r"date|zone"):
        day(value, "en")


def test_a_text_stays_on_its_line():
    assert text("Asha\r\nBcc: all\x00 K ", "en") == "Asha Bcc: all K"


def test_a_marathi_name_keeps_its_letters():
    assert text("श्रीमती आशा कुलकर्णी", "mr") == "श्रीमती आशा कुलकर्णी"


@pytest.mark.parametrize("value", ["", " \n ", None, 7])
def test_an_empty_text_is_refused(value):
    with pytest.raises(Invalid):
        text(value, "mr")


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        aware("2026-04-01T10:00:00")


@pytest.mark.parametrize(
    ("paise", "english", "marathi"),
    [
        (0, "0", "०"),
        (5, "0.05", "०.०५"),
        (11_500_000, "1,15,000", "१,१५,०००"),
        (11_500_050, "1,15,000.50", "१,१५,०००.५०"),
        (-100, "-1", "-१"),
    ],
)
def test_an_amount_without_the_sign_is_short(paise, english, marathi):
    assert (amount(paise, "en"), amount(paise, "mr")) == (english, marathi)


@pytest.mark.parametrize(
    ("value", "english", "marathi", "hindi"),
    [
        ("2026-07-14T06:00:00Z", "11.30 am", "सकाळी ११.३०", "सुबह 11.30"),
        ("2026-07-14T10:00:00Z", "3.30 pm", "दुपारी ३.३०", "दोपहर 3.30"),
        ("2026-07-14T13:00:00Z", "6.30 pm", "सायंकाळी ६.३०", "शाम 6.30"),
        ("2026-07-13T18:30:00Z", "12.00 am", "रात्री १२.००", "रात 12.00"),
        ("2026-07-14T06:30:00Z", "12.00 pm", "दुपारी १२.००", "दोपहर 12.00"),
        ("2026-07-13T23:00:00+00:00", "4.30 am", "पहाटे ४.३०", "सुबह 4.30"),
    ],
)
def test_a_time_is_the_one_in_india(value, english, marathi, hindi):
    assert [time(value, each) for each in ("en", "mr", "hi")] == [english, marathi, hindi]


def test_a_moment_is_day_and_time():
    assert moment("2026-07-13T18:30:00Z", "en") == "14-07-2026, 12.00 am"
    assert moment(datetime(2026, 7, 14, 6, tzinfo=UTC), "mr") == "१४-०७-२०२६, सकाळी ११.३०"


@pytest.mark.parametrize(
    "value",
    ["2026-07-14", "noon o'clock", "2026-07-14T06:00:00", None, 7, datetime(2026, 7, 14)],  # noqa: DTZ001
)
def test_what_is_no_time_is_refused(value):
    with pytest.raises(Invalid, match=r"time|zone"):
        time(value, "en")


def test_a_link_is_https_and_plain():
    assert link("https://city.example/pay/a-1?x=%20", "mr") == "https://city.example/pay/a-1?x=%20"


@pytest.mark.parametrize(
    "value",
    [
        "http://city.example/",
        "https://city.example@evil.example/",
        "https://city.example:8443/",
        "https://city.example/a b",
        "https://city.example/\u202ex",
        "https://शहर.example/",
        "javascript:alert(1)",
        "https://city.example/" + "x" * 500,
        "",
        None,
    ],
)
def test_what_is_no_plain_link_is_refused(value):
    with pytest.raises(Invalid, match="not a link"):
        link(value, "en")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("दुसऱ्\u200dया", "दुसऱ्\u200dया"),
        ("A\u200db", "Ab"),
        ("A\u202eb", "Ab"),
        ("\u2066A\u2069", "A"),
        ("Shop.com Ltd", "Shop. com Ltd"),
        ("S.R.Deshpande", "S.R.Deshpande"),
        ("P-12/345.1", "P-12/345.1"),
    ],
)
def test_letters_stay_and_tricks_go(given, shown):
    assert text(given, "mr") == shown


@pytest.mark.parametrize(
    "value", ["see http://x", "WWW.x.in", "tel://1", "x" * 301, "\u200d", "\u0301"]
)
def test_a_text_with_a_link_too_long_or_unseen_is_refused(value):
    with pytest.raises(Invalid):
        text(value, "mr")


def test_a_list_is_a_numbered_line_for_each_in_the_languages_own_digits():
    values = ["Shop.com\nfalse line", {"mr": "पाणी", "en": "Water"}]
    assert lines(values, "en") == "1. Shop. com false line\n2. Water"
    assert lines(values, "mr") == "१. Shop. com false line\n२. पाणी"
    assert lines(["a" * 602], "en") == "1. " + "a" * 602


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ([], "list of 1 to 1000"),
        (["a"] * 1_001, "list of 1 to 1000"),
        ("text", "list of 1 to 1000"),
        (["a", {"mr": "पाणी"}], "line 2 None is not text"),
        (["a" * 603], "line 1 is longer than 602"),
        (["https://elsewhere.example"], "line 1 has a link"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_with_its_line(values, rule):
    with pytest.raises(Invalid, match=rule):
        lines(values, "en")
