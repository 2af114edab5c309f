"""Receipts and papers: what comes in, what goes out, and what their events carry."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.events import event_type
from palika.fields import Date, Moment, Phone
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.receipts import Medium, State
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.fields import Grade, Printed, Words
from services.eoffice.papers import MOST_PIECES

LIST_LIMIT = 200
PART_BYTES = 4 * 1024 * 1024
GROUPS = ("post", "office", "department", "category")
_LANGUAGES = validate.OneOf(["mr", "en"])


# ---- in


class Piecing(Schema):
    """A piece of a paper that is too large for one call."""

    content_base64 = fields.String(required=True)
    post = Words(100, load_default=None)


class KeepingPaper(Schema):
    """A paper, whole or as the keys that ``upload_piece`` gave, in their order.

    ``id``, here and below, is made by a caller who may have to ask twice.
    """

    id = fields.UUID(load_default=None)
    name = Words(300, required=True)
    content_base64 = fields.String(load_default=None)
    pieces = fields.List(Words(100), load_default=None, validate=validate.Length(1, MOST_PIECES))
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_content(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["content_base64"] is None) == (data["pieces"] is None):
            raise ValidationError("give either content_base64 or pieces", "content_base64")


class GettingPaper(Schema):
    """A paper that the post may see."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class ReadingPaper(GettingPaper):
    """Some of its bytes, from ``start`` on."""

    start = fields.Integer(strict=True, load_default=0, validate=validate.Range(0))
    length = fields.Integer(
        strict=True, load_default=PART_BYTES, validate=validate.Range(1, PART_BYTES)
    )


class _Filing(Schema):
    """What the desk says of everything that comes in."""

    id = fields.UUID(load_default=None)
    category = Words(100, load_default="general")
    language = fields.String(load_default="mr", validate=_LANGUAGES)
    secrecy = Grade(Secrecy, load_default=Secrecy.NORMAL)
    priority = Grade(Priority, load_default=Priority.ORDINARY)
    vip = fields.Boolean(load_default=False)
    due_on = Date(load_default=None, allow_none=True)
    remark = Words(2_000, load_default=None, allow_none=True)
    sender_kind = Words(100, load_default="citizen")
    post = Words(100, load_default=None)


class Diarising(_Filing):
    """A letter (``letter``), what was handed over (``hand``), or an e-mail typed in (``email``).

    ``papers`` are ids of what the same post has kept: the letter first, its enclosures after it.
    """

    medium = fields.Enum(Medium, by_value=True, required=True)
    sender_name = Printed(300, required=True)
    sender_address = Words(1_000, load_default=None, allow_none=True)
    sender_phone = Phone(load_default=None, allow_none=True)
    sender_email = fields.Email(load_default=None, allow_none=True)
    ref = Words(200, load_default=None, allow_none=True)
    dated = Date(load_default=None, allow_none=True)
    received_on = Date(load_default=None, allow_none=True)
    subject = Printed(500, required=True)
    papers = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=50))


class DiarisingMail(_Filing):
    """An e-mail as it came (RFC 5322, ``.eml``), its attachments in it."""

    content_base64 = fields.String(required=True)


class ReceiptStep(Schema):
    """A step on one receipt; ``version`` is the one that the caller had read, if given."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class Sending(ReceiptStep):
    """Send it to another post."""

    to = Words(100, required=True)
    remark = Words(2_000, load_default=None, allow_none=True)


class PullingBack(ReceiptStep):
    """Take it back before it is opened, or up the line."""

    remark = Words(2_000, load_default=None, allow_none=True)


class WithReason(ReceiptStep):
    """Close it, or take it up again, and say why."""

    remark = Words(2_000, required=True)


class FollowingUp(ReceiptStep):
    """Look at it again on a day; None: no more."""

    on = Date(required=True, allow_none=True)


class PuttingInFile(ReceiptStep):
    """Put it in a file, by its id or its number."""

    file_id = fields.UUID(load_default=None)
    file_number = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["file_id"] is None) == (data["file_number"] is None):
            raise ValidationError("give either file_id or file_number", "file_id")


class StartingFile(ReceiptStep):
    """Open a file from it; what is not given is the receipt's. ``file_id`` is the caller's own."""

    file_id = fields.UUID(load_default=None)
    subject = Printed(500, load_default=None)
    section = Words(100, load_default=None)
    head = Words(100, load_default="general")
    language = fields.String(load_default=None, validate=_LANGUAGES)
    secrecy = Grade(Secrecy, load_default=None)
    priority = Grade(Priority, load_default=None)
    due_on = Date(load_default=None)


class GettingReceipt(Schema):
    """One receipt, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Words(100, load_default=None)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class Acknowledging(GettingReceipt):
    """The words for the sender, in a language; None: in that of the receipt."""

    language = fields.String(load_default=None, validate=_LANGUAGES)


