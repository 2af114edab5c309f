"""The record room: recording, holds, weeding. Entrypoints, and nothing but."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from palika.errors import Unavailable
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.eoffice.commands.hold import hold_file, hold_receipt, lift_hold
from services.eoffice.commands.record_file import record_file
from services.eoffice.commands.remove_weeded import remove_weeded
from services.eoffice.commands.weed import decide_weeding, propose_weeding
from services.eoffice.models import ReceiptHold
from services.eoffice.once import once
from services.eoffice.organisation_store import actor
from services.eoffice.queries import receipts_due, records
from services.eoffice.queries.kept_papers import store
from services.eoffice.schemas import records as schemas

_REMOVE_EVERY_S = 60.0


class RecordRoom(Service):
    """The methods of the e-office for what becomes of closed files and receipts."""

    @once(schemas.RecordingFile, roles=STAFF)
    def record_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say of which category a closed file is."""
        with self.db.begin() as session:
            found = record_file(session, self.caller.identity, args, datetime.now(UTC))
            return records.recording_view(found)

    @rpc(schemas.RecordOf, roles=STAFF)
    def record_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the record room knows of a file."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return records.record_of(session, who.post, args["id"])

    @rpc(schemas.RecordOf, roles=STAFF)
    def record_of_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the record room knows of a receipt."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return receipts_due.record_of(session, who.post, args["id"])

    @rpc(schemas.Holding, roles=STAFF)
    def hold_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Hold a file back from weeding."""
        with self.db.begin() as session:
            found = hold_file(session, self.caller.identity, args, datetime.now(UTC))
            return records.hold_view(found)

    @once(schemas.HoldingReceipt, roles=STAFF)
    def hold_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Hold a receipt back from weeding, and the file that it is in."""
        with self.db.begin() as session:
            found = hold_receipt(session, self.caller.identity, args, datetime.now(UTC))
            return receipts_due.hold_view(found)

    @once(schemas.Lifting, roles=STAFF)
    def lift_hold(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that what held it back is over."""
        with self.db.begin() as session:
            found = lift_hold(session, self.caller.identity, args, datetime.now(UTC))
            if isinstance(found, ReceiptHold):
                return receipts_due.hold_view(found)
            return records.hold_view(found)

    @rpc(schemas.Due, roles=STAFF)
    def records_due(self, args: dict[str, Any]) -> dict[str, Any]:
        """What is due for weeding, for review, or to be recorded; or receipts that are due for
        weeding; a page at a time."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            return records.due(session, who.post, args, now)

    @rpc(schemas.Proposing, roles=STAFF)
    def propose_weeding(self, args: dict[str, Any]) -> dict[str, Any]:
        """Propose a list of files and receipts to be weeded; the record room does."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            made = propose_weeding(session, self.caller.identity, args, now)
            session.flush()
            who = actor(session, self.caller.identity, args["post"], now)
            return records.weeding(session, who.post, made.id)

    @once(schemas.DecidingWeeding, roles=STAFF)
    def decide_weeding(self, args: dict[str, Any]) -> dict[str, Any]:
        """Approve or refuse the weeding of a file or a receipt; what is approved is destroyed."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            decide_weeding(session, self.caller.identity, args, now)
            session.flush()
            who = actor(session, self.caller.identity, args["post"], now)
            return records.weeding(session, who.post, args["id"])

    @rpc(schemas.OneWeeding, roles=STAFF)
    def weeding(self, args: dict[str, Any]) -> dict[str, Any]:
        """A list with what was decided about each file and receipt."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return records.weeding(session, who.post, args["id"])

    @rpc(schemas.Weedings, roles=STAFF)
    def weedings(self, args: dict[str, Any]) -> dict[str, Any]:
        """The lists, the newest first."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return records.weedings(session, who.post, args)

    @every(_REMOVE_EVERY_S)
    def remove_weeded(self, stopping: Callable[[], bool]) -> None:
        """Take the bytes of weeded papers from the store."""
        # Why a store does not answer is logged where it is asked; the next time does the rest.
        with waiting_out_outages("the removal of weeded papers"), suppress(Unavailable):
            remove_weeded(self.db.begin, store(), lambda: datetime.now(UTC), stopping)
