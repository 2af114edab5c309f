"""What the desks ask of the service beside the steps: lists, exports, reports, saved views, posts.

Entrypoints, and nothing but; ``service.py`` has the others.
"""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.grievance import schemas
from services.grievance.commands.officers import cancel_leave, set_leave, set_officer
from services.grievance.commands.reassign import reassign_grievances
from services.grievance.commands.views import delete_view, save_view
from services.grievance.domain.access import SUPERVISORS
from services.grievance.queries import export, officers, one, reports, saved_views, search
from services.grievance.reference import policy


class Desks(Service):
    """The methods of the grievance service that are for the desks' own work."""

    @rpc(schemas.Counting, roles=STAFF)
    def count(self, args: dict[str, Any]) -> dict[str, Any]:
        """How many a list has: exact to 10,000, then that there are more."""
        with self.db.begin() as session:
            return search.count(session, args, datetime.now(UTC), self.caller.identity)

    @rpc(schemas.StepsOf, roles=STAFF)
    def steps(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the caller may do now with each of many, as ``get`` says it of one."""
        with self.db.begin() as session:
            return {"items": one.steps_of(session, self.caller.identity, args, datetime.now(UTC))}

    @rpc(schemas.Nothing, roles=STAFF)
    def rejections(self, args: dict[str, Any]) -> dict[str, Any]:
        """The reasons for which the caller may reject, in both languages, in the policy's order."""
        del args
        return {"items": policy().rejections_for(self.caller.identity.roles)}

    @rpc(schemas.Exporting, roles=STAFF)
    def export(self, args: dict[str, Any]) -> dict[str, Any]:
        """A list as a CSV file, a piece at a time."""
        with self.db.begin() as session:
            return export.page(session, args, datetime.now(UTC), self.caller.identity)

    @rpc(schemas.Reporting, roles=STAFF)
    def report(self, args: dict[str, Any]) -> dict[str, Any]:
        """A report of the city or a part of it, by department, ward, officer or category."""
        with self.db.begin() as session:
            return reports.report(session, args, datetime.now(UTC))

    @rpc(schemas.SavingView, roles=STAFF)
    def save_view(self, args: dict[str, Any]) -> dict[str, Any]:
        """Save a list's filters under a name; one's own of that name is replaced."""
        with self.db.begin() as session:
            return saved_views.view(
                save_view(session, self.caller.identity, args, datetime.now(UTC))
            )

    @rpc(schemas.Views, roles=STAFF)
    def views(self, args: dict[str, Any]) -> dict[str, Any]:
        """The caller's own saved views, and those shared with a department."""
        with self.db.begin() as session:
            return {"items": saved_views.saved(session, self.caller.identity, args["department"])}

    @rpc(schemas.DeletingView, roles=STAFF)
    def delete_view(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take one of one's own saved views away."""
        with self.db.begin() as session:
            delete_view(session, self.caller.identity, args["id"])
        return {"id": str(args["id"])}

    @rpc(schemas.Reassigning, roles=SUPERVISORS)
    def reassign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give many grievances to one officer, or each to whom it is best given."""
        return reassign_grievances(self.db, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.Officers, roles=STAFF)
    def officers(self, args: dict[str, Any]) -> dict[str, Any]:
        """The posts, with what each has in hand and its leaves, a page at a time."""
        with self.db.begin() as session:
            return officers.show(session, args, datetime.now(UTC))

    @rpc(schemas.SettingOfficer, roles=SUPERVISORS)
    def set_officer(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make a post, or change it."""
        with self.db.begin() as session:
            set_officer(session, self.caller.identity, args)
            return officers.one(session, args["code"], datetime.now(UTC))

    @rpc(schemas.SettingLeave, roles=SUPERVISORS)
    def set_leave(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that a post is away, and who stands in for it."""
        with self.db.begin() as session:
            return officers.view_of_leave(
                set_leave(session, self.caller.identity, args, datetime.now(UTC))
            )

    @rpc(schemas.CancellingLeave, roles=SUPERVISORS)
    def cancel_leave(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a leave back, or end it now; ``leave`` is what is left of it, if anything."""
        with self.db.begin() as session:
            left = cancel_leave(session, self.caller.identity, args["id"], datetime.now(UTC))
            return {"leave": None if left is None else officers.view_of_leave(left)}

    # Below all others: from here on `list` is this method.
    @rpc(schemas.Searching, roles=STAFF)
    def list(self, args: dict[str, Any]) -> dict[str, Any]:
        """Grievances that filters fit, in an order of one's choice, a page at a time."""
        with self.db.begin() as session:
            return search.page(session, args, datetime.now(UTC), self.caller.identity)