class _Filters(Schema):
    office = Words(100, load_default=None)
    department = Words(100, load_default=None)
    category = Words(100, load_default=None)
    held_by = Words(100, load_default=None)
    diarised_from = Moment(load_default=None)
    diarised_before = Moment(load_default=None)
    vip = fields.Boolean(load_default=None)
    overdue = fields.Boolean(load_default=None)
    post = Words(100, load_default=None)


class ListingReceipts(_Filters):
    """Which receipts, newest first; each filter is optional. ``overdue``: its day is over, and it
    is open, or in a file that is not closed and that the post may read; ``follow_up``: open, and
    to be looked at again by today."""

    status = fields.Enum(State, by_value=True, load_default=None)
    medium = fields.Enum(Medium, by_value=True, load_default=None)
    file_id = fields.UUID(load_default=None)
    follow_up = fields.Boolean(load_default=None)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class PendingReceipts(_Filters):
    """How many open receipts there are, by ``by``."""

    by = fields.String(load_default="post", validate=validate.OneOf(GROUPS))


class ContactsOf(Schema):
    """Whose addresses: receipts by id, posts by code; as many as notify asks for at once."""

    ids = fields.List(Words(100), required=True, validate=validate.Length(max=1_000))


# ---- out


class PaperView(Schema):
    """A paper, without its bytes; of the ``role`` ``original`` an e-mail as it came, which has no
    pages."""

    id = fields.UUID()
    name = fields.String()
    role = fields.String()
    source = fields.String()
    size = fields.Integer()
    pages = fields.Integer()
    sha256 = fields.String()
    added_by = fields.String()
    added_at = Moment()


class ReceiptView(Schema):
    """A receipt as the desks see it in a list."""

    id = fields.UUID()
    number = fields.String()
    office = fields.String()
    department = fields.String()
    medium = fields.String()
    sender_kind = fields.String()
    sender_name = fields.String()
    ref = fields.String()
    dated = Date()
    received_on = Date()
    subject = fields.String()
    category = fields.String()
    language = fields.String()
    secrecy = Grade(Secrecy)
    priority = Grade(Priority)
    vip = fields.Boolean()
    due_on = Date()
    status = fields.String(attribute="state")
    held_by = fields.String()
    held_since = Moment()
    seen_at = Moment()
    sent_by = fields.String()
    file_id = fields.UUID()
    follow_up_on = Date()
    diarised_by = fields.String()
    diarised_at = Moment()
    ended_at = Moment()
    moves = fields.Integer()
    version = fields.Integer()


class AlikeView(Schema):
    """A receipt that may be the same letter."""

    id = fields.UUID()
    number = fields.String()
    received_on = Date()
    diarised_at = Moment()
    status = fields.String(attribute="state")
    held_by = fields.String()


class ReceiptWhole(ReceiptView):
    """All of it."""

    sender_address = fields.String()
    sender_phone = fields.String()
    sender_email = fields.String()
    body = fields.String()
    remark = fields.String()
    end_remark = fields.String()


class ReceiptMovementView(Schema):
    """One move of a receipt."""

    position = fields.Integer()
    kind = fields.String()
    from_post = fields.String()
    to_post = fields.String()
    by_post = fields.String()
    by_person = fields.String()
    moved_at = Moment()
    seen_at = Moment()
    minutes_held = fields.Integer()
    remark = fields.String()


# ---- events


class ReceiptDiarised(Schema):
    """Data of ``eoffice.receipt_diarised.v1``; ``kind`` is letter, email or hand. ``number`` is
    empty of a receipt of any grade of secrecy."""

    receipt_id = fields.UUID(required=True)
    number = fields.String(required=True)
    department = fields.String(required=True)
    kind = fields.String(required=True)
    category = fields.String(required=True)
    language = fields.String(required=True)
    diarised_at = Moment(required=True)
    due_on = Date(required=True, allow_none=True)


RECEIPT_DIARISED = event_type(
    "eoffice.receipt_diarised.v1", ReceiptDiarised, "What came in was diarised."
)
