"""What is asked, as it comes in."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.grievance.domain.lifecycle import State
from services.grievance.fields import Moment, Words

LIST_LIMIT = 200
CONTACTS_LIMIT = 500


class Getting(Schema):
    """One grievance, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Words(40, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class Tracking(Schema):
    """One grievance, by the token that its filing was answered with."""

    token = Words(100, required=True)


class _Page(Schema):
    """A page of a list; ``cursor`` is the ``next`` of the page before, with the same filters."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class Mine(_Page):
    """The caller's own, newest first."""

    status = fields.Enum(State, by_value=True, load_default=None)


class Listing(_Page):
    """Which grievances, newest first; each filter is optional.

    ``filed_from`` is included, ``filed_before`` is not.
    """

    status = fields.Enum(State, by_value=True, load_default=None)
    ward = Words(100, load_default=None)
    department = Words(100, load_default=None)
    category = Words(100, load_default=None)
    filed_from = Moment(load_default=None)
    filed_before = Moment(load_default=None)


class ContactsOf(Schema):
    """Grievances whose citizens are to be reached."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=CONTACTS_LIMIT))
