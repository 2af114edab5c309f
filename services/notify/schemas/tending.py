"""What comes in about inboxes, and of who sends a message again."""

from marshmallow import Schema, fields, validate

_MOST = 100
_RECIPIENT = validate.Length(1, 254)


class InboxArgs(Schema):
    """Whose, by a number or an e-mail address of theirs; ``unread``: only those; ``after`` is the
    ``next`` of the page before."""

    recipient = fields.String(required=True, validate=_RECIPIENT)
    unread = fields.Boolean(load_default=False)
    after = fields.UUID(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=20, validate=validate.Range(1, _MOST))


class ReadInboxArgs(Schema):
    """Which messages of whom were read."""

    recipient = fields.String(required=True, validate=_RECIPIENT)
    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, _MOST))


class ResendArgs(Schema):
    """Which delivery, and why."""

    id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.Length(3, 300))
