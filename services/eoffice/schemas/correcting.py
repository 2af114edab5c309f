"""Putting right what was entered wrongly."""

from marshmallow import Schema, ValidationError, fields, validates_schema

from palika.fields import Moment, Phone
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.fields import Grade, Printed, Words
from services.eoffice.schemas.receipts import PuttingInFile, ReceiptStep


class CorrectingFile(ReceiptStep):
    """What a file is to say; what is not given stays. ``reason``: why."""

    subject = Printed(500, load_default=None)
    secrecy = Grade(Secrecy, load_default=None)
    public = fields.Boolean(load_default=None)
    reason = Printed(2_000, required=True)

    @validates_schema(skip_on_field_errors=True)
    def something(self, data: dict[str, object], **_: object) -> None:
        """One thing at least."""
        if all(data[name] is None for name in ("subject", "secrecy", "public")):
            raise ValidationError("say subject, secrecy or public", "subject")


class CorrectingReceipt(ReceiptStep):
    """What a receipt is to say; what is not given stays. ``reason``: why."""

    subject = Printed(500, load_default=None)
    sender_name = Printed(300, load_default=None)
    sender_phone = Phone(load_default=None)
    sender_email = fields.Email(load_default=None)
    category = Words(100, load_default=None)
    reason = Printed(2_000, required=True)

    @validates_schema(skip_on_field_errors=True)
    def something(self, data: dict[str, object], **_: object) -> None:
        """One thing at least."""
        names = ("subject", "sender_name", "sender_phone", "sender_email", "category")
        if all(data[name] is None for name in names):
            raise ValidationError(f"say one of: {', '.join(names)}", "subject")


class Refiling(PuttingInFile):
    """The right file, by its id or its number. ``reason``: why."""

    reason = Printed(2_000, required=True)


class StrikingPaper(Schema):
    """A paper of a file's correspondence, by its ``id`` there. ``reason``: why."""

    id = fields.UUID(required=True)
    reason = Printed(2_000, required=True)
    post = Words(100, load_default=None)


class CorrectionView(Schema):
    """Something that was corrected: what it ``was`` and ``became``, why, by whom and when."""

    position = fields.Integer()
    name = fields.String()
    was = fields.String()
    became = fields.String()
    reason = fields.String()
    by_post = fields.String()
    by_person = fields.String()
    made_at = Moment()
