"""The probe's one event."""

from marshmallow import Schema, fields

from palika.events import event_type


class Pinged(Schema):
    """Carries a number, and how the handler is to treat it."""

    number = fields.Integer(required=True, strict=True)
    treat = fields.String(load_default="count", dump_default="count")


PINGED = event_type("probe.pinged.v1", Pinged, "A test has pinged the probe.")
ECHOED = event_type("probe.echoed.v1", Pinged, "The probe has counted a ping.")
