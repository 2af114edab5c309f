"""Finding things by their words. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.queries import search
from services.eoffice.schemas.search import Counting, Searching, Suggesting


class Finding(Service):
    """Search, over what the post that asks may read."""

    @rpc(Searching, roles=STAFF)
    def search(self, args: dict[str, Any]) -> dict[str, Any]:
        """Files, notes, papers, receipts and letters by their words, the newest first."""
        with self.db.begin() as session:
            return search.page(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(Counting, roles=STAFF)
    def count(self, args: dict[str, Any]) -> dict[str, Any]:
        """How many a search finds."""
        with self.db.begin() as session:
            return search.count(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(Suggesting, roles=STAFF)
    def suggest(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a word that is being written may become."""
        with self.db.begin() as session:
            return search.suggest(session, self.caller.identity, args, datetime.now(UTC))
