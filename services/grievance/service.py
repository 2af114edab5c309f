"""The grievance service: its entrypoints, and nothing but. Rules are in ``domain/``."""

from datetime import UTC, datetime
from typing import Any

from palika.rpc import rpc
from palika.service import Service
from services.grievance import queries
from services.grievance.commands.assign import assign_grievance
from services.grievance.commands.file import file_grievance
from services.grievance.commands.reopen import reopen_grievance
from services.grievance.commands.resolve import resolve_grievance
from services.grievance.reference import city
from services.grievance.schemas import (
    Assigning,
    ContactsOf,
    Filing,
    Getting,
    Listing,
    Reopening,
    Resolving,
)

DESKS = {"officer", "supervisor", "admin", "service"}


class GrievanceService(Service):
    """Files grievances, follows them to their resolution, and shows them."""

    name = "grievance"

    def __init__(self) -> None:
        # A mistake in the catalogue is an error when the service starts, not when it is asked.
        city()

    @rpc(Filing, roles=DESKS | {"citizen"})
    def file(self, args: dict[str, Any]) -> dict[str, Any]:
        """File a grievance."""
        with self.db.begin() as session:
            filed = file_grievance(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(filed)

    @rpc(Assigning, roles=DESKS)
    def assign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give a grievance to an officer."""
        with self.db.begin() as session:
            changed = assign_grievance(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(changed)

    @rpc(Resolving, roles=DESKS)
    def resolve(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that a grievance is put right."""
        with self.db.begin() as session:
            changed = resolve_grievance(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(changed)

    @rpc(Reopening, roles=DESKS | {"citizen"})
    def reopen(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a resolution back; a citizen their own grievance's."""
        with self.db.begin() as session:
            changed = reopen_grievance(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(changed)

    @rpc(Getting, roles=DESKS | {"citizen"})
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """One grievance; a citizen their own."""
        with self.db.begin() as session:
            return queries.get(session, self.caller.identity, args)

    @rpc(ContactsOf, roles={"service"})
    def contacts(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """How to reach the citizens who filed them."""
        with self.db.begin() as session:
            return queries.contacts(session, args["ids"])

    # Below all others: from here on `list` is this method.
    @rpc(Listing, roles=DESKS)
    def list(self, args: dict[str, Any]) -> dict[str, Any]:
        """Grievances, newest first, a page at a time."""
        with self.db.begin() as session:
            return queries.page(session, args)
