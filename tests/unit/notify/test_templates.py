"""Templates: every language, every channel, every field, never a hole."""

import copy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid, NotFound
from services.notify.domain.messages import Dlt
from services.notify.domain.template_data import digest, templates
from services.notify.domain.templates import Templates
from services.notify.domain.whatsapp import TemplateContent
from services.notify.domain.whatsapp_text import NOT_APPROVED, Approval
from services.notify.reference import city_register, city_templates

REGISTER = city_register()
ID = "1107160000000000001"
DATA = {
    "water.low": {
        "purpose": "service",
        "lane": "transactional",
        "channels": ["whatsapp", "sms", "email", "voice"],
        "whatsapp": {"name": "water_low", "category": "utility", "languages": {"en": "en_GB"}},
        "mr": {
            "whatsapp": "नमस्कार {name}, रु. {paid:amount} मिळाले.",
            "sms": {"text": "पाणी {level:number} -पालिका", "dlt": ID},
            "email": {"subject": "पाणी {level:number}", "body": "नमस्कार {name}, {paid:money}."},
            "voice": "पाणी {level:number}",
        },
        "en": {
            "whatsapp": "Received Rs {paid:amount}. Thank you, {name}, for it.",
            "sms": {
                "text": "Water {level:number} -Palika",
                "dlt": ID,
                "registered": "Water {#numeric#} -Palika",
            },
            "email": {"subject": "Water {level:number}", "body": "Dear {name}, {paid:money}."},
            "voice": {"text": "Water {level:number}"},
        },
        "sample": {"name": "Asha", "level": 1500, "paid": 100_000},
    }
}
VALUES = {"name": "Asha", "level": 1500, "paid": 11_500_000}
EMAIL_FIELDS = ["level", "name", "paid"]


def changed(*place, **fields):
    """The data with other fields at a place within the template; ``None`` takes one away."""
    data = copy.deepcopy(DATA)
    entry = data["water.low"]
    for word in place:
        entry = entry[word]
    entry.update(fields)
    for name in [name for name, value in fields.items() if value is None]:
        del entry[name]
    return data


def known(data=DATA):
    return templates(data, REGISTER)


def mistakes_of(data):
    with pytest.raises(Invalid) as error:
        known(data)
    return str(error.value.details["water.low"])


def test_a_message_is_written_in_its_language():
    template = known().named("water.low")
    english = template.render("email", "en", VALUES)
    assert (english.subject, english.body) == ("Water 1,500", "Dear Asha, ₹1,15,000.00.")
    marathi = template.render("email", "mr", VALUES)
    assert (marathi.subject, marathi.body) == ("पाणी १,५००", "नमस्कार Asha, ₹१,१५,०००.००.")
    assert (marathi.template, marathi.version, marathi.channel) == ("water.low", 0, "email")


def test_a_text_message_has_what_the_operators_want_and_its_length():
    made = known().named("water.low").render("sms", "mr", {"level": 7})
    assert made.body == "पाणी ७ -पालिका"
    assert made.dlt == Dlt(REGISTER.entity_id, ID, "PALIKA")
    assert made.sms is not None
    assert (made.sms.encoding, made.sms.units, made.segments) == ("ucs2", 14, 1)
    assert known().named("water.low").render("email", "mr", VALUES).segments == 0


def test_whatsapp_gets_its_parameters_in_the_order_of_its_language():
    template = known().named("water.low")
    english = template.render("whatsapp", "en", VALUES)
    assert english.whatsapp == TemplateContent("water_low", "en_GB", ("1,15,000", "Asha"))
    marathi = template.render("whatsapp", "mr", VALUES)
    assert marathi.whatsapp == TemplateContent("water_low", "mr", ("Asha", "१,१५,०००"))
    assert marathi.body == "नमस्कार Asha, रु. १,१५,००० मिळाले."


def test_a_document_and_a_button_are_fields_of_whatsapp_alone():
    data = changed("whatsapp", document={"link": "bill", "file": "file"}, button="token")
    data["water.low"]["sample"] |= {
        "bill": "https://city.example/b/1", "file": "bill.pdf", "token": "x-1",
    }  # fmt: skip
    template = known(data).named("water.low")
    made = template.render("whatsapp", "mr", template.sample).whatsapp
    assert made is not None
    assert made.document == ("https://city.example/b/1", "bill.pdf")
    assert made.button == "x-1"
    assert "token" not in template.fields_of("sms")
    with pytest.raises(Invalid, match="leads nowhere"):
        template.render("whatsapp", "mr", template.sample | {"token": "a b"})
    with pytest.raises(Invalid) as error:
        template.render("whatsapp", "mr", VALUES)
    assert set(error.value.details) == {"bill", "file", "token"}


