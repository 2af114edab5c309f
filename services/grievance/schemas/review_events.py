"""What the events of appeals and of the sample carry: no word of the citizen or the authority."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Moment


class _Reviewed(Schema):
    grievance_id = fields.UUID(required=True)
    department = fields.String(required=True)
    category = fields.String(required=True)
    ward = fields.String(required=True, allow_none=True)


class _Appeal(_Reviewed):
    level = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    decide_by = Moment(required=True)


class GrievanceAppealed(_Appeal):
    """Data of ``grievance.appealed.v1``; ``against``: rejected, overdue, not_put_right, merged,
    order or no_order. ``late``: after the last day, with a reason."""

    appealed_at = Moment(required=True)
    against = fields.String(required=True)
    late = fields.Boolean(required=True, truthy={True}, falsy={False})


class GrievanceAppealOverdue(_Appeal):
    """Data of ``grievance.appeal_overdue.v1``: nobody has decided by ``decide_by``, the last moment
    of the statutory time; ``overdue_at`` is since when. ``against``: as in
    ``grievance.appealed.v1``.

    Told once of an appeal. It stays pending, and may be decided late, until the citizen appeals to
    the level above.
    """

    overdue_at = Moment(required=True)
    appealed_at = Moment(required=True)
    against = fields.String(required=True)


class GrievanceAppealDecided(_Appeal):
    """Data of ``grievance.appeal_decided.v1``; ``outcome``: upheld or dismissed.

    ``reopened``: by it, a resolution, rejection or merging was undone; then ``due_at`` is until
    when the grievance is promised now, and ``grievance.reopened.v1``, ``.restored.v1`` or
    ``.unmerged.v1`` follows, which names who else is told.
    """

    decided_at = Moment(required=True)
    outcome = fields.String(required=True)
    in_time = fields.Boolean(required=True, truthy={True}, falsy={False})
    reopened = fields.Boolean(required=True, truthy={True}, falsy={False})
    due_at = Moment()


class GrievanceRestored(_Reviewed):
    """Data of ``grievance.restored.v1``: an upheld appeal has undone a rejection.

    ``rejected_at`` and ``rejection`` are of that; ``due_at`` is until when it is promised now.
    ``officer`` is the post that has it in hand again, if one had; where that one is gone or away,
    ``grievance.assigned.v1`` follows with another. ``merged``, ``followers`` and
    ``breached_at`` are told too, as in ``grievance.reopened.v1``.
    """

    restored_at = Moment(required=True)
    rejected_at = Moment(required=True)
    rejection = fields.String(required=True)
    due_at = Moment(required=True)
    breached_at = Moment(allow_none=True)
    officer = fields.String()
    merged = fields.List(fields.UUID())
    followers = fields.List(fields.UUID())


class GrievanceSampled(_Reviewed):
    """Data of ``grievance.sampled.v1``; ``officer`` is the post that had resolved it."""

    sampled_at = Moment(required=True)
    resolved_at = Moment(required=True)
    officer = fields.String(required=True, allow_none=True)


class GrievanceChecked(_Reviewed):
    """Data of ``grievance.checked.v1``; ``outcome``: confirmed or not_done (which reopens it)."""

    checked_at = Moment(required=True)
    resolved_at = Moment(required=True)
    officer = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True)


APPEALED = event_type("grievance.appealed.v1", GrievanceAppealed, "The citizen appealed.")
APPEAL_OVERDUE = event_type(
    "grievance.appeal_overdue.v1",
    GrievanceAppealOverdue,
    "The time to decide an appeal in has passed, and it is not decided.",
)
APPEAL_DECIDED = event_type(
    "grievance.appeal_decided.v1", GrievanceAppealDecided, "The authority decided an appeal."
)
RESTORED = event_type(
    "grievance.restored.v1",
    GrievanceRestored,
    "An appeal has undone a rejection: it is open again.",
)
SAMPLED = event_type(
    "grievance.sampled.v1", GrievanceSampled, "Chance has picked a resolution to be checked."
)
CHECKED = event_type(
    "grievance.checked.v1", GrievanceChecked, "Another officer has looked at a resolution."
)
