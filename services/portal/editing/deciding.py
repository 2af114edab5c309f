"""Somebody else decides: a draft goes out, at once or at a moment, or back to who wrote it; a page
is taken down; an earlier version is wanted back. All of it goes through the same gate."""

from datetime import datetime
from typing import Any, Final

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import INDIA
from palika.text import plain_digits
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.commands import edit_page
from services.portal.domain.editing import State
from services.portal.editing.checking import OTHERS, Errors, checked_removal
from services.portal.editing.common import (
    Page,
    hand,
    may_decide,
    may_publish,
    named,
    now,
    page_of,
    shown,
    spreader,
)
from services.portal.editing.controls import by_control
from services.portal.editing.differences import differences
from services.portal.editing.lists import files_in, overview, version_page
from services.portal.editing.places import SITES, owner_by
from services.portal.editing.writing import has_draft
from services.portal.models import SiteVersion
from services.portal.pages.words import N_, gettext

_NO_MOMENT: Final = N_("must be a day and a time")
_NOT_NOW: Final = N_("there is a draft of this page: it has to be put out or discarded first")
_HOME_STAYS: Final = N_("a department's own page cannot be taken down here")


def add_to(editing: Blueprint) -> None:
    """Add the pages to the blueprint."""
    here = "/<kind>/<slug>"
    editing.add_url_rule(f"{here}/review", "review", review, methods=["GET", "POST"])
    for name, view in (
        ("withdraw", withdraw),
        ("discard", discard),
        ("take-over", take_over),
        ("take-down", take_down),
    ):
        endpoint = name.replace("-", "_")
        editing.add_url_rule(f"{here}/{name}", endpoint, view, methods=["POST"])
    back = f"{here}/versions/<int:number>/back"
    editing.add_url_rule(back, "roll_back", roll_back, methods=["POST"])


@door("officer", "supervisor")
def review(kind: str, slug: str) -> Any:
    """What a draft changes, side by side, for who decides about it."""
    if request.method == "GET":
        with parts().store.begin() as session:
            page = page_of(session, kind, slug)
        return _review_page(page)
    acting, form = hand(), request.form
    revision = int(form["revision"]) if form.get("revision", "").isdecimal() else -1
    errors: Errors = {}
    told = "published"
    try:
        with parts().store.begin() as session:
            page = page_of(session, kind, slug, lock=True)
            draft = has_draft(page)
            if not may_publish(page):
                raise Forbidden("you may not decide about this page")
            edit_page.to_be_decided(draft, revision, acting)
            if form.get("do") == "back":
                told = "sent_back"
                edit_page.send_back(session, draft, revision, form.get("reason", ""), acting, now())
            elif form.get("when") == "later":
                told = "scheduled"
                _, errors = spreader().judged(session, draft)
                if not errors:
                    edit_page.schedule(session, draft, _moment(form.get("at", "")), acting, now())
            else:
                spreader().put_out(draft, session, acting.to_dict(), now())
    except Invalid as error:
        errors = dict(error.fields)
    if errors:
        with parts().store.begin() as session:
            page = page_of(session, kind, slug)
        return _review_page(page, 400, errors)
    if told == "published":
        spreader().spread_soon()
        if spreader().shelf.stale:
            told = "published_not_shown"
    return redirect(url_for("editing.page", kind=kind, slug=slug, told=told), 303)


def _review_page(page: Page, status: int = 200, errors: Errors | None = None) -> Any:
    draft = has_draft(page)
    kind = page.place.kind
    files = spreader().files(page.place)
    own = {"at", "reason"}
    found, labels = by_control(
        kind, draft.typed, {name: each for name, each in (errors or {}).items() if name not in own}
    )
    found |= {name: each for name, each in (errors or {}).items() if name in own}
    labels |= {"at": gettext("When it goes out"), "reason": gettext("Why it goes back")}
    return shown(
        "review",
        status,
        page=page,
        title=named(page.place, draft.typed),
        draft=draft,
        differences=differences(
            kind, files.typed(kind), {} if draft.removal else draft.typed, spreader().content
        ),
        below=files.digest != draft.based_on,
        decides=may_decide(page),
        errors=found,
        labels=labels,
        values=request.form,
    )


