"""Matters of several services that properties and bills belong to. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.tax.commands.tie import tie_thing, untie_thing
from services.tax.queries import matters
from services.tax.schemas import correlating


class Correlating(Service):
    """The methods that every service has which takes part in matters (``palika.correlation``)."""

    @rpc(correlating.Tying, roles=STAFF)
    def tie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Tie a property or a bill to a matter, or begin one with it."""
        with self.db.begin() as session:
            return tie_thing(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.Untying, roles=STAFF)
    def untie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Untie a property or a bill from a matter; that it was tied is kept."""
        with self.db.begin() as session:
            return untie_thing(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.Tied, roles=STAFF)
    def tied(self, args: dict[str, Any]) -> dict[str, Any]:
        """The properties and bills of a matter."""
        with self.db.begin() as session:
            return matters.tied(session, args)

    @rpc(correlating.MattersOf, roles=STAFF)
    def matters_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """The matters that a property or a bill belongs to."""
        with self.db.begin() as session:
            return matters.matters_of(session, args)
