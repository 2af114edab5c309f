"""What is asked."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Base64, Moment
from services.warroom.domain.facts import Light, Standing
from services.warroom.fields import Code, Day
from services.warroom.schemas.asking import OfProject

LIST_LIMIT = 100
_WORKBOOK_MOST = 10 * 1024 * 1024


class Reading(OfProject):
    """A project as it was known at a moment; ``as_of`` left out: now."""

    as_of = Moment(load_default=None)


class Listing(Schema):
    """Projects by code, a page at a time, as they were known at a moment; in the order of their
    ``health`` those in red come first, then by code."""

    as_of = Moment(load_default=None)
    department = Code(load_default=None)
    ward = Code(load_default=None)
    owner = Code(load_default=None)
    light = fields.Enum(Light, by_value=True, load_default=None)
    standing = fields.Enum(Standing, by_value=True, load_default=None)
    order = fields.String(load_default="code", validate=validate.OneOf(["code", "health"]))
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))
    limit = fields.Integer(
        strict=True, load_default=LIST_LIMIT, validate=validate.Range(1, LIST_LIMIT)
    )


class Scheduling(Reading):
    """A project's critical path; with ``milestone_id`` and ``slip_days`` what slips with it."""

    milestone_id = fields.UUID(load_default=None)
    slip_days = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 3_650))

    @validates_schema(skip_on_field_errors=True)
    def both(self, data: dict[str, Any], **_: Any) -> None:
        """A slip is of a milestone and has its days."""
        if (data["milestone_id"] is None) != (data["slip_days"] is None):
            raise ValidationError("give both milestone_id and slip_days, or neither", "slip_days")


class Comparing(OfProject):
    """What has changed since a moment, until another (now)."""

    since = Moment(required=True)
    until = Moment(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def forward(self, data: dict[str, Any], **_: Any) -> None:
        """The earlier moment is ``since``."""
        if data["until"] is not None and data["until"] < data["since"]:
            raise ValidationError("must not be before since", "until")


class Watching(Reading):
    """What happened around a project from one day (of India) to another; left out: the fortnight
    that ends today, or at ``as_of``."""

    from_day = Day(load_default=None)
    to_day = Day(load_default=None)


class Telling(OfProject):
    """What was done with a project, the newest first."""

    before = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 2**31 - 1))
    limit = fields.Integer(
        strict=True, load_default=LIST_LIMIT, validate=validate.Range(1, LIST_LIMIT)
    )


class Forecasts(Telling):
    """The forecasts that were made of a project, the newest first."""

    before = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 2**63 - 1))


class Judging(Schema):
    """How wrong forecasts were, so many months before; of projects or of departments."""

    by = fields.String(
        load_default="department", validate=validate.OneOf(["project", "department"])
    )
    department = Code(load_default=None)
    months = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 120)),
        load_default=lambda: [1, 3, 6, 12],
        validate=validate.Length(1, 12),
    )


class Showing(Schema):
    """The bytes of a photograph, or of its thumbnail."""

    photo_id = fields.UUID(required=True)
    thumbnail = fields.Boolean(load_default=False)


class Importing(Schema):
    """Projects and their milestones: as CSV, of which either may be left out, or both as the sheets
    ``projects`` and ``milestones`` of a workbook (XLSX)."""

    projects = fields.String(load_default=None, validate=validate.Length(max=2_000_000))
    milestones = fields.String(load_default=None, validate=validate.Length(max=5_000_000))
    workbook = Base64(_WORKBOOK_MOST, load_default=None, data_key="workbook_base64")
    dry_run = fields.Boolean(load_default=False)

    @validates_schema(skip_on_field_errors=True)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """Either kind of it."""
        texts = data["projects"] is not None or data["milestones"] is not None
        if texts == (data["workbook"] is not None):
            raise ValidationError(
                "give projects, milestones or both, or else workbook_base64", "projects"
            )


class PublicListing(Schema):
    """What citizens may see of projects, by code."""

    ward = Code(load_default=None)
    department = Code(load_default=None)
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))
    limit = fields.Integer(
        strict=True, load_default=LIST_LIMIT, validate=validate.Range(1, LIST_LIMIT)
    )
