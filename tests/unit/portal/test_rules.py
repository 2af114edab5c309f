"""The rules of the services in the reader's language."""

import pytest

from services.portal.pages.rules import rule


@pytest.mark.parametrize(
    ("said", "marathi"),
    [
        ("must not be empty", "रिकामे"),
        ("must be from 0 to 3650", "० ते ३६५० या दरम्यान असावे"),
        ("must be a number from 6.5 to 37.5", "६.५ ते ३७.५ या दरम्यानची संख्या असावी"),
        ("must have at most 200 characters", "जास्तीत जास्त २०० अक्षरे असावीत"),
        ("Longer than maximum length 200.", "जास्तीत जास्त २०० अक्षरे असावीत"),
        ("Missing data for required field.", "भरणे आवश्यक"),
        ("a rule of nobody", "a rule of nobody"),
    ],
)
def test_a_rule_is_told_in_the_language_of_the_page_with_its_figures(app, said, marathi):
    with app.test_request_context("/mr/"):
        app.preprocess_request()
        assert marathi in rule(said)
    with app.test_request_context("/en/"):
        app.preprocess_request()
        assert rule(said) == said.replace(
            "Longer than maximum length 200.", "must have at most 200 characters"
        ).replace("Missing data for required field.", "must not be empty")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("जास्तीत जास्त ₹48,015.00 असावी", "जास्तीत जास्त ₹\N{NO-BREAK SPACE}४८,०१५ असावी"),
        ("₹250.50 देय आहेत, 12.5 टक्के", "₹\N{NO-BREAK SPACE}२५०.५० देय आहेत, १२.५ टक्के"),
        # By which something is called stays as it is typed.
        ("PT-2026-27-000001 व 2026-04-01 आणि UTIB0001234 पाहा", None),
    ],
)
def test_amounts_and_numbers_of_a_rule_are_written_as_those_of_the_pages(app, said, shown):
    with app.test_request_context("/mr/"):
        app.preprocess_request()
        assert rule(said) == (shown or said)


def test_amounts_in_english_are_written_so_too(app):
    with app.test_request_context("/en/"):
        app.preprocess_request()
        assert (
            rule("at most ₹31,102.00: 12 of 100") == "at most ₹\N{NO-BREAK SPACE}31,102: 12 of 100"
        )
