"""Whether a draft could be put out as it is: by the schema of its file, by the rules of texts, and
by all that the rest of the site says of it. What passes here passes the loader, and nothing else is
ever written into the folder."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from marshmallow import ValidationError

from palika.yaml_files import Unusable, loaded, text_of
from services.portal.content import Content, Document, Site
from services.portal.content.layers import Layers
from services.portal.content.links import addresses, linked
from services.portal.content.loading import told
from services.portal.content.texts import mistakes_in
from services.portal.editing.places import EDITED, LANGUAGES, SITES, Place
from services.portal.editing.typed import TEXT, Typed, facts_of, typed_of, written
from services.portal.pages.words import N_

Errors = dict[str, list[str]]
OTHERS: Final = "others"
"""Under this name stands what goes wrong elsewhere on the site."""
NEEDED: Final = N_("the text is missing")
TOO_LONG: Final = N_("the text is too long for one page")
NO_FILE: Final = N_("there is no such file")


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a page, word for word; without ``facts`` it is not there."""

    facts: str | None
    texts: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The same for the same page; empty, if there is none."""
        if self.facts is None:
            return ""
        parts = [self.facts, *(self.texts.get(each) or "" for each in LANGUAGES)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]

    def typed(self, kind: str) -> Typed:
        """As the form has it; nothing, if it is not there."""
        return {} if self.facts is None else typed_of(kind, loaded(self.facts), self.texts)


def files_of(folder: Path, edited: Path | None, place: Place) -> Files:
    """The files of a page as they lie there now."""
    layers = Layers(folder, edited)
    path = layers.real(folder / place.facts)
    try:
        facts = text_of(path)
    except Unusable:
        return Files(None)
    texts: dict[str, str | None] = {}
    for language in LANGUAGES:
        try:
            texts[language] = text_of(layers.real(folder / place.text(language)))
        except Unusable:
            texts[language] = None
    return Files(facts, texts)


def checked(
    content: Content,
    place: Place,
    typed: Mapping[str, Any],
    uploads: Collection[str],
    longest_text: int,
) -> tuple[Files, Errors]:
    """The files of a draft, and what is wrong with it, by the fields of its form.

    Args:
        content: the rest of the site.
        uploads: names of files that were put in for the page.
        longest_text: in characters.
    """
    kind = EDITED[place.kind]
    raw, errors = facts_of(place.kind, typed)
    texts = {language: typed.get(TEXT + language) for language in LANGUAGES}
    files = Files(written(raw), texts)
    _check_texts(texts, kind.text, longest_text, errors)
    try:
        # What is judged is the file itself, as it will be read.
        facts = kind.schema.load(loaded(files.facts or ""))
    except ValidationError as error:
        for way, rule in told(error.normalized_messages()):
            errors.setdefault(".".join(way), []).append(rule)
        return files, errors
    except Unusable as error:
        errors.setdefault(OTHERS, []).append(error.rule)
        return files, errors
    _check_uploads(content, place, facts, uploads, errors)
    others = _with(content, place, facts, texts, uploads)
    _check_links(others, place, errors)
    return files, errors


def checked_removal(content: Content, place: Place) -> Errors:
    """What would be wrong on the site without a page."""
    errors: Errors = {}
    of_kind = {
        slug: each for slug, each in content.documents[place.kind].items() if slug != place.slug
    }
    _check_links(
        replace(content, documents={**content.documents, place.kind: of_kind}), place, errors
    )
    return errors


def _check_texts(
    texts: Mapping[str, str | None], needed: bool, longest: int, errors: Errors
) -> None:
    there = [language for language in LANGUAGES if texts[language]]
    for language in LANGUAGES:
        text = texts[language]
        if text is None:
            if needed or there:
                errors.setdefault(TEXT + language, []).append(NEEDED)
            continue
        found = [rule for _, rule in mistakes_in(text)]
        if len(text) > longest:
            found.append(TOO_LONG)
        if found:
            errors.setdefault(TEXT + language, []).extend(found)


def _check_uploads(
    content: Content,
    place: Place,
    facts: Mapping[str, Any],
    uploads: Collection[str],
    errors: Errors,
) -> None:
    """That each file is there, where the loader looks for it."""
    whose = place.slug if place.kind == SITES else place.site or "city"
    folder = place.uploads.rpartition("/")[2]
    named = {"file": facts.get("file")}
    for number, each in enumerate(facts.get("gallery", ()), 1):
        named[f"gallery.{number}.file"] = each["file"]
    for name, file in named.items():
        if not file or file in uploads:
            continue
        path = content.files.get(f"{whose}/{file}")
        if path is None or path.parent.name != folder:
            errors.setdefault(name, []).append(NO_FILE)


def _with(
    content: Content,
    place: Place,
    facts: dict[str, Any],
    texts: Mapping[str, str | None],
    uploads: Collection[str],
) -> Content:
    """The site as it would be."""
    said = {language: text for language, text in texts.items() if text}
    whose = place.slug if place.kind == SITES else place.site or "city"
    files = dict(content.files) | {f"{whose}/{name}": Path(name) for name in uploads}
    if place.kind == SITES:
        site = Site(place.slug, content.sites[place.slug].folder, facts, said)
        return replace(content, sites={**content.sites, place.slug: site}, files=files)
    document = Document(place.kind, place.slug, place.site, facts, said)
    of_kind = {**content.documents[place.kind], place.slug: document}
    return replace(content, documents={**content.documents, place.kind: of_kind}, files=files)


def _check_links(content: Content, place: Place, errors: Errors) -> None:
    root = Path()
    names = {place.facts: "", **{place.text(each): TEXT + each for each in LANGUAGES}}
    for path, where, rule in linked(content, root, addresses(content)):
        file = path.as_posix()
        if file not in names:
            errors.setdefault(OTHERS, []).append(f"{file}: {rule}")
        elif isinstance(where, int):
            errors.setdefault(names[file], []).append(rule)
        else:
            errors.setdefault(".".join(where), []).append(rule)
