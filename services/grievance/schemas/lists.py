"""What is asked of lists, their counts, exports and saved views, and of reports."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment, Words
from services.grievance.domain.catalogue import PRIORITIES
from services.grievance.domain.lifecycle import State
from services.grievance.fields import Day, OneOrMany
from services.grievance.schemas.filing import CHANNELS, IMPORT
from services.grievance.schemas.reading import Paging

ORDERS = ("newest", "oldest", "due")
TIMINGS = ("overdue", "due_soon", "breached", "late", "on_time")
REPORTS = ("pendency", "ageing", "sla", "reopens", "ratings", "heat")
GROUPS = ("department", "ward", "officer", "category", "parent_category")
EXPORT_LIMIT = 1_000

_yes_or_no = {"load_default": None, "allow_none": True, "truthy": {True}, "falsy": {False}}


def _codes(*known: str) -> OneOrMany:
    code = fields.String(validate=validate.OneOf(known)) if known else Words(100)
    return OneOrMany(code, load_default=None, allow_none=True)


class Filters(Schema):
    """Which grievances; each filter is optional, and all that are given must hold.

    Where codes are asked for, one or a list of them. ``timing``: ``overdue`` and ``due_soon`` are
    open and past their due time, or warned of; ``breached`` were not in time, whatever became of
    them; ``late`` and ``on_time`` are resolved. ``text``: all its words, in Marathi or English,
    whatever their endings; or a number. ``filed_from`` is included, ``filed_before`` is not; both
    of two days are. ``escalated`` is when it reached its level. A day is of the calendar in India;
    ``today`` and ``today-7`` move on.
    """

    status = OneOrMany(fields.Enum(State, by_value=True), load_default=None, allow_none=True)
    open = fields.Boolean(**_yes_or_no)
    ward = _codes()
    department = _codes()
    category = _codes()
    parent_category = _codes()
    officer = _codes()
    unassigned = fields.Boolean(**_yes_or_no)
    priority = _codes(*PRIORITIES)
    channel = _codes(*CHANNELS, IMPORT)
    timing = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(TIMINGS))
    level_from = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 9)
    )
    escalated_from_day = Day(load_default=None, allow_none=True)
    escalated_to_day = Day(load_default=None, allow_none=True)
    rating = OneOrMany(
        fields.Integer(strict=True, validate=validate.Range(1, 5)),
        load_default=None,
        allow_none=True,
    )
    reopened = fields.Boolean(**_yes_or_no)
    filed_from = Moment(load_default=None, allow_none=True)
    filed_before = Moment(load_default=None, allow_none=True)
    filed_from_day = Day(load_default=None, allow_none=True)
    filed_to_day = Day(load_default=None, allow_none=True)
    resolved_from_day = Day(load_default=None, allow_none=True)
    resolved_to_day = Day(load_default=None, allow_none=True)
    text = Words(500, load_default=None, allow_none=True)


class Ordered(Filters):
    """Which, and in which order; ``due`` lists open ones, the oldest due time first."""

    order = fields.String(load_default="newest", validate=validate.OneOf(ORDERS))


class Searching(Ordered, Paging):
    """A page of a list."""


class Counting(Filters):
    """How many there are."""


class Exporting(Ordered):
    """A page of an export, as CSV; ``language`` is that of headings and names."""

    language = fields.String(load_default="mr", validate=validate.OneOf(("mr", "en")))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(
        strict=True, load_default=EXPORT_LIMIT, validate=validate.Range(1, EXPORT_LIMIT)
    )


class SavingView(Schema):
    """A list's filters and order under a name; with ``shared`` for the whole department."""

    name = Words(100, required=True)
    filters = fields.Dict(keys=fields.String(), load_default=dict)
    department = Words(100, load_default=None, allow_none=True)
    shared = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @validates_schema(skip_on_field_errors=True)
    def filters_are_a_lists(self, data: dict[str, Any], **_: Any) -> None:
        """What is kept can be listed."""
        wrong = Ordered().validate(data["filters"])
        if wrong:
            raise ValidationError({"filters": wrong})

    @validates_schema(skip_on_field_errors=True)
    def shared_with_somebody(self, data: dict[str, Any], **_: Any) -> None:
        """With a department, that is."""
        if data["shared"] and data["department"] is None:
            raise ValidationError("with which department is it shared?", "department")


class Views(Schema):
    """The caller's own saved views, and those shared with a department."""

    department = Words(100, load_default=None, allow_none=True)


class DeletingView(Schema):
    """One of the caller's own."""

    id = fields.UUID(required=True)


class SavedViewView(Schema):
    """A saved view as it goes out."""

    id = fields.UUID()
    name = fields.String()
    owner = fields.String()
    department = fields.String()
    shared = fields.Boolean()
    filters = fields.Dict()
    created_at = Moment()


class Reporting(Schema):
    """A report, by what its rows are, and of which part of the city.

    Without ``by`` the rows are the departments; those of ``heat`` are the wards.
    The days are those of filing, both included, the last 90 if left out; ``pendency`` and
    ``ageing`` are about what is open now, whenever it was filed, unless days are given.
    """

    name = fields.String(required=True, validate=validate.OneOf(REPORTS))
    by = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(GROUPS))
    department = _codes()
    ward = _codes()
    from_day = Day(load_default=None, allow_none=True)
    to_day = Day(load_default=None, allow_none=True)
