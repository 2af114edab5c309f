"""What the events carry: ids and coarse facts; never a name, a number, or what somebody wrote."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Moment


class _Place(Schema):
    grievance_id = fields.UUID(required=True)
    department = fields.String(required=True)
    category = fields.String(required=True)
    ward = fields.String(required=True, allow_none=True)


def _yes_or_no() -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False})


def _whole() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=0))


def _late_since() -> Moment:
    """Since when its promise was broken, as had been told by then; null: it was not."""
    return Moment(allow_none=True)


class GrievanceFiled(_Place):
    """Data of ``grievance.filed.v1``; ``category`` is the code of the sub-category."""

    number = fields.String(required=True)
    channel = fields.String(required=True)
    filed_at = Moment(required=True)
    due_at = Moment(required=True)
    parent_category = fields.String()
    priority = fields.String()


class GrievanceAcknowledged(_Place):
    """Data of ``grievance.acknowledged.v1``."""

    acknowledged_at = Moment(required=True)
    due_at = Moment(required=True)


class GrievanceAssigned(_Place):
    """Data of ``grievance.assigned.v1``."""

    officer = fields.String(required=True)
    assigned_at = Moment(required=True)


class GrievanceStarted(_Place):
    """Data of ``grievance.started.v1``."""

    officer = fields.String(required=True)
    started_at = Moment(required=True)


class GrievanceWaiting(_Place):
    """Data of ``grievance.waiting.v1``; until it is answered the clock stands still."""

    waiting_at = Moment(required=True)


class GrievanceAnswered(_Place):
    """Data of ``grievance.answered.v1``; ``waited_minutes`` are of the promise's kind.

    An answer that comes when the clock has gone on without it, or when the grievance has ended, is
    told too; it has waited for 0 minutes.
    """

    answered_at = Moment(required=True)
    waited_minutes = _whole()
    due_at = Moment(required=True)


class GrievanceWaitOver(_Place):
    """Data of ``grievance.wait_over.v1``; the clock goes on since ``wait_over_at``, and
    ``waited_minutes`` are of the promise's kind. ``officer`` is the post in charge, if one is."""

    wait_over_at = Moment(required=True)
    waited_minutes = _whole()
    due_at = Moment(required=True)
    officer = fields.String(required=True, allow_none=True)


class GrievanceResolved(_Place):
    """Data of ``grievance.resolved.v1``; ``minutes_taken`` are whole minutes since filing.

    ``merged`` are those that were merged into it: their citizens are told too, and so are its
    ``followers`` (ids that ``contacts`` knows). ``breached_at`` is since when the promise was
    broken, as ``grievance.breached.v1`` had told; null where it was not.
    """

    filed_at = Moment(required=True)
    resolved_at = Moment(required=True)
    due_at = Moment(required=True)
    on_time = _yes_or_no()
    minutes_taken = _whole()
    officer = fields.String()
    reopen_until = Moment()
    breached_at = _late_since()
    merged = fields.List(fields.UUID())
    followers = fields.List(fields.UUID())


class GrievanceReopened(_Place):
    """Data of ``grievance.reopened.v1``; ``reason`` is a code.

    ``resolved_at``, ``on_time`` and ``minutes_taken`` are of the resolution taken back; ``due_at``
    is until when it is promised now. ``officer`` is the post that has it in hand again, if one had;
    where that one is gone or away, ``grievance.assigned.v1`` follows with another. ``merged`` and
    ``followers`` are told too, as in ``grievance.resolved.v1``; so is ``breached_at``, and it is
    late again.
    """

    reopened_at = Moment(required=True)
    reason = fields.String(required=True)
    resolved_at = Moment(required=True)
    on_time = _yes_or_no()
    minutes_taken = _whole()
    due_at = Moment()
    breached_at = _late_since()
    officer = fields.String()
    merged = fields.List(fields.UUID())
    followers = fields.List(fields.UUID())


