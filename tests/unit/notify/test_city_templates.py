"""The city's own templates and events: what is shipped, and that each finds what it needs."""

import re

import pytest

from palika import catalogue
from palika.errors import Invalid
from services.notify.domain.whatsapp import TemplateContent
from services.notify.reference import city_calls, city_templates, shipped

NAMES = sorted(city_templates().by_name)


def test_the_citys_events_are_what_people_are_told_of():
    assert set(city_calls()) == {
        "eoffice.receipt_diarised.v1",
        "grievance.acknowledged.v1",
        "grievance.appeal_decided.v1",
        "grievance.appeal_overdue.v1",
        "grievance.appealed.v1",
        "grievance.breached.v1",
        "grievance.closed.v1",
        "grievance.commented.v1",
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
        "grievance.withdrawn.v1",
        "kpi.alerted.v1",
        "kpi.alerts_grouped.v1",
        "kpi.reading_due.v1",
        "kpi.reading_overdue.v1",
        "kpi.recovered.v1",
        "portal.account_held_back.v1",
        "tax.billed.v1",
        "tax.hearing_set.v1",
        "tax.held.v1",
        "tax.notice_issued.v1",
        "tax.objected.v1",
        "tax.objection_decided.v1",
        "tax.paid.v1",
        "tax.payment_reversed.v1",
        "tax.reassessed.v1",
        "tax.released.v1",
        "tax.reminder_due.v1",
        "tax.replaced.v1",
        "tax.transferred.v1",
        "warroom.action_answered.v1",
        "warroom.action_assigned.v1",
        "warroom.action_claimed.v1",
        "warroom.action_done.v1",
        "warroom.action_due.v1",
        "warroom.action_overdue.v1",
        "warroom.review_cancelled.v1",
        "warroom.review_moved.v1",
    }
    called = {call.template for call in city_calls().values()}
    assert set(NAMES) - called == {
        *("campaign.news", "chat.answer", "link.code", "login.code", "tax.how_to_pay"),
        *("eoffice.letter_email", "eoffice.letter_sms", "eoffice.letter_whatsapp"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_citys_marathi_is_marathi(name):
    template = city_templates().named(name)
    for channel, text in template.texts["mr"].items():
        assert template.render(channel, "mr", template.sample).body
        assert not re.search(r"[A-Za-z0-9]", re.sub(r"\{[^}]*\}", "", text.subject + text.body))
    if "email" in template.channels:
        assert template.texts["mr"]["email"].body.startswith("नमस्कार ")


BY_TEXT = [name for name in NAMES if "sms" in city_templates().named(name).channels]


@pytest.mark.parametrize("name", BY_TEXT)
def test_the_citys_text_messages_are_short_and_each_has_its_own_registered_id(name):
    template = city_templates().named(name)
    assert template.render("sms", "en", template.sample).segments == 1
    assert template.render("sms", "mr", template.sample).segments <= 2
    ids = [
        each.texts[language]["sms"].registered
        for each in map(city_templates().named, BY_TEXT)
        for language in each.languages
    ]
    assert len(ids) == len(set(ids))


def test_a_login_code_is_one_segment_and_is_urgent():
    template = city_templates().named("login.code")
    assert template.lane == "urgent"
    for language in template.languages:
        assert template.render("sms", language, template.sample).segments == 1
    made = template.render("whatsapp", "en", template.sample)
    assert made.whatsapp == TemplateContent("login_code", "en", ("482913",), None, "482913")
    with pytest.raises(Invalid, match="code is longer"):
        template.render("whatsapp", "en", {"code": "4" * 16})
    assert set(shipped()) == set(NAMES)


CONTACT = {
    "grievance": {"name", "number", "category_name", "department_name", "rejection_name",
                  "original_number", "reopen_until", "appeal_outcome"},
    "tax": {"name", "number"},
    "eoffice": {"name", "number"},
    "kpi": {"name", "kpi_name", "department_name", "why", "over", "count", "alerts"},
}  # fmt: skip
"""What `contacts` of each service adds to an event."""


@pytest.mark.parametrize("kind", sorted(city_calls()))
def test_whatever_a_template_needs_is_in_its_event_or_in_the_contact(kind):
    call = city_calls()[kind]
    (published,) = [each for each in catalogue.all_published() if str(each.name) == kind]
    required = {name for name, each in published.schema.fields.items() if each.required}
    assert {call.recipient or call.happened, call.happened} <= required
    # What an older event does not have is null, and no other value.
    assert {name for name, wanted in call.only.items() if wanted is not None} <= required
    assert call.only.keys() <= published.schema.fields.keys()
    assert set(call.also) <= published.schema.fields.keys()
    needed = city_templates().named(call.template).fields.keys()
    missing = needed - required - CONTACT[call.audience]
    # It came to the event later, so it is not required of those before; it is always there now.
    assert missing == ({"due_at"} if kind == "grievance.reopened.v1" else set())


def test_no_shipped_message_gives_a_voice_an_amount_or_a_long_number_to_read():
    spoken = {
        name: [template.render("voice", each, template.sample).body for each in ("mr", "en")]
        for name, template in city_templates().by_name.items()
        if "voice" in template.channels
    }
    for name in ("login.code", "link.code"):
        assert "four eight two nine one three" in spoken[name][1]
        assert "चार आठ दोन नऊ एक तीन" in spoken[name][0]
    for name, bodies in spoken.items():
        for body in bodies:
            assert not re.search("₹|[0-9०-९]{3}", body), name
