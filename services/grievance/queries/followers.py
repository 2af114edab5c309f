"""Who follows a grievance: how many they are, and their ids; who they are is for ``contacts``."""

import uuid
from collections.abc import Sequence

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from services.grievance.models import Follower, Grievance

_OF = (
    select(Follower.id)
    .where(Follower.grievance_id.in_(bindparam("keys", expanding=True)))
    .order_by(Follower.id)
)


def count(session: Session, key: uuid.UUID) -> int:
    """How many follow one grievance."""
    counted = select(func.count()).where(Follower.grievance_id == key)
    return session.scalars(counted).one()


def of_family(session: Session, *keys: uuid.UUID) -> int:
    """How many follow any of these, or what was merged into one of them."""
    family = select(Grievance.id).where(
        or_(Grievance.id.in_(keys), Grievance.merged_into.in_(keys))
    )
    counted = select(func.count()).where(Follower.grievance_id.in_(family))
    return session.scalars(counted).one()


def of(session: Session, keys: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """The ids of those who follow any of them, as events name them and ``contacts`` knows them."""
    return list(session.scalars(_OF, {"keys": keys}))
