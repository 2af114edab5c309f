"""Files and photographs that are put in for a page: of kinds that carry no script out, and named so
that none ever stands in another's place."""

import hashlib
import io
import re
import zipfile
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Invalid
from palika.formats import Format, recognise
from services.portal.commands.edit_page import Hand
from services.portal.content import files
from services.portal.editing.places import SITES, Place
from services.portal.models import SiteFile, SiteVersion
from services.portal.pages.words import N_

TOO_LARGE: Final = N_("the file is too large: 10 MB at most")
WRONG_KIND: Final = N_("files of this kind cannot be published")
NOT_WHAT_IT_SAYS: Final = N_("the file is not of the kind that its name says, or is damaged")
_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_STEM: Final = 60
_PICTURES: Final = (Format.JPEG, Format.PNG, Format.WEBP)
_IN_ZIP: Final = {
    ".docx": "word/document.xml",
    ".xlsx": "xl/workbook.xml",
    ".odt": "content.xml",
}
_MACROS: Final = "vbaproject.bin"


def put_in(
    session: Session, place: Place, given: str, content: bytes, hand: Hand, now: datetime
) -> str:
    """Keep a file for a page; the name by which the page names it.

    Args:
        given: what the file is called on the officer's machine.

    Raises:
        Invalid: it may not be published; field ``file``.
    """
    kinds = files.PICTURES if place.kind == SITES else files.KINDS
    stem, _, ending = given.replace("\\", "/").rpartition("/")[2].rpartition(".")
    ending = f".{ending.lower()}".replace(".jpeg", ".jpg")
    if ending not in kinds:
        raise Invalid("no such kind", {"file": [WRONG_KIND]})
    if ending in files.PICTURES:
        content, ending = _picture(content, now), ".jpg"
    else:
        _check(content, ending)
    stem = _NOT_SLUG.sub("-", stem.lower()).strip("-")[:_LONGEST_STEM].strip("-")
    # The same file of two pages is two: what one of them has not put out yet is not the other's.
    whose = f"{place.kind}/{place.slug}\0".encode()
    mark = hashlib.sha256(whose + content).hexdigest()[:8]
    name = f"{stem or place.slug}-{mark}{ending}"
    taken = select(SiteFile.id).where(SiteFile.folder == place.uploads, SiteFile.name == name)
    if session.scalar(taken) is None:
        session.add(
            SiteFile(
                id=uuid7(),
                folder=place.uploads,
                name=name,
                content=content,
                kind=place.kind,
                slug=place.slug,
                at=now,
                author=hand.to_dict(),
            )
        )
        session.flush()
    return name


def names_of(session: Session, place: Place) -> set[str]:
    """The names of what was put in for a page, or is in a version of it."""
    return set(session.scalars(select(SiteFile.name).where(*_own(place))))


def file_of(session: Session, place: Place, name: str) -> bytes | None:
    """What was put in for a page under a name; None: nothing, or for another page only."""
    return session.scalar(select(SiteFile.content).where(*_own(place), SiteFile.name == name))


def _own(place: Place) -> tuple[ColumnElement[bool], ...]:
    """Files of a page. Others of its folder may be another department's, and not out yet."""
    in_version = select(SiteVersion.seq).where(
        SiteVersion.kind == place.kind,
        SiteVersion.slug == place.slug,
        func.strpos(SiteVersion.facts, SiteFile.name) > 0,
    )
    put_in_here = and_(SiteFile.kind == place.kind, SiteFile.slug == place.slug)
    return SiteFile.folder == place.uploads, or_(put_in_here, in_version.exists())


def _check(content: bytes, ending: str) -> None:
    """See that a file is what its name says. Raises Invalid."""
    wrong = Invalid("not what it says", {"file": [NOT_WHAT_IT_SAYS]})
    if ending == ".pdf":
        if recognise(content) is not Format.PDF:
            raise wrong
    elif ending in _IN_ZIP:
        try:
            names = [each.lower() for each in zipfile.ZipFile(io.BytesIO(content)).namelist()]
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise wrong from error
        if _IN_ZIP[ending] not in names or any(each.endswith(_MACROS) for each in names):
            raise wrong
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise wrong from error
        if "\0" in text:
            raise wrong


def _picture(content: bytes, now: datetime) -> bytes:
    """A photograph without what it tells of place, time and camera.

    Raises:
        Invalid: it is no picture, or too large a one.
    """
    # Only a process that is given pictures has the library in memory.
    from palika.photos import remake

    found = recognise(content)
    if found not in _PICTURES:
        raise Invalid("not what it says", {"file": [NOT_WHAT_IT_SAYS]})
    try:
        return remake(content, found, now).content
    except Invalid as error:
        raise Invalid("not what it says", {"file": error.fields["content"]}) from error