class GrievanceRated(_Place):
    """Data of ``grievance.rated.v1``; ``officer`` is the post that had resolved it."""

    rated_at = Moment(required=True)
    rating = fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))
    satisfied = _yes_or_no()
    officer = fields.String(required=True, allow_none=True)
    resolved_at = Moment(required=True)


class GrievanceClosed(_Place):
    """Data of ``grievance.closed.v1``; ``closed_by``: citizen, silence, office, or import."""

    closed_at = Moment(required=True)
    closed_by = fields.String(required=True)
    resolved_at = Moment(required=True)


class GrievanceRejected(_Place):
    """Data of ``grievance.rejected.v1``; ``rejection`` is the code of the reason.

    ``merged``, ``followers`` and ``breached_at`` are told too, as in ``grievance.resolved.v1``.
    """

    rejected_at = Moment(required=True)
    rejection = fields.String(required=True)
    breached_at = _late_since()
    merged = fields.List(fields.UUID())
    followers = fields.List(fields.UUID())


class GrievanceTransferred(_Place):
    """Data of ``grievance.transferred.v1``; department and category are the new ones.

    ``breached_at``, as in ``grievance.resolved.v1``, is of the promise before; ``stays_breached``:
    the new one was broken at that moment as well.
    """

    transferred_at = Moment(required=True)
    from_department = fields.String(required=True)
    from_category = fields.String(required=True)
    due_at = Moment(required=True)
    breached_at = _late_since()
    stays_breached = fields.Boolean(truthy={True}, falsy={False})


class GrievanceLocated(_Place):
    """Data of ``grievance.located.v1``; ``ward`` is where it lies, and it was of none before;
    ``breached_at`` as in ``grievance.resolved.v1``."""

    located_at = Moment(required=True)
    breached_at = _late_since()


class GrievanceWithdrawn(_Place):
    """Data of ``grievance.withdrawn.v1``; ``breached_at`` as in ``grievance.resolved.v1``."""

    withdrawn_at = Moment(required=True)
    breached_at = _late_since()


class GrievanceMerged(_Place):
    """Data of ``grievance.merged.v1``; ``into`` is the original, ``breached_at`` as in
    ``grievance.resolved.v1``."""

    merged_at = Moment(required=True)
    into = fields.UUID(required=True)
    breached_at = _late_since()


class GrievanceUnmerged(_Place):
    """Data of ``grievance.unmerged.v1``; ``original`` is what it was merged into, at ``merged_at``;
    ``by``: citizen, office or system; ``due_at`` is until when it is promised now. Its
    ``followers`` are told too. ``breached_at`` as in ``grievance.reopened.v1``.
    """

    unmerged_at = Moment(required=True)
    original = fields.UUID(required=True)
    by = fields.String(required=True)
    due_at = Moment(required=True)
    merged_at = Moment()
    breached_at = _late_since()
    followers = fields.List(fields.UUID())


class GrievanceLinked(_Place):
    """Data of ``grievance.linked.v1``."""

    linked_at = Moment(required=True)
    other_id = fields.UUID(required=True)


class GrievanceUnlinked(_Place):
    """Data of ``grievance.unlinked.v1``."""

    unlinked_at = Moment(required=True)
    other_id = fields.UUID(required=True)


class GrievanceCommented(_Place):
    """Data of ``grievance.commented.v1``; ``by``: citizen, office or system."""

    commented_at = Moment(required=True)
    public = _yes_or_no()
    by = fields.String(required=True)


class _Late(_Place):
    """What time has done to it; ``officer`` is the post in charge, if one is."""

    due_at = Moment(required=True)
    priority = fields.String(required=True)
    officer = fields.String(required=True, allow_none=True)


class GrievanceDueSoon(_Late):
    """Data of ``grievance.due_soon.v1``; ``due_soon_at`` is when the last part began."""

    due_soon_at = Moment(required=True)


