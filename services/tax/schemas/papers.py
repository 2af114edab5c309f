"""What asks for documents, and whether one is genuine."""

from marshmallow import Schema, fields, validate

from palika.fields import Phone, Words
from services.tax.schemas.common import LANGUAGES, OfProperty

KINDS = ("bill", "receipt", "notice", "no-dues")
_LONGEST_LINK = 2_000
_MOST_OF_A_KIND = 50


def _language() -> fields.String:
    # None: in the owner's.
    return fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LANGUAGES))


class Wanted(Schema):
    """A document by its number; in its owner's language, unless another is asked for."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    number = Words(100, required=True)
    language = _language()


class WantedByLink(Schema):
    """A document by the verification link that is on it."""

    link = Words(_LONGEST_LINK, required=True)
    language = _language()


class Verifying(Schema):
    """The verification link of a document."""

    link = Words(_LONGEST_LINK, required=True)


class Certifying(Schema):
    """The property that a certificate is wanted for."""

    property_id = fields.UUID(required=True)


class KeptOf(Schema):
    """The telephone number that somebody has proved to the caller."""

    phone = Phone(required=True)


class OwnDocuments(OfProperty):
    """A property, and the telephone number that its owner has proved to the caller."""

    phone = Phone(required=True)
    limit = fields.Integer(
        load_default=10, strict=True, validate=validate.Range(min=1, max=_MOST_OF_A_KIND)
    )
