"""What the events of the war room carry: codes, days and numbers, and nothing that people wrote."""

from marshmallow import Schema, fields

from palika.events import event_type
from palika.fields import Date, Moment


class _OfProject(Schema):
    project_id = fields.UUID(required=True)
    code = fields.String(required=True)
    department = fields.String(required=True)


class ProjectAdded(_OfProject):
    """Data of ``warroom.project_added.v1``; ``owner`` is a post, ``wards`` none: the whole city."""

    owner = fields.String(required=True)
    wards = fields.List(fields.String(), required=True)
    starts_on = Date(required=True)
    added_at = Moment(required=True)


class ProjectChanged(_OfProject):
    """Data of ``warroom.project_changed.v1``; ``action`` is what was done, ``change`` the number of
    this change within the project, ``valid_on`` the day of which it speaks."""

    action = fields.String(required=True)
    change = fields.Integer(required=True)
    valid_on = Date(required=True)
    changed_at = Moment(required=True)


class _OfMilestone(_OfProject):
    milestone_id = fields.UUID(required=True)
    stage = fields.String(required=True)
    planned_on = Date(required=True)


class MilestoneSlipped(_OfMilestone):
    """Data of ``warroom.milestone_slipped.v1``: its owner expects it ``days`` later than before;
    ``critical`` whether the end of the project moves with it, by ``project_days``."""

    expected_on = Date(required=True)
    expected_before = Date(required=True)
    days = fields.Integer(required=True)
    critical = fields.Boolean(required=True)
    project_days = fields.Integer(required=True)
    slipped_at = Moment(required=True)


class MilestoneDone(_OfMilestone):
    """Data of ``warroom.milestone_done.v1``; ``days_late`` against the plan, below 0: early."""

    done_on = Date(required=True)
    days_late = fields.Integer(required=True)
    done_at = Moment(required=True)


class _OfIssue(_OfProject):
    issue_id = fields.UUID(required=True)
    severity = fields.String(required=True)
    post = fields.String(required=True)
    due_on = Date(required=True)
    correlation_id = fields.UUID(required=True, allow_none=True)


class IssueRaised(_OfIssue):
    """Data of ``warroom.issue_raised.v1``; ``post`` is whose it is to resolve.
    ``correlation_id`` is of the thread that it belongs to, or null."""

    raised_at = Moment(required=True)


class IssueResolved(_OfIssue):
    """Data of ``warroom.issue_resolved.v1``; ``days_open`` from the day on which it was raised."""

    days_open = fields.Integer(required=True)
    resolved_at = Moment(required=True)


class ProjectTurned(_OfProject):
    """Data of ``warroom.project_turned.v1``: ``light`` is green, amber, red or none (not judged),
    ``light_before`` null of a new project; ``reason`` is the rule behind it, the worst."""

    owner = fields.String(required=True)
    light = fields.String(required=True)
    light_before = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    turned_at = Moment(required=True)


class ReviewClosed(Schema):
    """Data of ``warroom.review_closed.v1``: its minutes are final; ``actions`` were assigned in it.
    ``category`` is the series."""

    review_id = fields.UUID(required=True)
    category = fields.String(required=True)
    occurs_on = Date(required=True)
    actions = fields.Integer(required=True)
    decisions = fields.Integer(required=True)
    closed_at = Moment(required=True)


class _OfReview(Schema):
    review_id = fields.UUID(required=True)
    category = fields.String(required=True)
    occurs_on = Date(required=True)
    starts_at = Moment(required=True)
    to = fields.List(fields.String(), required=True)


class ReviewMoved(_OfReview):
    """Data of ``warroom.review_moved.v1``: it begins at ``starts_at``, and not as was said before;
    ``reason`` is ``holiday`` (its day has become one, or is none any more), ``series`` (the series
    has another time) or ``chair``. ``occurs_on`` is its day by the rule, ``category`` the series,
    ``to`` the posts that attend it."""

    starts_before = Moment(required=True)
    reason = fields.String(required=True)
    moved_at = Moment(required=True)


class ReviewCancelled(_OfReview):
    """Data of ``warroom.review_cancelled.v1``: it was to begin at ``starts_at``, and is not held;
    the rest as ``warroom.review_moved.v1`` has it."""

    cancelled_at = Moment(required=True)


