"""A file that a service asks to be sent goes by e-mail, whole, once, and lies sealed until then."""

import base64
from uuid import uuid4

import pytest
from marshmallow import ValidationError

from palika.errors import Invalid
from services.notify.channels.loopback.smtp import SmtpFault
from services.notify.commands.request import Request, request
from services.notify.domain.messages import Attachment
from services.notify.models import Delivery
from services.notify.reference import city_templates
from services.notify.schemas import SendArgs
from tests.support.notify import SECRETS

LETTER = city_templates().named("eoffice.letter_email")
FIELDS = {"number": "R/OUT/2026/1", "name": "A", "about": "Road", "signatory": "JE"}
PDF = Attachment("R_OUT_2026_1.pdf", "application/pdf", b"%PDF-1.7\n\x00\xff" * 900)
"""Not one byte of it may change on its way."""


@pytest.fixture
def ask(desk):
    def asking(key=None, attachments=(PDF,), template=LETTER, contact=None):
        asked = Request(key or uuid4(), contact or {"email": "a@example.in"}, FIELDS, attachments)
        with desk.begin() as session:
            made, new = request(session, asked, template, desk.policy, SECRETS, desk.now)
        if new:
            desk.sender().send([made])
        return made

    return asking


def attached(mail):
    return [
        Attachment(each.get_filename(), each.get_content_type(), each.get_payload(decode=True))
        for each in mail.message.iter_attachments()
    ]


def test_it_arrives_whole_and_asked_again_it_goes_once(desk, ask):
    key = uuid4()
    ask(key)
    ask(key, attachments=(Attachment("other.pdf", "application/pdf", b"signed anew"),))
    (mail,) = desk.carrying.smtp.mails
    assert attached(mail) == [PDF]
    assert desk.row().state == "sent"


def test_it_is_sealed_in_the_table_and_goes_with_a_later_try(desk, ask):
    desk.carrying.smtp.faults.append(SmtpFault.DATA_451)
    ask()
    assert desk.carrying.smtp.mails == []
    with desk.begin() as session:
        (row,) = session.query(Delivery)
        assert base64.b64encode(PDF.content)[:40] not in row.sealed
        assert SECRETS.open(row.sealed)["attachments"] == [PDF.said()]
        row.next_attempt_at = desk.now
    desk.run()
    (mail,) = desk.carrying.smtp.mails
    assert attached(mail) == [PDF]


def test_what_goes_by_another_channel_carries_nothing(desk, ask):
    code = city_templates().named("login.code")
    with pytest.raises(Invalid) as refused:
        ask(template=code, contact={"phone": "+919812345610"})
    assert "e-mail alone" in refused.value.fields["attachments"][0]


@pytest.mark.parametrize(
    "wrong",
    [
        [{"name": "a.pdf", "media_type": "application/pdf", "content_base64": "%"}],
        [{"name": "a.pdf", "media_type": "application/pdf", "content_base64": ""}],
        [{"name": "a.pdf", "media_type": "pdf\r\nX: y", "content_base64": "eA=="}],
        [{"name": "a", "media_type": "a/b", "content_base64": "eA=="}] * 6,
        [{"name": "a", "media_type": "a/b", "content_base64": "eHh4" * 700_000}] * 3,
    ],
)
def test_what_is_no_attachment_is_refused(wrong):
    asked = {"id": str(uuid4()), "template": "x", "contact": {}, "attachments": wrong}
    with pytest.raises(ValidationError, match="attachments"):
        SendArgs().load(asked)
