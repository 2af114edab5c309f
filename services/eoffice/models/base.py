"""The declarative base, and how the rows of a table are guarded against hands that bypass us.

Every table is of one of these kinds; `palika eoffice verify` knows what to do with each.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Column, Integer, LargeBinary
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from palika.database import make_base

Base = make_base()


WAS: Final = "was"
"""In the ``info`` of a column that came when there were acts already: what all rows had in it
then."""


def as_written(columns: Iterable[Column[Any]], row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row that an act's digest is over: what came later is left out as long as it
    says what it did when it came, or each row of before would differ from its acts."""
    kept = (each.name for each in columns if each.name in row)
    later = {each.name: each.info[WAS] for each in columns if WAS in each.info}
    return {name: row[name] for name in kept if name not in later or row[name] != later[name]}


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
