"""The folder of a site, read and checked; all mistakes are told at once."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from marshmallow import Schema, ValidationError

from palika.city_data import corporation
from palika.yaml_files import Lines, Mistake, Unusable, WrongData, loaded, text_of
from services.portal.content import files
from services.portal.content.documents import Content, Document, Site
from services.portal.content.fields import SLUG
from services.portal.content.layers import Layers, held
from services.portal.content.links import addresses, linked
from services.portal.content.schemas import KINDS, RESERVED, CitySchema, SiteSchema
from services.portal.content.texts import mistakes_in

SHIPPED: Final = Path(__file__).parent.parent / "data" / "site"
_LANGUAGES: Final = ("mr", "en")
_CITY: Final = "site.yaml"
_SITES: Final = "sites"
_READ_ME: Final = "README.md"
_FILES: Final = "files"
_PHOTOS: Final = "photos"
UNFINISHED: Final = "UNFINISHED"
"""As long as a file of this name lies in a micro-site's folder, the site goes on without it."""


def load(folder: Path, edited: Path | None = None, *, unfinished: bool = False) -> Content:
    """The content of a folder.

    Args:
        edited: the folder of what the editor has published: a document there stands in the place
            of that in ``folder``.
        unfinished: read the micro-sites that are not finished too; each is a mistake.

    Raises:
        WrongData: there are mistakes; each has its file (from the folder on), line, field and rule.
    """
    try:
        with held(edited):
            reader = _Reader(folder, edited, unfinished=unfinished)
            found = reader.read()
    except OSError as error:
        raise _unreadable(folder, error) from error
    if reader.mistakes:
        raise WrongData(sorted(reader.mistakes, key=lambda each: (each.file, each.line)))
    return found


def mistakes_of(folder: Path, edited: Path | None = None) -> set[tuple[str, str, str]]:
    """The mistakes that ``load`` would tell: file, field and rule of each; of none nothing."""
    try:
        load(folder, edited)
    except WrongData as error:
        return {(each.file, each.place, each.rule) for each in error.mistakes}
    return set()


def version_of(folder: Path, edited: Path | None = None) -> str:
    """The same as long as no file has changed, in the folder or in that of the editor.

    Raises:
        WrongData: the folder cannot be read, or a file went while it was.
    """
    told = hashlib.sha256()
    try:
        # It is asked for every two seconds: this way a thousand files take a few milliseconds.
        for each in (folder, edited):
            if each is not None and (each is folder or each.is_dir()):
                for line in sorted(_stamps(str(each))):
                    told.update(line.encode())
    except OSError as error:
        raise _unreadable(folder, error) from error
    return told.hexdigest()[:16]


