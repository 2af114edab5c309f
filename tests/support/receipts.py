"""A desk of the e-office that diarises, sends and files: what its tests share."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from services.eoffice.commands.diarise import diarise
from services.eoffice.commands.end_receipt import (
    close_receipt,
    follow_up_receipt,
    reopen_receipt,
)
from services.eoffice.commands.keep_paper import add_paper
from services.eoffice.commands.move_receipt import (
    pull_back_receipt,
    pull_up_receipt,
    receive_receipt,
    send_receipt,
)
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.put_in_file import put_in_file, start_file
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, File, Receipt
from services.eoffice.organisation_store import actor, current
from services.eoffice.papers import Stored
from services.eoffice.queries import receipts
from services.eoffice.schemas import Opening
from services.eoffice.schemas import receipts as schemas
from tests.support.eoffice import JE, NOW, cleared

REGISTRY = Identity.of("officer:registry-clerk", "officer")
COMMISSIONER = Identity.of("officer:commissioner", "officer")
LETTER = {
    "medium": "letter",
    "sender_name": "आशा पाटील",
    "subject": "रस्त्यावरील खड्डे",
    "category": "complaint",
}


class Desk:
    """Takes steps as the desks do."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions

    def diarise(self, who: Identity = REGISTRY, **said: Any) -> Receipt:
        return self._do(diarise, schemas.Diarising, who, {**LETTER, **said})

    def paper(self, who: Identity, pages: int) -> str:
        """A scan that ``who`` has kept; there are no bytes of it."""
        stored = Stored("2026-07-01/0", "application/pdf", 1, pages, "0" * 64, "1" * 64)
        with self.sessions.begin() as session:
            by = actor(session, who, None, NOW)
            return str(add_paper(session, stored, None, f"{pages} pages", by, NOW).id)

    def send(self, receipt: Receipt, to: str, who: Identity = REGISTRY, **said: Any) -> Receipt:
        return self._do(send_receipt, schemas.Sending, who, {"id": receipt.id, "to": to, **said})

    def receive(self, receipt: Receipt, who: Identity = JE) -> Receipt:
        return self._do(receive_receipt, schemas.ReceiptStep, who, {"id": receipt.id})

    def pull_back(self, receipt: Receipt, who: Identity = REGISTRY) -> Receipt:
        return self._do(pull_back_receipt, schemas.PullingBack, who, {"id": receipt.id})

    def pull_up(self, receipt: Receipt, who: Identity) -> Receipt:
        return self._do(pull_up_receipt, schemas.PullingBack, who, {"id": receipt.id})

    def put(self, receipt: Receipt, file: File, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "file_number": file.number}
        return self._do(put_in_file, schemas.PuttingInFile, who, asked)

    def start(self, receipt: Receipt, who: Identity = JE, **said: Any) -> tuple[Receipt, File]:
        return self._do(start_file, schemas.StartingFile, who, {"id": receipt.id, **said})

    def close(self, receipt: Receipt, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "remark": "उत्तर दिले"}
        return self._do(close_receipt, schemas.WithReason, who, asked)

    def reopen(self, receipt: Receipt, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "remark": "still open"}
        return self._do(reopen_receipt, schemas.WithReason, who, asked)

    def follow_up(self, receipt: Receipt, on: date | None, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "on": on and on.isoformat()}
        return self._do(follow_up_receipt, schemas.FollowingUp, who, asked)

    def file(self, who: Identity = JE, **said: Any) -> File:
        late = partial(open_file, overdue=True)
        return self._do(late, Opening, who, {"subject": "खड्डे", **said})

    def get(self, receipt: Receipt, post: str) -> dict[str, Any]:
        with self.sessions() as session:
            asked = schemas.GettingReceipt().load({"number": receipt.number})
            return receipts.get(session, current(session).posts[post], asked)

    def page(self, post: str, **filters: Any) -> list[str]:
        with self.sessions() as session:
            asked = schemas.ListingReceipts().load(filters)
            found = receipts.page(session, current(session).posts[post], asked, NOW)
            return [each["number"] for each in found["items"]]

    def pending(self, post: str, by: str, **filters: Any) -> list[dict[str, Any]]:
        with self.sessions() as session:
            asked = schemas.PendingReceipts().load({"by": by, **filters})
            return receipts.pending(session, current(session).posts[post], asked, NOW)

    def verbs(self, key: Any) -> list[str]:
        with self.sessions() as session:
            found = select(Act.verb).where(Act.chain_id == key).order_by(Act.position)
            return list(session.scalars(found))

    def cleared(self, post: str, grade: Secrecy) -> AbstractContextManager[None]:
        """See ``tests.support.eoffice.cleared``."""
        return cleared(self.sessions, post, grade)

    def _do(
        self, step: Callable[..., Any], schema: type[Any], who: Identity, asked: dict[str, Any]
    ) -> Any:
        loaded = schema().load({key: _wire(value) for key, value in asked.items()})
        with self.sessions.begin() as session:
            return step(session, who, loaded, NOW)


def _wire(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | list) else str(value)