class GrievanceBreached(_Late):
    """Data of ``grievance.breached.v1``; ``open_late_since`` is ``breached_at``, or when it was
    opened again or came to this department, if that was later."""

    breached_at = Moment(required=True)
    open_late_since = Moment()


class GrievanceEscalated(_Late):
    """Data of ``grievance.escalated.v1``; ``post`` is that of the ``level``, who hears of it.

    ``to`` is the officer who has that post for the ward, where the city has named one.
    """

    level = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    post = fields.String(required=True)
    to = fields.String(required=True, allow_none=True)
    escalated_at = Moment(required=True)


class GrievanceAttached(_Place):
    """Data of ``grievance.attached.v1``; ``by``: citizen, office or system."""

    attached_at = Moment(required=True)
    kind = fields.String(required=True)
    by = fields.String(required=True)


class GrievanceDetached(_Place):
    """Data of ``grievance.detached.v1``."""

    detached_at = Moment(required=True)
    kind = fields.String(required=True)


FILED = event_type("grievance.filed.v1", GrievanceFiled, "A grievance was registered.")
ACKNOWLEDGED = event_type(
    "grievance.acknowledged.v1", GrievanceAcknowledged, "The office has read it."
)
ASSIGNED = event_type("grievance.assigned.v1", GrievanceAssigned, "An officer was given it.")
STARTED = event_type("grievance.started.v1", GrievanceStarted, "The work on it has begun.")
WAITING = event_type(
    "grievance.waiting.v1", GrievanceWaiting, "The citizen was asked something; the clock stands."
)
ANSWERED = event_type(
    "grievance.answered.v1", GrievanceAnswered, "The answer is there; the clock goes on."
)
WAIT_OVER = event_type(
    "grievance.wait_over.v1", GrievanceWaitOver, "No answer has come in time; the clock goes on."
)
RESOLVED = event_type("grievance.resolved.v1", GrievanceResolved, "A grievance was put right.")
REOPENED = event_type(
    "grievance.reopened.v1", GrievanceReopened, "A resolution was taken back, with the reason."
)
RATED = event_type("grievance.rated.v1", GrievanceRated, "The citizen rated the resolution.")
CLOSED = event_type(
    "grievance.closed.v1", GrievanceClosed, "It ended, with the citizen's word or their silence."
)
REJECTED = event_type(
    "grievance.rejected.v1", GrievanceRejected, "It was refused, with the reason."
)
TRANSFERRED = event_type(
    "grievance.transferred.v1", GrievanceTransferred, "It was sent to where it belongs."
)
LOCATED = event_type(
    "grievance.located.v1", GrievanceLocated, "One of no known ward was found to lie in one."
)
WITHDRAWN = event_type("grievance.withdrawn.v1", GrievanceWithdrawn, "The citizen took it back.")
MERGED = event_type(
    "grievance.merged.v1", GrievanceMerged, "It is the same as another one, and goes on as that."
)
UNMERGED = event_type(
    "grievance.unmerged.v1", GrievanceUnmerged, "It was the same as no other: it goes on by itself."
)
LINKED = event_type("grievance.linked.v1", GrievanceLinked, "It has to do with another one.")
UNLINKED = event_type(
    "grievance.unlinked.v1", GrievanceUnlinked, "It has nothing to do with another one after all."
)
COMMENTED = event_type("grievance.commented.v1", GrievanceCommented, "Somebody commented on it.")
DUE_SOON = event_type(
    "grievance.due_soon.v1", GrievanceDueSoon, "Most of the promised time is used."
)
BREACHED = event_type("grievance.breached.v1", GrievanceBreached, "The promised time has run out.")
ESCALATED = event_type(
    "grievance.escalated.v1", GrievanceEscalated, "It is late, and the next post hears of it."
)
ATTACHED = event_type(
    "grievance.attached.v1", GrievanceAttached, "A photograph, paper or recording was attached."
)
DETACHED = event_type(
    "grievance.detached.v1", GrievanceDetached, "An officer took an attachment away."
)
