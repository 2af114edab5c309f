"""What is asked, as it comes in."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment, Phone, Words
from services.grievance.domain.lifecycle import State
from services.grievance.fields import Number
from services.grievance.schemas.filing import LANGUAGES

LIST_LIMIT = 200
CONTACTS_LIMIT = 500
PUBLIC_LIMIT = 1_000
"""The standard's own: at most so many requests at once."""


def _several(one: fields.Field) -> fields.List[str]:
    return fields.List(one, load_default=None, validate=validate.Length(1, PUBLIC_LIMIT))


class Getting(Schema):
    """One grievance, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Number(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class StepsOf(Schema):
    """Many grievances, by their ids."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, LIST_LIMIT))


class Nothing(Schema):
    """A question that needs no word more."""


class Tracking(Schema):
    """One grievance, by the token that its filing was answered with."""

    token = Words(100, required=True)


class Paging(Schema):
    """A page of a list; ``cursor`` is the ``next`` of the page before, with the same filters."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class Mine(Paging):
    """The caller's own, newest first."""

    status = fields.Enum(State, by_value=True, load_default=None)


class LookingUp(Mine):
    """What was filed with a telephone number, newest first."""

    phone = Phone(required=True)


class Forgetting(Schema):
    """Who wants to be forgotten: by the number that they have proved, and their logins."""

    phone = Phone(required=True)
    subjects = fields.List(
        fields.String(validate=validate.Regexp(r"citizen:\S{1,150}\Z", error="is no citizen")),
        load_default=list,
        validate=validate.Length(max=10),
    )


class Language(Schema):
    """In which language names are told."""

    language = fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))


class OneService(Language):
    """One sub-category, by its code."""

    code = Words(100, required=True)


class Published(Language):
    """Which grievances the public asks for; ``numbers`` override every other filter.

    ``filed_from`` is included, ``filed_before`` is not.
    """

    numbers = _several(Number(200))
    categories = _several(fields.String(validate=validate.Length(1, 200)))
    statuses = fields.List(
        fields.String(validate=validate.OneOf(("open", "closed"))),
        load_default=None,
        validate=validate.Length(1, 2),
    )
    filed_from = Moment(load_default=None)
    filed_before = Moment(load_default=None)
    offset = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 10**6))
    limit = fields.Integer(strict=True, load_default=100, validate=validate.Range(1, PUBLIC_LIMIT))


class ContactsOf(Schema):
    """Grievances whose citizens are to be reached."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=CONTACTS_LIMIT))
