"""Matters of several services, of which an alert begins one: what comes in."""

from typing import Final

from marshmallow import Schema, fields

from palika import correlation
from palika.correlation import kind_of

ALERT: Final = "alert"


class Tied(correlation.Tied):
    """Which alerts belong to a matter."""


class MattersOf(Schema):
    """The matter that an alert has begun."""

    kind = kind_of(ALERT)
    id = fields.UUID(required=True)
