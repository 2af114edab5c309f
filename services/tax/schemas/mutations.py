"""What transfers of title take."""

from marshmallow import Schema, fields, validate

from palika.fields import Date, Words
from services.tax.domain.register_rules import REASONS
from services.tax.schemas.changing import OrderOf
from services.tax.schemas.common import OfProperty, paise
from services.tax.schemas.registering import OwnerOf, Share

_MOST_OWNERS = 200
_LEAST_0 = validate.Range(min=0, max=10**15)


class TransferOf(Schema):
    """One owner's share, or a part of it, goes to others.

    ``from`` is the owner's place, from 1; ``share`` is of the whole property, None is all of
    theirs; the shares of ``to`` are of what is transferred.
    """

    giver = fields.Integer(required=True, strict=True, data_key="from")
    share = Share(load_default=None)
    takers = fields.List(
        fields.Nested(OwnerOf),
        required=True,
        data_key="to",
        validate=validate.Length(min=1, max=_MOST_OWNERS),
    )


class Facts(Schema):
    """What the deed, or what stands for it, says."""

    document_number = Words(100, load_default=None)
    document_date = Date(load_default=None)
    registered_at = Words(200, load_default=None)
    consideration_paise = paise(load_default=None, validate=_LEAST_0)
    market_value_paise = paise(load_default=None, validate=_LEAST_0)
    died_on = Date(load_default=None)
    court = Words(200, load_default=None)


class Applying(OfProperty):
    """An application to write down that title has passed: either ``transfers``, or all the
    ``owners`` that there are from the day on. ``stands`` names later changes that stand."""

    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    effective_from = Date(required=True)
    transfers = fields.List(
        fields.Nested(TransferOf),
        load_default=None,
        validate=validate.Length(min=1, max=_MOST_OWNERS),
    )
    owners = fields.List(
        fields.Nested(OwnerOf),
        load_default=None,
        validate=validate.Length(min=1, max=_MOST_OWNERS),
    )
    facts = fields.Nested(Facts, load_default=dict)
    stands = fields.List(Date(), load_default=list, validate=validate.Length(max=_MOST_OWNERS))


class OrderingMutation(OrderOf):
    """The order about an application."""

    mutation_number = Words(50, required=True)


class EndingMutation(Schema):
    """An application that is refused, or taken back; ``remark`` says why."""

    mutation_number = Words(50, required=True)
    step = fields.String(required=True, validate=validate.OneOf(("refuse", "withdraw")))
    remark = Words(1000, required=True)


class Mutations(OfProperty):
    """A property's applications."""
