"""What the register takes."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from palika.fields import Date, Phone, Words
from services.tax.domain.register import OWNER_KINDS
from services.tax.schemas.common import LANGUAGES, Number

CONTACTS_LIMIT = 500
_SHARE = re.compile(r"([0-9]{1,6})(?:/([0-9]{1,6}))?", re.ASCII)
_AREA = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?", re.ASCII)
_MOST_OWNERS = 200
_MOST_FLOORS = 500
_MOST_CLAIMS = 20


class Share(fields.Field):
    """A share of a property: ``1``, or a fraction like ``1/3``."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Fraction:
        found = _SHARE.fullmatch(value) if isinstance(value, str) else None
        if found is None or (found[2] is not None and int(found[2]) == 0):
            raise ValidationError('must be a fraction like "1/3", or "1"')
        share = Fraction(int(found[1]), int(found[2] or 1))
        if not 0 < share <= 1:
            raise ValidationError("must be above 0 and at most 1")
        return share


class Area(fields.Field):
    """Square metres, with two decimals at the most: a number, or a text like "62.50"."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Decimal:
        text = value if isinstance(value, str) else repr(value)
        if isinstance(value, bool) or not _AREA.fullmatch(text):
            raise ValidationError('must be square metres like "62.50"')
        return Decimal(text)


class OwnerOf(Schema):
    """An owner with their share."""

    name = Words(200, required=True)
    kind = fields.String(load_default="person", validate=validate.OneOf(OWNER_KINDS))
    share = Share(load_default=Fraction(1))
    phone = Phone(load_default=None)
    email = fields.Email(load_default=None, validate=validate.Length(max=254))
    language = fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))


class FloorOf(Schema):
    """A floor, or a part of one, of one use; or an open plot, without class and year, or with null
    for both as the register shows it.

    What each may be is the rate sheet's to say (``domain.property.described``).
    """

    floor = Words(100, required=True)
    area_sqm = Area(required=True)
    use = fields.Raw(required=True)
    construction = fields.Raw(data_key="class", attribute="class", allow_none=True)
    built_in = fields.Raw(allow_none=True)
    occupancy = fields.Raw(required=True)


class Ordered(Schema):
    """The order that a change of the register rests on.

    ``order_date`` is the day of the order, ``effective_from`` the day from which it holds; today,
    where they are not given.
    """

    order_number = Words(100, required=True)
    order_date = Date(load_default=None)
    effective_from = Date(load_default=None)


class Registering(Ordered):
    """A property and its owners; the first owner gets the bills.

    Without ``order_number`` the entry in the register is its own order.
    """

    order_number = Words(100, load_default=None)
    number = Number(required=True)
    ward = Words(100, required=True)
    zone = Words(100, required=True)
    address = Words(500, required=True)
    floors = fields.List(
        fields.Nested(FloorOf), required=True, validate=validate.Length(min=1, max=_MOST_FLOORS)
    )
    claims = fields.List(Words(100), load_default=list, validate=validate.Length(max=_MOST_CLAIMS))
    owners = fields.List(
        fields.Nested(OwnerOf), required=True, validate=validate.Length(min=1, max=_MOST_OWNERS)
    )


class ContactsOf(Schema):
    """Properties whose owners are to be reached."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=CONTACTS_LIMIT))
