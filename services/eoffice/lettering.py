"""The entrypoints of letters."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from palika.blocking import off_hub
from palika.errors import Unavailable
from palika.india import day_of
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.eoffice.commands import letter as steps
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.commands.route_letter import approve_or_route
from services.eoffice.commands.send_letter import send_letter, send_waiting
from services.eoffice.documents import letter_pdf, pdf_answer
from services.eoffice.domain.letters import State
from services.eoffice.domain.reading import What
from services.eoffice.models import Letter
from services.eoffice.once import once
from services.eoffice.organisation_store import actor
from services.eoffice.queries import contents, letters
from services.eoffice.queries.kept_papers import store, whole
from services.eoffice.schemas.letters import (
    ApprovingLetter,
    Differing,
    Dispatching,
    DraftingLetter,
    LetterStep,
    OneLetter,
    RevisingLetter,
)
from services.eoffice.schemas.moving import Paging
from services.eoffice.schemas.noting import OneFile
from services.eoffice.signing.city import city_store

_SENDING_EVERY_S = 30.0


def _now() -> datetime:
    return datetime.now(UTC)


class Lettering(Service):
    """Drafts for approval, their versions, and how they go out."""

    @rpc(DraftingLetter, roles=STAFF)
    def draft_letter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Begin a letter out of a file; only the post that has it may."""
        return self._step(steps.draft_letter, args)

    @once(RevisingLetter, roles=STAFF)
    def revise_letter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Save the next version of a draft."""
        return self._step(steps.revise_letter, args)

    @once(ApprovingLetter, roles=STAFF)
    def approve_letter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Approve a draft as it reads in one version, if the post may."""
        with self.db.begin() as session:
            now = datetime.now(UTC)
            letter, to = approve_or_route(session, self.caller.identity, args, now)
            return letters.letter_view(session, letter) | {"routed_to": to}

    @once(LetterStep, roles=STAFF)
    def return_letter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take an approval back, so that the letter can be revised."""
        return self._step(steps.return_letter, args)

    @once(LetterStep, roles=STAFF)
    def discard_letter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give a letter up that has not gone out."""
        return self._step(steps.discard_letter, args)

    @once(Dispatching, roles=STAFF)
    def dispatch_letter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send an approved letter out, with its number."""
        now, outward = datetime.now(UTC), self._outward()
        with self.db.begin() as session:
            letter, copy = dispatch_letter(session, self.caller.identity, args, now, outward)
        if letter.state == State.SENDING:
            # It has its number; if notify is away now, it is asked again by the clock.
            with suppress(Unavailable):
                send_letter(self.db.begin, outward, letter.id, _now)
        with self.db.begin() as session:
            shown = letters.letter_view(session, session.get_one(Letter, letter.id))
            return shown | {"correspondence": contents.content_view(copy)}

    @every(_SENDING_EVERY_S)
    def send_letters(self, stopping: Callable[[], bool]) -> None:
        """Send the letters that have their number and that notify has not taken yet."""
        # Who does not answer is logged where it is asked; the next time does the rest.
        with waiting_out_outages("the sending of letters"), suppress(Unavailable):
            send_waiting(self.db.begin, self._outward(), _now, stopping)

    @rpc(OneFile, roles=STAFF)
    def letters(self, args: dict[str, Any]) -> dict[str, Any]:
        """The letters of a file."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            found = letters.letters(session, who.post, args)
            keep_reading(session, who, UUID(found["file_id"]), What.LETTER, now)
            return found

    @rpc(Paging, roles=STAFF)
    def unsent_letters(self, args: dict[str, Any]) -> dict[str, Any]:
        """The letters of a post's files that notify could not send, a page at a time."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return letters.unsent(session, who.post, args)

    @rpc(OneLetter, roles=STAFF)
    def letter(self, args: dict[str, Any]) -> dict[str, Any]:
        """One letter with its versions."""
        return self._read(letters.letter, args)

    @rpc(Differing, roles=STAFF)
    def letter_difference(self, args: dict[str, Any]) -> dict[str, Any]:
        """What changed from one version of a letter to another, word by word."""
        return self._read(letters.difference, args)

    @rpc(OneLetter, roles=STAFF)
    def letter_pdf(self, args: dict[str, Any]) -> dict[str, Any]:
        """A letter as PDF in base64: the bytes that went out, or a draft with its mark across."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            letter, file = letters.readable_letter(session, who.post, args)
            keep_reading(session, who, file.id, What.LETTER, now)
            sent = letters.issued_paper(session, letter)
            paper = letters.letter_paper(session, letter, file)
            day = day_of(letter.dispatched_at or now)
            number, language = letter.number or str(letter.id), letter.language
        if sent is not None:
            return pdf_answer(number, whole(store(), sent))
        return pdf_answer(number, off_hub(letter_pdf, paper, language, day))

    def _outward(self) -> Outward:
        return Outward(self.rpc.notify.send, store(), city_store())

    def _read(
        self, query: Callable[..., dict[str, Any]], args: Mapping[str, Any]
    ) -> dict[str, Any]:
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            found = query(session, who.post, args)
            letter = session.get_one(Letter, args["id"])
            keep_reading(session, who, letter.file_id, What.LETTER, now)
            return found

    def _step(self, step: Callable[..., Letter], args: dict[str, Any]) -> dict[str, Any]:
        with self.db.begin() as session:
            letter = step(session, self.caller.identity, args, datetime.now(UTC))
            return letters.letter_view(session, letter)
