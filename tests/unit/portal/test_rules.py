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
