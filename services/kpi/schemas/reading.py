"""What is asked of KPIs: one, a page of them, where a value comes from."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.errors import Invalid
from palika.fields import Date
from palika.india import day_of
from services.kpi.domain.period import askable, period

BY = ("ward", "zone", "department", "day", "month")
MOST_TRACED = 5_000

_code = validate.Length(min=1, max=100)


def check_askable(day: date, name: str = "day") -> None:
    """Refuse a day about which nothing can be asked. Raises ValidationError on the field."""
    first, last = askable(day_of(datetime.now(UTC)))
    if not first <= day <= last:
        raise ValidationError(f"must be from {first} to {last}", name)


class When(Schema):
    """A period by its code (`2026-11`, `2026-Q3`, `2026`, `2026-W48`), or days in Asia/Kolkata,
    both included, or neither: then each KPI's newest own period with data, of the one that runs
    and the two before."""

    period = fields.String(load_default=None, allow_none=True, validate=_code)
    from_day = Date(load_default=None, allow_none=True)
    to_day = Date(load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def within_reach(self, data: dict[str, Any], **_: Any) -> None:
        """Within the financial years about which may be asked; what is no period is told later."""
        for name in ("from_day", "to_day"):
            if data[name] is not None:
                check_askable(data[name], name)
        if data["period"] is not None:
            with suppress(Invalid):
                asked = period(data["period"])
                check_askable(asked.first, "period")
                check_askable(asked.last, "period")

    @validates_schema(skip_on_field_errors=True)
    def one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        """Both days or none, in their order, and not with a period."""
        first, last = data["from_day"], data["to_day"]
        if (first is None) != (last is None):
            missing = "from_day" if first is None else "to_day"
            raise ValidationError("must be given with the other day", missing)
        if first is not None and data["period"] is not None:
            raise ValidationError("must not be given with from_day and to_day", "period")
        if first is not None and last < first:
            raise ValidationError("must not be before from_day", "to_day")


class KpiArgs(When):
    """One KPI; with `department`, what events feed is counted of that one."""

    code = fields.String(required=True, validate=_code)
    department = fields.String(load_default=None, allow_none=True, validate=_code)


class DashboardArgs(When):
    """A dashboard; `department` left out or null is the whole city."""

    department = fields.String(load_default=None, allow_none=True, validate=_code)


class ExportArgs(DashboardArgs):
    """A dashboard on paper; of `codes` those KPIs only, in the order of the catalogue."""

    language = fields.String(required=True, validate=validate.OneOf(("mr", "en")))
    codes = fields.List(
        fields.String(validate=_code),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=2_000),
    )


class DrillArgs(KpiArgs):
    """One KPI, and by what it is parted; with `ward` ('' is of none), the days or months of that
    one."""

    by = fields.String(required=True, validate=validate.OneOf(BY))
    ward = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))


class TraceArgs(Schema):
    """A measure on a day; of one department or ward ('' is of none), or of all.

    `to_the_end`: read the event logs to their end, though the sum is found before.
    """

    measure = fields.String(required=True, validate=_code)
    day = Date(required=True, validate=check_askable)
    department = fields.String(load_default=None, allow_none=True, validate=_code)
    ward = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))
    to_the_end = fields.Boolean(load_default=False)
    limit = fields.Integer(load_default=1_000, validate=validate.Range(1, MOST_TRACED))
