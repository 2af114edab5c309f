"""The newest versions of the pages that were edited here."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.portal.models import SiteVersion


def newest_versions(session: Session) -> list[SiteVersion]:
    """The newest one of each page."""
    return list(session.scalars(_newest()))


def taken_down(session: Session) -> list[tuple[SiteVersion, SiteVersion]]:
    """Pages of which the newest version is that there is none, each with the last that said
    anything."""
    gone = {(each.kind, each.slug): each for each in newest_versions(session) if each.facts is None}
    said = session.scalars(_newest().where(SiteVersion.facts.is_not(None)))
    return [(gone[each.kind, each.slug], each) for each in said if (each.kind, each.slug) in gone]


def _newest() -> Select[Any]:
    return (
        select(SiteVersion)
        .ext(distinct_on(SiteVersion.kind, SiteVersion.slug))
        .order_by(SiteVersion.kind, SiteVersion.slug, SiteVersion.seq.desc())
    )
