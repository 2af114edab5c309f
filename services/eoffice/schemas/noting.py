"""The note sheet: what comes in, what goes out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment
from palika.text import UNSTORABLE
from services.eoffice.domain.markup import LONGEST
from services.eoffice.fields import Words

DRAFTS_LIMIT = 200


class Markup(fields.String):
    """A text as it is being written: kept to the letter, empty or not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Length(max=LONGEST), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if found := UNSTORABLE.search(text):
            raise ValidationError(
                f"has a character that cannot be stored: U+{ord(found[0]):04X} "
                f"at position {found.start() + 1}"
            )
        return text


class DraftSaving(Schema):
    """A yellow note as it is now.

    ``id`` is made by the desk, which may be offline; ``version`` is the one that it had read or
    saved, not needed for a new one. ``for_post`` is whose note it becomes, if not that of the post
    that writes.
    """

    id = fields.UUID(load_default=None)
    file_id = fields.UUID(required=True)
    markup = Markup(required=True)
    language = fields.String(load_default="mr", validate=validate.OneOf(["mr", "en"]))
    for_post = Words(100, load_default=None)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)
    post = Words(100, load_default=None)


class DraftStep(Schema):
    """A step on one yellow note; ``version`` is the one that the caller had read, if given."""

    id = fields.UUID(required=True)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)
    post = Words(100, load_default=None)


class TakingBack(Schema):
    """A green note that becomes yellow again, as the draft ``draft_id``."""

    id = fields.UUID(required=True)
    draft_id = fields.UUID(load_default=None)
    post = Words(100, load_default=None)


class OneDraft(Schema):
    """One yellow note."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class DraftsAsked(Schema):
    """A desk's yellow notes; ``cursor`` is the ``next`` of the page before."""

    post = Words(100, load_default=None)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, DRAFTS_LIMIT))


class OneFile(Schema):
    """One file, by its id or by its number, as a post reads it."""

    id = fields.UUID(load_default=None)
    number = Words(100, load_default=None)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class Printing(OneFile):
    """A file's note sheet on paper, with names in a language."""

    language = fields.String(load_default="mr", validate=validate.OneOf(["mr", "en"]))


class Resolving(OneFile):
    """Where a reference in a text of the file goes: ``n:3``, ``n:3/2``, ``c:12-14``, ``f:…``."""

    ref = Words(120, required=True)


class DraftView(Schema):
    """A yellow note."""

    id = fields.UUID()
    file_id = fields.UUID()
    post = fields.String()
    by_post = fields.String()
    by_person = fields.String()
    language = fields.String()
    markup = fields.String()
    begun_at = Moment()
    saved_at = Moment()
    version = fields.Integer()


class NoteView(Schema):
    """A green note."""

    id = fields.UUID()
    file_id = fields.UUID()
    number = fields.Integer()
    post = fields.String()
    person = fields.String()
    capacity = fields.String()
    by_post = fields.String()
    by_person = fields.String()
    language = fields.String()
    markup = fields.String()
    confirmed_at = Moment()
