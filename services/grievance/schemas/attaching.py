"""Photographs, papers and recordings: how they come in, and what is told of them."""

from marshmallow import Schema, fields, validate

from palika.fields import Moment, Words
from services.grievance.attachments import Kind
from services.grievance.schemas.steps import NOTE, Acting, OwnActing


class Attaching(OwnActing):
    """A content for the grievance; the office may keep one from the citizen (``public``)."""

    kind = fields.Enum(Kind, by_value=True, required=True)
    content_base64 = fields.String(required=True)
    public = fields.Boolean(load_default=True, truthy={True}, falsy={False})


class Detaching(Acting):
    """Take one away; ``reason`` is for the citizen too."""

    attachment_id = fields.UUID(required=True)
    reason = Words(NOTE, required=True)


class Locating(OwnActing):
    """Where a grievance is that was filed without a position."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))


class ShowingAttachment(OwnActing):
    """One attachment, or its thumbnail."""

    class Meta:
        """Nothing is decided: no version."""

        exclude = ("version",)

    attachment_id = fields.UUID(required=True)
    thumbnail = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class AttachmentView(Schema):
    """What is told of an attachment; of ``lat`` on to the desks only."""

    id = fields.UUID()
    kind = fields.String(attribute="use")
    media_type = fields.String(attribute="content_type")
    size = fields.Integer(attribute="bytes")
    width = fields.Integer()
    height = fields.Integer()
    added_at = Moment()
    taken_at = Moment()
    lat = fields.Float()
    lon = fields.Float()
    public = fields.Boolean()
    added_by = fields.String()
    added_role = fields.String()
    detached_at = Moment()
    detached_by = fields.String()
    detach_reason = fields.String()
