"""What the forms of a desk offer to choose from. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.organisation_store import actor
from services.eoffice.queries.forms import forms
from services.eoffice.schemas.forms import AskingForms


class Offering(Service):
    """What the city's files (``data/``) let an officer choose."""

    @rpc(AskingForms, roles=STAFF)
    def forms(self, args: dict[str, Any]) -> dict[str, Any]:
        """Departments, sections, subject heads, kinds of receipts and letters, phrases."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return forms(session, who.post)
