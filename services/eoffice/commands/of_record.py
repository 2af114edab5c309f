"""What the record room holds back and weeds: files, and receipts that were closed without one.

Both go the same way (``hold``, ``weed``); here stands what is another for each.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from palika.errors import Conflict, Forbidden, NotFound
from palika.india import day_of
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_locked, load_readable, locked
from services.eoffice.commands.receipt_step import load_receipt
from services.eoffice.domain.movement import State as FileState
from services.eoffice.domain.organisation import Actor, Post
from services.eoffice.domain.receipts import State
from services.eoffice.domain.retention import check_weedable
from services.eoffice.models import (
    File,
    Hold,
    Receipt,
    ReceiptHold,
    Recording,
    WeededPaper,
    WeededReceiptPaper,
    WeedingFile,
    WeedingReceipt,
)
from services.eoffice.queries import receipts
from services.eoffice.queries.sight import check_sight
from services.eoffice.queries.volumes import volumes
from services.eoffice.records.destroying import destroy_file, destroy_receipt, last_archive
from services.eoffice.reference import city_retention

PROPOSED, APPROVED, REFUSED = "proposed", "approved", "refused"
"""What becomes of a thing on a list."""
Thing: TypeAlias = File | Receipt
Line: TypeAlias = WeedingFile | WeedingReceipt


class OfRecord(ABC):
    """A kind of things in the record room.

    Attributes:
        name: what one is called, and the kind of its chain.
        key: the column, and the argument, that names one.
        many: the argument that names several.
        hold: the model of what holds one back.
        line: the model of its line on a list.
        weeded: the model of what is left of its papers.
    """

    name: str
    key: str
    many: str
    hold: type[Hold] | type[ReceiptHold]
    line: type[WeedingFile] | type[WeedingReceipt]
    weeded: type[WeededPaper] | type[WeededReceiptPaper]

    @abstractmethod
    def lock(self, session: Session, key: UUID) -> Thing:
        """The thing, locked until the end of the transaction, for the service itself.

        Raises:
            NotFound: there is none.
        """

    @abstractmethod
    def load(self, session: Session, post: Post, key: UUID) -> Thing:
        """As ``lock``, for a post.

        Raises:
            NotFound: there is none, or the post may not read it: the same either way.
        """

    @abstractmethod
    def of_hold(self, session: Session, post: Post, hold: Hold | ReceiptHold) -> Thing:
        """What a hold holds back, locked.

        Raises:
            NotFound: the post may not read it: as if there were no such hold.
        """

    def on_list(self, session: Session, thing: Thing) -> UUID | None:
        """The list on which its weeding is proposed and not decided, if there is one."""
        listed = select(self.line.weeding_id).where(
            getattr(self.line, self.key) == thing.id, self.line.state == PROPOSED
        )
        found: UUID | None = session.scalar(listed)
        return found

    def to_decide(self, session: Session, post: Post, key: UUID) -> Thing:
        """As ``load``, with all that would be destroyed with it locked before it."""
        return self.load(session, post, key)

    @abstractmethod
    def check_kept(self, session: Session, thing: Any, step: str) -> None:
        """Refuse a step on what was weeded.

        Raises:
            Conflict: it was.
        """

    @abstractmethod
    def check(self, session: Session, thing: Any, now: datetime) -> None:
        """Refuse to weed what is not to be weeded now.

        Raises:
            Conflict: why.
        """

    def approved(self, session: Session, thing: Any, line: Any, now: datetime) -> Mapping[str, Any]:
        """Note on what was checked, and on its line, that its weeding is approved; gives what the
        act says of it."""
        return {}

    @abstractmethod
    def destroy(
        self, session: Session, thing: Any, who: Actor, now: datetime, listed: UUID
    ) -> None:
        """Destroy what stands in it; ``listed``: the list on which that was approved."""

    def line_of(self, session: Session, weeding: UUID, key: UUID) -> Line | None:
        """Its line on a list, locked; None: there is none."""
        return locked(session, self.line, (weeding, key))


class _Files(OfRecord):
    name, key, many = "file", "file_id", "files"
    hold, line, weeded = Hold, WeedingFile, WeededPaper

    def lock(self, session: Session, key: UUID) -> Thing:
        return load_locked(session, key)

    def load(self, session: Session, post: Post, key: UUID) -> Thing:
        return load_readable(session, post, key)

    def of_hold(self, session: Session, post: Post, hold: Any) -> Thing:
        file = load_locked(session, hold.file_id)
        check_sight(session, post, file, "hold", str(hold.id))
        return file

    def to_decide(self, session: Session, post: Post, key: UUID) -> Thing:
        # What came in with a file is locked before the file, as by all who lock both.
        of_file = select(Receipt.id).where(Receipt.file_id == key)
        session.execute(of_file.order_by(Receipt.id).with_for_update())
        return self.load(session, post, key)

    def check_kept(self, session: Session, thing: File, step: str) -> None:
        check_kept(session, thing, step)

    def check(self, session: Session, thing: File, now: datetime) -> None:
        found = locked(session, Recording, thing.id)
        if found is not None and found.weeded_at is not None:
            raise Conflict(f"file {thing.number} was weeded already", {"number": thing.number})
        _check_due(session, thing, found, now)
        # The notes and pages of a further volume are numbered on from those of this one, and speak
        # of them.
        known = volumes(session, thing)
        if alive := [each.number for each in known if each.state != FileState.CLOSED]:
            raise Conflict(
                f"file {thing.number} cannot be weeded: it goes on in {alive[0]}", {"open": alive}
            )
        for each in known:
            further = session.get(Recording, each.id) if each.volume > thing.volume else None
            if each.volume <= thing.volume or (further is not None and further.weeded_at):
                continue
            try:
                _check_due(session, each, further, now)
            except Conflict as error:
                raise Conflict(
                    f"file {thing.number} cannot be weeded before what goes on from it: "
                    f"{error.message}",
                    error.details,
                ) from error

    def approved(
        self, session: Session, thing: File, line: WeedingFile, now: datetime
    ) -> Mapping[str, Any]:
        session.get_one(Recording, thing.id).weeded_at = now
        line.archive = last_archive(session, thing.id)
        return {"archive": line.archive}

    def destroy(
        self, session: Session, thing: File, who: Actor, now: datetime, listed: UUID
    ) -> None:
        destroy_file(session, thing, who, now, listed)


class _Receipts(OfRecord):
    name, key, many = "receipt", "receipt_id", "receipts"
    hold, line, weeded = ReceiptHold, WeedingReceipt, WeededReceiptPaper

    def lock(self, session: Session, key: UUID) -> Thing:
        return load_receipt(session, key)

    def load(self, session: Session, post: Post, key: UUID) -> Thing:
        found = self.lock(session, key)
        receipts.find(session, post, {"id": key})
        return found

    def of_hold(self, session: Session, post: Post, hold: Any) -> Thing:
        try:
            return self.load(session, post, hold.receipt_id)
        except NotFound as hidden:
            raise no_hold(hold.id) from hidden

    def check_kept(self, session: Session, thing: Receipt, step: str) -> None:
        if receipts.is_weeded(session, thing):
            raise Conflict(
                f"cannot {step} receipt {thing.number}: it was weeded",
                {"number": thing.number, "step": step, "legal": []},
            )

    def check(self, session: Session, thing: Receipt, now: datetime) -> None:
        if thing.state == State.WEEDED:
            raise Conflict(f"receipt {thing.number} was weeded already", {"number": thing.number})
        if thing.state == State.FILED:
            raise Conflict(
                f"receipt {thing.number} cannot be weeded: it is in a file, and weeded with that",
                {"number": thing.number, "state": thing.state},
            )
        city, due = city_retention(), None
        keeping = city.class_of_receipt(thing.category).keeping
        if thing.state == State.CLOSED:
            assert thing.ended_at is not None  # a closed one has it: ck_receipt_ended
            due = city.due_on(keeping, day_of(thing.ended_at))
        held = select(ReceiptHold.kind).where(
            ReceiptHold.receipt_id == thing.id, ReceiptHold.lifted_at.is_(None)
        )
        holds = set(session.scalars(held))
        check_weedable("receipt", thing.number, keeping, due, holds, day_of(now))

    def destroy(
        self, session: Session, thing: Receipt, who: Actor, now: datetime, listed: UUID
    ) -> None:
        destroy_receipt(session, thing, who, now, listed)


FILES, RECEIPTS = _Files(), _Receipts()


def no_hold(key: UUID) -> NotFound:
    """What is said of a hold that is not there, or is not for who asks."""
    return NotFound(f"there is no hold {key}", {"id": str(key)})


def check_at_hand(what: OfRecord, thing: Thing, who: Actor, step: str) -> None:
    """Refuse a step of the record room to a post that neither has the thing nor is of the room.

    Raises:
        Forbidden: names who has it.
    """
    if who.post.code == thing.held_by or city_retention().record_room.includes(who.post):
        return
    raise Forbidden(
        f"cannot {step} {what.name} {thing.number}: that is for {thing.held_by}, which has it, and "
        "for the record room",
        {"held_by": thing.held_by, "post": who.post.code, "step": step},
    )


def _check_due(session: Session, file: File, found: Recording | None, now: datetime) -> None:
    """A file is held by what holds one of its receipts too: they would be destroyed with it."""
    kinds = union_all(
        select(Hold.kind).where(Hold.file_id == file.id, Hold.lifted_at.is_(None)),
        select(ReceiptHold.kind)
        .join(Receipt, Receipt.id == ReceiptHold.receipt_id)
        .where(Receipt.file_id == file.id, ReceiptHold.lifted_at.is_(None)),
    )
    holds = set(session.scalars(kinds))
    keeping = None if found is None else found.keeping
    due = None if found is None else found.due_on
    check_weedable("file", file.number, keeping, due, holds, day_of(now))