class _OfAction(Schema):
    """``post`` is whose it is; ``code`` and ``department`` are of the project or KPI that it is
    about, or null."""

    action_id = fields.UUID(required=True)
    review_id = fields.UUID(required=True)
    project_id = fields.UUID(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)
    department = fields.String(required=True, allow_none=True)
    post = fields.String(required=True)
    due_on = Date(required=True)


class ActionAssigned(_OfAction):
    """Data of ``warroom.action_assigned.v1``: the minutes in which it stands are final."""

    assigned_at = Moment(required=True)


class ActionDue(_OfAction):
    """Data of ``warroom.action_due.v1``; ``reason`` is ``due`` (its day comes) or ``status``
    (nothing was heard of it for as long as the city allows)."""

    reason = fields.String(required=True)
    reminded_at = Moment(required=True)


class ActionOverdue(_OfAction):
    """Data of ``warroom.action_overdue.v1``: its day has passed by ``days``. ``to`` are the posts
    that are told besides, up the line; ``escalated`` how many steps of it."""

    days = fields.Integer(required=True)
    escalated = fields.Integer(required=True)
    to = fields.List(fields.String(), required=True)
    overdue_at = Moment(required=True)


class ActionClaimed(_OfAction):
    """Data of ``warroom.action_claimed.v1``: its owner says that it is done, and has waited
    ``days`` for an answer; ``to`` are the posts that may answer. Told again in the rhythm of the
    status while nobody does."""

    days = fields.Integer(required=True)
    to = fields.List(fields.String(), required=True)
    claimed_at = Moment(required=True)


class ActionAnswered(_OfAction):
    """Data of ``warroom.action_answered.v1``: ``answer`` is ``reject`` (it is not done), ``drop``
    or ``extend`` (``due_on`` is the new day). An accepted one is ``warroom.action_done.v1``."""

    answer = fields.String(required=True)
    answered_at = Moment(required=True)


class ActionDone(_OfAction):
    """Data of ``warroom.action_done.v1``: the chair has accepted that it is done; ``days_late``
    against the first day that it had, below 0: early."""

    done_on = Date(required=True)
    days_late = fields.Integer(required=True)
    done_at = Moment(required=True)


PROJECT_ADDED = event_type(
    "warroom.project_added.v1", ProjectAdded, "A project came into the war room."
)
PROJECT_CHANGED = event_type(
    "warroom.project_changed.v1", ProjectChanged, "Something of a project was recorded."
)
MILESTONE_SLIPPED = event_type(
    "warroom.milestone_slipped.v1", MilestoneSlipped, "A milestone is expected later than before."
)
MILESTONE_DONE = event_type("warroom.milestone_done.v1", MilestoneDone, "A milestone was reached.")
ISSUE_RAISED = event_type("warroom.issue_raised.v1", IssueRaised, "Something holds a project up.")
ISSUE_RESOLVED = event_type(
    "warroom.issue_resolved.v1", IssueResolved, "What held a project up was resolved."
)
PROJECT_TURNED = event_type(
    "warroom.project_turned.v1", ProjectTurned, "The colour of a project has changed."
)
REVIEW_CLOSED = event_type(
    "warroom.review_closed.v1", ReviewClosed, "The minutes of a review are final."
)
REVIEW_MOVED = event_type(
    "warroom.review_moved.v1", ReviewMoved, "A review is held at another time."
)
REVIEW_CANCELLED = event_type(
    "warroom.review_cancelled.v1", ReviewCancelled, "A review was called off."
)
ACTION_ASSIGNED = event_type(
    "warroom.action_assigned.v1", ActionAssigned, "An action was given to a post in a review."
)
ACTION_DUE = event_type(
    "warroom.action_due.v1", ActionDue, "An action is due soon, or its status is."
)
ACTION_OVERDUE = event_type(
    "warroom.action_overdue.v1", ActionOverdue, "An action was not done by its day."
)
ACTION_CLAIMED = event_type(
    "warroom.action_claimed.v1", ActionClaimed, "An action is said to be done; the chair answers."
)
ACTION_ANSWERED = event_type(
    "warroom.action_answered.v1",
    ActionAnswered,
    "The chair has rejected, dropped or extended an action.",
)
ACTION_DONE = event_type("warroom.action_done.v1", ActionDone, "An action was accepted as done.")
