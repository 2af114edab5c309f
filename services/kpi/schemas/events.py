"""What the KPI service tells the others of values that are entered by hand."""

from marshmallow import Schema, fields

from palika.events import event_type
from palika.fields import Date, Moment


class _OfPeriod(Schema):
    department = fields.String(required=True)
    post = fields.String(required=True)
    period = fields.String(required=True)
    due_on = Date(required=True)
    missing = fields.Integer(required=True)
    expected = fields.Integer(required=True)


class ReadingDue(_OfPeriod):
    """Data of ``kpi.reading_due.v1``; ``post`` owns the department's KPIs, ``missing`` of the
    ``expected`` values that are due on the day are not entered."""

    reminded_at = Moment(required=True)


class ReadingOverdue(_OfPeriod):
    """Data of ``kpi.reading_overdue.v1``; ``due_on`` was the last day."""

    overdue_at = Moment(required=True)


READING_DUE = event_type(
    "kpi.reading_due.v1", ReadingDue, "Values that a department enters by hand are due soon."
)
READING_OVERDUE = event_type(
    "kpi.reading_overdue.v1", ReadingOverdue, "Values that a department enters by hand are late."
)
