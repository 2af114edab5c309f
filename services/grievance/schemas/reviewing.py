"""Appeals and the sample: what comes in, and what goes out."""

from marshmallow import Schema, fields, validate

from palika.fields import Date, Moment, Words
from services.grievance.domain import appeals, sampling
from services.grievance.schemas.reading import Paging
from services.grievance.schemas.steps import NOTE, Acting, OwnActing


class Appealing(OwnActing):
    """Appeal to the next level; ``reason``: why it comes after the last day, if it does."""

    grounds = Words(NOTE, required=True)
    reason = Words(NOTE, load_default=None)


class Deciding(Acting):
    """Decide the appeal that is pending; ``order`` is for the citizen, and says why."""

    outcome = fields.Enum(
        appeals.Outcome,
        by_value=True,
        required=True,
        validate=validate.OneOf(appeals.DECISIONS),
    )
    order = Words(NOTE, required=True)


class Checking(Acting):
    """What was found there; ``note`` is for the citizen where it is not done."""

    outcome = fields.Enum(sampling.Outcome, by_value=True, required=True)
    note = Words(NOTE, required=True)


class AppealsOf(OwnActing):
    """The appeals of one grievance."""

    class Meta:
        """Nothing is decided: no version."""

        exclude = ("version",)


class _Page(Paging):
    department = Words(100, load_default=None)


class PendingAppeals(_Page):
    """Which appeals, those to be decided first first."""

    level = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 9))
    overdue = fields.Boolean(load_default=None, allow_none=True, truthy={True}, falsy={False})


class OpenChecks(_Page):
    """Which checks that are to be made, the oldest first."""


class Drawn(Schema):
    """The draw of one day."""

    day = Date(required=True)


class CheckResults(Schema):
    """What came of the draws of these days, both included."""

    from_day = Date(required=True)
    to_day = Date(required=True)


class AppealView(Schema):
    """An appeal as its citizen sees it."""

    level = fields.Integer()
    against = fields.String()
    grounds = fields.String()
    reason = fields.String(attribute="delay")
    appealed_at = Moment()
    decide_by = Moment()
    decided_at = Moment()
    outcome = fields.String()
    order = fields.String(attribute="order_text")


class CheckView(Schema):
    """A check of the sample; who resolved it may not make it."""

    resolved_at = Moment()
    resolved_by = fields.String()
    picked_at = Moment()
    day = fields.Date()
    checked_at = Moment()
    outcome = fields.String()
    note = fields.String()
