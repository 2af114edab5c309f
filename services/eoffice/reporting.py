"""Reports, lists of what waits, diaries and tracking, as the service's methods.

Entrypoints, and nothing but; ``service.py`` has the others.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.india import day_of
from palika.roles import ROLES, STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.domain.reporting import Reader, check_diary
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries import diary, late, mis, reports, track
from services.eoffice.schemas.reports import (
    Diary,
    Exporting,
    Overdue,
    Reporting,
    Tracking,
    WithOthers,
)


class Reports(Service):
    """The methods of the e-office that tell how the work stands."""

    @rpc(Reporting, roles=STAFF)
    def report(self, args: dict[str, Any]) -> dict[str, Any]:
        """Pendency, stay per desk, or files opened and closed, by post, section or department."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            return reports.report(session, args, reader(session, self.caller.identity, args), now)

    @rpc(Exporting, roles=STAFF)
    def report_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """A report as a CSV or XLSX file."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = reader(session, self.caller.identity, args)
            answer = reports.report(session, args, who, now)
        return off_hub(mis.as_file, answer, args["language"], args["format"])

    @rpc(Overdue, roles=STAFF)
    def overdue(self, args: dict[str, Any]) -> dict[str, Any]:
        """Files beyond their due date, the longest first."""
        with self.db.begin() as session:
            who = reader(session, self.caller.identity, args)
            return late.overdue(session, args, who, datetime.now(UTC))

    @rpc(WithOthers, roles=STAFF)
    def with_others(self, args: dict[str, Any]) -> dict[str, Any]:
        """Files that the post has opened and that wait with others."""
        with self.db.begin() as session:
            who = reader(session, self.caller.identity, args)
            return late.with_others(session, args, who, datetime.now(UTC))

    @rpc(Diary, roles=STAFF)
    def diary(self, args: dict[str, Any]) -> dict[str, Any]:
        """A post's day, for the post itself and those above it."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = reader(session, self.caller.identity, args)
            assert who.post is not None
            of = args["of"] or who.post
            known = current(session)
            known.check_post(of, "of", args["day"] or day_of(now))
            check_diary(known, of, who.post)
            return diary.diary(session, args, of, who, now)

    # Where a public file is may be asked by anybody who has its number.
    @rpc(Tracking, roles=ROLES)
    def track(self, args: dict[str, Any]) -> dict[str, Any]:
        """Where a public file is."""
        with self.db.begin() as session:
            return track.track(session, args["number"], datetime.now(UTC))


def reader(session: Session, caller: Identity, args: Mapping[str, Any]) -> Reader:
    """Which post reads; raises as ``Organisation.acting``."""
    post = actor(session, caller, args["post"], datetime.now(UTC)).post
    return Reader.of(post)
