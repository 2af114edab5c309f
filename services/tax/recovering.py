"""The entrypoints by which what is owed is recovered: the ladder of notices."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.tax.commands.notices import cancel_notice, prepare_notice, serve, sign_notice
from services.tax.queries.ladder import notice_view, notices, service_view
from services.tax.schemas.recovering import Cancelling, Noticing, Serving, Signing, Standing

_SIGNATORIES = frozenset({"supervisor"})


class Recovering(Service):
    """Prepares, signs and serves notices."""

    @rpc(Standing, roles=STAFF)
    def notices(self, args: dict[str, Any]) -> dict[str, Any]:
        """The notices of a property, and which step is lawful today and why not."""
        with self.db.begin() as session:
            return notices(session, args, datetime.now(UTC))

    @rpc(Noticing, roles=STAFF)
    def prepare_notice(self, args: dict[str, Any]) -> dict[str, Any]:
        """Prepare a step of the ladder, if it is lawful today."""
        with self.db.begin() as session:
            found = prepare_notice(session, self.caller.identity, args, datetime.now(UTC))
            return notice_view(found)

    @rpc(Signing, roles=_SIGNATORIES)
    def sign_notice(self, args: dict[str, Any]) -> dict[str, Any]:
        """Sign a prepared notice by name: it is issued."""
        with self.db.begin() as session:
            found = sign_notice(session, self.caller.identity, args, datetime.now(UTC))
            return notice_view(found)

    @rpc(Cancelling, roles=STAFF)
    def cancel_notice(self, args: dict[str, Any]) -> dict[str, Any]:
        """Cancel a notice that nobody has signed."""
        with self.db.begin() as session:
            found = cancel_notice(session, self.caller.identity, args, datetime.now(UTC))
            return notice_view(found)

    @rpc(Serving, roles=STAFF)
    def serve(self, args: dict[str, Any]) -> dict[str, Any]:
        """Write down that a bill or a notice came to its owner."""
        with self.db.begin() as session:
            found = serve(session, self.caller.identity, args, datetime.now(UTC))
            return service_view(found)
