"""An office in which there is something of each kind to be found."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from palika.auth import Identity
from palika.store import Folder
from services.eoffice.commands import letter as steps
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.note import confirm_note, save_draft, take_back_note
from services.eoffice.commands.tend_papers import keep_text
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Correspondence, File, Imported, Letter, Note, NoteDraft
from services.eoffice.organisation_store import current
from services.eoffice.queries import references
from services.eoffice.schemas import Forwarding
from services.eoffice.schemas.filing import AddingPaper
from services.eoffice.schemas.letters import (
    Dispatching,
    DraftingLetter,
    LetterStep,
    RevisingLetter,
)
from services.eoffice.schemas.noting import DraftSaving, DraftStep, Resolving, TakingBack
from services.eoffice.sealing import act
from services.eoffice.searching import differences, index
from tests.support.eoffice import JE, NOW
from tests.support.eoffice_keys import store_in
from tests.support.receipts import Desk


class Office(Desk):
    """Writes notes and letters and puts papers in files, as the desks do."""

    def draft(self, file: File, markup: str, who: Identity = JE) -> NoteDraft:
        return self._do(save_draft, DraftSaving, who, {"file_id": file.id, "markup": markup})

    def note(self, file: File, markup: str, who: Identity = JE) -> Note:
        return self._do(confirm_note, DraftStep, who, {"id": self.draft(file, markup, who).id})

    def take_back(self, note: Note, who: Identity = JE) -> NoteDraft:
        return self._do(take_back_note, TakingBack, who, {"id": note.id})

    def forward(self, file: File, to: str, who: Identity = JE) -> File:
        return self._do(forward_file, Forwarding, who, {"id": file.id, "to": to})

    def add(self, file: File, who: Identity = JE, **said: Any) -> Correspondence:
        counted = {} if "paper_id" in said else {"pages": 1}
        asked = {"file_id": file.id, "title": "Plan", **counted, **said}
        return self._do(add_paper, AddingPaper, who, asked)

    def read(self, paper: str, *pages: str) -> bool:
        with self.sessions.begin() as session:
            return keep_text(session, UUID(paper), list(pages), False, NOW)

    def letter(self, file: File, who: Identity = JE, **said: Any) -> Letter:
        body = "With reference to the above subject, I am to inform you that it is done."
        asked = {"file_id": file.id, "language": "en", "to_name": "M. Jadhav", "body": body, **said}
        return self._do(steps.draft_letter, DraftingLetter, who, {"to_address": "Pune", **asked})

    def revise(self, letter: Letter, body: str, who: Identity = JE) -> Letter:
        asked = {"id": letter.id, "body": body, "version": letter.version}
        return self._do(steps.revise_letter, RevisingLetter, who, asked)

    def discard(self, letter: Letter, who: Identity = JE) -> Letter:
        asked = {"id": letter.id, "version": letter.version}
        return self._do(steps.discard_letter, LetterStep, who, asked)

    def dispatch(self, letter: Letter, who: Identity = JE) -> Letter:
        asked = {"id": letter.id, "version": letter.version}
        self._do(steps.approve_letter, LetterStep, who, asked)
        loaded = Dispatching().load({k: _wire(v) for k, v in asked.items()} | {"channel": "post"})
        with TemporaryDirectory() as place, self.sessions.begin() as session:
            outward = Outward(_nothing, Folder(Path(place)), store_in(Path(place)))
            return dispatch_letter(session, who, loaded, NOW, outward)[0]

    def archived(self, subject: str, grade: Secrecy) -> Imported:
        """A file that was brought in; there are no parts of it."""
        with self.sessions.begin() as session:
            made = Imported(
                id=uuid7(),
                number=f"ROADS/EST/OLD/2020/{grade:04}",
                subject=subject,
                department="roads",
                head="general",
                secrecy=int(grade),
                opened_at=NOW,
                closed_at=NOW,
                origin="Pune",
                sha256="0" * 64,
                codes="checked",
                text="",
                imported_by="registry-clerk",
                imported_person=None,
                imported_at=NOW,
            )
            session.add(made)
            index(session, Kind.ARCHIVED, made.id)
            act(session, made.id, "archived", "brought in", None, NOW)
            return made

    def resolve(self, hit: dict[str, Any], post: str = "roads-je") -> dict[str, Any]:
        """Where the link of a hit goes."""
        asked = Resolving().load({"number": hit["file"]["number"], "ref": hit["ref"]})
        with self.sessions() as session:
            return references.resolve(session, current(session).posts[post], asked)

    def wrong(self) -> list[Any]:
        with self.sessions() as session:
            return list(differences(session))


def _wire(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


def _nothing(**message: Any) -> None:
    raise AssertionError(f"sent: {message}")
