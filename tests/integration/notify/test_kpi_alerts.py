"""The owner of a KPI is told of an alert and of its end, in the language that they read."""

import pytest
from uuid6 import uuid7

from palika.events import Event
from tests.support.samples import golden_data

KPI = {"mr": "महसूल न मिळणारे पाणी", "en": "Non-revenue water"}
WHY = {"mr": "2026-11 मध्ये मूल्य 41.5%", "en": "41.5% in 2026-11 is above 31.3% to 37.8%"}
OVER = {"mr": "2026-12 मध्ये मूल्य 34.0%", "en": "34.0% in 2026-12 is within 31.0% to 37.0%"}


LINES = [{"mr": f"{KPI['mr']}: {WHY['mr']}", "en": f"{KPI['en']}: {WHY['en']}"}]
LINES += [{"mr": "दुसरा: सुधारणा नाही", "en": "Another: no improvement"}]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("mr", f"१. {LINES[0]['mr']}", f"२. {LINES[1]['mr']}"),
        ("en", f"1. {LINES[0]['en']}", f"2. {LINES[1]['en']}"),
    ],
)
def test_a_post_that_is_told_of_several_alerts_gets_one_message_with_all_of_them(
    desk, language, first, second
):
    desk.channels = ("email",)
    desk.contact |= {"language": language, "kpi_name": KPI, "alerts": LINES, "count": 2}
    facts = golden_data("kpi.alerts_grouped.v1") | {"alerted_at": "2026-04-01T05:30:00Z"}
    alert = golden_data("kpi.alerted.v1") | {"alerted_at": "2026-04-01T05:30:00Z"}
    events = [
        Event(str(uuid7()), "kpi.alerts_grouped.v1", facts["group_id"], desk.now, facts),
        *(
            Event(
                str(uuid7()),
                "kpi.alerted.v1",
                key,
                desk.now,
                alert | {"alert_id": key, "group_id": facts["group_id"]},
            )
            for key in facts["alert_ids"]
        ),
    ]
    with desk.begin() as session:
        assert desk.enqueue(session, events) == {}
    row = desk.row()
    assert (row.audience, row.recipient_ref) == ("kpi", facts["group_id"])
    assert desk.run() == 1
    (mail,) = desk.carrying.smtp.mails
    lines = mail.message.get_content().splitlines()
    assert lines[lines.index(first) + 1] == second


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize(
    ("kind", "happened", "said"),
    [("kpi.alerted.v1", "alerted_at", WHY), ("kpi.recovered.v1", "recovered_at", OVER)],
)
def test_the_owner_post_is_told_once_in_their_language(desk, kind, happened, said, language):
    desk.channels = ("email",)
    desk.contact |= {"language": language, "kpi_name": KPI, "why": WHY, "over": OVER}
    facts = golden_data(kind) | {happened: "2026-04-01T05:30:00Z"}
    event = Event(str(uuid7()), kind, facts["alert_id"], desk.now, facts)
    for _ in range(2):
        with desk.begin() as session:
            assert desk.enqueue(session, [event]) == {}
    row = desk.row()
    assert (row.audience, row.recipient_ref) == ("kpi", event.data["alert_id"])
    assert desk.run() == 1
    (mail,) = desk.carrying.smtp.mails
    text = mail.message.get_content()
    assert KPI[language] in text
    assert said[language] in text
