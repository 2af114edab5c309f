"""Alerts, insights and forecasts: what comes in, what goes out, and what the events carry."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Date, Moment, Words
from services.kpi.domain.insight import KINDS

LIST_LIMIT = 200
CONTACTS_LIMIT = 1_000

_code = validate.Length(min=1, max=100)


# ---- in


class AlertsArgs(Schema):
    """Which alerts, the newest first; each filter is optional.

    ``cursor`` is the ``next`` of the page before, asked with the same filters.
    """

    department = fields.String(load_default=None, validate=_code)
    owner = fields.String(load_default=None, validate=_code)
    code = fields.String(load_default=None, validate=_code)
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    open = fields.Boolean(load_default=None)
    acknowledged = fields.Boolean(load_default=None)
    muted = fields.Boolean(load_default=None)
    correlation_id = fields.UUID(load_default=None)
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(strict=True, load_default=50, validate=validate.Range(1, LIST_LIMIT))


class AlertArgs(Schema):
    """One alert."""

    id = fields.UUID(required=True)


class AcknowledgeArgs(AlertArgs):
    """Say that an alert has been seen, and what is done about it."""

    note = Words(2_000, required=True)


class MuteArgs(AlertArgs):
    """Keep a KPI's alerts of this kind from being told, up to the end of a day."""

    until = Date(required=True)
    reason = Words(2_000, required=True)


class InsightsArgs(Schema):
    """What is worth telling of one KPI today."""

    code = fields.String(required=True, validate=_code)


class ForecastArgs(Schema):
    """Where one KPI will be at the end of the financial year, or of its running period."""

    code = fields.String(required=True, validate=_code)
    until = fields.String(load_default="year", validate=validate.OneOf(["period", "year"]))


class ContactsOf(Schema):
    """Alerts, and groups of them, whose owners are to be reached."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=CONTACTS_LIMIT))


# ---- events


class _OfAlert(Schema):
    alert_id = fields.UUID(required=True)
    correlation_id = fields.UUID(required=True)
    code = fields.String(required=True)
    department = fields.String(required=True)
    owner = fields.String(required=True)
    kind = fields.String(required=True)
    reason = fields.String(required=True)
    period = fields.String(required=True)
    began_at = Moment(required=True)


class Alerted(_OfAlert):
    """Data of ``kpi.alerted.v1``: told again, with the same ``alert_id`` and another ``owner``,
    when the KPI has gone over to another post while the alert is open.

    ``kind`` is red, stagnant or season; ``reason`` the key of what was found. ``target`` is what
    was to be reached, of a band its lower end; ``band_low`` and ``band_high`` what the season let
    expect. All of them are in the KPI's unit. ``group_id`` is of the group in which its owner is
    told of it; null: it is told alone.
    """

    running = fields.Boolean(required=True)
    value = fields.Float(required=True)
    target = fields.Float(required=True, allow_none=True)
    target_high = fields.Float(required=True, allow_none=True)
    band_low = fields.Float(required=True, allow_none=True)
    band_high = fields.Float(required=True, allow_none=True)
    group_id = fields.UUID(load_default=None, allow_none=True)
    alerted_at = Moment(required=True)


class AlertsGrouped(Schema):
    """Data of ``kpi.alerts_grouped.v1``: what one post is told of in one round, if that is more
    than one alert; of each there is a ``kpi.alerted.v1`` too. ``alert_ids`` are those that are red
    first."""

    group_id = fields.UUID(required=True)
    owner = fields.String(required=True)
    alert_ids = fields.List(fields.UUID(), required=True)
    alerted_at = Moment(required=True)


class Recovered(_OfAlert):
    """Data of ``kpi.recovered.v1``: ``reason``, ``period`` and ``value`` are of the end;
    there is no value when the KPI is not judged any more."""

    value = fields.Float(required=True, allow_none=True)
    recovered_at = Moment(required=True)


ALERTED = event_type(
    "kpi.alerted.v1", Alerted, "A KPI turned red, stagnates, or left its seasonal band."
)
ALERTS_GROUPED = event_type(
    "kpi.alerts_grouped.v1", AlertsGrouped, "Several alerts of one round have the same owner."
)
RECOVERED = event_type("kpi.recovered.v1", Recovered, "What a KPI's owner was told of has ended.")