def _moment(given: str) -> datetime:
    """Raises Invalid: it is none."""
    try:
        found = datetime.strptime(plain_digits(given)[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007
    except ValueError as error:
        raise Invalid("no moment", {"at": [_NO_MOMENT]}) from error
    return found.replace(tzinfo=INDIA)


@door("officer", "supervisor")
def withdraw(kind: str, slug: str) -> Any:
    """Take a draft back, to change it."""
    with parts().store.begin() as session:
        draft = has_draft(page_of(session, kind, slug, lock=True))
        edit_page.withdraw(session, draft, hand(), now())
    return redirect(url_for("editing.page", kind=kind, slug=slug, told="withdrawn"), 303)


@door("officer", "supervisor")
def discard(kind: str, slug: str) -> Any:
    """Throw a draft away."""
    with parts().store.begin() as session:
        page = page_of(session, kind, slug, lock=True)
        edit_page.discard(session, has_draft(page), hand(), now())
    if not page.out and not page.versions:
        return redirect(url_for("editing.start", told="discarded"), 303)
    return redirect(url_for("editing.page", kind=kind, slug=slug, told="discarded"), 303)


@door("officer", "supervisor")
def take_over(kind: str, slug: str) -> Any:
    """Somebody has looked at what was changed in the files underneath; they saw it as it is now."""
    with parts().store.begin() as session:
        page = page_of(session, kind, slug, lock=True)
        digest = spreader().files(page.place).digest
        if request.form.get("digest", "") != digest:
            raise Conflict("the page was changed in its files again")
        edit_page.take_over(session, has_draft(page), digest, hand(), now())
    return redirect(url_for("editing.edit", kind=kind, slug=slug), 303)


@door("officer", "supervisor")
def take_down(kind: str, slug: str) -> Any:
    """Ask that a page is taken down: somebody else decides."""
    errors: Errors = {}
    try:
        with parts().store.begin() as session:
            page = page_of(session, kind, slug, lock=True)
            if page.draft is not None or not page.out:
                raise Conflict(_NOT_NOW)
            why = edit_page.reason(request.form.get("reason", ""), "reason")
            errors = (
                {OTHERS: [_HOME_STAYS]}
                if kind == SITES
                else checked_removal(spreader().content, page.place)
            )
            if not errors:
                begun = edit_page.New(
                    kind,
                    slug,
                    page.place.site,
                    page.owner,
                    {},
                    spreader().files(page.place).digest,
                    removal=True,
                    note=why,
                )
                draft = edit_page.begin(session, begun, hand(), now())
                edit_page.send(session, draft, why, hand(), now())
    except Invalid as error:
        errors = dict(error.fields)
    if errors:
        labels = {OTHERS: gettext("Other pages of the site"), "reason": gettext("Why")}
        return overview(kind, slug, 400, errors=errors, labels=labels, values=request.form)
    return redirect(url_for("editing.page", kind=kind, slug=slug, told="sent"), 303)


@door("officer", "supervisor")
def roll_back(kind: str, slug: str, number: int) -> Any:
    """Who may put the page out wants an earlier version back: a draft of its words, which somebody
    else decides about."""
    errors: Errors = {}
    try:
        with parts().store.begin() as session:
            page = page_of(session, kind, slug, lock=True)
            if not may_publish(page):
                raise Forbidden("only who may put the page out takes it back")
            if page.draft is not None:
                raise Conflict(_NOT_NOW)
            why = edit_page.reason(request.form.get("reason", ""), "reason")
            draft = edit_page.begin(session, _of_version(session, page, number, why), hand(), now())
            _, errors = spreader().judged(session, draft)
            if errors:
                # What a page of before leads to may be gone: then it is a draft, to be mended.
                draft.state = State.DRAFT
            else:
                edit_page.send(session, draft, why, hand(), now())
    except Invalid as error:
        labels = {"reason": gettext("Why")}
        return version_page(
            kind, slug, number, 400, errors=dict(error.fields), labels=labels, values=request.form
        )
    told = "to_mend" if errors else "sent"
    return redirect(url_for("editing.page", kind=kind, slug=slug, told=told), 303)


def _of_version(session: Session, page: Page, number: int, why: str) -> edit_page.New:
    place = page.place
    found = session.scalar(
        select(SiteVersion).where(
            SiteVersion.kind == place.kind,
            SiteVersion.slug == place.slug,
            SiteVersion.number == number,
        )
    )
    if found is None:
        raise Conflict(f"there is no version {number}")
    files = files_in(found)
    typed = files.typed(place.kind)
    site = place.slug if place.kind == SITES else place.site
    owner = owner_by(spreader().content, site, typed.get("department")) if typed else page.owner
    return edit_page.New(
        place.kind,
        place.slug,
        place.site,
        owner,
        typed,
        spreader().files(place).digest,
        removal=files.facts is None,
        note=why,
        rolls_back_to=number,
    )
