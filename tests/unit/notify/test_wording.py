"""Amounts, dates and names as a citizen reads them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from palika.errors import Invalid
from services.notify.domain.wording import aware, day, money, number, text


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
    assert text("Asha\r\nBcc: all@city.in\x00 K ", "en") == "Asha Bcc: all@city.in K"


def test_a_marathi_name_keeps_its_letters():
    assert text("श्रीमती आशा कुलकर्णी", "mr") == "श्रीमती आशा कुलकर्णी"


@pytest.mark.parametrize("value", ["", " \n ", None, 7])
def test_an_empty_text_is_refused(value):
    with pytest.raises(Invalid):
        text(value, "mr")


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        aware("2026-04-01T10:00:00")
