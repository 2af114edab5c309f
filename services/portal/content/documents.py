"""The content as it is in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from palika.errors import NotFound
from palika.india import day_of
from palika.text import Name
from services.portal.content import markdown


@dataclass(frozen=True)
class Document:
    """One document.

    Attributes:
        kind: the folder it is in: ``services``, ``news``, …
        site: the slug of its micro-site; None, if it is of the whole city.
        facts: what its file says, by field, loaded as ``schemas.py`` has it.
        texts: its text in Markdown by language; none, if it needs no text.
    """

    kind: str
    slug: str
    site: str | None
    facts: Mapping[str, Any]
    texts: Mapping[str, str]

    @property
    def title(self) -> Name:
        """Its title."""
        return self.facts["title"]

    @property
    def summary(self) -> Name:
        """In one or two sentences."""
        return self.facts["summary"]

    @property
    def department(self) -> str | None:
        """The code of the department whose it is."""
        return self.facts["department"]

    @property
    def updated(self) -> date:
        """When it was last looked through."""
        return self.facts["updated"]

    @cached_property
    def day(self) -> date:
        """The day by which lists are in order."""
        if self.kind == "events":
            return day_of(self.facts["starts"])
        return self.facts.get("from_") or self.facts.get("day") or self.updated

    @cached_property
    def last(self) -> date | None:
        """The last day on which it is not in the archive yet; None: it does not go there."""
        if self.kind == "tenders":
            return day_of(self.facts["closes"])
        if self.kind == "events":
            return day_of(self.facts["ends"])
        return self.facts.get("until")

    def shown(self, today: date) -> bool:
        """Whether it is out already."""
        first = self.facts.get("from_")
        return first is None or first <= today

    def past(self, today: date) -> bool:
        """Whether it is in the archive."""
        return self.last is not None and self.last < today

    def html(self, language: str) -> Markup:
        """Its text; nothing, if it has none."""
        return self._html[language]

    @cached_property
    def _html(self) -> Mapping[str, Markup]:
        return {
            language: markdown.html(self.texts.get(language, ""), language)
            for language in ("mr", "en")
        }


@dataclass(frozen=True)
class Site:
    """A micro-site: what its ``site.yaml`` says, and its home text."""

    slug: str
    folder: Path
    facts: Mapping[str, Any]
    texts: Mapping[str, str]

    @property
    def name(self) -> Name:
        """What it is called."""
        return self.facts["name"]

    @property
    def summary(self) -> Name:
        """In one or two sentences."""
        return self.facts["summary"]

    @property
    def department(self) -> str:
        """The code of the department whose it is."""
        return self.facts["department"]

    def html(self, language: str) -> Markup:
        """The text of its home page."""
        return self._html[language]

    @cached_property
    def _html(self) -> Mapping[str, Markup]:
        return {each: markdown.html(text, each) for each, text in self.texts.items()}


@dataclass(frozen=True)
class Content:
    """All that the site says, at one moment.

    Attributes:
        city: what ``site.yaml`` says.
        version: another one whenever a file has changed.
        files: what documents can be downloaded or seen: where each is, by its address below
            ``/files/``.
    """

    city: Mapping[str, Any]
    sites: Mapping[str, Site]
    documents: Mapping[str, Mapping[str, Document]]
    version: str
    files: Mapping[str, Path] = field(default_factory=dict)

    def get(self, kind: str, slug: str) -> Document:
        """One document. Raises NotFound."""
        found = self.documents[kind].get(slug)
        if found is None:
            raise NotFound(f"there is no {slug} in {kind}")
        return found

    def site(self, slug: str) -> Site:
        """One micro-site. Raises NotFound."""
        found = self.sites.get(slug)
        if found is None:
            raise NotFound(f"there is no micro-site {slug}")
        return found

    def department_name(self, department: str) -> Name:
        """What a department is called."""
        return self.city["departments"][department]

    def listed(
        self, kind: str, today: date, *, past: bool = False, site: str | None = None
    ) -> list[Document]:
        """Documents of a kind that are out: those in force, or those of the archive.

        Services and offices are in the order of their titles or ranks where they are shown; all
        else is in the order of time, the newest first (events and tenders: the next first).

        Args:
            site: only those of a micro-site.
        """
        found = [
            each
            for each in self.documents[kind].values()
            if each.shown(today) and each.past(today) is past and site in (None, each.site)
        ]
        ahead = kind in ("events", "tenders") and not past
        found.sort(key=lambda each: each.slug)
        if kind in ("people", "offices"):
            return sorted(found, key=lambda each: each.facts["rank"])
        if kind == "tenders":
            return sorted(found, key=lambda each: each.facts["closes"], reverse=not ahead)
        return sorted(found, key=lambda each: each.day, reverse=not ahead)

    def all(self) -> Iterable[Document]:
        """Every document."""
        for each in self.documents.values():
            yield from each.values()
