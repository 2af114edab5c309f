"""Search: what is asked, and what is found."""

from marshmallow import Schema, fields, validate

from palika.fields import Date, Moment
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.fields import Grade, Words

_LIMIT = 100


class Finding(Schema):
    """Which things: all of the words, in any order, in Marathi or in English.

    ``kinds``: none given are all. ``from_day`` and ``to_day`` are days of India, both included.
    ``post`` is the post that reads: needed from a service.
    """

    words = Words(300, required=True)
    kinds = fields.List(
        fields.Enum(Kind, by_value=True),
        load_default=list,
        validate=validate.Length(max=len(Kind)),
    )
    department = Words(100, load_default=None)
    from_day = Date(load_default=None)
    to_day = Date(load_default=None)
    post = Words(100, load_default=None)


class Searching(Finding):
    """A page of them, the newest first; ``cursor`` is the ``next`` of the page before."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=20, validate=validate.Range(1, _LIMIT))


class Counting(Finding):
    """How many there are."""


class Suggesting(Schema):
    """What the last of these words may become when it is written out."""

    words = Words(300, required=True)
    limit = fields.Integer(strict=True, load_default=10, validate=validate.Range(1, 20))
    post = Words(100, load_default=None)


class FileOfView(Schema):
    """The file that a thing is, or is in; ``unproved`` says of one that came as an archive how it
    was taken, though nothing proves it."""

    id = fields.UUID()
    number = fields.String()
    subject = fields.String()
    status = fields.String(attribute="state")
    held_by = fields.String()
    unproved = fields.String()


class PageView(Schema):
    """The page of a paper that is kept here: ``paper_content`` has it."""

    id = fields.UUID()
    page = fields.Integer()


class ExcerptView(Schema):
    """A piece of the text: as HTML, in which ``mark`` is the only tag, and as it is read."""

    html = fields.String()
    plain = fields.String()


class FoundView(Schema):
    """What was found.

    ``id`` is of the thing: a file, a note, a receipt, a letter, or a paper's place in a file.
    ``number`` is its own: of a note in its file, of a letter that went out. ``page`` is of a paper,
    else None. ``ref`` goes to it in its ``file`` (``resolve``), for good; a receipt, and a letter
    that has not gone out, have none, and are ``receipt(id)`` and ``letter(id)``.
    """

    kind = fields.String(attribute="row.kind")
    id = fields.UUID(attribute="row.thing")
    number = fields.String()
    ref = fields.String()
    page = fields.Function(lambda found: found["row"].page or None)
    paper = fields.Nested(PageView, allow_none=True)
    excerpt = fields.Nested(ExcerptView)
    title = fields.String(attribute="row.title")
    at = Moment(attribute="row.at")
    secrecy = Grade(Secrecy, attribute="row.secrecy")
    department = fields.String(attribute="row.department")
    receipt_id = fields.UUID(attribute="row.receipt_id")
    file = fields.Nested(FileOfView, allow_none=True)
