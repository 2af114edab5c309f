"""Make receipts as secret as the files that they were put in before that was done at once."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.eoffice.commands.correct_file import regrade
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, File, Receipt
from services.eoffice.sealing import act
from services.eoffice.sealing.record import RECORD

_RAISING, _BATCH = 0x656F6772, 200
_DONE = "grades raised"


def raise_grades(session: Session, now: datetime) -> int:
    """Once for a database, a batch at a time; who begins it goes on until there is none. What each
    was of itself before stays in ``own_secrecy``.

    Returns:
        How many receipts became as secret as their file.
    """
    session.execute(select(func.pg_advisory_xact_lock(_RAISING)))
    done = (Act.chain_id == RECORD) & (Act.verb == _DONE)
    if session.scalar(select(Act.position).where(done)) is not None:
        return 0
    lower = (
        select(Receipt, File.number, File.secrecy)
        .join(File, File.id == Receipt.file_id)
        .where(Receipt.secrecy < File.secrecy)
        .order_by(Receipt.id)
        .limit(_BATCH)
        .with_for_update(of=Receipt)
    )
    found = session.execute(lower).all()
    for receipt, number, secrecy in found:
        regrade(session, receipt, Secrecy(secrecy), {"file": number}, None, now)
    if not found:
        act(session, RECORD, "record", _DONE, None, now)
    return len(found)
