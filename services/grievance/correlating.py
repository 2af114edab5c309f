"""Matters of several services that grievances belong to. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.grievance.commands.tie import tie_grievance, untie_grievance
from services.grievance.queries import matters
from services.grievance.schemas import correlating


class Correlating(Service):
    """The methods that every service has which takes part in matters (``palika.correlation``)."""

    @rpc(correlating.Tying, roles=STAFF)
    def tie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Tie a grievance to a matter, or begin one with it."""
        with self.db.begin() as session:
            return tie_grievance(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.Untying, roles=STAFF)
    def untie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Untie a grievance from a matter; that it was tied is kept."""
        with self.db.begin() as session:
            return untie_grievance(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.Tied, roles=STAFF)
    def tied(self, args: dict[str, Any]) -> dict[str, Any]:
        """The grievances of a matter that the caller may read."""
        with self.db.begin() as session:
            return matters.tied(session, self.caller.identity, args)

    @rpc(correlating.MattersOf, roles=STAFF)
    def matters_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """The matters that a grievance belongs to."""
        with self.db.begin() as session:
            return matters.matters_of(session, self.caller.identity, args)
