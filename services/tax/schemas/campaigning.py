"""What campaigns of recovery take."""

from marshmallow import Schema, fields

from palika.fields import Date, Words


class OfCampaign(Schema):
    """One campaign."""

    campaign_id = fields.UUID(required=True)


class OfItem(Schema):
    """What a campaign does about one property."""

    item_id = fields.UUID(required=True)


class Taking(OfItem):
    """That the office has done it; ``outcome`` where it is known already."""

    outcome = Words(30, load_default=None)


class Telling(OfItem):
    """How it ended."""

    outcome = Words(30, required=True)


class Promising(Schema):
    """An owner's promise to pay until a day: until then they are left alone."""

    property_id = fields.UUID(required=True)
    until = Date(required=True)
    reason = Words(500, required=True)
