"""The entrypoints of the note sheet."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from palika.blocking import off_hub
from palika.india import day_of
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.commands.note import (
    confirm_note,
    discard_draft,
    save_draft,
    take_back_note,
)
from services.eoffice.documents import pdf_answer, sheet_pdf
from services.eoffice.domain.reading import What
from services.eoffice.once import once
from services.eoffice.organisation_store import actor
from services.eoffice.queries import notes, references
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.queries.sight import readable_file
from services.eoffice.schemas.noting import (
    DraftsAsked,
    DraftSaving,
    DraftStep,
    OneDraft,
    OneFile,
    Printing,
    Resolving,
    TakingBack,
)


class Noting(Service):
    """Yellow notes, green notes, and where their references go."""

    @rpc(DraftSaving, roles=STAFF)
    def save_draft(self, args: dict[str, Any]) -> dict[str, Any]:
        """Save a yellow note as it is, half-written or not."""
        with self.db.begin() as session:
            found = save_draft(session, self.caller.identity, args, datetime.now(UTC))
            return notes.draft_view(found)

    @once(DraftStep, roles=STAFF)
    def discard_draft(self, args: dict[str, Any]) -> dict[str, Any]:
        """Throw a yellow note away."""
        with self.db.begin() as session:
            discard_draft(session, self.caller.identity, args, datetime.now(UTC))
        return {"id": str(args["id"])}

    @once(DraftStep, roles=STAFF)
    def confirm_note(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make a yellow note green; only its own post may, with the file on its desk."""
        with self.db.begin() as session:
            found = confirm_note(session, self.caller.identity, args, datetime.now(UTC))
            return notes.note_view(found)

    @once(TakingBack, roles=STAFF)
    def take_back_note(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make a green note yellow again; until the file is sent."""
        with self.db.begin() as session:
            found = take_back_note(session, self.caller.identity, args, datetime.now(UTC))
            return notes.draft_view(found)

    @rpc(OneDraft, roles=STAFF)
    def draft(self, args: dict[str, Any]) -> dict[str, Any]:
        """One yellow note of the desk."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return notes.draft(session, who.post, args)

    @rpc(DraftsAsked, roles=STAFF)
    def drafts(self, args: dict[str, Any]) -> dict[str, Any]:
        """The desk's yellow notes, the last saved first."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return notes.drafts(session, who.post, args)

    @rpc(OneFile, roles=STAFF)
    def note_sheet(self, args: dict[str, Any]) -> dict[str, Any]:
        """A file's green notes, and the desk's yellow ones on it."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            found = notes.note_sheet(session, who.post, args)
            keep_reading(session, who, UUID(found["file_id"]), What.NOTE_SHEET, now)
            return found

    @rpc(Resolving, roles=STAFF)
    def resolve(self, args: dict[str, Any]) -> dict[str, Any]:
        """Where a reference in a note goes."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            found, read = references.resolved(session, who.post, args)
            for file_id, what in read:
                keep_reading(session, who, file_id, what, now)
            return found

    @rpc(Printing, roles=STAFF)
    def note_sheet_pdf(self, args: dict[str, Any]) -> dict[str, Any]:
        """A file's note sheet as PDF/A, in base64."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            file = readable_file(session, who.post, args["id"], args["number"])
            sheet = sheet_paper(session, file, args["language"])
            keep_reading(session, who, file.id, What.NOTE_SHEET, now)
        return pdf_answer(sheet.number, off_hub(sheet_pdf, sheet, args["language"], day_of(now)))