def test_over_the_telephone_values_are_spoken():
    template = known().named("water.low")
    assert template.render("voice", "en", VALUES).body == "Water one thousand five hundred"
    assert template.render("voice", "mr", VALUES).body == "पाणी एक हजार पाचशे"


def test_a_value_given_per_language_is_taken_in_the_messages_own():
    template = known().named("water.low")
    named = VALUES | {"name": {"mr": "आशा", "en": "Asha"}}
    assert "आशा" in template.render("email", "mr", named).body
    assert "Asha" in template.render("email", "en", named).body


def test_a_code_is_written_as_the_word_that_the_template_has_for_it():
    data = changed(words={"name": {"low": {"mr": "कमी", "en": "low"}}})
    data["water.low"]["sample"]["name"] = "low"
    template = known(data).named("water.low")
    assert "कमी" in template.render("email", "mr", template.sample).body
    for unknown in ("high", 7, ["low"]):
        with pytest.raises(Invalid) as error:
            template.render("email", "mr", VALUES | {"name": unknown})
        assert error.value.details == {"name": ["no word for it; one of low"]}


@pytest.mark.parametrize("field", EMAIL_FIELDS)
@pytest.mark.parametrize("empty", ["absent", None, {"hi": "…"}])
@pytest.mark.parametrize("channel", ["email", "whatsapp", "sms", "voice"])
def test_a_missing_field_is_an_error_and_never_a_hole(channel, field, empty):
    values = VALUES | {field: empty}
    if empty == "absent":
        del values[field]
    template = known().named("water.low")
    if field not in template.fields_of(channel):
        assert template.render(channel, "mr", values).body == (
            template.render(channel, "mr", VALUES).body
        )
        return
    with pytest.raises(Invalid, match=field) as error:
        template.render(channel, "mr", values)
    assert error.value.details == {field: ["missing"]}


def test_a_value_of_the_wrong_kind_is_an_error_that_names_the_field():
    with pytest.raises(Invalid) as error:
        known().named("water.low").render("email", "en", VALUES | {"paid": "a lot"})
    assert list(error.value.details) == ["paid"]


def test_what_a_value_contains_is_never_taken_for_a_field():
    made = known().named("water.low").render("email", "en", VALUES | {"name": "{paid:money}"})
    assert made.body == "Dear {paid:money}, ₹1,15,000.00."


@pytest.mark.parametrize(
    ("channel", "value", "shown"),
    [
        ("email", "*Asha* \u202eevil", "*Asha* evil"),
        ("whatsapp", "*Asha* _K_\u2067", "Asha K"),
        ("whatsapp", "> quoted", "quoted"),
        ("whatsapp", "A_1*b", "A_1*b"),
        ("email", "Shop.com", "Shop. com"),
    ],
)
def test_formatting_in_a_value_does_nothing(channel, value, shown):
    made = known().named("water.low").render(channel, "mr", VALUES | {"name": value})
    assert f"नमस्कार {shown}," in made.body


@pytest.mark.parametrize("value", ["see https://x.in", "www.x.in", "**", "\u200d", "x" * 301])
def test_what_would_be_a_link_or_nothing_is_refused(value):
    with pytest.raises(Invalid) as error:
        known().named("water.low").render("whatsapp", "mr", VALUES | {"name": value})
    assert list(error.value.details) == ["name"]


def test_a_value_that_the_operators_would_not_take_is_refused_over_sms_alone():
    data = changed("mr", sms={"text": "{name} -पालिका", "dlt": ID})
    data["water.low"]["en"]["sms"] = {"text": "{name} -Palika", "dlt": ID}
    template = known(data).named("water.low")
    long = {"name": "A" * 31}
    with pytest.raises(Invalid, match="30 characters that operators take"):
        template.render("sms", "mr", VALUES | long)
    assert template.render("sms", "mr", VALUES | {"name": "A" * 30}).segments == 1
    assert "A" * 31 in template.render("email", "mr", VALUES | long).body


def test_typographic_signs_in_a_value_do_not_double_the_cost_of_a_text_message():
    data = changed("mr", sms={"text": "{name} -पालिका", "dlt": ID})
    data["water.low"]["en"]["sms"] = {"text": "{name} -Palika", "dlt": ID}
    made = known(data).named("water.low").render("sms", "en", {"name": "O’Brien – “K”"})
    assert made.body == 'O\'Brien - "K" -Palika'
    assert made.sms is not None
    assert made.sms.encoding == "gsm"


