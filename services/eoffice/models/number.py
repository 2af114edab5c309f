"""The numbers of files: one register of all, so that no two have one."""

import uuid
from typing import Any

from sqlalchemy import Text, Uuid, event
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from palika.errors import Conflict
from services.eoffice.models.archive import Imported
from services.eoffice.models.base import Base, Derived
from services.eoffice.models.file import File


class FileNumber(Derived, Base):
    """A number, and which file has it: one that was opened here, a part or a volume of one, or one
    that was brought in as an archive. Whatever opens or brings in a file enters it here.
    """

    __tablename__ = "file_number"

    number: Mapped[str] = mapped_column(Text, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid)


@event.listens_for(Session, "before_flush")
def _register(session: Session, context: Any, instances: Any) -> None:
    """Enter the numbers of files that are new.

    Raises:
        Conflict: another file has one of them, or is just getting it.
    """
    new = {each.number: each.id for each in session.new if isinstance(each, File | Imported)}
    if not new:
        return
    # Sorted: two transactions that enter several wait for each other in one order.
    rows = [{"number": number, "file_id": new[number]} for number in sorted(new)]
    entered = insert(FileNumber).on_conflict_do_nothing().returning(FileNumber.number)
    if taken := new.keys() - set(session.scalars(entered, rows)):
        number = min(taken)
        raise Conflict(f"there is a file {number} here already", {"number": number})
