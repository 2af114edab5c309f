"""Delegations and leave: what comes in and goes out."""

from marshmallow import Schema, fields, validate

from palika.fields import Date, Moment
from services.eoffice.domain.standing_in import Standing
from services.eoffice.fields import Words
from services.eoffice.schemas.approving import MOST_PAISE


class Delegating(Schema):
    """Powers for another post; from today and until further notice if no days are given.

    ``what`` are heads of sanctions, and ``letter:`` with the code of a template. ``most_paise``
    limits each sanction; none: as much as the giving post may.
    """

    id = fields.UUID(load_default=None)
    post = Words(100, load_default=None)
    to = Words(100, required=True)
    what = fields.List(Words(100), required=True, validate=validate.Length(1, 50))
    most_paise = fields.Integer(
        strict=True, load_default=None, validate=validate.Range(1, MOST_PAISE)
    )
    since = Date(load_default=None)
    until = Date(load_default=None)


class Revoking(Schema):
    """A delegation to take back."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class TakingLeave(Schema):
    """A leave, both days included; ``person`` is the acting officer if not given."""

    id = fields.UUID(load_default=None)
    post = Words(100, load_default=None)
    person = Words(100, load_default=None)
    linked = Words(100, required=True)
    since = Date(required=True)
    until = Date(required=True)


class EndingLeave(Revoking):
    """A leave that is over."""


class Leaves(Schema):
    """Leaves, the last noted first; filters are those that are given.

    ``person``: who is away, or stands in; ``of``: a post that who is away held meanwhile;
    ``state``: what they are on ``day`` (today).
    """

    person = Words(100, load_default=None)
    of = Words(100, load_default=None)
    state = fields.Enum(Standing, by_value=True, load_default=None, allow_none=True)
    day = Date(load_default=None)
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, 200))


class Delegations(Leaves):
    """Delegations, the last made first; ``of``: a post that gives powers or is given them;
    ``person``: who holds such a post on ``day``."""


class LeaveView(Schema):
    """A leave; ``ended_at`` is when it was called off before it began."""

    id = fields.UUID()
    person = fields.String()
    linked = fields.String()
    since = Date()
    until = Date()
    ended_at = Moment()


class DelegationView(Schema):
    """A delegation."""

    id = fields.UUID()
    from_post = fields.String()
    to_post = fields.String()
    what = fields.List(fields.String())
    most_paise = fields.Integer()
    since = Date()
    until = Date()
    revoked_at = Moment()
