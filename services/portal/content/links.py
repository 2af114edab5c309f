"""What documents say of one another: every department, form and link is one that there is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from services.portal.content import markdown
from services.portal.content.documents import Content, Document

PAGES: Final = frozenset(
    {
        *("/", "/services", "/departments", "/news", "/notices", "/tenders", "/documents"),
        *("/events", "/people", "/contacts", "/search", "/sitemap", "/feedback"),
    }
)
"""Pages of the site that are no documents."""

ROOMS: Final = ("/desk", "/account", "/grievances", "/property", "/dashboards", "/transparency")
"""Pages of other rooms of the portal begin so; they are not looked for here."""

Wrong = tuple[Path, tuple[str, ...] | int, str]
SITE_PAGES: Final = ("services", "officials", "documents", "notices", "gallery", "performance")
"""Pages of a micro-site, below its home."""

_OF_OTHERS: Final = (("related", "services"), ("forms", "documents"))


def address_of(document: Document) -> str:
    """Where a document is, without a language."""
    return f"/{document.kind}/{document.slug}"


def addresses(content: Content) -> set[str]:
    """Every address of the site, without a language."""
    found = {*PAGES, *map(address_of, content.all())}
    found |= {f"/{kind}/archive" for kind in ("news", "notices", "tenders", "events")}
    for slug in content.sites:
        home = f"/departments/{slug}"
        found |= {home, f"{home}/contact", *(f"{home}/{page}" for page in SITE_PAGES)}
    return found | {f"/files/{name}" for name in content.files}


def linked(content: Content, folder: Path, known: set[str]) -> Iterator[Wrong]:
    """What is named and not there: the file, the place or the line, and the rule."""
    yield from _of_city(content, folder / "site.yaml", known)
    for site in content.sites.values():
        path = folder / "sites" / site.slug
        if site.department not in content.city["departments"]:
            yield path / "site.yaml", ("department",), _no("department", site.department)
        yield from _of_texts(path, "home", site.texts, known)
        for number, link in enumerate(site.facts["links"], 1):
            if not _leads(link["url"], known):
                yield path / "site.yaml", ("links", str(number), "url"), _no("page", link["url"])
    for document in content.all():
        yield from _of_document(content, document, folder, known)


def _of_city(content: Content, path: Path, known: set[str]) -> Iterator[Wrong]:
    for field in ("quick", "links"):
        for number, each in enumerate(content.city[field], 1):
            if not _leads(each["url"], known):
                yield path, (field, str(number), "url"), _no("page", each["url"])
    for number, slug in enumerate(content.city["popular"], 1):
        if slug not in content.documents["services"]:
            yield path, ("popular", str(number)), _no("service", slug)


def _of_document(
    content: Content, document: Document, folder: Path, known: set[str]
) -> Iterator[Wrong]:
    home = folder if document.site is None else folder / "sites" / document.site
    room = home / document.kind
    path = room / f"{document.slug}.yaml"
    facts = document.facts
    if document.department is not None and document.department not in content.city["departments"]:
        yield path, ("department",), _no("department", document.department)
    for number, each in enumerate(facts.get("audience", ()), 1):
        if each not in content.city["audiences"]:
            yield path, ("audience", str(number)), _no("audience", each)
    for field, kind in _OF_OTHERS:
        for number, slug in enumerate(facts.get(field, ()), 1):
            if slug not in content.documents[kind]:
                yield path, (field, str(number)), _no(kind, slug)
    for field in ("online", "at"):
        if facts.get(field) and not _leads(facts[field]["url"], known):
            yield path, (field, "url"), _no("page", facts[field]["url"])
    if facts.get("url") and not _leads(facts["url"], known):
        yield path, ("url",), _no("page", facts["url"])
    for number, field in enumerate(facts["illustrative"], 1):
        if facts.get("from_" if field == "from" else field) is None:
            yield path, ("illustrative", str(number)), f"there is no field {field} in this file"
    yield from _of_texts(room, document.slug, document.texts, known)


def _of_texts(room: Path, slug: str, texts: Any, known: set[str]) -> Iterator[Wrong]:
    for language, text in texts.items():
        for line, address in markdown.links(text):
            if not _leads(address, known):
                yield room / f"{slug}.{language}.md", line, _no("page", address)


def _leads(address: str, known: set[str]) -> bool:
    path = address.partition("#")[0].partition("?")[0]
    return not path.startswith("/") or path in known or path.startswith(ROOMS)


def _no(what: str, named: str) -> str:
    return f"there is no {what} {named}"
