"""Templates: both languages, every field, never a hole."""

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid, NotFound
from services.notify.domain.templates import templates
from services.notify.reference import city_templates

DATA = {
    "water.low": {
        "event": "water.low.v1",
        "audience": "water",
        "recipient": "tap_id",
        "happened": "at",
        "mr": {"subject": "पाणी {level:number}", "body": "नमस्कार {name}, {paid:money}."},
        "en": {"subject": "Water {level:number}", "body": "Dear {name}, {paid:money}."},
        "sample": {"name": "Asha", "level": 1500, "paid": 100_000},
    }
}
VALUES = {"name": "Asha", "level": 1500, "paid": 11_500_000}


def changed(language=None, **fields):
    data = copy.deepcopy(DATA)
    entry = data["water.low"]
    (entry[language] if language else entry).update(fields)
    return data


def mistakes_of(data):
    with pytest.raises(Invalid) as error:
        templates(data)
    return str(error.value.details["water.low"])


def test_a_message_is_written_in_its_language():
    template = templates(DATA).named("water.low")
    english = template.render("en", VALUES)
    assert (english.subject, english.body) == ("Water 1,500", "Dear Asha, ₹1,15,000.00.")
    marathi = template.render("mr", VALUES)
    assert (marathi.subject, marathi.body) == ("पाणी १,५००", "नमस्कार Asha, ₹१,१५,०००.००.")


def test_a_value_given_per_language_is_taken_in_the_messages_own():
    template = templates(DATA).named("water.low")
    named = VALUES | {"name": {"mr": "आशा", "en": "Asha"}}
    assert "आशा" in template.render("mr", named).body
    assert "Asha" in template.render("en", named).body


@pytest.mark.parametrize("field", sorted(VALUES))
@pytest.mark.parametrize("empty", ["absent", None, {"hi": "…"}])
def test_a_missing_field_is_an_error_and_never_a_hole(field, empty):
    values = VALUES | {field: empty}
    if empty == "absent":
        del values[field]
    with pytest.raises(Invalid, match=field) as error:
        templates(DATA).named("water.low").render("mr", values)
    assert error.value.details == {field: ["missing"]}


def test_a_value_of_the_wrong_kind_is_an_error_that_names_the_field():
    with pytest.raises(Invalid) as error:
        templates(DATA).named("water.low").render("en", VALUES | {"paid": "a lot"})
    assert list(error.value.details) == ["paid"]


def test_what_a_value_contains_is_never_taken_for_a_field():
    rendered = templates(DATA).named("water.low").render("en", VALUES | {"name": "{paid:money}"})
    assert rendered.body == "Dear {paid:money}, ₹1,15,000.00."


def test_a_language_that_is_not_there_is_refused():
    with pytest.raises(Invalid, match="'fr'"):
        templates(DATA).named("water.low").render("fr", VALUES)


@pytest.mark.parametrize(
    ("data", "mistake"),
    [
        (changed("en", body="Dear {name}."), "mr has the fields"),
        (changed("en", body="Dear {name}, {paid:gold}."), "form 'gold'"),
        (changed("en", body="Dear {Name}, {paid:money}"), "a brace that is not a field"),
        (changed("en", body="Dear {name}, {paid:money} {"), "a brace that is not a field"),
        (changed("en", body="Dear {name.__class__}, {paid:money}"), "a brace that is not a field"),
        (changed("en", body="{name} {name:date} {paid:money}"), "written in two forms"),
        (changed("en", subject="one\ntwo {level:number}"), "one line"),
        (changed("en", subject=""), "needs a subject"),
        (changed(mr="नमस्कार"), "needs a subject"),
        (changed(sample={"name": "Asha"}), "sample"),
        (changed(colour="red"), "colour: unknown field"),
        (changed(also="merged"), "also: must be a list"),
    ],
)
def test_a_mistake_in_a_template_is_told_when_it_is_read(data, mistake):
    assert mistake in mistakes_of(data)


def test_a_part_that_is_missing_is_told_when_it_is_read():
    data = copy.deepcopy(DATA)
    del data["water.low"]["mr"]
    assert "mr: missing" in mistakes_of(data)
    assert "must be a table" in mistakes_of({"water.low": "text"})


def test_an_event_has_one_template():
    data = {**DATA, "water.again": DATA["water.low"]}
    with pytest.raises(Invalid) as error:
        templates(data)
    assert "has a template already" in str(error.value.details["water.again"])


def test_an_unknown_template_is_not_found():
    with pytest.raises(NotFound, match="'lost'"):
        templates(DATA).named("lost")


def test_the_citys_templates_are_sound_and_for_what_citizens_are_told_of():
    assert set(city_templates().by_event) == {
        "grievance.acknowledged.v1",
        "grievance.appeal_decided.v1",
        "grievance.appeal_overdue.v1",
        "grievance.appealed.v1",
        "grievance.closed.v1",
        "grievance.filed.v1",
        "grievance.merged.v1",
        "grievance.rejected.v1",
        "grievance.reopened.v1",
        "grievance.resolved.v1",
        "grievance.restored.v1",
        "grievance.transferred.v1",
        "grievance.unmerged.v1",
        "grievance.wait_over.v1",
        "grievance.waiting.v1",
        "tax.billed.v1",
        "tax.notice_issued.v1",
        "tax.paid.v1",
        "tax.payment_reversed.v1",
        "tax.reminder_due.v1",
    }


@pytest.mark.parametrize("name", sorted(city_templates().by_name))
def test_the_citys_marathi_is_marathi(name):
    template = city_templates().named(name)
    rendered = template.render("mr", template.sample)
    written = re.sub(r"\{[^}]*\}", "", template.texts["mr"].subject + template.texts["mr"].body)
    assert not re.search(r"[A-Za-z0-9]", written)
    assert rendered.body.startswith("नमस्कार ")


@given(st.text(max_size=60))
def test_any_text_as_a_template_is_read_or_refused(body):
    try:
        known = templates(changed("mr", body=body))
    except Invalid:
        return
    known.named("water.low").render("mr", VALUES)