@pytest.mark.parametrize(
    ("channel", "language"), [("email", "fr"), ("email", "hi"), ("inbox", "mr")]
)
def test_a_language_or_channel_that_is_not_there_is_refused(channel, language):
    with pytest.raises(Invalid, match=f"'{language}'|'{channel}'"):
        known().named("water.low").render(channel, language, VALUES)


def test_hindi_may_be_there_and_then_says_all():
    data = copy.deepcopy(DATA)
    data["water.low"]["hi"] = data["water.low"]["mr"]
    assert known(data).named("water.low").render("email", "hi", VALUES).body
    del data["water.low"]["hi"]["voice"]
    assert "hi.voice: missing" in mistakes_of(data)


@pytest.mark.parametrize(
    ("data", "mistake"),
    [
        (changed("en", "email", body="Dear {name}."), "email: mr has the fields"),
        (changed("en", "email", body="Dear {name}, {paid:gold}."), "form 'gold'"),
        (changed("en", "email", body="Dear {Name}, {paid:money}"), "a brace that is not a field"),
        (changed("en", "email", body="{name}, {paid:money} {"), "a brace that is not a field"),
        (changed("en", "email", body="{name.__class__}"), "a brace that is not a field"),
        (changed("en", "email", body="{% for x in name %}{name}"), "a brace that is not a field"),
        (changed("en", "email", body="{{name}} {paid:money}"), "a brace that is not a field"),
        (changed("en", "email", body="{name} {name:date} {paid:money}"), "written in two forms"),
        (changed("en", "email", body="{name} \u202e{paid:money}"), "U+202E turns the direction"),
        (changed("en", "email", body="{name} \x07{paid:money}"), "U+0007 is no text"),
        (changed("en", "email", subject="one\ntwo {level:number}"), "one line"),
        (changed("en", "email", subject=""), "needs subject"),
        (changed("en", "email", subject="{level:lines}"), "level: a list has lines"),
        (changed("en", voice="{level:lines}"), "level: a list has lines"),
        (changed("en", "email", body=7), "as text"),
        (changed(mr="नमस्कार"), "mr.must be a table"),
        (changed(sample={"name": "Asha"}), "sample"),
        (changed(sample="Asha"), "sample: must be a table"),
        (changed(colour="red"), "colour: unknown field"),
        (changed(mr=None), "mr: missing"),
        (changed(channels=["fax"]), "channels: a list of"),
        (changed(channels=["sms", "sms"]), "one is there twice"),
        (changed(channels=["sms", "email", "voice"]), "whatsapp: not one of its channels"),
        (changed("en", voice=None), "en.voice: missing"),
        (changed("en", inbox={"subject": "a", "body": "b"}), "inbox: not one of its channels"),
        (changed(purpose="spam"), "purpose: one of"),
        (changed(lane="fast"), "lane: one of"),
        (changed("en", sms={"text": "Water {level:number}"}), "needs dlt"),
        (changed("en", "sms", dlt="12"), "19 digits"),
        (changed("en", "sms", registered="Water {#var#}"), "is another text"),
        (changed("whatsapp", name="Water Low"), "whatsapp: name: small letters"),
        (changed("whatsapp", category="spam"), "category: one of"),
        (changed("whatsapp", languages={"hi": "hi"}), "a table of its languages"),
        (changed("whatsapp", document={"link": "a"}), "document: the names of two fields"),
        (changed("whatsapp", button="A b"), "button: the name of a field"),
        (changed(whatsapp=None), "whatsapp: needs name and category"),
        (changed("en", whatsapp="{name} has {paid:amount} Rs"), "begins or ends with a field"),
        (changed("en", whatsapp="Hi {name}, Rs {paid:amount}."), "begins or ends with a field"),
        (changed("en", whatsapp="Hi {name} {paid:amount} Rs"), "nothing between them"),
        (changed("en", whatsapp="Hi {name}, {name} {paid:amount} Rs"), "a field is there twice"),
        (changed("en", whatsapp="Hi {name} {paid:amount}" + "x" * 1024), "longer than 1024"),
        (changed(words={"name": {"a": {"mr": "x"}}}), "by code the word in mr, en"),
        (changed(words=7), "words: a table"),
        (changed(words={"nam": {"a": {"mr": "x", "en": "y"}}}), "nam: no field of its texts"),
        (changed("whatsapp", languages={"mr": "en"}), "two of them have one code"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_template_is_told_when_it_is_read(data, mistake):
    assert mistake in mistakes_of(data)


def test_what_is_no_table_is_told_and_two_templates_have_two_registered_names():
    assert "must be a table" in mistakes_of({"water.low": "text"})
    with pytest.raises(Invalid, match="by name"):
        known(["water.low"])
    with pytest.raises(Invalid, match=r"water\.low has the name water_low"):
        known({**DATA, "water.again": DATA["water.low"]})


def test_an_unknown_template_or_version_is_not_found():
    with pytest.raises(NotFound, match="'lost'"):
        known().named("lost")
    with pytest.raises(NotFound, match="version 4"):
        known().named("water.low", 4)
    assert known().named("water.low", 0).version == 0


@pytest.mark.parametrize("state", [*Approval, None])
def test_whatsapp_is_left_out_unless_meta_has_approved(state):
    one = known().by_name
    approvals = {("water_low", "en_GB"): state} if state else {}
    told = Templates(one, approvals=approvals)
    template = told.named("water.low")
    expected = None if state is Approval.APPROVED else NOT_APPROVED
    assert told.refusal(template, "whatsapp", "en") == expected
    assert told.refusal(template, "whatsapp", "mr") == NOT_APPROVED
    assert told.refusal(template, "sms", "en") is None
    assert ("whatsapp" in told.order(template, "en")) is (expected is None)
    assert told.order(template, "mr") == ["sms", "email", "voice"]
    assert known().refusal(template, "whatsapp", "en") is None


def test_the_same_content_has_the_same_digest_whatever_the_order():
    entry = DATA["water.low"]
    assert digest(entry) == digest(dict(reversed(entry.items())))
    assert digest(entry) != digest(changed(lane="bulk")["water.low"])
    with pytest.raises(Invalid, match="no JSON"):
        digest({"sample": {1, 2}})


@given(st.text(max_size=60))
def test_any_text_as_a_template_is_read_or_refused(body):
    for channel, entry in (
        ("email", {"subject": "पाणी {level:number}", "body": body}),
        ("whatsapp", body),
    ):
        try:
            found = known(changed("mr", **{channel: entry}))
        except Invalid:
            continue
        found.named("water.low").render(channel, "mr", VALUES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3)
    ),
    max_leaves=6,
)
PLACES = st.sampled_from(
    [
        *[(key,) for key in DATA["water.low"]],
        *[("mr", key) for key in DATA["water.low"]["mr"]],
        ("mr", "sms", "text"), ("mr", "email", "body"), ("sample", "name"), ("words",),
        ("whatsapp", "name"), ("whatsapp", "languages"), ("whatsapp", "document"),
        ("whatsapp", "button"), ("words", "name"), ("words", "name", "low"),
    ]
)  # fmt: skip


@given(PLACES, JSON)
def test_whatever_stands_in_a_template_it_is_sound_or_its_mistakes_are_told(place, value):
    data = copy.deepcopy(DATA)
    entry = data["water.low"]
    for word in place[:-1]:
        entry = entry.setdefault(word, {})
    entry[place[-1]] = value
    try:
        found = known(data)
    except Invalid as error:
        told = error.details
    else:
        told = None
    if told is not None:
        assert told["water.low"]
        return
    template = found.named("water.low")
    for channel in template.channels:
        template.render(channel, "mr", template.sample)


@given(st.text(max_size=80))
def test_any_value_is_written_as_one_parameter_or_refused(value):
    template = known().named("water.low")
    try:
        made = template.render("whatsapp", "mr", VALUES | {"name": value})
    except Invalid as error:
        made, wrong = None, list(error.details)
    if made is None:
        assert wrong == ["name"]
        return
    assert made.whatsapp is not None
    shown = made.whatsapp.parameters[0]
    assert shown.strip()
    assert not re.search(r"[\n\r\t]| {5,}|[\u202a-\u202e\u2066-\u2069]|://|www\.", shown)
    assert not re.search(r"(?<!\w)[*~`]\S|(?<![^\W_])_\S", shown)


def test_what_is_the_same_for_all_is_judged_over_every_channel_and_language():
    news = city_templates().named("campaign.news")
    good = {"topic": {"mr": "वृक्षारोपण", "en": "Trees"}, "more": "https://city.example/trees"}
    assert news.refused(good) == {}
    assert news.refused({"more": "https://127.0.0.1/trees"}) == {
        "more": ["127.0.0.1 is not one of the city's hosts"]
    }
    assert news.refused({"more": "https://city.example/" + "a" * 40, "topic": {"mr": "अ"}}) == {
        "more": ["more than the 50 characters that operators take"],
        "topic": ["missing"],
    }
    assert news.longest == {"topic": 30, "place": 30, "more": 50}
