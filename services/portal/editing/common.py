"""What all pages of the editor need: who acts, which page it is, and whether they may."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Forbidden, NotFound
from palika.yaml_files import loaded
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.commands.edit_page import Hand, draft_of
from services.portal.domain.editing import State, is_fourth_eye
from services.portal.domain.rights import Post
from services.portal.editing.places import (
    EDITED,
    SITES,
    Place,
    owner_by,
    owner_of,
    place_of,
    title_of,
)
from services.portal.editing.spreading import EXTENSION, Spreader
from services.portal.models import SiteDraft, SiteVersion


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site for who edits it.

    Attributes:
        owner: the department whose it is, as it is now or, if it is not out, as the draft says.
        out: whether it is on the site.
        versions: how many were put out from here.
    """

    place: Place
    owner: str | None
    out: bool
    draft: SiteDraft | None
    versions: int

    @property
    def owners(self) -> set[str | None]:
        """Whose it is and whose it becomes: also by what stands in the draft now."""
        if self.draft is None:
            return {self.owner}
        owners = {self.owner, self.draft.department}
        return (
            owners if self.draft.removal else owners | {department_by(self.place, self.draft.typed)}
        )


def spreader() -> Spreader:
    """That of the application which answers now."""
    found: Spreader = current_app.extensions[EXTENSION]
    return found


def post() -> Post:
    """The post for which who is here acts. Raises Forbidden: none."""
    found = who().post
    if found is None:
        raise Forbidden("this is for who holds a post")
    return found


def hand() -> Hand:
    """Who is here, as it is written down."""
    present, acting = who(), post()
    return Hand(
        present.person,
        present.names or {},
        acting.code,
        {"mr": acting.mr, "en": acting.en},
    )


def page_of(session: Session, kind: str, slug: str, *, lock: bool = False) -> Page:
    """A page that who is here may edit.

    Raises:
        NotFound: there is none: not on the site, no draft of it, and none that was taken down.
        Forbidden: it is another department's.
    """
    if kind not in EDITED:
        raise NotFound(f"there are no {kind}")
    content = spreader().content
    draft = draft_of(session, kind, slug, lock=lock)
    place = place_of(content, kind, slug)
    # Only counted: each version has both texts.
    of_page = SiteVersion.kind == kind, SiteVersion.slug == slug
    versions = session.scalar(select(func.count()).select_from(SiteVersion).where(*of_page)) or 0
    out = place is not None
    if place is not None:
        owner = owner_of(content, place)
    elif draft is not None:
        place, owner = Place(kind, slug, draft.site), draft.department
    elif versions:
        newest = SiteVersion.number.desc()
        last = select(SiteVersion.site).where(*of_page).order_by(newest).limit(1)
        said = select(SiteVersion.facts).where(*of_page, SiteVersion.facts.is_not(None))
        place = Place(kind, slug, session.scalar(last))
        facts = session.scalar(said.order_by(newest).limit(1))
        named = loaded(facts).get("department") if facts else None
        owner = owner_by(content, place.site, named)
    else:
        raise NotFound(f"there is no {slug} in {kind}")
    found = Page(place, owner, out, draft, versions)
    if not any(spreader().rules.may_edit(post(), each) for each in found.owners):
        raise Forbidden("this page is another department's")
    return found


def department_by(place: Place, typed: Mapping[str, Any]) -> str | None:
    """Whose a page becomes by what is typed in its form; None: of none."""
    content = spreader().content
    site = place.slug if place.kind == SITES else place.site
    named_there = typed.get("department")
    return owner_by(
        content, site, named_there if named_there in content.city["departments"] else None
    )


def may_decide(page: Page) -> bool:
    """Whether who is here may put out the draft of a page: they have no hand in it."""
    return (
        page.draft is not None
        and page.draft.state in (State.REVIEW, State.SCHEDULED)
        and is_fourth_eye(who().person, page.draft.authors)
        and may_publish(page)
    )


def may_publish(page: Page) -> bool:
    """Whether who is here may put out what others have written on a page."""
    present = who()
    return spreader().rules.may_publish(post(), present.roles, page.owners)


def shown(name: str, status: int = 200, **values: Any) -> Response:
    """A page of this room, which nobody keeps."""
    here = {"errors": {}, "labels": {}, "values": {}, "told": ""}
    made = render_template(f"editing/{name}.html", **here | values)
    return Response(made, status, {"Cache-Control": "no-store"})


def named(place: Place, typed: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What a page is called, in both languages: as it is on the site, else as its draft says."""
    title = title_of(spreader().content, place)
    if title is not None:
        return {"mr": title.mr, "en": title.en}
    typed = typed or {}
    return {
        language: typed.get(f"title.{language}") or typed.get(f"name.{language}") or place.slug
        for language in ("mr", "en")
    }


def now() -> Any:
    """The present moment."""
    return parts().now()
