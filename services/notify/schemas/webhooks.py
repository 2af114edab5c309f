"""What comes in by webhook, as the portal passes it on."""

from marshmallow import Schema, fields, validate

from palika.fields import Base64

_BODY_MAX = 6_000_000
"""Characters of base64: Meta's webhooks have three megabytes at the most."""
_MANY = validate.Length(max=100)
_SOME = validate.Length(1, 100)


def _table() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(), values=fields.String(), load_default=dict, validate=_MANY
    )


def _provider() -> fields.String:
    return fields.String(required=True, validate=validate.Length(1, 50))


class ChallengeArgs(Schema):
    """The query of the GET that sets the webhook up."""

    query = _table()


class WebhookArgs(Schema):
    """A webhook as it came: headers with small letters, the body in base64."""

    headers = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, validate=_MANY
    )
    body = Base64(_BODY_MAX, required=True)
    query = _table()


class WhatsappArgs(Schema):
    """Webhooks of WhatsApp."""

    webhooks = fields.List(fields.Nested(WebhookArgs), required=True, validate=_SOME)


class ReceiptsArgs(WhatsappArgs):
    """Webhooks with receipts, of a provider by its name."""

    provider = _provider()


class TextsArgs(WebhookArgs):
    """A webhook with text messages of citizens, of a provider by its name."""

    provider = _provider()
