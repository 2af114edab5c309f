"""Stored roots as they were signed."""

from services.eoffice.domain.rooting import Statement
from services.eoffice.models import Root


def statement_of(root: Root) -> Statement:
    """What a stored root says."""
    return Statement(
        *(root.position, root.day, root.made_at),
        *(root.chains, root.entries, root.before, root.key),
    )
