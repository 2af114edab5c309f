"""What comes in by webhook, as the portal passes it on."""

from marshmallow import Schema, fields, validate

from palika.fields import Base64

_BODY_MAX = 6_000_000
"""Characters of base64: Meta's webhooks have three megabytes at the most."""
_MANY = validate.Length(max=100)


def _table() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(), values=fields.String(), load_default=dict, validate=_MANY
    )


class ChallengeArgs(Schema):
    """The query of the GET that sets the webhook up."""

    query = _table()


class WhatsappArgs(Schema):
    """A webhook as it came: headers with small letters, the body in base64."""

    headers = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, validate=_MANY
    )
    body = Base64(_BODY_MAX, required=True)


class ReceiptsArgs(WhatsappArgs):
    """The same, of a provider by its name, and the query of the address."""

    provider = fields.String(required=True, validate=validate.Length(1, 50))
    query = _table()


class TextsArgs(ReceiptsArgs):
    """A webhook with text messages of citizens."""
