"""What the steps of movement take, and what a desk is shown."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from palika.fields import Date, Moment
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.routes import MOST_DAYS, MOST_DESKS
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.fields import Grade, Printed, Words
from services.eoffice.schemas import Acting

PAGE_LIMIT = 200
MOST_MARKED = 50
MOST_AT_ONCE = 200
_REMARK = 2_000
_OF_THE_RECORD = frozenset({"asked", "events", "after_root", "call", "once"})


# ---- in


class Returning(Acting):
    """Put the file up, or send it back; ``to`` is the next post up the line, or the one it came
    from, if not given."""

    to = Words(100, load_default=None)
    remark = Printed(_REMARK, load_default=None)


class Pulling(Acting):
    """Pull the file back or up."""

    remark = Printed(_REMARK, load_default=None)


class Reading(Schema):
    """Open a file to read it."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class Following(Acting):
    """Forward the file along a route; ``route`` (a code of the city's, an id of one's own) begins
    one."""

    route = Words(100, load_default=None)
    remark = Printed(_REMARK, load_default=None)


class MarkingTo(Acting):
    """Ask several posts at once."""

    posts = fields.List(Words(100), required=True, validate=validate.Length(min=1, max=MOST_MARKED))
    question = Printed(_REMARK, required=True)
    due_on = Date(load_default=None)


class Answering(Acting):
    """Answer what one was asked; ``marking`` says which question, if there are several."""

    answer = Printed(20_000, required=True)
    marking = fields.UUID(load_default=None)


class Gathering(Acting):
    """Gather the answers; ``withdraw``: go on without those that have not come."""

    withdraw = fields.Boolean(load_default=False)


class Parking(Acting):
    """Put the file aside until a day of India."""

    wake_on = Date(required=True)
    reason = Printed(_REMARK, required=True)


class Reopening(Acting):
    """Open a closed file again; ``remark`` says why."""

    remark = Printed(_REMARK, required=True)


class Prioritising(Acting):
    """Give the file another priority."""

    priority = Grade(Priority, required=True)


class Dating(Acting):
    """Give the file another due date; None: it has none."""

    due_on = Date(required=True, allow_none=True)
    remark = Printed(_REMARK, load_default=None)


class Transferring(Schema):
    """Give what a vacant or abolished post has to another, so many at once."""

    from_post = Words(100, required=True)
    to = Words(100, required=True)
    remark = Printed(_REMARK, required=True)
    post = Words(100, load_default=None)
    limit = fields.Integer(
        strict=True, load_default=MOST_AT_ONCE, validate=validate.Range(1, MOST_AT_ONCE)
    )


class DeskArgs(Schema):
    """Whose desk: the caller's own post if not given."""

    post = Words(100, load_default=None)


class Paging(DeskArgs):
    """A page of what is on a desk; ``cursor`` is the ``next`` of the page before."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=300))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, PAGE_LIMIT))


class Inbox(Paging):
    """What of the inbox: each filter is optional."""

    unseen = fields.Boolean(load_default=None, allow_none=True)
    overdue = fields.Boolean(load_default=None, allow_none=True)
    priority = Grade(Priority, load_default=None)


class HistoryArgs(DeskArgs):
    """Of which file; ``after`` is the ``next`` of the page before."""

    id = fields.UUID(required=True)
    after = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 2**31 - 1))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, PAGE_LIMIT))


class DeskIn(Schema):
    """A desk of a route."""

    post = Words(100, required=True)
    days = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_DAYS))


class SavingRoute(Schema):
    """A route of the post's own; ``id`` is made by a caller who may ask twice."""

    id = fields.UUID(load_default=None)
    name = Words(200, required=True)
    desks = fields.List(
        fields.Nested(DeskIn), required=True, validate=validate.Length(min=1, max=MOST_DESKS)
    )
    post = Words(100, load_default=None)


