"""The pages of a department, what waits for review, one page with its history, its versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, request, url_for
from sqlalchemy import select

from palika.errors import NotFound
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.domain.editing import State, is_fourth_eye
from services.portal.editing.checking import Files
from services.portal.editing.common import (
    Page,
    may_decide,
    may_publish,
    named,
    page_of,
    post,
    shown,
    spreader,
)
from services.portal.editing.differences import Difference, differences
from services.portal.editing.places import (
    EDITED,
    SITES,
    Place,
    owner_by,
    owner_of,
    place_of,
)
from services.portal.models import SiteAct, SiteDraft, SiteVersion
from services.portal.pages.languages import current
from services.portal.queries.edited import taken_down
from services.portal.site.figures import today
from services.portal.site.views import number_of_page

_A_PAGE: Final = 25
_LONGEST_QUERY: Final = 100
_ACTS: Final = 100
OUT, PAST, AHEAD, GONE = "out", "past", "ahead", "gone"
STATES: Final = (State.DRAFT, State.REVIEW, State.SCHEDULED, OUT, AHEAD, PAST, GONE)


def add_to(editing: Blueprint) -> None:
    """Add the pages to the blueprint."""
    editing.add_url_rule("", "start", start)
    editing.add_url_rule("/<kind>/<slug>", "page", page)
    editing.add_url_rule("/<kind>/<slug>/versions/<int:number>", "version", version)


@dataclass(frozen=True, slots=True)
class Row:
    """A page in the list: ``states`` says of it that it is out, in the archive, that there is a
    draft …; ``updated`` when it was looked through last."""

    place: Place
    title: Mapping[str, str]
    department: str | None
    states: tuple[str, ...]
    updated: date | None
    draft: SiteDraft | None


@door("officer", "supervisor")
def start() -> Any:
    """The pages that who is here may edit, and the drafts that wait for them."""
    with parts().store.begin() as session:
        drafts = {
            (each.kind, each.slug): each
            for each in session.scalars(select(SiteDraft).order_by(SiteDraft.changed_at))
        }
        gone = taken_down(session)
    rows = _rows(drafts)
    rows += _gone(gone, drafts)
    asked = {
        "q": " ".join(request.args.get("q", "")[:_LONGEST_QUERY].split()),
        "kind": request.args.get("kind", ""),
        "state": request.args.get("state", ""),
    }
    found = [each for each in rows if _is_asked(each, asked)]
    found.sort(key=lambda each: (each.draft is None, each.title[current()].casefold()))
    last = max(1, -(-len(found) // _A_PAGE))
    number = min(number_of_page(), last)
    return shown(
        "start",
        rows=found[(number - 1) * _A_PAGE : number * _A_PAGE],
        count=len(found),
        waiting=[each for each in rows if each.draft is not None and _waits(each)],
        number=number,
        last=last,
        asked=asked,
        kinds=list(EDITED),
        states=STATES,
        values=asked,
        publishes=spreader().rules.publishes(post()),
        page_of_list=lambda each: url_for("editing.start", page=each, **asked),
    )


def _rows(drafts: Mapping[tuple[str, str], SiteDraft]) -> list[Row]:
    content, rules, acting, day = spreader().content, spreader().rules, post(), today()
    found = []
    places = [Place(SITES, slug) for slug in content.sites]
    places += [Place(each.kind, each.slug, each.site) for each in content.all()]
    on_site = {(each.kind, each.slug) for each in places}
    places += [Place(*key, draft.site) for key, draft in drafts.items() if key not in on_site]
    for place in places:
        key = place.kind, place.slug
        draft = drafts.get(key)
        owners = {owner_of(content, place)} if key in on_site else set()
        owners |= {draft.department} if draft else set()
        if not any(rules.may_edit(acting, each) for each in owners):
            continue
        states, updated = _states(place, day) if key in on_site else ((), None)
        if draft is not None:
            states = (draft.state, *states)
        title = named(place, draft.typed if draft else None)
        found.append(Row(place, title, next(iter(owners)), states, updated, draft))
    return found


def _states(place: Place, day: date) -> tuple[tuple[str, ...], date]:
    content = spreader().content
    if place.kind == SITES:
        return (OUT,), content.sites[place.slug].facts["updated"]
    document = content.documents[place.kind][place.slug]
    if not document.shown(day):
        return (AHEAD,), document.updated
    return (PAST if document.past(day) else OUT,), document.updated


def _gone(
    gone: list[tuple[SiteVersion, SiteVersion]], drafts: Mapping[tuple[str, str], SiteDraft]
) -> list[Row]:
    """Pages that were taken down and have no draft."""
    content, rules, acting = spreader().content, spreader().rules, post()
    found = []
    for each, before in gone:
        key = each.kind, each.slug
        if key in drafts or place_of(content, *key) is not None:
            continue
        typed = _typed(before)
        owner = owner_by(content, each.site, typed.get("department"))
        if rules.may_edit(acting, owner):
            place = Place(*key, each.site)
            found.append(Row(place, named(place, typed), owner, (GONE,), None, None))
    return found


def _is_asked(row: Row, asked: Mapping[str, str]) -> bool:
    words = asked["q"].casefold().split()
    said = " ".join((*row.title.values(), row.place.slug)).casefold()
    return (
        asked["kind"] in ("", row.place.kind)
        and (not asked["state"] or asked["state"] in row.states)
        and all(each in said for each in words)
    )


def _waits(row: Row) -> bool:
    """Whether who is here may decide about a draft that waits for that."""
    draft = row.draft
    assert draft is not None
    content = spreader().content
    owners = {draft.department}
    if place_of(content, row.place.kind, row.place.slug) is not None:
        owners.add(owner_of(content, row.place))
    return (
        draft.state == State.REVIEW
        and is_fourth_eye(who().person, draft.authors)
        and spreader().rules.may_publish(post(), who().roles, owners)
    )


@door("officer", "supervisor")
def page(kind: str, slug: str) -> Any:
    """One page: how far it is, what may be done, its versions, and who did what."""
    told = request.args.get("told", "")
    return overview(kind, slug, told=told)


def overview(kind: str, slug: str, status: int = 200, **values: Any) -> Any:
    """The page of a page; ``values`` go to its template."""
    with parts().store.begin() as session:
        found = page_of(session, kind, slug)
        versions = session.scalars(
            select(SiteVersion)
            .where(SiteVersion.kind == kind, SiteVersion.slug == slug)
            .order_by(SiteVersion.number.desc())
        ).all()
        acts = session.scalars(
            select(SiteAct)
            .where(SiteAct.kind == kind, SiteAct.slug == slug)
            .order_by(SiteAct.id.desc())
            .limit(_ACTS)
        ).all()
    before = next((each for each in versions if each.facts is not None), None)
    typed = found.draft.typed if found.draft else _typed(before) if before else None
    return shown(
        "page",
        status,
        page=found,
        title=named(found.place, typed),
        versions=versions,
        acts=acts,
        states=_states(found.place, today())[0] if found.out else (),
        decides=may_decide(found),
        publishes=may_publish(found),
        **values,
    )


@door("officer", "supervisor")
def version(kind: str, slug: str, number: int) -> Any:
    """A version: what was changed by it, and all that it says."""
    return version_page(kind, slug, number)


def version_page(kind: str, slug: str, number: int, status: int = 200, **values: Any) -> Any:
    """The page of a version; ``values`` go to its template."""
    with parts().store.begin() as session:
        found = page_of(session, kind, slug)
        rows = session.scalars(
            select(SiteVersion)
            .where(
                SiteVersion.kind == kind,
                SiteVersion.slug == slug,
                SiteVersion.number.in_((number - 1, number)),
            )
            .order_by(SiteVersion.number.desc())
        ).all()
    if not rows or rows[0].number != number:
        raise NotFound(f"{kind}/{slug} has no version {number}")
    one = rows[0]
    before = rows[1] if len(rows) > 1 else None
    return shown(
        "version",
        status,
        page=found,
        title=named(found.place, _typed(one)),
        version=one,
        differences=differences(
            kind, _typed(before) if before else {}, _typed(one), spreader().content
        ),
        since=_since(found, one),
        publishes=may_publish(found),
        is_now=found.versions == number,
        **values,
    )


def _since(page: Page, version: SiteVersion) -> list[Difference]:
    """What the page has now in other words than this version."""
    kind = page.place.kind
    now_there = spreader().files(page.place).typed(kind)
    return differences(kind, now_there, _typed(version), spreader().content)


def _typed(version: SiteVersion) -> dict[str, Any]:
    return files_in(version).typed(version.kind)


def files_in(version: SiteVersion) -> Files:
    """The files of a version."""
    return Files(version.facts, {"mr": version.mr, "en": version.en})
