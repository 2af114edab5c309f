"""A whole file of the e-office, closed and with everything in it: what tests of the record room
share."""

import base64
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands import letter as letters
from services.eoffice.commands.approve import approve_file
from services.eoffice.commands.archive_file import archive_to_folder
from services.eoffice.commands.close import close_file
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.keep_paper import keep_paper
from services.eoffice.commands.mark import answer_mark, gather_marks, mark_file
from services.eoffice.commands.note import confirm_note, save_draft
from services.eoffice.commands.record_file import record_file
from services.eoffice.commands.root import begin_record
from services.eoffice.commands.sign import sign_row
from services.eoffice.commands.vouch import agree_archive
from services.eoffice.commands.weed import decide_weeding, propose_weeding
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Receipt
from services.eoffice.organisation_store import current
from services.eoffice.queries import records
from services.eoffice.records.bag import close_bag
from services.eoffice.records.signature import sign_bag
from services.eoffice.schemas import Closing, Forwarding
from services.eoffice.schemas import receipts as dak
from services.eoffice.schemas import records as schemas
from services.eoffice.schemas.approving import Approving
from services.eoffice.schemas.archives import MakingArchive
from services.eoffice.schemas.letters import Dispatching, DraftingLetter, LetterStep
from services.eoffice.schemas.moving import Answering, Gathering, MarkingTo
from services.eoffice.schemas.noting import DraftSaving, DraftStep
from services.eoffice.schemas.signing import Signing
from services.eoffice.sealing import Keys, city_keys_of_record
from services.eoffice.sealing.verify import Finding, verify
from services.eoffice.signing.store import SoftwareStore
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW, emptied
from tests.support.eoffice_keys import issued, store_in
from tests.support.papers import pdf
from tests.support.receipts import REGISTRY, Desk

LATER = datetime(2038, 1, 1, 4, 30, tzinfo=NOW.tzinfo)
"""Eleven years after the file was closed: what is kept for ten years is due."""
NOTE = "मौजे **कसबा पेठ** येथील रस्त्याच्या दुरुस्तीचे अंदाजपत्रक {c:1-2} पहावे.\n\n- खड्डे: 12\n- खर्च: ₹4,50,000"


@dataclass
class Scene:
    """An office with a store of papers."""

    sessions: sessionmaker[Session]
    store: Folder

    @classmethod
    def begun(cls, sessions: sessionmaker[Session], store: Folder) -> "Scene":
        """An office where nothing was done yet."""
        with emptied(sessions).begin() as session:
            begin_record(session, NOW)
        return cls(sessions, store)

    def do(
        self,
        command: Callable[..., Any],
        schema: type[Any],
        who: Identity,
        asked: Mapping[str, Any],
        now: datetime = NOW,
        *more: Any,
    ) -> Any:
        with self.sessions.begin() as session:
            return command(session, who, schema().load(dict(asked)), now, *more)

    def paper(self, who: Identity, name: str, content: bytes) -> str:
        asked = {"name": name, "content_base64": base64.b64encode(content).decode()}
        loaded = dak.KeepingPaper().load(asked)
        return str(keep_paper(self.sessions.begin, self.store, who, loaded, NOW).id)

    def note(self, who: Identity, file: File, markup: str, language: str = "mr") -> UUID:
        asked = {"file_id": str(file.id), "markup": markup, "language": language}
        draft = self.do(save_draft, DraftSaving, who, asked)
        return self.do(confirm_note, DraftStep, who, {"id": str(draft.id)}).id

    def started(self, **said: Any) -> tuple[Receipt, File]:
        """A receipt with two papers, and the file that was opened from it."""
        desk = Desk(self.sessions)
        papers = [
            self.paper(REGISTRY, "तक्रारीचे पत्र", pdf(2)),
            self.paper(REGISTRY, "नकाशा", pdf(3, lambda page: f"Map {page} {len(said)}")),
        ]
        receipt = desk.diarise(papers=papers, sender_phone="+919812345610")
        desk.receive(desk.send(receipt, "roads-je"))
        with desk.cleared("roads-je", Secrecy[str(said.get("secrecy", "normal")).upper()]):
            return desk.start(receipt, section="est", **{"head": "tender", **said})

    def whole(self, keys: SoftwareStore | None = None, **said: Any) -> File:
        """A file with a receipt, notes (signed, if there are keys), a letter, an approval, a
        question that was answered; closed."""
        _, file = self.started(**said)
        first = self.note(JE, file, NOTE)
        if keys is not None:
            self.signed(keys, f"note:{first}")
        asked = {"id": str(file.id), "posts": ["accounts"], "question": "तरतूद आहे का?"}
        self.do(mark_file, MarkingTo, JE, asked)
        asked = {"id": str(file.id), "answer": "होय, आहे."}
        self.do(answer_mark, Answering, ACCOUNTS, asked)
        self.do(gather_marks, Gathering, JE, {"id": str(file.id)})
        self.letter(file, keys)
        to = {"id": str(file.id), "to": "roads-de", "remark": "मंजुरीसाठी सादर"}
        self.do(forward_file, Forwarding, JE, to)
        self.note(DE, file, "Seen {n:1}; the estimate is **approved**.", "en")
        asked = {"id": str(file.id), "power": "works", "amount_paise": 100, "remark": "मान्य"}
        self.do(approve_file, Approving, DE, asked)
        return self.do(close_file, Closing, DE, {"id": str(file.id)})

    def letter(self, file: File, keys: SoftwareStore | None = None) -> None:
        asked = {"file_id": str(file.id), "to_name": "आशा पाटील", "to_address": "कसबा पेठ, पुणे"}
        asked |= {"body": "उपरोक्त विषयाबाबत आपणास कळविण्यात येते की, काम पूर्ण झाले आहे."}
        letter = self.do(letters.draft_letter, DraftingLetter, JE, asked)
        self.do(letters.approve_letter, LetterStep, JE, {"id": str(letter.id), "version": 1})
        asked = {"id": str(letter.id), "version": 1, "channel": "post", "tracking": "EM123IN"}
        outward = Outward(_no_message, self.store, keys or store_in(Path("/nowhere")))
        self.do(dispatch_letter, Dispatching, JE, asked, NOW, outward)

    def signed(self, keys: SoftwareStore, row: str) -> None:
        with self.sessions() as session:
            person = current(session).holder("roads-je", NOW.date())
            assert person is not None
        issued(self.sessions, keys, person, NOW)
        with self.sessions.begin() as session:
            sign_row(session, keys, JE, Signing().load({"row": row}), NOW)

    def recorded(self, file: File, who: Identity = DE, **said: Any) -> Any:
        return self.do(record_file, schemas.RecordingFile, who, {"id": str(file.id), **said})

    def closed_receipt(self, who: Identity = REGISTRY, **said: Any) -> Receipt:
        """A receipt with two papers that was closed without a file."""
        papers = [
            self.paper(who, "निवेदन", pdf(2)),
            self.paper(who, "नकाशा", pdf(3, lambda page: f"Map {page} {len(said)}")),
        ]
        told = {"papers": papers, "sender_phone": "+919812345610", "remark": "उत्तर नको"}
        desk = Desk(self.sessions)
        return desk.close(desk.diarise(who, **{**told, **said}), who)

    def proposed(
        self, *things: File | Receipt, who: Identity = REGISTRY, now: datetime = LATER, **said: Any
    ) -> Any:
        listed: dict[str, list[str]] = {"files": [], "receipts": []}
        for each in things:
            listed["files" if isinstance(each, File) else "receipts"].append(str(each.id))
        return self.do(
            *(propose_weeding, schemas.Proposing, who),
            {**listed, "remark": "यादी 2038", **said},
            now,
        )

    def decided(
        self,
        weeding: Any,
        thing: File | Receipt,
        approve: bool = True,
        who: Identity = CE,
        now: datetime = LATER,
    ) -> Any:
        asked = {
            "id": str(weeding.id),
            "file_id" if isinstance(thing, File) else "receipt_id": str(thing.id),
            "approve": approve,
            "remark": "पाहिले",
        }
        return self.do(decide_weeding, schemas.DecidingWeeding, who, asked, now)

    def weeded(self, **said: Any) -> File:
        file = self.whole(**said)
        self.recorded(file)
        self.decided(self.proposed(file), file)
        return file

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        with self.sessions() as session:
            verify(session, city_keys_of_record(), found.append)
        # The organisation's acts stay from test to test, and know the certificates of those before.
        return [each for each in found if not each.row.startswith("certificate:")]


