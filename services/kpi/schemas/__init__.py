"""What comes in and what goes out of the KPI service, and what its events carry."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date
from services.kpi.schemas.alerts import ALERTED as ALERTED
from services.kpi.schemas.alerts import ALERTS_GROUPED as ALERTS_GROUPED
from services.kpi.schemas.alerts import RECOVERED as RECOVERED
from services.kpi.schemas.events import READING_DUE as READING_DUE
from services.kpi.schemas.events import READING_OVERDUE as READING_OVERDUE

# A year and a day of every measure of one ward is far below it.
MAX_ROWS = 5_000
DIMENSIONS = ("measure", "department", "ward", "day")

_code = validate.Length(min=1, max=100)


class Period(Schema):
    """Days in Asia/Kolkata, both included."""

    from_day = Date(required=True)
    to_day = Date(required=True)

    @validates_schema(skip_on_field_errors=True)
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        """A period ends no earlier than it begins."""
        if data["to_day"] < data["from_day"]:
            raise ValidationError("must not be before from_day", "to_day")


class MeasuresArgs(Period):
    """Which measures: each filter is optional; `ward` '' means "of no ward"."""

    measure = fields.String(load_default=None, validate=_code)
    department = fields.String(load_default=None, validate=_code)
    ward = fields.String(load_default=None, validate=validate.Length(max=100))
    group_by = fields.List(
        fields.String(validate=validate.OneOf(DIMENSIONS)), load_default=lambda: list(DIMENSIONS)
    )
    limit = fields.Integer(load_default=1_000, validate=validate.Range(1, MAX_ROWS))
