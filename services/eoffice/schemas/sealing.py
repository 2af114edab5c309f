"""The signed roots as the others are told of them."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Date, Moment

_DIGEST = validate.Regexp(r"[0-9a-f]{64}")


class Rooted(Schema):
    """Data of ``eoffice.rooted.v1``; the event log keeps it out of the reach of who can write into
    the e-office's database.

    ``signature`` (Ed25519, hexadecimal) is over the statement that ``domain/rooting.py`` describes;
    ``key_digest`` names the key; ``before_digest`` is that of the root before, none at the first.
    """

    position = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    day = Date(required=True)
    made_at = Moment(required=True)
    chains = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))
    entries_digest = fields.String(required=True, validate=_DIGEST)
    before_digest = fields.String(required=True, allow_none=True, validate=_DIGEST)
    key_digest = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{12}"))
    signature = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{128}"))


ROOTED = event_type("eoffice.rooted.v1", Rooted, "A root over the record of all acts was signed.")
