"""Archives of files: what is asked, and what is told of them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.fields import Grade, Words

PAGE_LIMIT = 200
MOST_PART = 4 * 1024 * 1024
"""Bytes that one call answers with."""


# ---- in


class MakingArchive(Schema):
    """An archive of one file, by its ``id`` or its ``number``."""

    id = fields.UUID(load_default=None)
    number = Words(200, load_default=None)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one(self, data: dict[str, Any], **_: Any) -> None:
        """One of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class ReadingArchive(Schema):
    """``length`` bytes of a ZIP, from ``start``."""

    id = fields.UUID(required=True)
    start = fields.Integer(strict=True, load_default=0, validate=validate.Range(min=0))
    length = fields.Integer(
        strict=True, load_default=MOST_PART, validate=validate.Range(1, MOST_PART)
    )
    post = Words(100, load_default=None)


class ReadingPart(ReadingArchive):
    """The same of a file in an archive that was brought in; ``path`` is of its document."""

    path = Words(300, required=True)


class Importeds(Schema):
    """The files that were brought in, the newest first."""

    post = Words(100, load_default=None)
    cursor = fields.String(load_default=None)
    limit = fields.Integer(
        strict=True, load_default=50, validate=validate.Range(min=1, max=PAGE_LIMIT)
    )


# ---- out


class ArchiveView(Schema):
    """An archive that was made; ``sha256`` is of its manifest, ``size`` of the ZIP."""

    id = fields.UUID()
    file_id = fields.UUID()
    acts = fields.Integer()
    sha256 = fields.String()
    size = fields.Integer()
    made_by = fields.String()
    made_person = fields.String()
    made_at = Moment()


class ImportedView(Schema):
    """A file that was brought in: where it comes from, and whether its codes were checked."""

    id = fields.UUID()
    number = fields.String()
    subject = fields.String()
    department = fields.String()
    head = fields.String()
    secrecy = Grade(Secrecy)
    opened_at = Moment()
    closed_at = Moment()
    origin = fields.String()
    sha256 = fields.String()
    codes = fields.String()
    imported_by = fields.String()
    imported_person = fields.String()
    imported_at = Moment()


class PartView(Schema):
    """One file of such an archive."""

    path = fields.String()
    size = fields.Integer()
    sha256 = fields.String()
