"""How the desks diarise what comes in and keep papers: entrypoints, and nothing but."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Unavailable
from palika.india import day_of
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.eoffice import queries
from services.eoffice.commands import diarise as diarising
from services.eoffice.commands import end_receipt, move_receipt
from services.eoffice.commands import put_in_file as filing
from services.eoffice.commands.diarise_mail import diarise_mail
from services.eoffice.commands.keep_paper import keep_paper
from services.eoffice.commands.keep_reading import keep_reading_of_paper
from services.eoffice.commands.tend_papers import Looked, read_texts, sweep_papers
from services.eoffice.documents import pdf_answer, slip_pdf
from services.eoffice.models import File, Receipt
from services.eoffice.once import once
from services.eoffice.organisation_store import actor
from services.eoffice.papers import content_in, from_base64, keep_piece
from services.eoffice.queries import kept_papers as papers
from services.eoffice.queries import receipts
from services.eoffice.queries.alike import alike
from services.eoffice.queries.contacts import contacts
from services.eoffice.queries.papers import slip_paper
from services.eoffice.schemas import receipts as schemas

_READ_EVERY_S = 5.0
_SWEEP_EVERY_S = 3_600.0
_looked = Looked()  # one a process
_Step = Callable[[Session, Identity, Mapping[str, Any], datetime], Receipt]


class DiarisingDesk(Service):
    """The methods of the e-office that are about receipts and papers."""

    @rpc(schemas.Piecing, roles=STAFF)
    def upload_piece(self, args: dict[str, Any]) -> dict[str, Any]:
        """Keep a piece of a large paper; ``piece`` names it for ``keep_paper``."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            actor(session, self.caller.identity, args["post"], now)
        with content_in("content_base64"):
            content = off_hub(from_base64, args["content_base64"])
        return {"piece": keep_piece(papers.store(), content, now), "size": len(content)}

    @rpc(schemas.KeepingPaper, roles=STAFF)
    def keep_paper(self, args: dict[str, Any]) -> dict[str, Any]:
        """Check a PDF or a scan, and keep it."""
        now = datetime.now(UTC)
        paper = keep_paper(self.db.begin, papers.store(), self.caller.identity, args, now)
        return papers.view(paper)

    @rpc(schemas.GettingPaper, roles=STAFF)
    def paper(self, args: dict[str, Any]) -> dict[str, Any]:
        """A paper without its bytes."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return papers.view(papers.find(session, who.post, args["id"]))

    @rpc(schemas.ReadingPaper, roles=STAFF)
    def paper_content(self, args: dict[str, Any]) -> dict[str, Any]:
        """The bytes of a paper, some at a time."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            paper = papers.find(session, who.post, args["id"])
            keep_reading_of_paper(session, who, paper.id, now)
        return papers.part(papers.store(), paper, args)

    @rpc(schemas.Diarising, roles=STAFF)
    def diarise(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give what came in its number; ``alike``: what may be the same letter, diarised before."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            receipt = diarising.diarise(session, self.caller.identity, args, now)
            post = actor(session, self.caller.identity, args["post"], now).post
            told = receipts.seen(session, receipt, post)
            return told | {"alike": alike(session, post, receipt)}

    @rpc(schemas.DiarisingMail, roles=STAFF)
    def diarise_mail(self, args: dict[str, Any]) -> dict[str, Any]:
        """Diarise an e-mail; ``left_out``: what was attached and is no plain paper, and why."""
        now = datetime.now(UTC)
        identity = self.caller.identity
        done = diarise_mail(self.db.begin, papers.store(), identity, args, now)
        with self.db.begin() as session:
            post = actor(session, identity, args["post"], now).post
            shown = receipts.seen(session, done.receipt, post)
        return shown | {"left_out": dict(done.left_out)}

    @once(schemas.Sending, roles=STAFF)
    def send_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a receipt to another post; only the post that has it may."""
        return self._do(move_receipt.send_receipt, args)

    @once(schemas.ReceiptStep, roles=STAFF)
    def receive_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that the paper has come, or that the e-mail is opened."""
        return self._do(move_receipt.receive_receipt, args)

    @once(schemas.PullingBack, roles=STAFF)
    def pull_back_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a receipt back that the other post has not opened yet."""
        return self._do(move_receipt.pull_back_receipt, args)

    @once(schemas.PullingBack, roles=STAFF)
    def pull_up_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a receipt that a post down the line has."""
        return self._do(move_receipt.pull_up_receipt, args)

    @once(schemas.PuttingInFile, roles=STAFF)
    def put_in_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put a receipt in a file; the post must have both. ``file`` is what that is then."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            receipt = filing.put_in_file(session, self.caller.identity, args, now)
            post = actor(session, self.caller.identity, args["post"], now).post
            file = session.get_one(File, receipt.file_id)
            return receipts.seen(session, receipt, post) | {"file": queries.view(file)}

    @once(schemas.StartingFile, roles=STAFF)
    def start_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Open a file from a receipt; both are answered."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            identity = self.caller.identity
            receipt, file = filing.start_file(session, identity, args, now)
            post = actor(session, identity, args["post"], now).post
            return {"receipt": receipts.seen(session, receipt, post), "file": queries.view(file)}

    @once(schemas.WithReason, roles=STAFF)
    def close_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Close a receipt that needs no file."""
        return self._do(end_receipt.close_receipt, args)

    @once(schemas.WithReason, roles=STAFF)
    def reopen_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a closed receipt up again."""
        return self._do(end_receipt.reopen_receipt, args)

    @once(schemas.FollowingUp, roles=STAFF)
    def follow_up_receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """Note when to look at a receipt again."""
        return self._do(end_receipt.follow_up_receipt, args)

    @rpc(schemas.GettingReceipt, roles=STAFF)
    def receipt(self, args: dict[str, Any]) -> dict[str, Any]:
        """One receipt with its papers, its movements, and what may be done with it."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return receipts.get(session, who.post, args)

    @rpc(schemas.Acknowledging, roles=STAFF)
    def acknowledgement(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the sender of a receipt is told, with its number."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return receipts.acknowledgement(session, who.post, args)

    @rpc(schemas.GettingReceipt, roles=STAFF)
    def acknowledgement_pdf(self, args: dict[str, Any]) -> dict[str, Any]:
        """The slip for the sender of a receipt, in both languages, as PDF/A in base64."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            receipt = receipts.find(session, who.post, args)
            slip, day = slip_paper(session, receipt), day_of(receipt.diarised_at)
        return pdf_answer(slip.number, off_hub(slip_pdf, slip, day))

    @rpc(schemas.ListingReceipts, roles=STAFF)
    def receipts(self, args: dict[str, Any]) -> dict[str, Any]:
        """Receipts, newest first, a page at a time."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            return receipts.page(session, who.post, args, now)

    @rpc(schemas.PendingReceipts, roles=STAFF)
    def receipts_pending(self, args: dict[str, Any]) -> dict[str, Any]:
        """How many receipts wait, by post, office, department or category."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            return {"items": receipts.pending(session, who.post, args, now)}

    @rpc(schemas.ContactsOf, roles={"service"})
    def contacts(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """How to reach those who wrote to the corporation, and those who hold its posts."""
        with self.db.begin() as session:
            return contacts(session, args["ids"], day_of(datetime.now(UTC)))

    @every(_READ_EVERY_S)
    def read_papers(self, stopping: Callable[[], bool]) -> None:
        """Read the text of papers that were kept, for the search."""
        # Why a store does not answer is logged where it is asked; the next time does the rest.
        with waiting_out_outages("the reading of papers"), suppress(Unavailable):
            now = lambda: datetime.now(UTC)  # noqa: E731
            read_texts(self.db.begin, papers.store(), now, stopping, _looked)

    @every(_SWEEP_EVERY_S)
    def sweep_papers(self, stopping: Callable[[], bool]) -> None:
        """Delete what was kept and is no paper."""
        with waiting_out_outages("the sweep of papers"), suppress(Unavailable):
            sweep_papers(self.db.begin, papers.store(), datetime.now(UTC), stopping)

    def _do(self, step: _Step, args: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC)
        with self.db.begin() as session:
            receipt = step(session, self.caller.identity, args, now)
            post = actor(session, self.caller.identity, args["post"], now).post
            return receipts.seen(session, receipt, post)
