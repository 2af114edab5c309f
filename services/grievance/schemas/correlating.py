"""Ties to matters of several services, as they come in."""

from palika import correlation
from palika.correlation import kind_of

GRIEVANCE = "grievance"


class Tying(correlation.Tying):
    """Tie a grievance to a matter."""

    kind = kind_of(GRIEVANCE)


class Untying(correlation.Untying):
    """Untie a grievance from a matter."""

    kind = kind_of(GRIEVANCE)


class Tied(correlation.Tied):
    """Which grievances belong to a matter."""


class MattersOf(correlation.OfThing):
    """To which matters a grievance belongs."""

    kind = kind_of(GRIEVANCE)
