"""What the methods about questions for people take."""

from marshmallow import Schema, fields, validate

from palika.fields import Words
from services.notify.models.chat import Asked

LONGEST_ANSWER = 3_500
"""WhatsApp takes 4,096 characters; some of them are ours."""


class Handovers(Schema):
    """Questions; ``state`` None: those that wait for an answer."""

    state = fields.Enum(Asked, by_value=True, load_default=None)
    limit = fields.Integer(load_default=50, strict=True, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(max=200))


class Answering(Schema):
    """An answer to one; ``answer_id`` is the caller's own: the same one is said once."""

    id = fields.UUID(required=True)
    answer_id = fields.UUID(required=True)
    text = Words(LONGEST_ANSWER, required=True)
    close = fields.Boolean(load_default=False, truthy={True}, falsy={False})
