"""The folder of what was edited here, made what the database says: each file whole or not."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from palika.yaml_files import loaded
from services.portal.content.layers import GONE, held
from services.portal.editing.places import LANGUAGES, SITES, Place
from services.portal.models import SiteFile
from services.portal.queries.edited import newest_versions

_READABLE: Final = 0o644
_WOULD_BE: Final = ".would-be"
"""What begins with a dot is read by nobody."""


def wanted(session: Session) -> tuple[dict[str, bytes], set[tuple[str, str]]]:
    """What has to lie in the folder: the files of pages by name, and which files and photographs
    they name, as ``(folder, name)``."""
    pages: dict[str, bytes] = {}
    named: set[tuple[str, str]] = set()
    for version in newest_versions(session):
        place = Place(version.kind, version.slug, version.site)
        said = {"facts": version.facts, **{each: getattr(version, each) for each in LANGUAGES}}
        own, files = _of_page(place, said)
        pages |= own
        named |= files
    return pages, named


def _of_page(
    place: Place, said: Mapping[str, str | None]
) -> tuple[dict[str, bytes], set[tuple[str, str]]]:
    """The same of one page; ``said`` has ``facts``, and its texts by language."""
    facts = said["facts"]
    if facts is None:
        return {_gone(place): b""}, set()
    pages = {place.facts: facts.encode()}
    for language in LANGUAGES:
        text = said.get(language)
        if text is not None:
            pages[place.text(language)] = text.encode()
    return pages, {(place.uploads, name) for name in names_in(place.kind, loaded(facts))}


def _gone(place: Place) -> str:
    return place.facts.removesuffix(".yaml") + GONE


def names_in(kind: str, facts: Mapping[str, Any]) -> list[str]:
    """The files or photographs that a page names."""
    if kind == SITES:
        return [each["file"] for each in facts.get("gallery") or ()]
    return [facts["file"]] if facts.get("file") else []


def lay(folder: Path, session: Session) -> bool:
    """Write what is missing or other, and take away what is none of it; whether there was any.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, to_write=True):
        # Asked for when nobody else writes any more: the last one to write is not behind.
        pages, named = wanted(session)
        there = {path.relative_to(folder).as_posix() for path in _files(folder)}
        lacking = {each for each in named if "/".join(each) not in there}
        changed = False
        if lacking:
            for name, content in contents(session, lacking):
                _write(folder / name, content)
                changed = True
        # Facts come last: a text that belongs to none would be a mistake a moment longer.
        for name in sorted(pages, key=lambda each: each.endswith(".yaml")):
            if name not in there or (folder / name).read_bytes() != pages[name]:
                _write(folder / name, pages[name])
                changed = True
        for name in there - set(pages) - {"/".join(each) for each in named}:
            (folder / name).unlink(missing_ok=True)
            changed = True
    return changed


@contextmanager
def would_be(
    folder: Path, session: Session, place: Place, said: Mapping[str, str | None]
) -> Iterator[Path]:
    """A folder as this one would be if a page were put out, as long as the block goes on.

    Args:
        folder: it is as the database says; the site is held, so nobody else does the same.
        said: the files of the page, as ``_of_page`` has them.

    Raises:
        OSError: it cannot be written.
    """
    made = folder / _WOULD_BE
    shutil.rmtree(made, ignore_errors=True)
    try:
        with held(folder):
            for path in _files(folder):
                to = made / path.relative_to(folder)
                to.parent.mkdir(parents=True, exist_ok=True)
                _same(path, to)
        made.mkdir(exist_ok=True)
        pages, named = _of_page(place, said)
        for name in (place.facts, *map(place.text, LANGUAGES), _gone(place)):
            (made / name).unlink(missing_ok=True)
        for name, content in pages.items():
            _write(made / name, content)
        for way, content in contents(session, named):
            _write(made / way, content)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _same(path: Path, to: Path) -> None:
    # One file under two names is at once; whoever writes one puts another in its place.
    try:
        os.link(path, to)
    except OSError:
        shutil.copy2(path, to)


def contents(session: Session, named: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """The files of these folders and names that are known, one after the other: ten megabytes each
    would be too much at once."""
    of_name = tuple_(SiteFile.folder, SiteFile.name).in_(sorted(named))
    found = select(SiteFile.id, SiteFile.folder, SiteFile.name).where(of_name)
    for key, folder, name in session.execute(found).all():
        content = session.scalar(select(SiteFile.content).where(SiteFile.id == key))
        if content is not None:
            yield f"{folder}/{name}", content


def _files(folder: Path) -> Iterable[Path]:
    return [
        each
        for each in folder.rglob("*")
        if each.is_file()
        and not any(part.startswith(".") for part in each.relative_to(folder).parts)
    ]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(made, "wb") as file:
            file.write(content)
        Path(name).chmod(_READABLE)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
