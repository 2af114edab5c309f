"""Matters of several services that files belong to. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands.tie import tie_file, untie_file
from services.eoffice.once import once
from services.eoffice.queries import matters
from services.eoffice.schemas import correlating


class Correlating(Service):
    """The methods that every service has which takes part in matters (``palika.correlation``)."""

    @once(correlating.Tying, roles=STAFF)
    def tie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Tie a file to a matter, or begin one with it."""
        with self.db.begin() as session:
            return tie_file(session, self.caller.identity, args, datetime.now(UTC))

    @once(correlating.Untying, roles=STAFF)
    def untie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Untie a file from a matter; that it was tied is kept."""
        with self.db.begin() as session:
            return untie_file(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.Tied, roles=STAFF)
    def tied(self, args: dict[str, Any]) -> dict[str, Any]:
        """The files of a matter that the post may read."""
        with self.db.begin() as session:
            return matters.tied(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.MattersOf, roles=STAFF)
    def matters_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """The matters that a file belongs to."""
        with self.db.begin() as session:
            return matters.matters_of(session, self.caller.identity, args, datetime.now(UTC))
