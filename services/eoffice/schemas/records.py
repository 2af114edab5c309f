"""The record room: what its steps take, and what it is shown."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date, Moment
from services.eoffice.domain.retention import Category
from services.eoffice.fields import Words

PAGE_LIMIT = 200
MOST_LISTED = 200
_REMARK = 2_000
DUE = ("weeding", "review", "recording", "receipts")


# ---- in


class RecordingFile(Schema):
    """Record the file ``id``; without ``category`` as the schedule says."""

    id = fields.UUID(required=True)
    category = fields.String(load_default=None, validate=validate.OneOf(list(Category)))
    years = fields.Integer(strict=True, load_default=None)
    reason = Words(_REMARK, load_default=None)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def of_a_category(self, data: dict[str, Any], **_: Any) -> None:
        """Years are of the category that is given."""
        if data["years"] is not None and data["category"] is None:
            raise ValidationError("are of a category: give that too", "years")


class Holding(Schema):
    """Hold a file back from weeding; ``kind`` is one of the city's."""

    id = fields.UUID(load_default=None)
    file_id = fields.UUID(required=True)
    kind = Words(100, required=True)
    remark = Words(_REMARK, required=True)
    post = Words(100, load_default=None)


class HoldingReceipt(Schema):
    """Hold a receipt back from weeding, in a file or not; ``kind`` is one of the city's."""

    id = fields.UUID(load_default=None)
    receipt_id = fields.UUID(required=True)
    kind = Words(100, required=True)
    remark = Words(_REMARK, required=True)
    post = Words(100, load_default=None)


class Lifting(Schema):
    """Lift a hold."""

    id = fields.UUID(required=True)
    remark = Words(_REMARK, required=True)
    post = Words(100, load_default=None)


class RecordOf(Schema):
    """What the record room knows of a file, or of a receipt."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class Due(Schema):
    """What is due until ``by_day`` (today, if not given), of one department or of all;
    ``what``: files of category C for weeding, of A and B for review, those that are closed and not
    recorded, or receipts that were closed without a file, for weeding."""

    what = fields.String(load_default="weeding", validate=validate.OneOf(DUE))
    department = Words(100, load_default=None)
    by_day = Date(load_default=None)
    post = Words(100, load_default=None)
    cursor = fields.String(load_default=None)
    limit = fields.Integer(
        strict=True, load_default=50, validate=validate.Range(min=1, max=PAGE_LIMIT)
    )


class Proposing(Schema):
    """A list of files and receipts to be weeded."""

    id = fields.UUID(load_default=None)
    files = fields.List(fields.UUID(), load_default=list)
    receipts = fields.List(fields.UUID(), load_default=list)
    remark = Words(_REMARK, required=True)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def of_some(self, data: dict[str, Any], **_: Any) -> None:
        """There is something on it, and not too much."""
        if not 1 <= len(data["files"]) + len(data["receipts"]) <= MOST_LISTED:
            raise ValidationError(
                f"with receipts there must be from 1 to {MOST_LISTED} on a list", "files"
            )


class DecidingWeeding(Schema):
    """A decision about one file, or one receipt, of a list; who refuses says why."""

    id = fields.UUID(required=True)
    file_id = fields.UUID(load_default=None)
    receipt_id = fields.UUID(load_default=None)
    approve = fields.Boolean(required=True)
    remark = Words(_REMARK, required=True)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def of_one(self, data: dict[str, Any], **_: Any) -> None:
        """It is about one thing."""
        if (data["file_id"] is None) == (data["receipt_id"] is None):
            raise ValidationError("a file or a receipt is needed, and not both", "file_id")


class OneWeeding(Schema):
    """One list."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class Weedings(Schema):
    """The lists, the newest first."""

    open = fields.Boolean(load_default=None, allow_none=True)
    post = Words(100, load_default=None)
    cursor = fields.String(load_default=None)
    limit = fields.Integer(
        strict=True, load_default=50, validate=validate.Range(min=1, max=PAGE_LIMIT)
    )


# ---- out


class RecordingView(Schema):
    """Of which category a file is."""

    file_id = fields.UUID()
    department = fields.String()
    record_class = fields.String()
    category = fields.String()
    years = fields.Integer()
    reason = fields.String()
    due_on = Date()
    recorded_by = fields.String()
    recorded_person = fields.String()
    recorded_at = Moment()
    weeded_at = Moment()


class _HoldView(Schema):
    id = fields.UUID()
    kind = fields.String()
    remark = fields.String()
    placed_by = fields.String()
    placed_person = fields.String()
    placed_at = Moment()
    lifted_by = fields.String()
    lifted_person = fields.String()
    lifted_at = Moment()
    lifted_remark = fields.String()


class HoldView(_HoldView):
    """What holds a file back, or did."""

    file_id = fields.UUID()


class ReceiptHoldView(_HoldView):
    """What holds a receipt back, or did."""

    receipt_id = fields.UUID()


class WeedingView(Schema):
    """A list, without what is on it."""

    id = fields.UUID()
    remark = fields.String()
    proposed_by = fields.String()
    proposed_person = fields.String()
    proposed_at = Moment()


class _LineView(Schema):
    weeding_id = fields.UUID()
    position = fields.Integer()
    state = fields.String()
    decided_by = fields.String()
    decided_person = fields.String()
    decided_at = Moment()
    remark = fields.String()


class WeedingFileView(_LineView):
    """A file of a list."""

    file_id = fields.UUID()
    archive = fields.String()


class WeedingReceiptView(_LineView):
    """A receipt of a list."""

    receipt_id = fields.UUID()
