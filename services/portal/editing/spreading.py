"""What is put out reaches the folder of each portal: at once on the one that was asked, on every
other within a second or two; and what was to go out at a moment goes out then."""

import logging
import threading
import time
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from palika.errors import Conflict, Invalid, PalikaError, Unavailable
from palika.metrics import PORTAL_CONTENT_STALE
from services.portal.accounts.parts import Parts
from services.portal.commands.edit_page import note_act, of_id
from services.portal.commands.publish_page import (
    hold_site,
    is_elsewhere,
    keep_found,
    newest,
    put_out,
)
from services.portal.content import Content, Shelf
from services.portal.content.loading import mistakes_of
from services.portal.domain.editing import Act, Rules, State
from services.portal.editing.checking import (
    OTHERS,
    Errors,
    Files,
    checked,
    checked_removal,
    files_of,
)
from services.portal.editing.folder import lay, would_be
from services.portal.editing.places import LANGUAGES, Place, place_of
from services.portal.editing.uploads import names_of
from services.portal.models import SiteDraft
from services.portal.pages.words import N_

_log = logging.getLogger(__name__)

EXTENSION = "editing"
CHANGED_BELOW = N_("the page was changed in its files since the draft was begun")
_AWAY_S: Final = 3.0
_WRONG_S: Final = 30.0
_LOOK_EVERY_S: Final = 30.0
"""So often the folder is put right, whatever has happened to it."""
TAKEN = N_("there is a page of this kind with this name already")
ELSEWHERE = N_(
    "a page of this kind and name was taken down elsewhere on the site: choose another name"
)


class Spreader:
    """Keeps the folder of this portal what the database says, and puts out what is due."""

    def __init__(self, parts: Parts, shelf: Shelf, rules: Rules) -> None:
        """Prepare; the shelf has a folder of what is edited."""
        self._parts = parts
        self.shelf = shelf
        self.rules = rules
        self._laid = -1
        self._look_at = 0.0
        self._rest_until = 0.0
        self._laying = threading.Lock()

    @property
    def content(self) -> Content:
        """What is on the site now."""
        return self.shelf.content

    def files(self, place: Place) -> Files:
        """The files of a page as they are on the site now."""
        return files_of(self.shelf.folder, self.shelf.edited, place)

    def watch(self) -> None:
        """Every second: spread what is new, and put out what is due. While the database is away it
        is asked now and then only: the site stands from the files."""
        if time.monotonic() < self._rest_until:
            return
        behind = False
        try:
            self._watch()
        except Unavailable:
            self._rest_until = time.monotonic() + _AWAY_S
        except (OSError, SQLAlchemyError) as error:
            _log.error("what was edited cannot be spread: %s", error)
            self._rest_until = time.monotonic() + _WRONG_S
            behind = True
        PORTAL_CONTENT_STALE.set(behind or self.shelf.stale)

    def _watch(self) -> None:
        now = self._parts.now()
        is_due = SiteDraft.state == State.SCHEDULED, SiteDraft.publish_at <= now
        with self._parts.store.begin() as session:
            last = newest(session)
            due = list(session.scalars(select(SiteDraft.id).where(*is_due)))
        if last != self._laid or time.monotonic() >= self._look_at:
            self.spread()
        for each in due:
            with self._parts.store.begin() as session:
                hold_site(session)
                draft = of_id(session, each)
                if draft is not None and draft.state == State.SCHEDULED:
                    self._put_out_due(session, draft, now)
        if due:
            self.spread()

    def spread(self, session: Session | None = None) -> None:
        """Make the folder what the database says, and read it.

        Raises:
            Unavailable: the database is away.
            OSError: it cannot be written.
        """
        with self._laying:
            if session is None:
                with self._parts.store.begin() as own:
                    self._lay(own)
            else:
                self._lay(session)
        self.shelf.look_now()

    def spread_soon(self) -> None:
        """The same after something was put out: where it fails now, ``watch`` does it."""
        try:
            self.spread()
        except (Unavailable, OSError) as error:
            _log.error("what was put out is not written yet: %s", error)
            self._laid = -1

    def _lay(self, session: Session) -> None:
        assert self.shelf.edited is not None
        last = newest(session)
        lay(self.shelf.edited, session)
        self._laid, self._look_at = last, time.monotonic() + _LOOK_EVERY_S

    def put_out(
        self, draft: SiteDraft, session: Session, reviewer: dict[str, Any], now: datetime
    ) -> None:
        """Put a draft out; it is locked, and may be decided about. After the commit ``spread`` is
        to be called.

        Raises:
            Invalid: it is not right as it is; ``fields`` says what.
            Conflict: the page was changed underneath.
        """
        hold_site(session)
        # What others have put out a moment ago counts.
        self.spread(session)
        place = Place(draft.kind, draft.slug, draft.site)
        files, errors = self.judged(session, draft)
        errors = errors or self._loaded_with(session, place, files)
        if errors:
            raise Invalid("the draft is not right as it is", errors)
        keep_found(session, draft, _columns(self.files(place)), now)
        put_out(session, draft, _columns(files), reviewer, now)

    def judged(self, session: Session, draft: SiteDraft) -> tuple[Files, Errors]:
        """The files that a draft would become, and what is wrong with them now.

        Raises:
            Conflict: the page was changed underneath since the draft was looked at.
        """
        place = Place(draft.kind, draft.slug, draft.site)
        content = self.content
        now_there = place_of(content, draft.kind, draft.slug)
        if now_there is not None and now_there != place:
            raise Conflict(TAKEN)
        if is_elsewhere(session, draft.kind, draft.slug, draft.site):
            raise Conflict(ELSEWHERE)
        if self.files(place).digest != draft.based_on:
            raise Conflict(CHANGED_BELOW)
        if draft.removal:
            return Files(None), checked_removal(content, place)
        uploads = names_of(session, place)
        return checked(content, place, draft.typed, uploads, self.rules.longest_text)

    def _loaded_with(self, session: Session, place: Place, files: Files) -> Errors:
        """What the loader would say of the site with the files of a page. Mistakes that are there
        without them do not count: each page that mends some of them may go out."""
        folder, edited = self.shelf.folder, self.shelf.edited
        assert edited is not None
        with would_be(edited, session, place, _columns(files)) as above:
            wrong = mistakes_of(folder, above)
        if wrong:
            wrong -= mistakes_of(folder, edited)
        return {OTHERS: sorted(f"{file}: {rule}" for file, _, rule in wrong)} if wrong else {}

    def _put_out_due(self, session: Session, draft: SiteDraft, now: datetime) -> None:
        reviewer = draft.reviewer or {}
        try:
            self.put_out(draft, session, reviewer, now)
        except (Invalid, Conflict) as error:
            told = _told(error)
            draft.state, draft.publish_at = State.DRAFT, None
            draft.sent_back = {"hand": None, "reason": told, "at": now.isoformat()}
            note_act(session, draft, Act.HELD, None, now, told)
            _log.warning("%s/%s could not be put out: %s", draft.kind, draft.slug, told)


def _told(error: PalikaError) -> str:
    if isinstance(error, Invalid) and error.fields:
        return "; ".join(
            ", ".join(rules) if name == OTHERS else f"{name}: {', '.join(rules)}"
            for name, rules in error.fields.items()
        )
    return str(error)


def _columns(files: Files) -> dict[str, str | None]:
    texts = {each: files.texts.get(each) for each in LANGUAGES}
    return {"facts": files.facts, **texts}
