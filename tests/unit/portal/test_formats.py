"""Numbers, money and days on pages, in both languages."""

from datetime import UTC, date, datetime

import pytest

from services.portal.pages import formats
from services.portal.site import helpers


@pytest.fixture
def say(app):
    """Formats a value as a page of a language does."""

    def say(language, how, *values):
        with app.test_request_context(f"/{language}/"):
            app.preprocess_request()
            return getattr(formats, how)(*values)

    return say


@pytest.mark.parametrize(
    ("how", "values", "english", "marathi"),
    [
        ("number", (1234567.5, 1), "12,34,567.5", "१२,३४,५६७.५"),
        ("number", (0,), "0", "०"),
        ("number", (-1500,), "−1,500", "−१,५००"),
        ("number", (-0.2,), "0", "०"),
        ("money", (11500000,), "₹\u00a01,15,000", "₹\u00a0१,१५,०००"),
        ("money", (-150,), "−₹\u00a01.50", "−₹\u00a0१.५०"),
        ("money", (0,), "₹\u00a00", "₹\u00a0०"),
        ("day", (date(2026, 11, 29),), "29 November 2026", "२९ नोव्हेंबर २०२६"),
        ("day", ("2026-11-29",), "29 November 2026", "२९ नोव्हेंबर २०२६"),
        ("day", ("2026-11-28T20:00:00+00:00",), "29 November 2026", "२९ नोव्हेंबर २०२६"),
        ("day", (None,), "", ""),
        ("moment", (None,), "", ""),
        ("moment", ("2026-11-28T20:00:00+00:00",),
         "29 November 2026, 1:30 am", "२९ नोव्हेंबर २०२६, रात्री १:३०"),
        ("weekday", (date(2026, 11, 29),), "Sunday", "रविवार"),
        ("digits", ("020 2550",), "020 2550", "०२० २५५०"),
    ],
)  # fmt: skip
def test_a_value_is_written_in_the_manner_of_its_language(say, how, values, english, marathi):
    assert say("en", how, *values) == english
    assert say("mr", how, *values) == marathi


@pytest.mark.parametrize(
    ("utc", "english", "marathi"),
    [
        ((2026, 11, 29, 8, 35), "29 November 2026, 2:05 pm", "२९ नोव्हेंबर २०२६, दुपारी २:०५"),
        ((2026, 11, 29, 18, 30), "30 November 2026, 12:00 am", "३० नोव्हेंबर २०२६, रात्री १२:००"),
        ((2026, 11, 29, 6, 30), "29 November 2026, 12:00 pm", "२९ नोव्हेंबर २०२६, दुपारी १२:००"),
        ((2026, 11, 28, 23, 0), "29 November 2026, 4:30 am", "२९ नोव्हेंबर २०२६, पहाटे ४:३०"),
        ((2026, 11, 29, 11, 0), "29 November 2026, 4:30 pm", "२९ नोव्हेंबर २०२६, संध्याकाळी ४:३०"),
    ],
)
def test_a_moment_is_shown_in_india(say, utc, english, marathi):
    moment = datetime(*utc, tzinfo=UTC)
    assert say("en", "moment", moment) == english
    assert say("mr", "moment", moment) == marathi


@pytest.mark.parametrize(
    ("first", "last", "english"),
    [
        ("2026-10-01", "2026-10-31", "October 2026"),
        ("2026-04-01", "2026-09-30", "April – September 2026"),
        ("2026-04-01", "2027-03-31", "April 2026 – March 2027"),
        ("2026-11-02", "2026-11-08", "2 November 2026 – 8 November 2026"),
    ],
)
def test_the_days_of_a_kpi_are_said_in_months_where_they_are_months(app, first, last, english):
    with app.test_request_context("/en/"):
        app.preprocess_request()
        assert helpers.span({"from_day": first, "to_day": last}) == english


def test_a_site_may_have_latin_digits_on_marathi_pages(say, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "portal_devanagari_digits", lambda: False)
    assert say("mr", "number", 1500) == "1,500"


def test_a_number_of_the_template_itself_is_in_the_language_of_who_asks(app):
    def within(language, act):
        with app.test_request_context(f"/{language}/"):
            app.preprocess_request()
            return act()

    source = "{{ 0 | digits }}{{ 'a' ~ (7 | number) }}{{ '2026-11-29' | day if 100 | money }}"
    made = within("mr", lambda: app.jinja_env.from_string(source))
    assert within("en", made.render) == "0a729 November 2026"
    assert within("mr", made.render) == "०a७२९ नोव्हेंबर २०२६"
