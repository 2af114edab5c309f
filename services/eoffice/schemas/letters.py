"""Letters: what comes in, what goes out."""

from marshmallow import Schema, fields, validate

from palika.fields import Moment, Phone
from services.eoffice.domain.letters import Channel
from services.eoffice.fields import Printed, Words
from services.eoffice.schemas.noting import Markup


class DraftingLetter(Schema):
    """A letter out of a file; ``subject`` and ``body`` are the template's if not given.

    ``id`` is made by a caller who wants to ask twice without drafting two.
    """

    id = fields.UUID(load_default=None)
    file_id = fields.UUID(required=True)
    template = Words(50, load_default="letter")
    language = fields.String(load_default="mr", validate=validate.OneOf(["mr", "en"]))
    to_name = Printed(200, required=True)
    to_address = Printed(500, load_default=None)
    to_email = fields.Email(load_default=None)
    to_phone = Phone(load_default=None)
    subject = Printed(500, load_default=None)
    body = Markup(load_default=None)
    post = Words(100, load_default=None)


class RevisingLetter(Schema):
    """The next version of a letter; ``version`` is the one that it is made of."""

    id = fields.UUID(required=True)
    version = fields.Integer(strict=True, required=True)
    to_name = Printed(200, load_default=None)
    to_address = Printed(500, load_default=None)
    to_email = fields.Email(load_default=None)
    to_phone = Phone(load_default=None)
    subject = Printed(500, load_default=None)
    body = Markup(required=True)
    post = Words(100, load_default=None)


class LetterStep(Schema):
    """A step on the version of a letter that the caller had read."""

    id = fields.UUID(required=True)
    version = fields.Integer(strict=True, required=True)
    post = Words(100, load_default=None)


class ApprovingLetter(LetterStep):
    """Approve; with ``route`` the file of what the post may not approve is sent to who may."""

    route = fields.Boolean(load_default=False)


class Dispatching(LetterStep):
    """The letter goes out; ``tracking`` is the post office's number, or who took it by hand."""

    channel = fields.Enum(Channel, by_value=True, required=True)
    tracking = Words(100, load_default=None)


class OneLetter(Schema):
    """One letter."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class Differing(OneLetter):
    """Two versions of a letter."""

    from_version = fields.Integer(strict=True, required=True)
    to_version = fields.Integer(strict=True, required=True)


class LetterView(Schema):
    """A letter, without its text."""

    id = fields.UUID()
    file_id = fields.UUID()
    template = fields.String()
    language = fields.String()
    status = fields.String(attribute="state")
    version = fields.Integer()
    to_name = fields.String()
    to_address = fields.String()
    to_email = fields.String()
    to_phone = fields.String()
    begun_by = fields.String()
    begun_at = Moment()
    approved_by = fields.String()
    approved_person = fields.String()
    approved_at = Moment()
    number = fields.String()
    channel = fields.String()
    tracking = fields.String()
    dispatched_by = fields.String()
    dispatched_at = Moment()


class VersionView(Schema):
    """A version of a letter: its text, and to whom it is. Of one from before addressees were kept
    all of ``to_…`` is null."""

    version = fields.Integer()
    subject = fields.String()
    body = fields.String()
    to_name = fields.String()
    to_address = fields.String()
    to_email = fields.String()
    to_phone = fields.String()
    by_post = fields.String()
    by_person = fields.String()
    saved_at = Moment()
