"""The declarative base of the service's models, and what several of them need."""

from collections.abc import Iterable

from palika.database import make_base

Base = make_base()


def one_of(column: str, words: Iterable[str]) -> str:
    """The condition that a column has one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"
