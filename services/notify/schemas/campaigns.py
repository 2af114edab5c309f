"""What comes in and goes out about campaigns."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Base64, Moment, Words
from services.notify.domain.campaigns import CampaignState

MAX_PER_MINUTE = 1_000_000
UPLOAD_BYTES = 1_000_000
"""Of a file that comes by a call."""
UPLOAD_ROWS = 5_000
"""Of the same: they are checked while the caller waits. A longer one goes in at a terminal."""
_MAX_PAGE = 500
_CODE = validate.Regexp(r"[a-z][a-z0-9_]{0,49}\Z", error="Small letters, digits and _.")
_STATE = validate.OneOf([each.value for each in CampaignState])


class PlanArgs(Schema):
    """What every campaign has.

    ``fields`` are the same for all. ``start_at``: when it begins by itself, once it is approved.
    ``hours_from`` and ``hours_to``: of the day in India. ``per_minute``: a limit of its own.
    """

    name = Words(100, required=True)
    template = fields.String(required=True, validate=validate.Length(1, 100))
    fields_ = fields.Dict(keys=fields.String(), load_default=dict, data_key="fields")
    start_at = Moment(load_default=None, allow_none=True)
    hours_from = fields.Time(load_default=None, allow_none=True, format="%H:%M")
    hours_to = fields.Time(load_default=None, allow_none=True, format="%H:%M")
    per_minute = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(1, MAX_PER_MINUTE)
    )

    @validates_schema(skip_on_field_errors=True)
    def both_hours(self, data: dict[str, Any], **_: Any) -> None:
        """Raises ValidationError: one of the hours alone, or twice the same."""
        hours = (data["hours_from"], data["hours_to"])
        if (hours[0] is None) != (hours[1] is None):
            raise ValidationError("give both or none", "hours_from")
        if hours[0] is not None and hours[0] == hours[1]:
            raise ValidationError("must not be the same as hours_from", "hours_to")


class DraftCampaignArgs(PlanArgs):
    """A campaign to whom a service's query finds."""

    audience = fields.String(required=True, validate=_CODE)
    query = fields.String(required=True, validate=_CODE)
    arguments = fields.Dict(keys=fields.String(), load_default=dict)


class UploadCampaignArgs(PlanArgs):
    """A campaign to whom a CSV file names, in UTF-8, as base64."""

    content = Base64(4 * (UPLOAD_BYTES // 3 + 1), required=True, data_key="content_base64")


class CampaignArgs(Schema):
    """One campaign."""

    id = fields.UUID(required=True)


class StartArgs(CampaignArgs):
    """``at``: not now, but then."""

    at = Moment(load_default=None, allow_none=True)


class CampaignsArgs(Schema):
    """``after`` is the ``next`` of the page before."""

    state = fields.String(load_default=None, allow_none=True, validate=_STATE)
    after = fields.UUID(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, _MAX_PAGE))


class RejectionsArgs(CampaignArgs):
    """``after`` is the ``next`` of the page before; ``limit`` counts rows."""

    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**31 - 1))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, _MAX_PAGE))


class TestArgs(CampaignArgs):
    """To whom the test message goes, with what the first recipient would be told."""

    phone = fields.String(required=True, validate=validate.Length(1, 30))


class AudiencePage(Schema):
    """A page of what a service's ``audience`` finds.

    ``ids``: that its ``contacts`` knows them by, each once in all pages. ``next``: what to give as
    ``after`` for the page behind; None: there is none. A page may be short, or empty. ``fields``:
    what of the template's fields is known of one, by its id; nothing personal.
    """

    ids = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        required=True,
        validate=validate.Length(max=_MAX_PAGE),
    )
    next = fields.String(required=True, allow_none=True, validate=validate.Length(1, 200))
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String()),
        load_default=dict,
        data_key="fields",
    )


class CampaignOut(Schema):
    """A campaign as RPC and commands give it."""

    id = fields.UUID()
    name = fields.String()
    state = fields.String()
    problem = fields.String()
    template = fields.String()
    template_version = fields.Integer()
    fields_ = fields.Dict(data_key="fields", attribute="fields")
    audience = fields.String()
    query = fields.Dict()
    rows = fields.Integer()
    loaded_to = fields.Integer()
    recipients = fields.Integer()
    rejected = fields.Integer()
    fed = fields.Integer()
    estimate = fields.Dict()
    estimated_at = Moment()
    start_at = Moment()
    hours_from = fields.Time(format="%H:%M")
    hours_to = fields.Time(format="%H:%M")
    per_minute = fields.Integer()
    tests = fields.Integer()
    created_by = fields.String()
    created_at = Moment()
    approved_by = fields.String()
    approved_at = Moment()
    started_at = Moment()
    ended_by = fields.String()
    ended_at = Moment()
