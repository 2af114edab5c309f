"""The declarative base, and how the rows of a table are guarded against hands that bypass us.

Every table is of one of these kinds; `palika eoffice verify` knows what to do with each.
"""

from sqlalchemy import Integer, LargeBinary
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from palika.database import make_base

Base = make_base()


class Sealed:
    """Each state of a row stands, as a digest, in an act of a chain.

    ``rev`` counts a row's states from 1: two that change one row at once do not overwrite each
    other, and a state that is left out of the chain is missed. Such rows are changed through the
    session only, never by a bulk statement.
    """

    rev: Mapped[int] = mapped_column(Integer)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, object]:  # noqa: N805
        return {"version_id_col": cls.__table__.c.rev}  # type: ignore[attr-defined]


class Guarded:
    """Work in progress that is saved again and again: acts say when a row came and when it went,
    the row itself carries a code over what it says now.

    Every column is given when a row is made: what the database filled in would not be guarded.
    """

    mac: Mapped[bytes] = mapped_column(LargeBinary)


class Derived:
    """Made of other tables and checked against them."""


class Chained:
    """The record itself: acts, their chains, the signed roots."""
