"""What was edited on the portal, written into a folder of the site, and taken in from there."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Conflict
from palika.yaml_files import loaded
from services.portal.commands.edit_page import note_act, reason
from services.portal.commands.publish_page import hold_site
from services.portal.content import Content
from services.portal.content.layers import GONE
from services.portal.domain.editing import Act
from services.portal.editing.checking import files_of
from services.portal.editing.folder import contents, names_in, wanted
from services.portal.editing.places import LANGUAGES, Place, place_of
from services.portal.models import SiteFile, SiteVersion
from services.portal.queries.edited import newest_versions


def write_out(session: Session, folder: Path) -> list[str]:
    """Write every edited page, and the files that these name, into a folder of the site.

    Returns:
        The names of the files that were written or, with a minus, taken away.
    """
    pages, named = wanted(session)
    done = []
    for name, content in sorted(pages.items()):
        if name.endswith(GONE):
            stem = name.removesuffix(GONE)
            for ending in (".yaml", *(f".{each}.md" for each in LANGUAGES)):
                if (folder / (stem + ending)).exists():
                    (folder / (stem + ending)).unlink()
                    done.append(f"-{stem}{ending}")
            continue
        done.append(_write(folder, name, content))
    done += [_write(folder, name, content) for name, content in contents(session, named)]
    return done


def _write(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return name


def take_in(
    session: Session, folder: Path, content: Content, by: str, why: str, now: datetime
) -> list[str]:
    """Make the pages of a folder that were edited here, and are other there, new versions.

    Args:
        content: of the folder, which has no mistakes.
        by: whose order it is.

    Returns:
        The pages: ``news/slug``.

    Raises:
        Invalid: no reason.
        Conflict: a page is in another micro-site there.
    """
    note = reason(why, "why")
    hold_site(session)
    hand = {"person": by, "names": {}, "post": by, "posts": {}}
    taken = []
    for before in newest_versions(session):
        place = place_of(content, before.kind, before.slug)
        if place is None:
            continue
        if place != Place(before.kind, before.slug, before.site):
            raise Conflict(f"{before.kind}/{before.slug} is in another micro-site there")
        files = files_of(folder, None, place)
        said: dict[str, Any] = {"facts": files.facts, **files.texts}
        if said == {name: getattr(before, name) for name in said}:
            continue
        _take_files(session, folder, place, loaded(files.facts or ""), hand, now)
        session.add(_version(before, said, hand, note, now))
        note_act(session, before, Act.IMPORTED, hand, now, note)
        taken.append(f"{before.kind}/{before.slug}")
    return taken


def _take_files(
    session: Session,
    folder: Path,
    place: Place,
    facts: Mapping[str, Any],
    hand: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep the files that a page names and that are not known here. Raises Conflict: another one
    is known by that name."""
    for name in names_in(place.kind, facts):
        content = (folder / place.uploads / name).read_bytes()
        of_name = select(SiteFile).where(SiteFile.folder == place.uploads, SiteFile.name == name)
        known = session.scalar(of_name)
        if known is None:
            row = SiteFile(
                id=uuid7(),
                folder=place.uploads,
                name=name,
                content=content,
                kind=place.kind,
                slug=place.slug,
                at=now,
                author=dict(hand),
            )
            session.add(row)
        elif known.content != content:
            raise Conflict(f"{place.uploads}/{name} is another file here: give it another name")


def _version(
    before: SiteVersion, said: Mapping[str, Any], hand: Mapping[str, Any], note: str, now: datetime
) -> SiteVersion:
    return SiteVersion(
        kind=before.kind,
        slug=before.slug,
        number=before.number + 1,
        site=before.site,
        **said,
        at=now,
        author=dict(hand),
        reviewer=None,
        note=note,
        origin="import",
    )
