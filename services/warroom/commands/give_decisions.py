"""What a review has decided about projects becomes theirs, when its minutes are final."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Decision
from services.warroom.domain.reviews import Minute, Minuted, Review


def give_decisions(session: Session, caller: Identity, review: Review, now: datetime) -> None:
    """Record each decision about a project with that project, in the caller's transaction.

    A decision has the id of its entry in the minutes. Those of a project are one change of it.

    Args:
        review: closed; under the lock of its changes.
    """
    found: dict[UUID, list[tuple[UUID, Minute]]] = defaultdict(list)
    for key, each in review.minutes.items():
        if each.kind is Minuted.DECISION and each.project_id is not None:
            found[each.project_id].append((key, each))
    decided_on = day_of(review.meeting.opened_at or now)
    # In one order, whoever closes: two reviews that share projects wait for each other.
    for project in sorted(found):
        act = Act.load(session, caller, {"id": project}, now)
        for key, each in found[project]:
            act.add(
                key,
                Decision(
                    each.text,
                    each.post,
                    decided_on,
                    review_id=review.id,
                    about=each.about,
                    day=each.day,
                    amount_paise=each.amount_paise,
                ),
            )
        act.save("minuted", valid_on=decided_on)
