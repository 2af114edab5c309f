"""How what was entered wrongly is put right. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.service import Service
from services.eoffice import queries
from services.eoffice.commands import correct_receipt as receipt_steps
from services.eoffice.commands.correct_file import correct_file
from services.eoffice.commands.strike_paper import strike_paper
from services.eoffice.models import File
from services.eoffice.once import once
from services.eoffice.organisation_store import actor
from services.eoffice.queries import contents, receipts
from services.eoffice.schemas.correcting import (
    CorrectingFile,
    CorrectingReceipt,
    Refiling,
    StrikingPaper,
)


class Correcting(Service):
    """The methods of the e-office that correct, each with a reason."""

    @once(CorrectingFile, roles=STAFF)
    def correct_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Correct a file's subject, grade of secrecy, or whether it is public."""
        with self.db.begin() as session:
            file = correct_file(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(file)

    @once(CorrectingReceipt, roles=STAFF)
    def correct_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Correct what is said of a receipt; for who diarised it."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            identity = self.caller.identity
            receipt = receipt_steps.correct_receipt(session, identity, args, now)
            return receipts.seen(session, receipt, actor(session, identity, args["post"], now).post)

    @once(Refiling, roles=STAFF)
    def refile_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a receipt out of a wrong file into the right one; the post must have both."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            identity = self.caller.identity
            receipt = receipt_steps.refile_receipt(session, identity, args, now)
            post = actor(session, identity, args["post"], now).post
            file = session.get_one(File, receipt.file_id)
            return receipts.seen(session, receipt, post) | {"file": queries.view(file)}

    @once(StrikingPaper, roles=STAFF)
    def strike_paper(self, args: dict[str, Any]) -> dict[str, Any]:
        """Strike out a paper that was added to a file by mistake."""
        with self.db.begin() as session:
            paper = strike_paper(session, self.caller.identity, args, datetime.now(UTC))
            return contents.content_view(paper)
