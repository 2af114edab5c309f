"""Ties of issues to matters of several services, and matters as a whole, as they come in."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika import correlation
from palika.correlation import NOTE, CorrelationId, kind_of
from palika.fields import Moment, Words

ISSUE: Final = "issue"
KEEPERS: Final = {
    "alert": "kpi",
    ISSUE: "warroom",
    "file": "eoffice",
    "grievance": "grievance",
    "property": "tax",
    "bill": "tax",
}
"""Which service has the things of a kind."""
_WITHOUT_NUMBER: Final = ("alert", ISSUE)


class Tying(Schema):
    """Tie an issue to a matter; without ``correlation_id`` one begins with it."""

    kind = kind_of(ISSUE)
    id = fields.UUID(required=True)
    correlation_id = CorrelationId(load_default=None)
    note = Words(NOTE, load_default=None)


class Untying(Schema):
    """Untie an issue from its matter; that it was tied is kept."""

    kind = kind_of(ISSUE)
    id = fields.UUID(required=True)
    correlation_id = CorrelationId(required=True)
    reason = Words(NOTE, required=True)


class Tied(correlation.Tied):
    """Which issues belong to a matter."""


class MattersOf(Schema):
    """To which matter an issue belongs."""

    kind = kind_of(ISSUE)
    id = fields.UUID(required=True)


class Gathering(Schema):
    """A matter as a whole, now or as it was tied together at ``as_of``; ``post`` is the one that
    reads in the e-office."""

    correlation_id = CorrelationId(required=True)
    as_of = Moment(load_default=None)
    post = Words(100, load_default=None)


class GatheringOf(Schema):
    """The matters of one thing; an issue, and an alert, by ``id``, the others by either."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(KEEPERS)))
    id = fields.UUID(load_default=None)
    number = Words(100, load_default=None)
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")
        if data["kind"] in _WITHOUT_NUMBER and data["id"] is None:
            raise ValidationError(f"an {data['kind']} is named by its id", "id")
