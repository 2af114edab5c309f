"""Rows of a campaign's file: columns, addresses, fields, and what a report shows of them."""

import pytest

from palika.errors import Invalid
from services.notify.commands.sending.planning import values
from services.notify.domain.campaign_rows import Checker, Columns
from services.notify.domain.routes import Channel
from services.notify.reference import city_templates

NEWS = city_templates().named("campaign.news")
REMINDER = city_templates().named("tax.reminder_due")
FIXED = {
    "topic": {"mr": "शिबिर", "en": "Camp"},
    "day": "2026-08-09",
    "place": "Aundh",
    "more": "https://city.example/n/12",
}
OWED = ("phone", "email", "name", "language", "number", "arrears_paise", "due_on")


def checker(template=NEWS, fixed=FIXED, channels=("whatsapp", "sms", "email"), strict=True):
    over = frozenset(map(Channel, channels))
    return Checker(template, over, fixed, "mr", lambda address: f"key of {address}", values, strict)


def told(wrong):
    return {(each.field, each.rule) for each in wrong}


def test_the_names_of_the_columns_are_checked():
    with pytest.raises(Invalid) as error:
        Columns.of(["name", "topic", "Topic ", "colour"], NEWS, {"day": "x", "place": "x"})
    assert error.value.fields == {
        "topic": ["is there twice"],
        "colour": ["is no field of campaign.news"],
        "phone": ["a column phone or a column email is needed"],
        "more": ["missing: a column, or a field that is the same for all"],
    }


def test_a_row_becomes_a_contact_and_fields_of_their_forms():
    columns = Columns.of(OWED, REMINDER, {})
    cells = [" 98123 45610 ", "", "आशा", "mr", "P-1", "१२,५०,०००", "2026-07-01"]
    contact, fields, wrong = columns.read(cells)
    assert contact == {"phone": "98123 45610", "name": "आशा", "language": "mr"}
    assert fields == {"number": "P-1", "arrears_paise": 1_250_000, "due_on": "2026-07-01"}
    assert wrong == []


@pytest.mark.parametrize("text", ["12.50", "₹100", "1e5", "--1", "9" * 40, "१२.५"])
def test_an_amount_is_whole_paise_or_refused(text):
    columns = Columns.of(OWED, REMINDER, {})
    _, _, wrong = columns.read(["9812345610", "", "", "", "P-1", text, "2026-07-01"])
    assert told(wrong) == {("arrears_paise", "must be a whole number of paise")}


def test_a_row_with_too_few_or_too_many_cells_is_refused():
    columns = Columns.of(["phone", "email"], NEWS, FIXED)
    for cells in (["9812345610"], ["9812345610", "", ""]):
        assert told(columns.read(cells)[2]) == {
            ("row", f"has {len(cells)} cells; the header has 2")
        }


def test_a_good_row_has_keys_units_and_a_normal_address():
    found, wrong = checker().check(
        {"phone": "९८१२३ ४५६१०", "email": "Asha@example.in", "language": "mr"}, {}
    )
    assert wrong == []
    assert found.contact["phone"] == "+919812345610"
    assert found.keys == ("key of +919812345610", "key of Asha@example.in")
    # whatsapp, sms, email; the inbox is not used by the city.
    assert found.units == (1, 1, 1, None)


@pytest.mark.parametrize(
    ("contact", "field", "rule", "value"),
    [
        ({"phone": "020 25501000"}, "phone", "must be an Indian mobile number", "••••••••••00"),
        ({"phone": "+14155552671"}, "phone", "must be an Indian mobile number", "••••••••••71"),
        ({"phone": "12"}, "phone", "must be an Indian mobile number", "12"),
        ({"email": "a@b"}, "email", "must be an e-mail address", "a•••@b•••.b"),
        ({"name": "Asha"}, "phone", "phone or email is needed", ""),
        (
            {"phone": "9812345610", "language": "hi"}, "language", "must be one of mr, en", "h•••",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_contact_is_named_and_masked(contact, field, rule, value):
    found, (wrong,) = checker().check(contact, {})
    assert found is None
    assert (wrong.field, wrong.rule, wrong.value) == (field, rule, value)


def test_every_channel_that_the_row_could_go_over_has_to_take_its_fields():
    long = {"place": "A very long name of a place that no operator lets pass"}
    found, wrong = checker().check({"phone": "9812345610"}, long)
    assert found is None
    assert {each.field for each in wrong} == {"place"}
    assert all(each.rule.startswith("sms: ") for each in wrong)
    assert checker().check({"email": "a@b.in"}, long)[1] == []
    assert checker(channels=("whatsapp", "email")).check({"phone": "9812345610"}, long)[1] == []


def test_a_rule_does_not_quote_the_value():
    _, wrong = checker().check({"email": "a@b.in"}, {"day": "Asha's birthday"})
    assert wrong
    for each in wrong:
        assert "birthday" not in each.rule + each.value


def test_a_missing_field_is_told_for_each_channel():
    fixed = {key: value for key, value in FIXED.items() if key != "place"}
    _, wrong = checker(fixed=fixed).check({"phone": "9812345610"}, {})
    assert told(wrong) == {("place", "whatsapp: missing"), ("place", "sms: missing")}


def test_a_row_that_no_channel_reaches_is_refused():
    _, wrong = checker(channels=("sms",)).check({"email": "a@b.in"}, {})
    assert told(wrong) == {("phone", "no channel of the template reaches this contact")}


def test_of_a_services_contact_one_right_address_is_enough():
    contact = {"phone": "020 25501000", "email": "a@b.in", "language": "xx"}
    found, wrong = checker(strict=False).check(contact, {})
    assert wrong == []
    assert (found.keys, found.language) == (("key of a@b.in",), "mr")
    assert checker().check(contact, {})[0] is None


def test_a_text_message_is_counted_by_its_segments():
    fixed = FIXED | {"topic": "मोफत आरोग्य तपासणी शिबिर", "place": "शनिवार वाडा"}
    found, wrong = checker(fixed=fixed).check({"phone": "9812345610"}, {})
    assert wrong == []
    assert found.units == (1, 2, None, None)


def test_what_is_injected_is_text_or_refused():
    for name in ("https://evil.example", "www.evil.example"):
        found, wrong = checker().check({"phone": "9812345610", "name": name}, {})
        assert found is None
        assert {each.field for each in wrong} == {"name"}
    found, _ = checker().check({"phone": "9812345610", "name": "*Asha*\n{topic}"}, {})
    assert found is not None
