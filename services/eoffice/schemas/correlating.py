"""Ties to matters of several services, as they come in; ``post`` is the one that acts."""

from palika import correlation
from palika.correlation import kind_of
from palika.fields import Words

FILE = "file"


class Tying(correlation.Tying):
    """Tie a file to a matter."""

    kind = kind_of(FILE)
    post = Words(100, load_default=None)


class Untying(correlation.Untying):
    """Untie a file from a matter."""

    kind = kind_of(FILE)
    post = Words(100, load_default=None)


class Tied(correlation.Tied):
    """Which files belong to a matter."""

    post = Words(100, load_default=None)


class MattersOf(correlation.OfThing):
    """To which matters a file belongs."""

    kind = kind_of(FILE)
    post = Words(100, load_default=None)
