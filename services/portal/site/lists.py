"""Lists of documents with their archives, and each document."""

from typing import Final

from flask import Blueprint, render_template, request, url_for

from palika.errors import NotFound
from services.portal.content import Document
from services.portal.content.schemas import DOCUMENT_KINDS, NOTICE_KINDS
from services.portal.pages.frame import frame
from services.portal.pages.keeping import keep
from services.portal.pages.words import N_
from services.portal.site import figures
from services.portal.site.views import LONG_S, by_title, code_asked, number_of_page

_A_PAGE: Final = 20
DATED: Final = ("news", "notices", "tenders", "documents", "events")
"""Kinds whose lists are in the order of time."""
WITH_ARCHIVE: Final = ("news", "notices", "tenders", "events")

TITLES: Final = {
    "services": N_("Services"),
    "news": N_("News"),
    "notices": N_("Notices"),
    "tenders": N_("Tenders"),
    "documents": N_("Documents"),
    "events": N_("Events"),
    "people": N_("Who's who"),
    "offices": N_("Offices"),
    "pages": N_("About this site"),
}
"""What each kind is called."""
ARCHIVES: Final = {
    "news": N_("Earlier news"),
    "notices": N_("Notices that have run out"),
    "tenders": N_("Tenders that have closed"),
    "events": N_("Past events"),
}
LEADS: Final = {
    "news": N_("What the corporation has done and decided."),
    "notices": N_("What you should know now: hearings, water cuts, traffic, recruitment."),
    "tenders": N_("Works and supplies for which offers are taken, on the State's e-tender portal."),
    "documents": N_("Acts, rules, budgets, plans, reports and forms, and where each can be had."),
    "events": N_("Meetings, camps and cultural events of the corporation."),
}  # fmt: skip
_KINDS: Final = {"notices": NOTICE_KINDS, "documents": DOCUMENT_KINDS}


def add_to(site: Blueprint) -> None:
    """Add the pages to the blueprint: ``site.services``, ``site.service``, ``site.news``, …"""
    site.add_url_rule("/services", "services", services)
    site.add_url_rule("/services/<slug>", "service", service)
    for kind in DATED:
        site.add_url_rule(f"/{kind}", kind, dated, defaults={"kind": kind, "past": False})
        site.add_url_rule(f"/{kind}/<slug>", f"{kind}_one", one, defaults={"kind": kind})
    for kind in WITH_ARCHIVE:
        rule = f"/{kind}/archive"
        site.add_url_rule(rule, f"{kind}_archive", dated, defaults={"kind": kind, "past": True})
    for kind in ("people", "offices"):
        site.add_url_rule(f"/{kind}/<slug>", f"{kind}_one", one, defaults={"kind": kind})


def address(document: Document) -> str:
    """The address of a document's page, in the language of this one."""
    if document.kind == "services":
        return url_for("site.service", slug=document.slug)
    if document.kind == "pages":
        return url_for("site.page", slug=document.slug)
    return url_for(f"site.{document.kind}_one", slug=document.slug)


def services() -> str:
    """Services from A to Z, of a department or for an audience, if that is asked."""
    keep(LONG_S)
    content = frame().shelf.content
    department, audience = code_asked("department"), code_asked("audience")
    every = sorted(content.documents["services"].values(), key=by_title)
    found = [
        each
        for each in every
        if department in ("", each.department)
        and (not audience or audience in each.facts["audience"])
    ]
    return render_template(
        "site/services.html",
        services=found,
        total=len(every),
        department=department,
        audience=audience,
        departments=sorted({each.department for each in every}),
        audiences=[
            each
            for each in content.city["audiences"]
            if any(each in one.facts["audience"] for one in every)
        ],
    )


def service(slug: str) -> str:
    """One service: what is needed, what it costs, how long it takes, where, and by what law."""
    content = frame().shelf.content
    document = content.get("services", slug)
    keep(LONG_S)
    return render_template(
        "site/service.html",
        document=document,
        site=content.sites.get(document.site or ""),
        forms=[content.documents["documents"][each] for each in document.facts["forms"]],
        related=[content.documents["services"][each] for each in document.facts["related"]],
    )


def dated(kind: str, past: bool) -> str:
    """A list in the order of time, or its archive."""
    keep(LONG_S)
    content = frame().shelf.content
    only = code_asked("type")
    department = code_asked("department")
    documents = [
        each
        for each in content.listed(kind, figures.today(), past=past)
        if (not only or each.facts.get("kind") == only) and department in ("", each.department)
    ]
    last = max(1, -(-len(documents) // _A_PAGE))
    page = min(number_of_page(), last)
    archive = content.listed(kind, figures.today(), past=not past) if kind in WITH_ARCHIVE else []
    return render_template(
        "site/list.html",
        kind=kind,
        past=past,
        title=ARCHIVES[kind] if past else TITLES[kind],
        lead="" if past else LEADS[kind],
        documents=documents[(page - 1) * _A_PAGE : page * _A_PAGE],
        count=len(documents),
        others=len(archive),
        kinds=_KINDS.get(kind, ()),
        only=only,
        page=page,
        last=last,
        address=lambda number: url_for(request.endpoint or "", **_query(number)),
    )


def one(kind: str, slug: str) -> str:
    """One document of a dated kind, or a post or an office."""
    content = frame().shelf.content
    document = content.get(kind, slug)
    if not document.shown(figures.today()):
        raise NotFound(f"there is no {slug} in {kind} yet")
    keep(LONG_S)
    return render_template(
        "site/document.html",
        kind=kind,
        document=document,
        past=document.past(figures.today()),
        site=content.sites.get(document.site or ""),
    )


def _query(page: int) -> dict[str, object]:
    asked: dict[str, object] = {
        name: value for name, value in request.args.items() if name in ("type", "department")
    }
    return asked | ({"page": page} if page > 1 else {})
