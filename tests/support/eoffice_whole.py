"""An office in which whatever a method needs is there, and its methods called as messages do."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.rpc import CallContext
from palika.tables import outbox
from services.eoffice.models import Base
from services.eoffice.service import EofficeService
from tests.integration.test_eoffice_contents import add
from tests.support.eoffice import CE, DE, JE, NOW
from tests.support.eoffice_keys import issued, store_in
from tests.support.eoffice_letters import OFFICE, approved, draft
from tests.support.eoffice_moves import opened, take
from tests.support.eoffice_records import Scene
from tests.support.receipts import Desk


class Office:
    """An office in which whatever a method needs is there."""

    def __init__(self, sessions: sessionmaker[Session], place: Any) -> None:
        self.sessions = sessions
        self.keys = store_in(place)
        self.desk = Desk(sessions)
        self.scene = Scene(sessions, OFFICE.papers)

    def call(self, name: str, who: Identity, asked: dict[str, Any], call: str | None = None) -> Any:
        """Call a method as its messages do."""
        service = EofficeService()
        service.db = SimpleNamespace(begin=self.sessions.begin)
        service.caller = CallContext.within("eoffice", who, call)
        service.rpc = SimpleNamespace(notify=SimpleNamespace(send=None))
        return getattr(service, name)(**asked)

    def file(self, who: Identity = JE, **said: Any) -> str:
        return str(opened(self.sessions, who, **said).id)

    def taken(self, step: str, file: str, who: Identity = JE, **said: Any) -> str:
        take(self.sessions, step, SimpleNamespace(id=file), who, **said)
        return file

    def receipt(self) -> str:
        receipt = self.desk.diarise()
        return str(self.desk.receive(self.desk.send(receipt, "roads-je")).id)

    def filed(self) -> dict[str, str]:
        key = self.receipt()
        self.call("put_in_file", JE, {"id": key, "file_id": self.file()})
        return {"id": key}

    def added(self) -> str:
        asked = {"file_id": self.file(), "title": "Sketch", "pages": 2}
        return str(self.call("add_paper", JE, asked)["id"])

    def draft(self) -> str:
        return str(self.call("save_draft", JE, {"file_id": self.file(), "markup": "See"})["id"])

    def note(self) -> str:
        return str(self.call("confirm_note", JE, {"id": self.draft()})["id"])

    def letter(self) -> str:
        return str(draft(self.sessions, SimpleNamespace(id=self.file()), body="Begun.").id)

    def approved(self) -> str:
        return str(approved(self.sessions, SimpleNamespace(id=self.file())).id)

    def held(self) -> str:
        asked = {"file_id": self.file(), "kind": "court", "remark": "Suit 1"}
        return str(self.call("hold_file", JE, asked)["id"])

    def tied(self) -> dict[str, Any]:
        file = self.file()
        return {"id": file, **matter(self.call("tie", JE, {"id": file}))}

    def delegation(self) -> str:
        return str(self.call("delegate", CE, {"to": "roads-je", "what": ["works"]})["id"])

    def leave(self) -> str:
        asked = {"linked": "a.jadhav2", "since": "2126-08-03", "until": "2126-08-07"}
        return str(self.call("take_leave", DE, asked)["id"])

    def sanctioned(self) -> dict[str, Any]:
        file = self.file(DE)
        told = self.call("approve", DE, {"id": file, "power": "works", "amount_paise": 5})
        return {"id": file, "approval_id": told["approval"]["id"], "remark": "A slip"}

    def route(self) -> str:
        asked = {"name": "x", "desks": [{"post": "law", "days": 1}]}
        return str(self.call("save_route", JE, asked)["id"])

    def signer(self) -> str:
        note = self.note()
        issued(self.sessions, self.keys, "a.jadhav2", NOW)
        return f"note:{note}"

    def recorded(self) -> Any:
        file = self.scene.whole()
        self.scene.recorded(file)
        return file

    def listed(self) -> dict[str, Any]:
        file = self.recorded()
        return {"id": str(self.scene.proposed(file).id), "file_id": str(file.id)}

    def bulky(self) -> str:
        file = self.file()
        add(self.sessions, SimpleNamespace(id=file), 201)
        return file


def matter(told: dict[str, Any]) -> dict[str, Any]:
    return {"correlation_id": told["correlation_id"]}


def all_of(office: Office) -> dict[str, list[Any]]:
    """Every row of every table."""
    with office.sessions() as session:
        return {
            table.name: sorted(str(tuple(each)) for each in session.execute(select(table)))
            for table in [*Base.metadata.tables.values(), outbox]
        }
