"""What comes in, what goes out, and what the events carry."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.events import event_type
from palika.fields import Date, Moment
from services.eoffice.domain.movement import Priority, State
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.fields import Grade, Printed, Words
from services.eoffice.schemas.approving import APPROVAL_CANCELLED as APPROVAL_CANCELLED
from services.eoffice.schemas.approving import FILE_APPROVED as FILE_APPROVED
from services.eoffice.schemas.receipts import RECEIPT_DIARISED as RECEIPT_DIARISED
from services.eoffice.schemas.sealing import ROOTED as ROOTED

LIST_LIMIT = 200


# ---- in


class Opening(Schema):
    """A new file; ``section``, and ``department``, are the opening post's own if not given.

    ``id`` is made by a caller who wants to ask twice without opening two.

    ``post``, here and below, is the post that acts: needed from a service, and from an officer only
    the own one is taken.
    """

    id = fields.UUID(load_default=None)
    subject = Printed(500, required=True)
    department = Words(100, load_default=None)
    section = Words(100, load_default=None)
    head = Words(100, load_default="general")
    language = fields.String(load_default="mr", validate=validate.OneOf(["mr", "en"]))
    secrecy = Grade(Secrecy, load_default=Secrecy.NORMAL)
    priority = Grade(Priority, load_default=Priority.ORDINARY)
    public = fields.Boolean(load_default=False)
    due_on = Date(load_default=None)
    post = Words(100, load_default=None)


class Acting(Schema):
    """A step on one file; ``version`` is the one that the caller had read, if given.

    ``step`` is an id that a desk makes which may have to ask twice (one that was offline): asked
    again with the same content, the step is not taken a second time.
    """

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)
    step = fields.UUID(load_default=None)


class Forwarding(Acting):
    """Send the file to another post."""

    to = Words(100, required=True)
    remark = Printed(2_000, load_default=None)


class Closing(Acting):
    """Close the file; with ``anyway``, and a ``remark`` that says why, over letters that are
    approved and have not gone out."""

    anyway = fields.Boolean()
    remark = Words(2_000)


class Getting(Schema):
    """One file, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Words(100, load_default=None)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class Listing(Schema):
    """Which files, newest first; each filter is optional.

    ``cursor`` is the ``next`` of the page before, asked with the same filters.
    """

    post = Words(100, load_default=None)
    status = fields.Enum(State, by_value=True, load_default=None)
    held_by = Words(100, load_default=None)
    department = Words(100, load_default=None)
    opened_from = Moment(load_default=None)
    opened_before = Moment(load_default=None)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


# ---- out


class FileView(Schema):
    """A file as the desks see it; a closed one was with ``held_by`` last."""

    id = fields.UUID()
    number = fields.String()
    department = fields.String()
    section = fields.String()
    head = fields.String()
    subject = fields.String()
    language = fields.String()
    secrecy = Grade(Secrecy)
    priority = Grade(Priority)
    public = fields.Boolean()
    due_on = Date()
    first_due_on = Date()
    due_by = fields.String()
    status = fields.String(attribute="state")
    held_by = fields.String()
    held_since = Moment()
    seen_at = Moment()
    sent_by = fields.String()
    wake_on = Date()
    desk_due_on = Date()
    opened_by = fields.String()
    opened_at = Moment()
    closed_at = Moment()
    moves = fields.Integer()
    version = fields.Integer()


class MovementView(Schema):
    """One move of a file."""

    position = fields.Integer()
    kind = fields.String()
    by_post = fields.String()
    by_person = fields.String()
    seen_at = Moment()
    from_post = fields.String()
    to_post = fields.String()
    moved_at = Moment()
    minutes_held = fields.Integer()
    remark = fields.String()


# ---- events


def _count() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=0))


class FileOpened(Schema):
    """Data of ``eoffice.file_opened.v1``; ``held_by`` is a post. ``number`` is empty of a file of
    any grade of secrecy."""

    file_id = fields.UUID(required=True)
    number = fields.String(required=True)
    department = fields.String(required=True)
    opened_at = Moment(required=True)
    held_by = fields.String(required=True)


class FileMoved(Schema):
    """Data of ``eoffice.file_moved.v1``; ``minutes_held`` is how long ``from_post`` had it.

    ``kind`` is the step: ``forward``, ``put_up``, ``follow`` (along a route), ``send_back``,
    ``pull_back``, ``pull_up``, ``transfer``, ``reopen``; events of before it was told have none.
    """

    file_id = fields.UUID(required=True)
    department = fields.String(required=True)
    from_post = fields.String(required=True)
    to_post = fields.String(required=True)
    moved_at = Moment(required=True)
    minutes_held = _count()
    kind = fields.String()


class FileReturned(Schema):
    """Data of ``eoffice.file_returned.v1``: that a move, which is told too, sent the file back."""

    file_id = fields.UUID(required=True)
    department = fields.String(required=True)
    from_post = fields.String(required=True)
    to_post = fields.String(required=True)
    returned_at = Moment(required=True)
    minutes_held = _count()


class FileOverdue(Schema):
    """Data of ``eoffice.file_overdue.v1``; ``due_on`` was the last day.

    ``against`` says whose: of the whole ``file``, or of this ``desk`` by the file's route. Each is
    told once a desk.
    """

    file_id = fields.UUID(required=True)
    department = fields.String(required=True)
    held_by = fields.String(required=True)
    due_on = Date(required=True)
    against = fields.String(required=True, validate=validate.OneOf(["file", "desk"]))
    overdue_at = Moment(required=True)


class FileReopened(Schema):
    """Data of ``eoffice.file_reopened.v1``; ``closed_at`` and ``minutes_open`` are of the closing
    that it takes back."""

    file_id = fields.UUID(required=True)
    department = fields.String(required=True)
    reopened_at = Moment(required=True)
    closed_at = Moment(required=True)
    minutes_open = _count()
    held_by = fields.String(required=True)


class FileClosed(Schema):
    """Data of ``eoffice.file_closed.v1``; ``moves`` is how often it went from post to post."""

    file_id = fields.UUID(required=True)
    department = fields.String(required=True)
    opened_at = Moment(required=True)
    closed_at = Moment(required=True)
    minutes_open = _count()
    moves = _count()


FILE_OPENED = event_type("eoffice.file_opened.v1", FileOpened, "A file was opened.")
FILE_MOVED = event_type("eoffice.file_moved.v1", FileMoved, "A file went to another post.")
FILE_CLOSED = event_type("eoffice.file_closed.v1", FileClosed, "A file was closed.")
FILE_RETURNED = event_type("eoffice.file_returned.v1", FileReturned, "A file was sent back.")
FILE_OVERDUE = event_type(
    "eoffice.file_overdue.v1", FileOverdue, "A file's due date has passed at a desk."
)
FILE_REOPENED = event_type(
    "eoffice.file_reopened.v1", FileReopened, "A closed file was opened again."
)