class RemovingRoute(Schema):
    """A route of the post's own."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


# ---- out


class CustodyView(Schema):
    """A file's stay with one post; ``until`` is None while it lasts."""

    post = fields.String()
    since = Moment()
    until = Moment()
    minutes = fields.Integer()
    how = fields.String()
    seen_at = Moment()


def without_what_was_asked(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of an act for readers: what a desk had asked, the digests of events, the root before
    it and the call that it was done by are kept only to compare them."""
    return {name: value for name, value in data.items() if name not in _OF_THE_RECORD}


class ActView(Schema):
    """One thing that was done with a file; the service itself has no ``post``."""

    position = fields.Integer()
    verb = fields.String()
    at = Moment()
    post = fields.String()
    person = fields.String()
    capacity = fields.String()
    data = fields.Function(lambda act: without_what_was_asked(act.data))


class MarkingView(Schema):
    """A question to a post, and its answer."""

    id = fields.UUID()
    round = fields.UUID()
    post = fields.String()
    by_post = fields.String()
    by_person = fields.String()
    question = fields.String()
    due_on = Date()
    asked_at = Moment()
    state = fields.String()
    answer = fields.String()
    answered_at = Moment()
    answered_by = fields.String()
    gathered_at = Moment()


class _OfFile(Schema):
    """What a list shows of a file."""

    id = fields.UUID(attribute="file.id")
    number = fields.String(attribute="file.number")
    department = fields.String(attribute="file.department")
    subject = fields.String(attribute="file.subject")
    secrecy = Grade(Secrecy, attribute="file.secrecy")
    priority = Grade(Priority, attribute="file.priority")
    status = fields.String(attribute="file.state")
    due_on = Date(attribute="file.due_on")
    held_by = fields.String(attribute="file.held_by")
    version = fields.Integer(attribute="file.version")


class DeskFileView(_OfFile):
    """A file in an inbox, or parked; ``asked`` and ``answered`` count the posts it is marked to."""

    held_since = Moment(attribute="file.held_since")
    seen_at = Moment(attribute="file.seen_at")
    sent_by = fields.String(attribute="file.sent_by")
    desk_due_on = Date(attribute="file.desk_due_on")
    wake_on = Date(attribute="file.wake_on")
    overdue = fields.Boolean()
    asked = fields.Integer(dump_default=0)
    answered = fields.Integer(dump_default=0)


class SentView(_OfFile):
    """A file that was sent: where it went, and where it is now (``held_by``)."""

    to_post = fields.String(attribute="movement.to_post")
    kind = fields.String(attribute="movement.kind")
    moved_at = Moment(attribute="movement.moved_at")
    seen_at = Moment(attribute="movement.seen_at")
    remark = fields.String(attribute="movement.remark")
    can_pull_back = fields.Boolean()


class AskedView(_OfFile):
    """What a post is asked about a file that is with another."""

    marking = fields.UUID(attribute="marking.id")
    question = fields.String(attribute="marking.question")
    by_post = fields.String(attribute="marking.by_post")
    asked_at = Moment(attribute="marking.asked_at")
    answer_by = Date(attribute="marking.due_on")


class DeskView(Schema):
    """A desk of a route."""

    post = fields.String()
    days = fields.Integer()


class RouteView(Schema):
    """A route that a post has saved."""

    id = fields.UUID()
    post = fields.String()
    name = fields.String()
    desks = fields.List(fields.Nested(DeskView))
    made_at = Moment()
    removed_at = Moment()


class CityRouteView(Schema):
    """A route of the whole city."""

    code = fields.String()
    mr = fields.String()
    en = fields.String()
    desks = fields.List(fields.Nested(DeskView))


class CourseView(Schema):
    """The route that a file follows; ``at`` is the desk, from 1, that it came to last."""

    route = fields.String()
    desks = fields.List(fields.Nested(DeskView))
    at = fields.Integer()
    begun_at = Moment()
