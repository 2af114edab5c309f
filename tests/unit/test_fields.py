"""What the shared kinds of fields say of what they do not take."""

import pytest
from marshmallow import Schema, ValidationError

from palika.fields import Base64, Date, Moment
from services.tax.schemas.common import paise


class Some(Schema):
    on = Date()
    at = Moment()
    amount = paise()
    body = Base64(8)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"on": "01-04-2026"}, "must be a day like 2026-04-01"),
        ({"on": "soon"}, "must be a day like 2026-04-01"),
        ({"at": "2026-04-01T10:30:00"}, "must be a time with its zone, like 2026-04-01T10:30:00"),
        ({"at": "soon"}, "must be a time with its zone"),
        ({"amount": "100"}, "must be a whole number of paise"),
        ({"amount": 1.5}, "must be a whole number of paise"),
        ({"body": "not!"}, "must be base64"),
        ({"body": "आशा="}, "must be base64"),
        ({"body": "AAAAAAAAAAAA"}, "must not be longer than 8 characters"),
        ({"body": 7}, "must be base64"),
    ],
)
def test_a_mistake_says_what_is_wanted(given, said):
    with pytest.raises(ValidationError) as refused:
        Some().load(given)
    ((rule,),) = refused.value.normalized_messages().values()
    assert rule.startswith(said)


def test_bytes_come_in_base64():
    assert Some().load({"body": "AP8="}) == {"body": b"\x00\xff"}
    assert Some().load({"body": ""}) == {"body": b""}