def _stamps(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # As ``files.entries`` has it. A link is a mistake, wherever it leads.
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _stamps(entry.path)
            else:
                now = entry.stat(follow_symlinks=False)
                yield f"{entry.path} {now.st_mtime_ns} {now.st_size}\n"


def _unreadable(folder: Path, error: OSError) -> WrongData:
    path = Path(str(error.filename or folder))
    file = path.relative_to(folder) if path.is_relative_to(folder) else path
    return WrongData([Mistake(file.as_posix(), 1, "file", f"cannot be read: {error.strerror}")])


class _Reader:
    def __init__(self, folder: Path, edited: Path | None, *, unfinished: bool) -> None:
        self._unfinished = unfinished
        self._folder = folder
        self._edited = edited
        self._layers = Layers(folder, edited)
        self.mistakes: list[Mistake] = []
        self._files: dict[str, Path] = {}

    def read(self) -> Content:
        """Everything; what is wrong is left out and told in ``mistakes``."""
        version = version_of(self._folder, self._edited)
        city = self._yaml(self._folder / _CITY, CitySchema()) or {}
        if city:
            city["name"] = corporation(city["name"])
        documents: dict[str, dict[str, Document]] = {kind: {} for kind in KINDS}
        self._rooms(self._folder, None, documents, {_CITY, _READ_ME, _SITES})
        sites: dict[str, Site] = {}
        for folder in self._folders(self._folder / _SITES):
            if self._layers.real(folder / UNFINISHED).exists():
                if not self._unfinished:
                    continue
                rule = "the micro-site is not shown before this file is taken away"
                self._wrong(folder / UNFINISHED, 1, "file", rule)
            site = self._site(folder)
            if site is not None:
                sites[site.slug] = site
            own = {_CITY, _PHOTOS, UNFINISHED, *(f"home.{language}.md" for language in _LANGUAGES)}
            self._rooms(folder, folder.name, documents, own)
        found = Content(city, sites, documents, version, self._files)
        if city:
            self._check_references(found)
        return found

    def _rooms(
        self,
        folder: Path,
        site: str | None,
        documents: dict[str, dict[str, Document]],
        own: set[str],
    ) -> None:
        """The folders of the kinds, in the site's folder or in a micro-site's."""
        for path in self._entries(folder):
            if self._layers.is_dir(path) and path.name in KINDS:
                for document in self._kind(path, site):
                    taken = documents[path.name].get(document.slug)
                    if taken is not None:
                        where = taken.site or "the whole city"
                        rule = f"the name is taken by a document of {where}"
                        self._wrong(path / f"{document.slug}.yaml", 1, "file", rule)
                    documents[path.name][document.slug] = document
            elif self._layers.is_dir(path) and path.name == _FILES:
                for file in self._layers.entries(path):
                    self._offer(file, site or "city", files.KINDS)
            elif path.name not in own:
                self._wrong(path, 1, "file", f"nobody reads this; there are {', '.join(KINDS)}")

    def _kind(self, folder: Path, site: str | None) -> Iterator[Document]:
        kind = KINDS[folder.name]
        slugs = set()
        entries = self._entries(folder)
        for path in (each for each in entries if each.suffix == ".yaml"):
            slug = path.stem
            slugs.add(slug)
            if not SLUG.fullmatch(slug) or slug in RESERVED:
                self._wrong(path, 1, "file", "its name must be small letters, digits and hyphens")
                continue
            facts = self._yaml(path, kind.schema)
            texts = self._texts(folder, slug, needed=kind.text)
            if facts is not None and facts.get("file"):
                self._check_file(path, facts["file"], site)
            if facts is not None:
                yield Document(kind.folder, slug, site, facts, texts)
        for path in entries:
            slug, _, language = path.name.removesuffix(".md").rpartition(".")
            if path.suffix != ".yaml" and not (slug in slugs and language in _LANGUAGES):
                self._wrong(path, 1, "file", "nobody reads this: it belongs to no .yaml")

    def _site(self, folder: Path) -> Site | None:
        if not SLUG.fullmatch(folder.name):
            self._wrong(folder, 1, "file", "its name must be small letters, digits and hyphens")
            return None
        facts = self._yaml(folder / _CITY, SiteSchema())
        texts = self._texts(folder, "home", needed=True)
        if facts is None:
            return None
        for number, picture in enumerate(facts["gallery"], 1):
            file = folder / _PHOTOS / picture["file"]
            if not self._layers.real(file).is_file() or "/" in picture["file"]:
                place = ("gallery", str(number), "file")
                self._wrong_at(folder / _CITY, place, f"there is no {_PHOTOS}/{picture['file']}")
            else:
                self._offer(file, folder.name, files.PICTURES)
        return Site(folder.name, folder, facts, texts)

    def _offer(self, file: Path, site: str, kinds: Mapping[str, str]) -> None:
        """A file is to be had below ``/files/``, if it may be."""
        real = self._layers.real(file)
        if rule := files.unfit(real, kinds):
            self._wrong(file, 1, "file", rule)
        else:
            self._files[f"{site}/{file.name}"] = real.resolve()

    def _entries(self, folder: Path) -> list[Path]:
        """What is in a folder; links are told and left out."""
        found = []
        for path in self._layers.entries(folder):
            if rule := files.link(self._layers.real(path)):
                self._wrong(path, 1, "file", rule)
            else:
                found.append(path)
        return found

    def _folders(self, path: Path) -> list[Path]:
        if not self._layers.is_dir(path):
            return []
        return [each for each in self._entries(path) if self._layers.is_dir(each)]

    def _yaml(self, path: Path, schema: Schema) -> dict[str, Any] | None:
        """A file, checked; None, if it has mistakes."""
        try:
            text = text_of(self._layers.real(path))
            raw = loaded(text)
        except Unusable as error:
            self._wrong(path, error.line, "file", error.rule)
            return None
        if not isinstance(raw, dict):
            self._wrong(path, 1, "file", "must have fields and their values")
            return None
        try:
            return schema.load(raw)
        except ValidationError as error:
            lines = Lines(text)
            for place, rule in told(error.normalized_messages()):
                self._wrong(path, lines.of(place), ".".join(place) or "file", rule)
            return None

    def _texts(self, folder: Path, slug: str, *, needed: bool) -> Mapping[str, str]:
        paths = {language: folder / f"{slug}.{language}.md" for language in _LANGUAGES}
        there = {
            language: path for language, path in paths.items() if self._layers.real(path).exists()
        }
        found: dict[str, str] = {}
        for language, path in there.items():
            try:
                found[language] = self._text(path)
            except Unusable as error:
                self._wrong(path, error.line, "text", error.rule)
        if needed or there:
            for path in (path for language, path in paths.items() if language not in there):
                self._wrong(path, 1, "text", "the text is missing")
        return found

    def _text(self, path: Path) -> str:
        text = text_of(self._layers.real(path))
        for line, rule in mistakes_in(text):
            self._wrong(path, line, "text", rule)
        return text

    def _check_file(self, path: Path, name: str, site: str | None) -> None:
        folder = self._folder if site is None else self._folder / _SITES / site
        if not self._layers.real(folder / _FILES / name).is_file() or "/" in name:
            self._wrong_at(path, ("file",), f"there is no {_FILES}/{name}")

    def _check_references(self, content: Content) -> None:
        known = addresses(content)
        for path, place, rule in linked(content, self._folder, known):
            if isinstance(place, int):
                self._wrong(path, place, "text", rule)
            else:
                self._wrong_at(path, place, rule)

    def _wrong_at(self, path: Path, place: Iterable[str], rule: str) -> None:
        place = tuple(place)
        self._wrong(path, Lines(text_of(self._layers.real(path))).of(place), ".".join(place), rule)

    def _wrong(self, path: Path, line: int, place: str, rule: str) -> None:
        file = path.relative_to(self._folder).as_posix()
        self.mistakes.append(Mistake(file, line, place, rule))


def told(messages: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every rule with its place; items of lists are counted from 1."""
    if isinstance(messages, dict):
        for name, each in messages.items():
            if name == "_schema":
                yield from told(each, place)
            else:
                # marshmallow names the value of a wrong entry of a mapping, and the entry's key.
                word = str(name + 1) if isinstance(name, int) else str(name)
                yield from told(each, place if word in ("value", "key") else (*place, word))
    elif isinstance(messages, list):
        for each in messages:
            yield from told(each, place)
    else:
        yield place, str(messages)
