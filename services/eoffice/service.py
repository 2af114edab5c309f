"""The e-office service: its entrypoints, and nothing but. Rules are in ``domain/``."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from services.eoffice import queries
from services.eoffice.commands.close import close_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.reference import city_numbering, city_reporting
from services.eoffice.reporting import Reports
from services.eoffice.schemas import Closing, Forwarding, Getting, Listing, Opening


class EofficeService(Reports):
    """Opens files, moves them from post to post, closes them."""

    name = "eoffice"

    def __init__(self) -> None:
        # A mistake in the city's data is an error when the service starts, not when it is asked.
        city_numbering()
        city_reporting()

    @rpc(Opening, roles=STAFF)
    def open_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Open a file."""
        with self.db.begin() as session:
            file = open_file(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(file)

    @rpc(Forwarding, roles=STAFF)
    def forward(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a file to another post; only the post that has it may."""
        with self.db.begin() as session:
            file = forward_file(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(file)

    @rpc(Closing, roles=STAFF)
    def close(self, args: dict[str, Any]) -> dict[str, Any]:
        """Close a file; only the post that has it may."""
        with self.db.begin() as session:
            file = close_file(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(file)

    @rpc(Getting, roles=STAFF)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """One file with its movements."""
        with self.db.begin() as session:
            return queries.get(session, args)

    @rpc(Listing, roles=STAFF)
    def list(self, args: dict[str, Any]) -> dict[str, Any]:
        """Files, newest first, a page at a time."""
        with self.db.begin() as session:
            return queries.page(session, args)
