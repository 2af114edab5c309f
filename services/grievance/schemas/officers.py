"""Posts, their leaves, and handing work over, as they come in."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment, Words
from services.grievance.domain.posts import CAPACITY, MOST
from services.grievance.schemas.lists import Filters
from services.grievance.schemas.reading import LIST_LIMIT
from services.grievance.schemas.steps import POST_CODE

REASSIGN_LIMIT = 500
_LEVELS = validate.Range(0, 9)
_NO_FILTER = frozenset({"ids", "to_officer", "auto", "cursor", "limit"})


def _flag(default: bool | None) -> fields.Boolean:
    return fields.Boolean(
        load_default=default, allow_none=default is None, truthy={True}, falsy={False}
    )


def _post(**options: Any) -> fields.String:
    return fields.String(validate=POST_CODE, **options)


def _codes() -> fields.List[str]:
    return fields.List(Words(100), load_default=list, validate=validate.Length(max=LIST_LIMIT))


class SettingOfficer(Schema):
    """A post as it shall be; an empty list of wards or categories means all."""

    code = _post(required=True)
    department = Words(100, required=True)
    level = fields.Integer(strict=True, load_default=0, validate=_LEVELS)
    wards = _codes()
    categories = _codes()
    capacity = fields.Integer(strict=True, load_default=CAPACITY, validate=validate.Range(1, MOST))
    active = _flag(True)


class Officers(Schema):
    """Which posts, by code; ``cursor`` is the ``next`` of the page before."""

    department = Words(100, load_default=None)
    ward = Words(100, load_default=None)
    level = fields.Integer(strict=True, load_default=None, allow_none=True, validate=_LEVELS)
    active = _flag(None)
    cursor = Words(100, load_default=None)
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class SettingLeave(Schema):
    """When a post is away (at ``to_at`` it is back), and who stands in for it."""

    officer = _post(required=True)
    from_at = Moment(required=True)
    to_at = Moment(required=True)
    substitute = _post(load_default=None)


class CancellingLeave(Schema):
    """A leave, by its id."""

    id = fields.Integer(strict=True, required=True, validate=validate.Range(1, 2**63 - 1))


class Reassigning(Filters):
    """Which open grievances go to whom.

    Either these ``ids``, or those that all other filters fit: ``from_officer`` (who has them) and
    the filters of ``list`` (``unassigned`` for what nobody has). Either to one post, or ``auto``:
    to whom each is best given. ``cursor`` is the ``next`` of the call before, of the same filters.
    """

    class Meta:
        """``from_officer`` is the filter of that kind here."""

        exclude = ("officer", "open")

    ids = fields.List(fields.UUID(), load_default=None, validate=validate.Length(1, REASSIGN_LIMIT))
    from_officer = _post(load_default=None)
    to_officer = _post(load_default=None)
    auto = _flag(False)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(
        strict=True, load_default=REASSIGN_LIMIT, validate=validate.Range(1, REASSIGN_LIMIT)
    )

    @validates_schema(skip_on_field_errors=True)
    def one_target(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["to_officer"] is None) != data["auto"]:
            raise ValidationError("give either to_officer or auto", "to_officer")

    @validates_schema(skip_on_field_errors=True)
    def some_and_no_others(self, data: dict[str, Any], **_: Any) -> None:
        """Never all that are open, by a forgotten filter."""
        filters = (name for name in self.fields if name not in _NO_FILTER)
        given = any(data[name] not in (None, False) for name in filters)
        if data["ids"] is not None and given:
            raise ValidationError("ids and filters do not go together", "ids")
        if data["ids"] is None and not given:
            raise ValidationError("give ids, from_officer or another filter", "ids")


class LeaveView(Schema):
    """A leave."""

    id = fields.Integer()
    officer = fields.String()
    from_at = Moment()
    to_at = Moment()
    substitute = fields.String()


class OfficerView(Schema):
    """A post; ``open`` is what it has in hand, ``load`` that for its size."""

    code = fields.String()
    department = fields.String()
    level = fields.Integer()
    wards = fields.List(fields.String())
    categories = fields.List(fields.String())
    capacity = fields.Integer()
    active = fields.Boolean()
    open = fields.Integer()
    load = fields.Float()
    leaves = fields.List(fields.Nested(LeaveView))
