"""What machines read: sitemap.xml, robots.txt, the feeds."""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Final

from flask import Blueprint, Response, render_template, url_for
from werkzeug.exceptions import NotFound

from palika.india import INDIA
from services.portal.content import Document
from services.portal.content.links import SITE_PAGES
from services.portal.pages.frame import frame
from services.portal.pages.keeping import keep
from services.portal.site import figures
from services.portal.site.lists import TITLES, address
from services.portal.site.views import LONG_S, xml

FEEDS: Final = ("news", "notices", "tenders", "events")
_NEWEST: Final = 30


def add_to(root: Blueprint, site: Blueprint) -> None:
    """Add the addresses to the blueprints."""
    root.add_url_rule("/robots.txt", "robots", robots)
    root.add_url_rule("/sitemap.xml", "sitemap", sitemap)
    site.add_url_rule("/rss/<kind>.xml", "feed", feed)


def robots() -> Response:
    """Search engines may read all public pages, but no list of found things."""
    keep(LONG_S)
    lines = ["User-agent: *", "Disallow: /mr/search", "Disallow: /en/search"]
    lines.append(f"Sitemap: {frame().root}/sitemap.xml")
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def sitemap() -> Response:
    """Every page in both languages, each with its fellow in the other one."""
    keep(LONG_S)
    content, today = frame().shelf.content, figures.today()
    pages: list[tuple[str, date | None]] = [
        (f"/{path}", None)
        for path in ("", "services", "departments", "news", "notices", "tenders", "documents",
                     "events", "people", "contacts", "sitemap", "feedback", "transparency/",
                     "transparency/grievances", "transparency/projects")
    ]  # fmt: skip
    for site in content.sites.values():
        home = f"/departments/{site.slug}"
        pages += [(home, site.facts["updated"]), (f"{home}/contact", site.facts["updated"])]
        pages += [(f"{home}/{page}", None) for page in SITE_PAGES]
    pages += [
        (f"/{each.kind}/{each.slug}", each.updated) for each in content.all() if each.shown(today)
    ]
    return xml(render_template("site/sitemap.xml", pages=pages), "application/xml")


def feed(kind: str) -> Response:
    """A kind's newest documents as RSS 2.0, in one language."""
    if kind not in FEEDS:
        raise NotFound
    keep(LONG_S)
    content = frame().shelf.content
    documents = sorted(
        content.listed(kind, figures.today()), key=lambda each: each.day, reverse=True
    )
    page = render_template(
        "site/rss.xml",
        title=TITLES[kind],
        link=frame().root + url_for(f"site.{kind}"),
        items=[(each, frame().root + address(each), _stamp(each)) for each in documents[:_NEWEST]],
    )
    return xml(page, "application/rss+xml")


def _stamp(document: Document) -> str:
    at = document.facts.get("from_") or document.updated
    return format_datetime(datetime.combine(at, time(9), INDIA).astimezone(UTC))
