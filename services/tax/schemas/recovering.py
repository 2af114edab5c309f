"""What the ladder of recovery takes."""

from marshmallow import Schema, fields, validate

from palika.fields import Date, Words
from services.tax.domain.serving import WAYS
from services.tax.schemas.common import OfProperty


class Noticing(Schema):
    """A step of the ladder for a property."""

    property_id = fields.UUID(required=True)
    step = Words(50, required=True)


class Signing(Schema):
    """Who signs a notice: the name and the post that stand on it."""

    id = fields.UUID(required=True)
    name = Words(200, required=True)
    post = Words(200, required=True)


class Cancelling(Schema):
    """A notice that is not to be signed, and why."""

    id = fields.UUID(required=True)
    reason = Words(1000, required=True)


class Serving(Schema):
    """That a bill or a notice came to its owner."""

    kind = fields.String(required=True, validate=validate.OneOf(("bill", "notice")))
    number = Words(60, required=True)
    served_on = Date(required=True)
    how = fields.String(required=True, validate=validate.OneOf(WAYS))


class Standing(OfProperty):
    """A property, where it stands on the ladder."""
