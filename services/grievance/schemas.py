"""What comes in, what goes out, and what the events carry."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.events import event_type
from services.grievance.domain.lifecycle import State
from services.grievance.fields import Moment, Phone, Words

LANGUAGES = ("mr", "en")
CHANNELS = ("web", "app", "phone", "counter", "whatsapp", "email", "social")
IMPORT = "import"
"""The channel of what was not filed here but taken over from another system's records."""
LIST_LIMIT = 200
CONTACTS_LIMIT = 500

_language = validate.OneOf(LANGUAGES)


# ---- in


class Filing(Schema):
    """A grievance as a citizen, or somebody for them, files it."""

    category = Words(100, required=True)
    ward = Words(100, load_default=None)
    description = Words(4_000, required=True)
    address = Words(500, load_default=None)
    citizen_name = Words(200, load_default=None)
    citizen_phone = Phone(load_default=None)
    citizen_email = fields.Email(load_default=None, validate=validate.Length(max=254))
    language = fields.String(load_default="mr", validate=_language)
    channel = fields.String(load_default="web", validate=validate.OneOf(CHANNELS))
    source = Words(100, load_default=None)
    source_id = Words(200, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def source_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        """The two make one key: both or none."""
        if (data["source"] is None) != (data["source_id"] is None):
            missing = "source_id" if data["source_id"] is None else "source"
            raise ValidationError("source and source_id come together", missing)


class ImportedFiling(Filing):
    """A grievance out of another system's records; its codes may be foreign."""

    channel = fields.Constant(IMPORT)
    department = Words(100, load_default=None)
    source = Words(100, required=True)
    source_id = Words(200, required=True)
    source_status = Words(100, load_default=None)


class Acting(Schema):
    """A step on one grievance; ``version`` is the one that the caller had read, if given."""

    id = fields.UUID(required=True)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class Assigning(Acting):
    """Give it to an officer: the code of their post or login, which the event carries."""

    officer = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$",
            error="must be a code (letters, digits, . _ : / -), not a name or an e-mail address",
        ),
    )


class Resolving(Acting):
    """Say that it is put right; ``remark`` tells the citizen what was done."""

    remark = Words(2_000, load_default=None)


class Reopening(Acting):
    """Say that it is not put right after all, and why."""

    reason = Words(2_000, required=True)


class Getting(Schema):
    """One grievance, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Words(40, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class Listing(Schema):
    """Which grievances, newest first; each filter is optional.

    ``filed_from`` is included, ``filed_before`` is not. ``cursor`` is the ``next`` of the page
    before, asked with the same filters.
    """

    status = fields.Enum(State, by_value=True, load_default=None)
    ward = Words(100, load_default=None)
    department = Words(100, load_default=None)
    category = Words(100, load_default=None)
    filed_from = Moment(load_default=None)
    filed_before = Moment(load_default=None)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class ContactsOf(Schema):
    """Grievances whose citizens are to be reached."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=CONTACTS_LIMIT))


# ---- out


class GrievanceView(Schema):
    """A grievance as the desks and its own citizen see it; who filed it is told by ``contacts``."""

    id = fields.UUID()
    number = fields.String()
    status = fields.String(attribute="state")
    version = fields.Integer()
    category = fields.String()
    department = fields.String()
    ward = fields.String()
    description = fields.String()
    address = fields.String()
    language = fields.String()
    channel = fields.String()
    source = fields.String()
    source_id = fields.String()
    source_status = fields.String()
    filed_at = Moment()
    due_at = Moment()
    officer = fields.String()
    assigned_at = Moment()
    resolved_at = Moment()
    on_time = fields.Boolean()
    minutes_taken = fields.Integer()
    remark = fields.String()
    times_reopened = fields.Integer()
    reopened_at = Moment()
    reopen_reason = fields.String()


# ---- events


class _Place(Schema):
    grievance_id = fields.UUID(required=True)
    department = fields.String(required=True)
    category = fields.String(required=True)
    ward = fields.String(required=True, allow_none=True)


class GrievanceFiled(_Place):
    """Data of ``grievance.filed.v1``."""

    number = fields.String(required=True)
    channel = fields.String(required=True)
    filed_at = Moment(required=True)
    due_at = Moment(required=True)


class GrievanceAssigned(_Place):
    """Data of ``grievance.assigned.v1``."""

    officer = fields.String(required=True)
    assigned_at = Moment(required=True)


class GrievanceResolved(_Place):
    """Data of ``grievance.resolved.v1``; ``minutes_taken`` are whole minutes since filing."""

    filed_at = Moment(required=True)
    resolved_at = Moment(required=True)
    due_at = Moment(required=True)
    on_time = fields.Boolean(required=True, truthy={True}, falsy={False})
    minutes_taken = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))


class GrievanceReopened(_Place):
    """Data of ``grievance.reopened.v1``; the last three are of the resolution taken back."""

    reopened_at = Moment(required=True)
    reason = fields.String(required=True)
    resolved_at = Moment(required=True)
    on_time = fields.Boolean(required=True, truthy={True}, falsy={False})
    minutes_taken = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))


FILED = event_type("grievance.filed.v1", GrievanceFiled, "A grievance was registered.")
ASSIGNED = event_type("grievance.assigned.v1", GrievanceAssigned, "An officer was given it.")
RESOLVED = event_type("grievance.resolved.v1", GrievanceResolved, "A grievance was put right.")
REOPENED = event_type(
    "grievance.reopened.v1", GrievanceReopened, "A resolution was taken back, with the reason."
)
