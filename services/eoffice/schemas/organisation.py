"""The organisation: what comes in and goes out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date, Moment, Phone
from services.eoffice.domain.organisation_lines import COLUMNS, LANGUAGES, LEVEL_MOST, LONGEST
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.fields import Grade, Printed, Words

DIRECTORY_LIMIT = 500
NAMED_MOST = 500
"""So many posts are named at once."""
FILE_LONGEST = 4_000_000
"""Characters of one file."""
KINDS = ("department", "section", "post", "person")


def _code(**options: Any) -> Words:
    return Words(LONGEST // 2, **options)


class _Ordered(Schema):
    """``post`` is the post by whose order it is done, if one is to stand in the record."""

    post = _code(load_default=None)


class Importing(_Ordered):
    """The five files of an organisation, as text, and from which day on it is so (today)."""

    since = Date(load_default=None)
    dry_run = fields.Boolean(load_default=False)
    departments = fields.String(required=True, validate=validate.Length(max=FILE_LONGEST))
    sections = fields.String(required=True, validate=validate.Length(max=FILE_LONGEST))
    posts = fields.String(required=True, validate=validate.Length(max=FILE_LONGEST))
    people = fields.String(required=True, validate=validate.Length(max=FILE_LONGEST))
    holdings = fields.String(required=True, validate=validate.Length(max=FILE_LONGEST))


TABLES = tuple(COLUMNS)
"""The fields of ``Importing`` that are files."""


class TransferringPerson(_Ordered):
    """Who is to hold which post from a day on (today); ``until`` is the last day, if one is set."""

    id = fields.UUID(load_default=None)
    person = _code(required=True)
    to = _code(required=True)
    additional = fields.Boolean(load_default=False)
    since = Date(load_default=None)
    until = Date(load_default=None)
    order_ref = Words(LONGEST, load_default=None)


class Vacating(_Ordered):
    """A post that nobody, or one officer no more, is to hold from a day on (today)."""

    code = _code(required=True)
    person = _code(load_default=None)
    since = Date(load_default=None)
    order_ref = Words(LONGEST, load_default=None)


class AddingPost(_Ordered):
    """A new post, from a day on (today)."""

    code = _code(required=True)
    department = _code(required=True)
    section = _code(load_default=None)
    mr = Printed(LONGEST, required=True)
    en = Printed(LONGEST, required=True)
    level = fields.Integer(strict=True, required=True, validate=validate.Range(1, LEVEL_MOST))
    reports_to = _code(load_default=None)
    clearance = Grade(Secrecy, load_default=Secrecy.NORMAL)
    since = Date(load_default=None)


class AddingPerson(_Ordered):
    """A new officer, from a day on (today); ``language``: in which they are written to."""

    code = _code(required=True)
    mr = Printed(LONGEST, required=True)
    en = Printed(LONGEST, required=True)
    phone = Phone(load_default=None)
    email = fields.Email(load_default=None, validate=validate.Length(max=LONGEST))
    language = fields.String(load_default=LANGUAGES[0], validate=validate.OneOf(LANGUAGES))
    since = Date(load_default=None)


class Abolishing(_Ordered):
    """A post that is no more from a day on (today)."""

    code = _code(required=True)
    since = Date(load_default=None)
    order_ref = Words(LONGEST, load_default=None)


class Renaming(_Ordered):
    """Other names; one that is not given stays."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    code = _code(required=True)
    mr = Printed(LONGEST, load_default=None)
    en = Printed(LONGEST, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def something_is_said(self, data: dict[str, Any], **_: Any) -> None:
        """One of the names is given."""
        if data["mr"] is None and data["en"] is None:
            raise ValidationError("mr or en, or both, are needed", "mr")


class ChangingLine(_Ordered):
    """Whom a post reports to; null: to none."""

    code = _code(required=True)
    reports_to = _code(required=True, allow_none=True)


class Directory(Schema):
    """Posts of a day (today), by department, the highest first.

    ``words``: each is in the post's code or names, or its holder's, in Marathi or English.
    """

    department = _code(load_default=None)
    section = _code(load_default=None)
    words = Words(LONGEST, load_default=None)
    vacant = fields.Boolean(load_default=None, allow_none=True)
    day = Date(load_default=None)
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=600))
    limit = fields.Integer(
        strict=True, load_default=100, validate=validate.Range(1, DIRECTORY_LIMIT)
    )


class Holders(Schema):
    """Who holds, has held and is to hold a post."""

    code = _code(required=True)


class NamingPosts(Schema):
    """What posts are called."""

    codes = fields.List(
        Words(LONGEST),
        required=True,
        validate=validate.Length(max=NAMED_MOST),
    )


class MyPosts(Schema):
    """For which posts an officer acts on a day (today); by default the caller."""

    person = _code(load_default=None)
    day = Date(load_default=None)


class HoldingView(Schema):
    """A holding; ``ended_at``: when it was ended in the course of its last day."""

    id = fields.UUID()
    post = fields.String()
    person = fields.String()
    kind = fields.String()
    since = Date()
    until = Date()
    ended_at = Moment()
    order_ref = fields.String()


class EndedView(HoldingView):
    """A holding that has been ended; ``withdrawn``: it had not begun, and is no more."""

    withdrawn = fields.Boolean()

    class Meta:
        exclude = ("id",)


class TransferredView(Schema):
    """A transfer."""

    holding = fields.Nested(HoldingView)
    ended = fields.List(fields.Nested(EndedView))


class VacatedView(Schema):
    """A post that is vacant, and how much work lies there."""

    code = fields.String()
    since = Date()
    ended = fields.List(fields.Nested(EndedView))
    files = fields.Integer()
    receipts = fields.Integer()


class AbolishedView(Schema):
    """A post that is no more; ``until`` is its last day."""

    code = fields.String()
    until = Date()
    ended = fields.List(fields.Nested(EndedView))


class PostView(Schema):
    """A post."""

    code = fields.String()
    department = fields.String()
    section = fields.String()
    mr = fields.String()
    en = fields.String()
    level = fields.Integer()
    reports_to = fields.String()
    clearance = Grade(Secrecy)
    since = Date()
    until = Date()


class PersonView(Schema):
    """An officer, without what is personal."""

    code = fields.String()
    mr = fields.String()
    en = fields.String()
    since = Date()
    until = Date()
