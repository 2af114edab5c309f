"""Signing as callers ask for it and see it."""

from marshmallow import Schema, fields

from palika.fields import Moment
from services.eoffice.fields import Words


class Signing(Schema):
    """Sign a row of the record (``movement:0197…,3``) with the caller's own key.

    ``id`` is made by a caller who wants to ask twice without signing two times.
    """

    row = Words(200, required=True)
    id = fields.UUID(load_default=None)
    post = Words(100, load_default=None)


class AskingSignatures(Schema):
    """The signatures on one file; ``post`` is the post that asks."""

    id = fields.UUID(required=True)
    post = Words(100, load_default=None)


class SignatureView(Schema):
    """A signature; ``why`` says why it does not count, and is null when it does.

    ``statement`` (text) and ``cms`` (base64) are for whoever checks by themselves.
    """

    id = fields.UUID()
    row = fields.String()
    post = fields.String()
    person = fields.String()
    capacity = fields.String()
    certificate = fields.String()
    signed_at = Moment()
    statement = fields.String()
    cms = fields.String()
    why = fields.String(allow_none=True)
