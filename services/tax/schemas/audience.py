"""What asking for an audience takes."""

from marshmallow import Schema, fields, validate

from palika.fields import Words

OWING = "owing"
MOST_IDS = 500


class Owing(Schema):
    """Properties that owe ``least_paise`` or more, or anything; in these wards, or in all."""

    least_paise = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 10**15))
    ward = fields.List(
        Words(100), load_default=None, allow_none=True, validate=validate.Length(1, 100)
    )


class AudienceOf(Schema):
    """A page of an audience; ``after`` is the ``next`` of the page before."""

    name = fields.String(required=True, validate=validate.OneOf([OWING]))
    arguments = fields.Nested(Owing, required=True)
    after = fields.UUID(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=MOST_IDS, validate=validate.Range(1, MOST_IDS))
