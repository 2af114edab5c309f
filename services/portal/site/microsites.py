"""Micro-sites: one template for all, their content as data."""

from typing import Final

from flask import Blueprint, render_template, send_file
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from services.portal.content import Site, files
from services.portal.pages.frame import frame
from services.portal.pages.keeping import keep
from services.portal.pages.words import N_
from services.portal.site import figures
from services.portal.site.views import LONG_S, asking, by_name, by_title, keep_unless_away

_NEWEST: Final = 4
_FILES_S: Final = 86_400
PAGES: Final = (
    ("site.department", N_("About")),
    ("site.department_services", N_("Services")),
    ("site.department_officials", N_("Officials")),
    ("site.department_documents", N_("Documents")),
    ("site.department_notices", N_("Notices")),
    ("site.department_gallery", N_("Photographs")),
    ("site.department_performance", N_("How it does")),
    ("site.department_contact", N_("Contact")),
)
"""The pages of a micro-site; of which there is nothing is not in its menu."""


def add_to(site: Blueprint) -> None:
    """Add the pages to the blueprint."""
    home = "/departments/<slug>"
    site.add_url_rule("/departments", "departments", departments)
    site.add_url_rule(home, "department", department)
    site.add_url_rule(f"{home}/performance", "department_performance", performance)
    for page in ("services", "officials", "documents", "notices", "gallery", "contact"):
        site.add_url_rule(f"{home}/{page}", f"department_{page}", _page, defaults={"page": page})
    site.add_url_rule("/files/<site>/<name>", "file", file)


def departments() -> str:
    """All micro-sites."""
    keep(LONG_S)
    sites = sorted(frame().shelf.content.sites.values(), key=by_name)
    return render_template("site/departments.html", sites=sites)


def department(slug: str) -> str:
    """The home page of a micro-site."""
    return _with_figures(slug, "department", most=_NEWEST)


def performance(slug: str) -> str:
    """What the KPI service tells everybody of a department, and its open grievances."""
    return _with_figures(slug, "department_performance", most=None)


def _with_figures(slug: str, page: str, most: int | None) -> str:
    site = frame().shelf.content.site(slug)
    parts = asking().ask(**figures.of_site(site))
    keep_unless_away(parts)
    kpis = figures.kpis_of(site, parts.get("kpis"))
    if most is not None:
        kpis = [each for each in kpis if each["value"] is not None][:most]
    return _rendered(
        site,
        page,
        kpi_part=parts.get("kpis"),
        kpis=kpis,
        grievances=figures.open_grievances(site, parts.get("grievances")),
    )


def file(site: str, name: str) -> Response:
    """A photograph of the content, to be seen, or a document, to be downloaded."""
    path = frame().shelf.content.files.get(f"{site}/{name}")
    if path is None or not files.in_place(path):
        raise NotFound
    ending = path.suffix.lower()
    answer: Response = send_file(
        path,
        mimetype=files.KINDS[ending],
        as_attachment=ending not in files.PICTURES,
        max_age=_FILES_S,
        conditional=True,
    )
    answer.headers["Content-Security-Policy"] = files.POLICY
    return answer


def _page(slug: str, page: str) -> str:
    keep(LONG_S)
    return _rendered(frame().shelf.content.site(slug), f"department_{page}")


def _rendered(site: Site, page: str, **shown: object) -> str:
    """A page of a micro-site, with its own menu."""
    content, today = frame().shelf.content, figures.today()
    own = {
        kind: content.listed(kind, today, site=site.slug)
        for kind in ("notices", "documents", "people", "news", "events", "tenders", "offices")
    }
    own["services"] = sorted(
        (each for each in content.documents["services"].values() if each.site == site.slug),
        key=by_title,
    )
    lacking = {
        "site.department_services": not own["services"],
        "site.department_officials": not own["people"],
        "site.department_documents": not own["documents"],
        "site.department_gallery": not site.facts["gallery"],
        "site.department_performance": not (site.facts["kpis"] or site.facts["grievances"]),
    }
    return render_template(
        f"site/{page}.html",
        site=site,
        own=own,
        here=f"site.{page}",
        words=dict(PAGES)[f"site.{page}"],
        local_menu=[each for each in PAGES if not lacking.get(each[0])],
        past_notices=content.listed("notices", today, past=True, site=site.slug),
        **shown,
    )
