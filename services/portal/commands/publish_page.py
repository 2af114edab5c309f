"""A page of the site is put out, or taken down: a version, in the order of all versions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.portal.commands.edit_page import note_act
from services.portal.domain.editing import Act
from services.portal.models import SiteDraft, SiteVersion

_LOCK: Final = 4_730_021
"""Of all that publishes: what is checked against the rest of the site holds until it is committed,
and versions are committed in the order of their numbers."""


def hold_site(session: Session) -> None:
    """Nobody else puts anything out until the end of the transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def last_of(session: Session, kind: str, slug: str) -> SiteVersion | None:
    """The newest version of a page; None: it was never edited here."""
    return session.scalar(
        select(SiteVersion)
        .where(SiteVersion.kind == kind, SiteVersion.slug == slug)
        .order_by(SiteVersion.number.desc())
        .limit(1)
    )


def is_elsewhere(session: Session, kind: str, slug: str, site: str | None) -> bool:
    """Whether a page of this name was edited here in another micro-site than this one. It may not
    begin anew here: its newest version says what becomes of the files at its own place, and one
    of another place would let those of the site's own folder come back."""
    last = last_of(session, kind, slug)
    return last is not None and last.site != site


def newest(session: Session) -> int:
    """The number of the newest of all versions; 0: there is none."""
    return session.scalar(select(func.max(SiteVersion.seq))) or 0


def keep_found(
    session: Session,
    page: SiteDraft,
    files: Mapping[str, str | None],
    now: datetime,
) -> None:
    """Keep a page as it was found in the files, if it was never edited here: one can go back to it.

    Args:
        files: ``facts``, ``mr``, ``en``; without facts there was none.
    """
    if files["facts"] is not None and last_of(session, page.kind, page.slug) is None:
        session.add(
            SiteVersion(
                kind=page.kind,
                slug=page.slug,
                number=1,
                site=page.site,
                **files,
                at=now,
                note="",
                origin="files",
            )
        )
        session.flush()


def put_out(
    session: Session,
    draft: SiteDraft,
    files: Mapping[str, str | None],
    reviewer: Mapping[str, Any],
    now: datetime,
) -> SiteVersion:
    """Make a draft a version; there is no draft any more. The site is held, the draft locked, and
    has passed all checks.

    Args:
        files: as above; without facts the page is taken down.
    """
    before = last_of(session, draft.kind, draft.slug)
    version = SiteVersion(
        kind=draft.kind,
        slug=draft.slug,
        number=before.number + 1 if before else 1,
        site=draft.site,
        **files,
        at=now,
        author=draft.author,
        reviewer=dict(reviewer),
        note=draft.note,
        origin="editor",
        rolls_back_to=draft.rolls_back_to,
    )
    session.add(version)
    what = Act.TAKEN_DOWN if files["facts"] is None else Act.PUBLISHED
    note_act(session, draft, what, reviewer, now, draft.note)
    session.delete(draft)
    session.flush()
    return version