AGREED = {"agreed_by": "roads-ce", "agreed_person": "v.deshpande4"}


def agreed(scene: Scene, folder: Path, keys: Keys | None = None, **said: Any) -> Any:
    """Let the chief engineer agree that what nothing proves is brought in."""
    asked = {"post": None, "remark": "Asked by letter", **said}
    known = keys or city_keys_of_record()
    return agree_archive(scene.sessions.begin, known, CE, asked, folder, LATER)[1]


@contextmanager
def another_office(postgres: Postgres, place: Path) -> Iterator[tuple[File, Path]]:
    """A whole file, with a signed note, and its archive, in a database of its own."""
    with service_database(postgres, "eoffice") as sessions:
        scene = Scene.begun(sessions, Folder(place / "papers"))
        file = scene.whole(store_in(place), subject="पाषाण तलाव सुशोभीकरण")
        scene.recorded(file)
        asked = MakingArchive().load({"number": file.number})
        archive_to_folder(sessions.begin, scene.store, DE, asked, place / "out", NOW)
        yield file, place / "out"


def resealed(folder: Path, keys: Keys | None = None, office: str = "another-office") -> Path:
    """The archive, changed, made a bag again and signed by somebody who knows how.

    Args:
        keys: of who does it; those of the city, if not given.
        office: as whom they sign.
    """
    close_bag(folder, {"External-Identifier": "x"})
    sign_bag(folder, keys or city_keys_of_record(), office, NOW)
    return folder


def _no_message(**message: Any) -> None:
    raise AssertionError(f"sent: {message}")


def count(scene: Scene, model: Any) -> int:
    """How many rows a table has."""
    with scene.sessions() as session:
        found: int = session.scalar(select(func.count()).select_from(model))
        return found


def receipts_due(
    scene: Scene, post: str = "registry-clerk", now: datetime = LATER, **asked: Any
) -> dict[str, Any]:
    """A page of the receipts that are due for weeding, as a post sees it."""
    with scene.sessions() as session:
        loaded = schemas.Due().load({"what": "receipts", **asked})
        return records.due(session, current(session).posts[post], loaded, now)


def numbers(page: Mapping[str, Any]) -> list[str]:
    """The numbers of what is on a page."""
    return [each["number"] for each in page["items"]]


def sums(folder: Path) -> int:
    """What coreutils say of the digests."""
    command = ("sha256sum", "--check", "--strict", "--quiet")
    manifests = ("manifest-sha256.txt", "tagmanifest-sha256.txt")
    return subprocess.run([*command, *manifests], cwd=folder, check=False).returncode
