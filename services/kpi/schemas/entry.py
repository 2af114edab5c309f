"""What comes in of values that are entered by hand."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from palika.fields import Base64, Words
from services.kpi.domain import money
from services.kpi.domain.entry import Line

MOST_LINES = 20_000
"""Of one batch."""
MOST_BYTES = 5_000_000
"""Of a file that is brought in."""
LIST_LIMIT = 200

_code = validate.Length(min=1, max=100)


class Value(fields.Field[Any]):
    """A number, as JSON has it or as people write it: `1,15,000`, `१२.५`; it is checked later,
    with its place among the other lines."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValidationError("must be a number")
        if isinstance(value, str) and len(value) > 100:
            raise ValidationError("must not be longer than 100 characters")
        return value


class LineArgs(Schema):
    """One value; `place` is a ward or zone, '' for a measure of the whole city. Money is in paise,
    the measure's unit, or in what `unit` says."""

    measure = fields.String(required=True, validate=_code)
    period = fields.String(required=True, validate=validate.Length(max=20))
    place = fields.String(load_default="", validate=validate.Length(max=100))
    value = Value(required=True)
    reason = Words(1_000, load_default=None, allow_none=True)
    unit = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf([money.RUPEES])
    )


def lines(loaded: list[dict[str, Any]]) -> list[Line]:
    """The lines as the rules take them."""
    return [Line(**each) for each in loaded]


class DesksArgs(Schema):
    """Nothing: the caller's own desks."""


class OfDepartment(Schema):
    """What a department is asked."""

    department = fields.String(required=True, validate=_code)


class FormArgs(OfDepartment):
    """A form; without `period` of the last one of each kind that is over."""

    period = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))


class EnterArgs(OfDepartment):
    """A batch; `id` is made by a caller who may ask twice. `submit` false keeps it as a draft."""

    id = fields.UUID(load_default=None, allow_none=True)
    lines = fields.List(
        fields.Nested(LineArgs), required=True, validate=validate.Length(1, MOST_LINES)
    )
    via = fields.String(load_default="form", validate=validate.OneOf(["form", "csv", "api"]))
    note = Words(1_000, load_default=None, allow_none=True)
    submit = fields.Boolean(load_default=True)


class CorrectArgs(LineArgs):
    """One value that is approved, and what it should be; the reason is needed."""

    id = fields.UUID(load_default=None, allow_none=True)
    department = fields.String(required=True, validate=_code)
    reason = Words(1_000, required=True)


class BatchArgs(Schema):
    """One batch."""

    id = fields.UUID(required=True)


class DecideArgs(BatchArgs):
    """Which lines of a batch, by number from 1; null: all that wait."""

    lines = fields.List(
        fields.Integer(strict=True),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, MOST_LINES),
    )


class ApproveArgs(DecideArgs):
    """Approve; `outliers` are the approved lines that the checker found unusual."""

    outliers = fields.List(fields.Integer(strict=True), load_default=list)
    remark = Words(1_000, load_default=None, allow_none=True)


class SendBackArgs(DecideArgs):
    """Send back, and why."""

    remark = Words(1_000, required=True)


class Page(Schema):
    """A page of a list; `cursor` is the `next` of the page before, asked with the same filters."""

    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=400))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, LIST_LIMIT))


class BatchesArgs(Page):
    """Batches, newest first; ``to_check``: those that wait for the caller, of the departments at
    whose desks they sit (``own``; of all, if they sit at none) or of ``all``."""

    department = fields.String(load_default=None, allow_none=True, validate=_code)
    state = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(["draft", "submitted", "decided", "dropped"]),
    )
    entered_by = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=200)
    )
    to_check = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(["own", "all"])
    )


class EntriesArgs(Page, OfDepartment):
    """Every version of a department's values."""

    period = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    measure = fields.String(load_default=None, allow_none=True, validate=_code)
    place = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))
    state = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(["draft", "submitted", "approved", "sent_back", "dropped"]),
    )


class SignOffArgs(OfDepartment):
    """A period that is closed."""

    period = fields.String(required=True, validate=validate.Length(max=20))
    note = Words(1_000, load_default=None, allow_none=True)


class QualityArgs(OfDepartment):
    """Whose values, and of which period."""

    period = fields.String(required=True, validate=validate.Length(max=20))


class TemplateArgs(FormArgs):
    """A file to fill in."""

    format = fields.String(load_default="csv", validate=validate.OneOf(["csv", "xlsx"]))


class ImportArgs(Schema):
    """A file that was filled in, as base64; its `name` says what it is: .csv or .xlsx.

    `department` and `period`, if given, are what all its rows must be of.
    """

    id = fields.UUID(load_default=None, allow_none=True)
    name = Words(200, required=True)
    content = Base64(4 * (MOST_BYTES // 3 + 1), required=True)
    department = fields.String(load_default=None, allow_none=True, validate=_code)
    period = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    note = Words(1_000, load_default=None, allow_none=True)
    submit = fields.Boolean(load_default=True)
    dry_run = fields.Boolean(load_default=False)
