"""Where a page of the site lies, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.portal.content import Content
from services.portal.content.schemas import KINDS, Kind, SiteSchema

SITES: Final = "sites"
"""The kind of a micro-site's own page: its ``site.yaml`` with its home text."""
EDITED: Final[Mapping[str, Kind]] = {**KINDS, SITES: Kind(SITES, SiteSchema(), text=True)}
"""The kinds of pages that are edited here."""
LANGUAGES: Final = ("mr", "en")


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its kind, its slug, and the micro-site that it is in; None: the whole city's."""

    kind: str
    slug: str
    site: str | None = None

    @property
    def home(self) -> str:
        """The folder of the micro-site, from the site's on, with a slash; empty: the city's."""
        site = self.slug if self.kind == SITES else self.site
        return f"sites/{site}/" if site else ""

    @property
    def facts(self) -> str:
        """The file of its facts, from the folder of the site on."""
        own = "site.yaml" if self.kind == SITES else f"{self.kind}/{self.slug}.yaml"
        return self.home + own

    def text(self, language: str) -> str:
        """The file of its text in a language."""
        own = "home" if self.kind == SITES else f"{self.kind}/{self.slug}"
        return f"{self.home}{own}.{language}.md"

    @property
    def uploads(self) -> str:
        """The folder into which its files go: photographs of a micro-site, else what is had."""
        return self.home + ("photos" if self.kind == SITES else "files")

    @property
    def address(self) -> str:
        """Where it is on the site, without a language."""
        return f"/departments/{self.slug}" if self.kind == SITES else f"/{self.kind}/{self.slug}"


def place_of(content: Content, kind: str, slug: str) -> Place | None:
    """That of a page that is on the site; None: there is none."""
    if kind == SITES:
        return Place(SITES, slug) if slug in content.sites else None
    found = content.documents[kind].get(slug)
    return Place(kind, slug, found.site) if found else None


def owner_of(content: Content, place: Place) -> str | None:
    """The department whose a page is that is on the site; None: of none, or there is no page."""
    if place.kind == SITES:
        found = content.sites.get(place.slug)
        return found.department if found else None
    document = content.documents[place.kind].get(place.slug)
    return owner_by(content, place.site, document.department) if document else None


def owner_by(content: Content, site: str | None, department: str | None) -> str | None:
    """Whose a page is that names a department, or none, in a micro-site."""
    if department:
        return department
    return content.sites[site].department if site in content.sites else None


def title_of(content: Content, place: Place) -> Any:
    """What a page on the site is called (``palika.text.Name``); None: there is none."""
    if place.kind == SITES:
        found = content.sites.get(place.slug)
        return found.name if found else None
    document = content.documents[place.kind].get(place.slug)
    return document.title if document else None
