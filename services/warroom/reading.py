"""The entrypoints by which the war room is asked: each as of any moment."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import ROLES, STAFF
from palika.rpc import rpc
from palika.service import Service
from services.warroom.queries import forecasts, photos, projects
from services.warroom.schemas import asking, reading


class Reads(Service):
    """What is asked of projects."""

    @rpc(reading.Reading, roles=STAFF)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """A project with all that is known of it, or was at a moment."""
        with self.db.begin() as session:
            return projects.get(session, args, datetime.now(UTC))

    @rpc(reading.Listing, roles=STAFF)
    def list(self, args: dict[str, Any]) -> dict[str, Any]:
        """Projects by code, a page at a time."""
        with self.db.begin() as session:
            return projects.page(session, args, datetime.now(UTC))

    @rpc(reading.Scheduling, roles=STAFF)
    def schedule(self, args: dict[str, Any]) -> dict[str, Any]:
        """The critical path, and what slips when a milestone does."""
        with self.db.begin() as session:
            return projects.schedule(session, args, datetime.now(UTC))

    @rpc(reading.Comparing, roles=STAFF)
    def changes(self, args: dict[str, Any]) -> dict[str, Any]:
        """What has changed of a project since a moment."""
        with self.db.begin() as session:
            return projects.compare(session, args, datetime.now(UTC))

    @rpc(reading.Telling, roles=STAFF)
    def history(self, args: dict[str, Any]) -> dict[str, Any]:
        """What was done with a project, by whom, when and why."""
        with self.db.begin() as session:
            return projects.history(session, args)

    @rpc(reading.Forecasts, roles=STAFF)
    def forecasts(self, args: dict[str, Any]) -> dict[str, Any]:
        """Every forecast that was made of a project's end."""
        with self.db.begin() as session:
            return forecasts.forecasts(session, args)

    @rpc(reading.Judging, roles=STAFF)
    def optimism(self, args: dict[str, Any]) -> dict[str, Any]:
        """By how much forecasts were wrong that were made so many months before."""
        with self.db.begin() as session:
            return forecasts.optimism(session, args)

    @rpc(reading.Showing, roles=ROLES)
    def photo(self, args: dict[str, Any]) -> dict[str, Any]:
        """The bytes of a photograph; citizens see the public ones of public projects."""
        staff = self.caller.identity.has_any(STAFF)
        with self.db.begin() as session:
            key = photos.key_of(session, args, staff=staff)
        return photos.content(photos.store(), key)

    @rpc(asking.OfProject, roles=ROLES)
    def public_project(self, args: dict[str, Any]) -> dict[str, Any]:
        """What citizens may see of a project."""
        with self.db.begin() as session:
            return projects.public_one(session, args, datetime.now(UTC))

    @rpc(reading.PublicListing, roles=ROLES)
    def public_projects(self, args: dict[str, Any]) -> dict[str, Any]:
        """What citizens may see of all public projects."""
        with self.db.begin() as session:
            return projects.public_page(session, args, datetime.now(UTC))
