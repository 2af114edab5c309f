"""What counters take and give."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from palika.fields import Date, Moment, Words
from palika.text import plain_digits
from services.tax.domain.counter import MODES, ChequeState
from services.tax.schemas.common import paise

_MOST = 500
_WORTH = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)


class Digits(Words):
    """Figures of a number, in either script when they come in."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return plain_digits(super()._deserialize(value, attr, data, **kwargs))


class ChequeOf(Schema):
    """A cheque as it is written."""

    number = Digits(6, required=True)
    micr = Digits(9, required=True)
    ifsc = Words(11, load_default=None)
    bank = Words(100, required=True)
    dated = Date(required=True)


class Opening(Schema):
    """A session at a counter."""

    place = Words(12, required=True)
    counter = Words(20, required=True)


class OneSession(Schema):
    """A session by its id."""

    session_id = fields.UUID(required=True)


class MyCounter(Schema):
    """Nothing is said: it is the caller's."""


class TakingAtCounter(OneSession):
    """Cash or a cheque; ``reference`` is the counter's own: the same one is the same payment.

    ``reason`` is a supervisor's, who takes more than a counter does.
    """

    property_id = fields.UUID(required=True)
    amount_paise = paise(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    reference = Words(60, required=True)
    cheque = fields.Nested(ChequeOf, load_default=None)
    reason = Words(300, load_default=None)


class TakingBack(Schema):
    """A payment that was taken by mistake; ``session_id``: the open session in whose books it is
    taken back, when its own is closed."""

    payment_id = fields.UUID(required=True)
    session_id = fields.UUID(load_default=None)
    reason = Words(300, required=True)


class Pieces(fields.Dict):
    """How many of each note and coin, by its worth in paise: ``{"50000": 3}``."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[int, int]:
        found = super()._deserialize(value, attr, data, **kwargs)
        if any(_WORTH.fullmatch(str(each)) is None for each in found):
            raise ValidationError('a worth is in paise, like "50000"')
        return {int(str(each)): count for each, count in found.items()}


class Counting(OneSession):
    """What is in the drawer at the end; ``explanations``: of each mode's difference, why it is."""

    pieces = Pieces(required=True)
    cheque_paise = paise(required=True, validate=validate.Range(min=0))
    explanations = fields.Dict(
        keys=fields.String(validate=validate.OneOf(MODES)), values=Words(1000), load_default=dict
    )


class Depositing(Schema):
    """What was brought to the bank; ``number`` is the slip's."""

    number = Words(60, required=True)
    deposited_on = Date(required=True)


class DepositingCash(Depositing):
    """Cash."""

    amount_paise = paise(required=True)


class DepositingCheques(Depositing):
    """Cheques, by their payments."""

    payment_ids = fields.List(
        fields.UUID(), required=True, validate=validate.Length(min=1, max=_MOST)
    )


class Clearing(Schema):
    """Cheques that have cleared, by their payments."""

    payment_ids = fields.List(
        fields.UUID(), required=True, validate=validate.Length(min=1, max=_MOST)
    )
    cleared_on = Date(required=True)


class Bouncing(Schema):
    """A cheque that came back; ``reason`` is the bank's code."""

    payment_id = fields.UUID(required=True)
    reason = Words(10, required=True)
    returned_on = Date(required=True)


class ChequesIn(Schema):
    """Cheques by where they are."""

    state = fields.String(required=True, validate=validate.OneOf(tuple(ChequeState)))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, _MOST))


class SessionsOf(Schema):
    """The sessions of a day."""

    day = Date(required=True)
    place = Words(12, load_default=None)


class ReceiptsOf(Schema):
    """A series of receipts."""

    year = Words(7, required=True)
    place = Words(12, required=True)


class SessionView(Schema):
    """A session."""

    id = fields.UUID()
    place = fields.String()
    counter = fields.String()
    day = fields.Date()
    cashier = fields.String()
    state = fields.String()
    opened_at = Moment()
    counted_at = Moment()
    counted = fields.Raw()
    differences = fields.Raw()
    closed_at = Moment()
    closed_by = fields.String()


class SlipView(Schema):
    """A slip."""

    id = fields.UUID()
    kind = fields.String()
    number = fields.String()
    amount_paise = fields.Integer()
    deposited_on = fields.Date()
    recorded_at = Moment()


class ChequeView(Schema):
    """A cheque."""

    payment_id = fields.UUID()
    number = fields.String()
    micr = fields.String()
    bank = fields.String()
    dated = fields.Date()
    amount_paise = fields.Integer()
    state = fields.String()
    slip_id = fields.UUID()
