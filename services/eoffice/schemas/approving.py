"""Approving and refusing: what comes in, goes out, and what the event carries."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.events import event_type
from palika.fields import Moment
from services.eoffice.fields import Printed, Words

MOST_PAISE = 10**15
"""₹10 lakh crore: more is a slip of the keyboard."""


class Deciding(Schema):
    """A decision on the file ``id``; ``power`` and ``amount_paise`` go together.

    ``decision_id`` is made by a caller who wants to ask twice without deciding twice.
    ``version`` is the one that the caller had read, if given.
    """

    id = fields.UUID(required=True)
    decision_id = fields.UUID(load_default=None)
    post = Words(100, load_default=None)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)
    power = Words(100, load_default=None)
    amount_paise = fields.Integer(
        strict=True, load_default=None, validate=validate.Range(1, MOST_PAISE)
    )

    @validates_schema(skip_on_field_errors=True)
    def whole_sanction(self, data: dict[str, Any], **_: Any) -> None:
        """Both or none."""
        if (data["power"] is None) != (data["amount_paise"] is None):
            missing = "power" if data["power"] is None else "amount_paise"
            raise ValidationError("power and amount_paise go together", missing)


class Approving(Deciding):
    """Approve; with ``route`` a sanction outside one's powers is sent to who has them instead."""

    remark = Printed(2_000, load_default=None)
    route = fields.Boolean(load_default=False)


class Refusing(Deciding):
    """Refuse, and say why."""

    remark = Printed(2_000, required=True)


class ReturningWithAmount(Deciding):
    """Send back, saying how much one would sanction; ``to`` had the file before, and is the post
    that it came from if not given."""

    power = Words(100, required=True)
    amount_paise = fields.Integer(
        strict=True, required=True, validate=validate.Range(1, MOST_PAISE)
    )
    to = Words(100, load_default=None)
    remark = Printed(2_000, required=True)


class CancellingApproval(Schema):
    """Cancel the approval ``approval_id`` on the file ``id``, and say why.

    ``decision_id`` is of the cancellation, and is made by a caller who wants to ask twice.
    """

    id = fields.UUID(required=True)
    approval_id = fields.UUID(required=True)
    decision_id = fields.UUID(load_default=None)
    post = Words(100, load_default=None)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)
    remark = Words(2_000, required=True)


class FileOf(Schema):
    """One file."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class AskingPowers(Schema):
    """What ``post`` may sanction."""

    post = Words(100, load_default=None)


class ApprovalView(Schema):
    """A decision, with by whose power it was made; ``cancels``: the approval that it cancels."""

    id = fields.UUID()
    file_id = fields.UUID()
    decision = fields.String()
    power = fields.String()
    amount_paise = fields.Integer()
    post = fields.String()
    person = fields.String()
    capacity = fields.String()
    delegated_by = fields.String()
    most_paise = fields.Integer()
    remark = fields.String()
    decided_at = Moment()
    cancels = fields.UUID()


class FileApproved(Schema):
    """Data of ``eoffice.file_approved.v1``; null without money: ``amount_paise``, ``power``."""

    file_id = fields.UUID(required=True)
    approval_id = fields.UUID(required=True)
    department = fields.String(required=True)
    post = fields.String(required=True)
    power = fields.String(required=True, allow_none=True)
    amount_paise = fields.Integer(
        required=True, strict=True, allow_none=True, validate=validate.Range(min=1)
    )
    approved_at = Moment(required=True)


FILE_APPROVED = event_type("eoffice.file_approved.v1", FileApproved, "A file was approved.")


class ApprovalCancelled(Schema):
    """Data of ``eoffice.approval_cancelled.v1``; ``power``, ``amount_paise``, ``approved_at`` are
    those of the approval, ``post`` is that which cancelled it."""

    file_id = fields.UUID(required=True)
    approval_id = fields.UUID(required=True)
    cancellation_id = fields.UUID(required=True)
    department = fields.String(required=True)
    post = fields.String(required=True)
    power = fields.String(required=True, allow_none=True)
    amount_paise = fields.Integer(
        required=True, strict=True, allow_none=True, validate=validate.Range(min=1)
    )
    approved_at = Moment(required=True)
    cancelled_at = Moment(required=True)


APPROVAL_CANCELLED = event_type(
    "eoffice.approval_cancelled.v1", ApprovalCancelled, "An approval of a file was cancelled."
)
