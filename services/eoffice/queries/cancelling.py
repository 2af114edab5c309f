"""Which approvals stand, and what of a cancellation is known."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from services.eoffice.domain.cancelling import Made
from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Organisation
from services.eoffice.models import Approval, File, Letter
from services.eoffice.queries.volumes import case, newest_of

_Cancellation = aliased(Approval)


def stands() -> tuple[ColumnElement[bool], ...]:
    """The rule, of ``Approval``, for those that were given and not cancelled."""
    cancelled = select(_Cancellation.id).where(_Cancellation.cancels == Approval.id).exists()
    return (Approval.decision == "approved", ~cancelled)


def cancelled_of(session: Session, decisions: Collection[UUID]) -> dict[UUID, UUID]:
    """Of decisions those that were cancelled, each with the id of its cancellation."""
    wanted = select(Approval.cancels, Approval.id).where(Approval.cancels.in_(decisions))
    return {cancels: made for cancels, made in session.execute(wanted) if cancels is not None}


def who_cancels(city: Organisation, approval: Approval) -> list[str]:
    """The posts that may cancel an approval, the nearest first."""
    by = [approval.post] + ([approval.delegated_by] if approval.delegated_by else [])
    line = [*by, *(above for each in by for above in city.above(each))]
    return list(dict.fromkeys(line))


def made(session: Session, file: File, approval: Approval, city: Organisation) -> Made:
    """A decision on a file as the rules look at it."""
    gone = select(Letter.number).where(
        Letter.file_id.in_(case(session, file)),
        Letter.number.is_not(None),
        Letter.dispatched_at >= approval.decided_at,
    )
    newest = newest_of(session, file)
    return Made(
        decision=approval.decision,
        file=file.number,
        may=who_cancels(city, approval),
        cancelled=bool(cancelled_of(session, [approval.id])),
        closed=newest.number if newest.state is State.CLOSED else None,
        letters=[str(each) for each in session.scalars(gone.order_by(Letter.number))],
    )


def cancelled_since(session: Session, file: File, moment: datetime) -> str | None:
    """The number of a file in the case of ``file`` on which an approval was cancelled since."""
    wanted = (
        select(File.number)
        .join(Approval, Approval.file_id == File.id)
        .where(
            Approval.file_id.in_(case(session, file)),
            Approval.cancels.is_not(None),
            Approval.decided_at > moment,
        )
        .limit(1)
    )
    return session.scalar(wanted)


def standing_on(session: Session, file: File) -> list[Approval]:
    """The approvals on a file that stand, in their order."""
    wanted = select(Approval).where(Approval.file_id == file.id, *stands())
    return list(session.scalars(wanted.order_by(Approval.decided_at, Approval.id)))
