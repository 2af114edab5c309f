"""Where a caller of the office sits, as the city's list of posts has it."""

from typing import Any

from sqlalchemy import Text, bindparam, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from palika.auth import Identity
from palika.roles import post_of
from services.grievance import promises
from services.grievance.domain.seats import Seat
from services.grievance.models import Officer

_MINE = bindparam("post", type_=Text)


def _of_the_post(column: InstrumentedAttribute[Any], name: str) -> Any:
    mine = Officer.code == _MINE, Officer.active
    return select(column).where(*mine).scalar_subquery().label(name)


SEAT = (
    _of_the_post(Officer.department, "seat_department"),
    _of_the_post(Officer.wards, "seat_wards"),
    _of_the_post(Officer.level, "seat_level"),
    exists(select(Officer.code)).label("any_posts"),
    exists(select(Officer.code).where(Officer.code == _MINE)).label("is_post"),
)
"""Columns of a statement that reads a caller's seat beside something else; it takes ``post``, the
caller's code. ``seat_in`` makes the seat of them."""
_SEAT = select(*SEAT)


def seat_of(session: Session, caller: Identity) -> Seat:
    """The caller's seat; one statement. Who is no active post has a code and nothing else."""
    code = post_of(caller.subject)
    return seat_in(dict(session.execute(_SEAT, {"post": code}).mappings().one()), code)


def seat_in(row: dict[str, Any], code: str) -> Seat:
    """The seat of a row that has the columns ``SEAT``, which are taken out of it.

    Args:
        row: of such a statement.
        code: the caller's, with which it was asked.
    """
    department, wards = row.pop("seat_department"), row.pop("seat_wards")
    level, any_posts, is_post = row.pop("seat_level"), row.pop("any_posts"), row.pop("is_post")
    if department is None:
        return Seat(code, any_posts=any_posts, is_post=is_post)
    rung = promises.post_at(level)
    return Seat(code, department, tuple(wards), rung, level, any_posts, is_post)
