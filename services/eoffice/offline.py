"""What a desk did while it was away. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands.submit import submit
from services.eoffice.schemas.offline import Submitting


class Offline(Service):
    """Drafts, notes and moves of a desk that could not reach the service."""

    @rpc(Submitting, roles=STAFF)
    def submit(self, args: dict[str, Any]) -> dict[str, Any]:
        """Do a desk's acts in their order, each by itself, and say what became of each."""
        done = submit(self.db.begin, self.caller.identity, args, datetime.now(UTC))
        return {"acts": [each.shown() for each in done]}
