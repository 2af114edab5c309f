"""Ties to matters of several services, as they come in."""

from palika import correlation
from palika.correlation import kind_of

PROPERTY, BILL = "property", "bill"


class Tying(correlation.Tying):
    """Tie a property or a bill to a matter."""

    kind = kind_of(PROPERTY, BILL)


class Untying(correlation.Untying):
    """Untie a property or a bill from a matter."""

    kind = kind_of(PROPERTY, BILL)


class Tied(correlation.Tied):
    """Which properties and bills belong to a matter."""


class MattersOf(correlation.OfThing):
    """To which matters a property or a bill belongs."""

    kind = kind_of(PROPERTY, BILL)
