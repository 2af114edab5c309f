"""What comes in when reports are asked for."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date
from services.eoffice.fields import Words
from services.eoffice.schemas import LIST_LIMIT

REPORTS = ("pendency", "stay", "flow")
GROUPS = ("post", "section", "department", "priority", "head", "month")
GROUPS_OF = {
    "pendency": ("post", "section", "department", "priority"),
    "stay": ("post", "section", "department"),
    "flow": ("month", "section", "department", "head"),
}
"""What the rows of each report may be; the first one when none is asked for."""
AGES_OF = ("desk", "file")
DIARY_LIMIT = 500


def _codes() -> fields.List:
    return fields.List(
        Words(100), load_default=None, allow_none=True, validate=validate.Length(1, 100)
    )


class Reporting(Schema):
    """A report over the city, or over some departments, sections or desks.

    ``age_of``: how old what is pending is: on the ``desk`` that has it, or since the ``file`` was
    opened. ``from_day`` and ``to_day``, both included, are of ``stay`` and ``flow``. ``post`` is
    the post that reads: what it may not read is not counted.
    """

    name = fields.String(required=True, validate=validate.OneOf(REPORTS))
    by = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(GROUPS))
    department = _codes()
    section = _codes()
    desk = _codes()
    age_of = fields.String(load_default="desk", validate=validate.OneOf(AGES_OF))
    from_day = Date(load_default=None, allow_none=True)
    to_day = Date(load_default=None, allow_none=True)
    post = Words(100, load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def it_makes_sense(self, data: dict[str, Any], **_: Any) -> None:
        """Rows and filters are such as the report has."""
        able = GROUPS_OF[data["name"]]
        if data["by"] not in (None, *able):
            raise ValidationError(f"{data['name']} is by {' or '.join(able)}", "by")
        if data["name"] == "flow" and data["desk"]:
            raise ValidationError("flow is not of desks", "desk")
        if data["name"] == "pendency" and (data["from_day"] or data["to_day"]):
            raise ValidationError("pendency is of now and has no period", "from_day")


class Exporting(Reporting):
    """A report as a file for a spreadsheet."""

    format = fields.String(load_default="csv", validate=validate.OneOf(["csv", "xlsx"]))
    language = fields.String(load_default="mr", validate=validate.OneOf(["mr", "en"]))


class _Pages(Schema):
    post = Words(100, load_default=None, allow_none=True)
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=300))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class Overdue(_Pages):
    """Files beyond their due date, the longest first."""

    department = _codes()
    section = _codes()
    desk = _codes()


class WithOthers(_Pages):
    """Files that the post has opened and that are pending with others, the longest there first."""


class Diary(_Pages):
    """What was done at a post on a day of India, from morning to evening; ``of`` is the post, by
    default the one that asks, and ``day`` today."""

    of = Words(100, load_default=None, allow_none=True)
    day = Date(load_default=None, allow_none=True)
    limit = fields.Integer(strict=True, load_default=100, validate=validate.Range(1, DIARY_LIMIT))


class Tracking(Schema):
    """A file by its number, as a citizen has it."""

    number = Words(100, required=True)
