"""The correspondence side, parts and volumes: what comes in, what goes out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment
from services.eoffice.domain.contents import MOST_PAGES
from services.eoffice.fields import Printed, Words


class AddingPaper(Schema):
    """A paper of the office (``note``) or an ``enclosure`` for a file's correspondence.

    ``id`` is made by a caller who wants to ask twice without adding two; ``paper_id`` is that of
    its bytes, none for what is not kept here (a sample, a bound book). ``pages`` are said of what
    is not kept here; of kept ones they are counted here, and refused if others are said.
    """

    id = fields.UUID(load_default=None)
    file_id = fields.UUID(required=True)
    kind = fields.String(load_default="enclosure", validate=validate.OneOf(["enclosure", "note"]))
    title = Printed(500, required=True)
    pages = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, MOST_PAGES)
    )
    paper_id = fields.UUID(load_default=None)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def counted(self, data: dict[str, Any], **_: Any) -> None:
        """What is not kept here is counted by who has it."""
        if data["paper_id"] is None and data["pages"] is None:
            raise ValidationError("say how many, or the paper_id of what is kept", "pages")


class OpeningPart(Schema):
    """A part of the file; ``subject`` is the file's own if not given."""

    id = fields.UUID(load_default=None)
    file_id = fields.UUID(required=True)
    subject = Printed(500, load_default=None)
    post = Words(100, load_default=None)


class NextVolume(Schema):
    """The next volume of the file."""

    id = fields.UUID(load_default=None)
    file_id = fields.UUID(required=True)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)
    post = Words(100, load_default=None)


class ContentView(Schema):
    """A line of a table of contents; ``struck_at``: it was struck out, by which post, and why."""

    id = fields.UUID()
    file_id = fields.UUID()
    position = fields.Integer()
    kind = fields.String()
    title = fields.String()
    paper_id = fields.UUID()
    first_page = fields.Integer()
    last_page = fields.Integer()
    receipt_id = fields.UUID()
    letter_id = fields.UUID()
    added_at = Moment()
    added_by = fields.String()
    struck_at = Moment()
    struck_by = fields.String()
    struck_why = fields.String()
