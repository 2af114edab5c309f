"""The parts of pages that every room uses: forms, lists in pages, marks."""

import re

import pytest
from flask import render_template_string

FORM = """{% from "macros/form.html" import summary, field, area, choice, radios, check, button %}
{{ summary(errors, {"phone": "Telephone"}) }}
{{ field("phone", "Telephone", values, errors, hint="Ten digits", type="tel",
  options={"autocomplete": "tel"}) }}
{{ field("name", "Name", values, errors, optional=true) }}
{{ area("words", "What is wrong", values, errors) }}
{{ choice("ward", "Ward", [("a", "Aundh"), ("b", "Baner")], values, errors) }}
{{ radios("kind", "Kind", [("x", "One"), ("y", "Other")], values, errors) }}
{{ check("told", "Tell me", values) }}{{ button("Send") }}"""


@pytest.fixture
def draw(app):
    """Draws a template as a page of a language does."""

    def draw(language, template, **given):
        with app.test_request_context(f"/{language}/"):
            app.preprocess_request()
            return render_template_string(template, **given)

    return draw


def element(page, name):
    (found,) = re.findall(rf'<(?:input|textarea|select|fieldset)[^>]* id="{name}"[^>]*>', page) or [
        each for each in re.findall(r"<fieldset[^>]*>", page) if f'id="{name}"' in each
    ]
    return found


def test_what_is_wrong_with_no_field_is_said_without_a_link_in_the_language_that_it_is_in(draw):
    template = """{% from "macros/form.html" import summary %}
{% call summary(errors, {"to": "To"}, "act-") %}<b>instead</b>{% endcall %}"""
    page = draw("mr", template, errors={"form": ["it is closed"], "to": ["must not be empty"]})
    assert '<p lang="en">it is closed</p>' in page
    assert '<a href="#act-to">To: ' in page
    assert "<b>instead</b>" in page
    assert "हे झाले नाही" in draw("mr", template, errors={"form": ["बंद आहे"]})
    assert "<p>बंद आहे</p>" in draw("mr", template, errors={"form": ["बंद आहे"]})
    assert "instead" not in draw("mr", template, errors={})


def test_a_mistake_stands_at_its_field_and_the_summary_leads_to_it(draw):
    errors = {"phone": ["Missing data for required field."], "kind": "must not be empty"}
    page = draw("mr", FORM, errors=errors, values={"ward": "b", "name": '"><b>', "told": "yes"})
    assert '<a href="#phone">Telephone: हे भरणे आवश्यक आहे.</a>' in page
    assert '<a href="#kind">kind: रिकामे नसावे</a>' in page
    phone = element(page, "phone")
    assert 'aria-invalid="true"' in phone
    assert 'aria-describedby="phone-hint phone-error"' in phone
    assert 'autocomplete="tel"' in phone
    assert 'id="phone-error"' in page
    assert 'aria-describedby="kind-error"' in element(page, "kind")
    assert "aria-invalid" not in element(page, "words")
    assert '<option value="b" selected>Baner</option>' in page
    assert "<b>" not in page
    assert 'name="told" value="yes" checked' in page


def test_what_must_be_filled_in_is_said_and_what_need_not_too(draw):
    page = draw("en", FORM, errors={}, values={})
    assert "required" in element(page, "phone")
    assert "required" not in element(page, "name")
    assert "(optional)" in page
    assert "notice danger" not in page
    for name in ("phone", "name", "words", "ward"):
        assert f'<label for="{name}">' in page


def test_a_password_that_was_sent_is_not_sent_back(draw):
    template = (
        '{% from "macros/form.html" import field %}{{ field("p", "P", values, type="password") }}'
    )
    assert "secret" not in draw("en", template, values={"p": "secret"})


def test_a_list_in_pages_has_the_first_the_last_and_those_around(draw):
    template = """{% from "macros/page.html" import pages %}{{ pages(10, 20, address) }}"""
    page = draw("mr", template, address=lambda number: f"?page={number}")
    assert re.findall(r'href="\?page=(\d+)" aria-label', page) == [
        *("1", "8", "9", "10", "11", "12", "20")
    ]
    assert 'rel="prev" href="?page=9"' in page
    assert 'aria-label="पान १०" aria-current="page"' in page
    assert draw("mr", template.replace("(10, 20", "(1, 1"), address=str) == ""


@pytest.mark.parametrize(
    ("status", "word"), [("red", "उद्दिष्टापासून दूर"), ("no data", "माहिती नाही")]
)
def test_a_status_is_said_in_words_too(draw, status, word):
    page = draw("mr", '{% from "macros/notices.html" import rag %}{{ rag(s) }}', s=status)
    assert word in page
    assert f'class="rag {status.replace(" ", "-")}"' in page
