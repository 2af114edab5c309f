"""Posts that the war room knows by itself: of these nobody has to be asked whether there are such.

A meeting goes on while the e-office is away, for its people are known; and a call that is done
already is answered as before, for the post that it names stands in what it has made.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select, union_all
from sqlalchemy.orm import Session

from services.warroom.models import OPEN, ReviewVersion, Version
from services.warroom.reference import city_reviews

_NAMED: Final = (
    (Version, ("project", "risk"), "owner"),
    (Version, ("issue",), "post"),
    (ReviewVersion, ("meeting",), "chair"),
    (ReviewVersion, ("meeting",), "secretary"),
    (ReviewVersion, ("attendance", "minute", "action"), "post"),
)
"""In which field of which facts a post stands that was accepted."""


def known_posts(
    session: Session, codes: Collection[str], done: Collection[UUID] = ()
) -> frozenset[str]:
    """Of these codes those of posts that reviews.yaml names, or that a record names as it is now.

    Args:
        done: ids of facts of which the past counts too: who asks again under one names its post.
    """
    known = set(codes) & _of_the_city()
    rest = sorted(set(codes) - known)
    if rest:
        asked = []
        for model, kinds, field in _NAMED:
            post = model.content[field].astext
            current = and_(model.kind.in_(kinds), model.until == OPEN)
            counts = or_(current, model.entity_id.in_(done)) if done else current
            asked.append(select(post).where(counts, post.in_(rest)))
        known |= set(session.scalars(union_all(*asked)))
    return frozenset(known)


def _of_the_city() -> set[str]:
    policy = city_reviews()
    leading = {
        post
        for each in policy.series.values()
        for post in (each.chair, each.secretary, *each.takers)
    }
    return leading | set(policy.heads.values())
