"""The start page, and the pages that are not lists: search, sitemap, contacts, who's who."""

from typing import Any, Final

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from palika.text import Name
from services.portal.asking import Asking, Part
from services.portal.content import Document
from services.portal.content.fields import SLUG
from services.portal.content.schemas import GROUPS, OFFICE_KINDS
from services.portal.pages.frame import frame
from services.portal.pages.keeping import keep, keep_nothing
from services.portal.pages.languages import PREFIX, preferred
from services.portal.site import figures
from services.portal.site.searching import number_in, search_index

LONG_S: Final = 3_600
"""Pages that only the content and the day change."""
SHORT_S: Final = 30
"""Pages with figures of the services."""

_NEWEST: Final = 5
_A_PAGE: Final = 20
_LONGEST_QUERY: Final = 200

site = Blueprint("site", __name__, url_prefix=PREFIX)
root = Blueprint("root", __name__)


@root.get("/")
def begin() -> Answer:
    """The start page in the reader's language."""
    answer = redirect(f"/{preferred()}/")
    answer.headers["Vary"] = "Accept-Language"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@site.get("/")
def home() -> str:
    """The start page: what people come for, what is new, what the city does."""
    content, today = frame().shelf.content, figures.today()
    parts = asking().ask(**figures.of_city(content))
    keep_unless_away(parts)
    services = content.documents["services"]
    return render_template(
        "site/home.html",
        notices=content.listed("notices", today)[:_NEWEST],
        news=content.listed("news", today)[:_NEWEST],
        tenders=content.listed("tenders", today)[:_NEWEST],
        events=content.listed("events", today)[:_NEWEST],
        popular=[services[slug] for slug in content.city["popular"]],
        parts=parts,
        figures=figures.shown(content, parts),
        departments=sorted(content.sites.values(), key=by_name)[:12],
    )


@site.get("/search")
def search() -> str:
    """Everything that a few words find, in both languages."""
    query = " ".join(request.args.get("q", "")[:_LONGEST_QUERY].split())
    kind = code_asked("type")
    page = number_of_page()
    found = search_index(frame().shelf.content, figures.today()).find(query, kind)
    last = max(1, -(-len(found.hits) // _A_PAGE))
    page = min(page, last)
    return render_template(
        "site/search.html",
        query=query,
        kind=kind,
        number=number_in(query),
        found=found,
        hits=found.hits[(page - 1) * _A_PAGE : page * _A_PAGE],
        page=page,
        last=last,
        page_of_search=lambda number: url_for(
            "site.search", q=query, page=number, **({"type": kind} if kind else {})
        ),
    )


@site.get("/sitemap")
def sitemap() -> str:
    """Every page, for people."""
    keep(LONG_S)
    content = frame().shelf.content
    return render_template(
        "site/sitemap.html",
        services=sorted(content.documents["services"].values(), key=by_title),
        sites=sorted(content.sites.values(), key=by_name),
        own=sorted(content.documents["pages"].values(), key=by_title),
    )


@site.get("/pages/<slug>")
def page(slug: str) -> str:
    """A page of text: a policy, help."""
    document = frame().shelf.content.get("pages", slug)
    keep(LONG_S)
    return render_template("site/page.html", document=document)


@site.get("/contacts")
def contacts() -> str:
    """Offices: where they are and how they are reached."""
    keep(LONG_S)
    offices = frame().shelf.content.listed("offices", figures.today())
    return render_template(
        "site/contacts.html", offices={kind: of(offices, "kind", kind) for kind in OFFICE_KINDS}
    )


@site.get("/people")
def people() -> str:
    """Who's who: posts and those who hold them."""
    keep(LONG_S)
    found = frame().shelf.content.listed("people", figures.today())
    return render_template(
        "site/people.html", groups={group: of(found, "group", group) for group in GROUPS}
    )


@site.get("/feedback")
def feedback() -> str:
    """How to tell the city what is wrong on its site."""
    keep(LONG_S)
    return render_template("site/feedback.html")


def asking() -> Asking:
    """Asks the services."""
    found: Asking = current_app.extensions["asking"]
    return found


def keep_unless_away(parts: dict[str, Part]) -> None:
    """Keep a page with figures for a while; one that lacks some is made anew for the next."""
    if any(each.missing for each in parts.values()):
        keep_nothing()
    else:
        keep(SHORT_S)


def number_of_page() -> int:
    """Which page of a list is asked for; the first, if that is no number."""
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def code_asked(name: str) -> str:
    """A code in the query of the address; nothing, if it is no code."""
    asked = request.args.get(name, "")
    return asked if SLUG.fullmatch(asked) else ""


def of(documents: list[Document], field: str, value: str) -> list[Document]:
    """Those whose field has this value."""
    return [each for each in documents if each.facts[field] == value]


def by_title(document: Document) -> str:
    """For the order of titles in the language of the page."""
    return in_order(document.title)


def by_name(each: Any) -> str:
    """The same of micro-sites."""
    return in_order(each.name)


def in_order(name: Name) -> str:
    """A name as it is put in order: without regard to capital letters."""
    from services.portal.pages.languages import current

    return name.in_(current()).casefold()


def xml(text: str, kind: str) -> Response:
    """An answer for machines."""
    return Response(text, content_type=f"{kind}; charset=utf-8")
