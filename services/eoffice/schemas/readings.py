"""Who has read a file: what is asked, and what is told."""

from marshmallow import Schema, fields, validate

from palika.fields import Date, Moment
from services.eoffice.schemas import LIST_LIMIT, Getting


class Readings(Getting):
    """Of one file, by its id or its number; the newest first.

    ``cursor`` is the ``next`` of the page before, of the same file.
    """

    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class ReadingView(Schema):
    """That somebody read in it: ``person`` (None: a service, for the post), ``what`` of it first,
    and ``read_at``, when that was, on that ``day`` of India."""

    person = fields.Function(lambda each: None if each.reader == each.post else each.reader)
    post = fields.String()
    what = fields.String()
    day = Date()
    read_at = Moment()
