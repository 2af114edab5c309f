"""The entrypoints of delegation and leave."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands.delegate import delegate, revoke
from services.eoffice.commands.leave import end_leave, take_leave
from services.eoffice.once import once
from services.eoffice.queries import standing_in
from services.eoffice.schemas import delegating as schemas
from services.eoffice.schemas.delegating import (
    Delegating,
    DelegationView,
    EndingLeave,
    LeaveView,
    Revoking,
    TakingLeave,
)

_view, _leave = DelegationView(), LeaveView()


class Delegations(Service):
    """Powers given to another post for a time."""

    @rpc(Delegating, roles=STAFF)
    def delegate(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let another post sanction up to an amount, and approve letters, as one's own may."""
        with self.db.begin() as session:
            made = delegate(session, self.caller.identity, args, datetime.now(UTC))
        shown: dict[str, Any] = _view.dump(made)
        return shown

    @once(Revoking, roles=STAFF)
    def revoke_delegation(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take back what one's post has delegated."""
        with self.db.begin() as session:
            found = revoke(session, self.caller.identity, args, datetime.now(UTC))
        shown: dict[str, Any] = _view.dump(found)
        return shown

    @rpc(TakingLeave, roles=STAFF)
    def take_leave(self, args: dict[str, Any]) -> dict[str, Any]:
        """Note a leave, with the officer who acts for all posts of who is away."""
        with self.db.begin() as session:
            made = take_leave(session, self.caller.identity, args, datetime.now(UTC))
        shown: dict[str, Any] = _leave.dump(made)
        return shown

    @once(EndingLeave, roles=STAFF)
    def end_leave(self, args: dict[str, Any]) -> dict[str, Any]:
        """Come back, or call a leave off."""
        with self.db.begin() as session:
            found = end_leave(session, self.caller.identity, args, datetime.now(UTC))
        shown: dict[str, Any] = _leave.dump(found)
        return shown

    @rpc(schemas.Leaves, roles=STAFF)
    def leaves(self, args: dict[str, Any]) -> dict[str, Any]:
        """Who is, was and is to be away, and who stands in."""
        with self.db.begin() as session:
            return standing_in.leaves(session, args, datetime.now(UTC))

    @rpc(schemas.Delegations, roles=STAFF)
    def delegations(self, args: dict[str, Any]) -> dict[str, Any]:
        """Which powers are, were and are to be delegated."""
        with self.db.begin() as session:
            return standing_in.delegations(session, args, datetime.now(UTC))
