"""The entrypoints of decisions: approve, refuse, and who may sanction what."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands.approve import Decided, approve_file, refuse_file
from services.eoffice.commands.cancel_approval import cancel_approval
from services.eoffice.commands.return_with_amount import return_with_amount
from services.eoffice.queries import approvals
from services.eoffice.schemas.approving import (
    Approving,
    AskingPowers,
    CancellingApproval,
    FileOf,
    Refusing,
    ReturningWithAmount,
)


class Approvals(Service):
    """Decisions on files."""

    @rpc(Approving, roles=STAFF)
    def approve(self, args: dict[str, Any]) -> dict[str, Any]:
        """Approve the file that one has, within one's powers."""
        with self.db.begin() as session:
            done = approve_file(session, self.caller.identity, args, datetime.now(UTC))
        return _answer(done)

    @rpc(Refusing, roles=STAFF)
    def refuse(self, args: dict[str, Any]) -> dict[str, Any]:
        """Refuse what the file asks for; it stays where it is."""
        with self.db.begin() as session:
            done = refuse_file(session, self.caller.identity, args, datetime.now(UTC))
        return _answer(done)

    @rpc(ReturningWithAmount, roles=STAFF)
    def return_with_amount(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send the file back with the amount that one would sanction."""
        with self.db.begin() as session:
            done = return_with_amount(session, self.caller.identity, args, datetime.now(UTC))
        return _answer(done)

    @rpc(CancellingApproval, roles=STAFF)
    def cancel_approval(self, args: dict[str, Any]) -> dict[str, Any]:
        """Cancel an approval on a file; what was sanctioned by it is free again."""
        with self.db.begin() as session:
            done = cancel_approval(session, self.caller.identity, args, datetime.now(UTC))
        return _answer(done)

    @rpc(FileOf, roles=STAFF)
    def approvals(self, args: dict[str, Any]) -> dict[str, Any]:
        """What was decided on a file, by whom and by whose power."""
        with self.db.begin() as session:
            return approvals.of_file(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(AskingPowers, roles=STAFF)
    def powers(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the acting post may sanction today, head by head, and which letters it approves."""
        with self.db.begin() as session:
            return approvals.powers_of(session, self.caller.identity, args, datetime.now(UTC))


def _answer(done: Decided) -> dict[str, Any]:
    return approvals.decided(done.file, done.approval, done.routed_to)
