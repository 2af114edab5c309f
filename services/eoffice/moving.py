"""How files move, and what is on a desk. Entrypoints, and nothing but."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.india import day_of
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.eoffice import queries
from services.eoffice.commands.clock import tell_overdue, wake_parked
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.follow import follow_route
from services.eoffice.commands.forward import forward_file, put_up_file, send_back_file
from services.eoffice.commands.mark import answer_mark, gather_marks, mark_file
from services.eoffice.commands.park import park_file, wake_file
from services.eoffice.commands.pull import pull_back_file, pull_up_file
from services.eoffice.commands.read import read_file
from services.eoffice.commands.routes import remove_route, save_route
from services.eoffice.commands.transfer import hand_over_ended, transfer_custody
from services.eoffice.commands.urgency import set_due, set_priority
from services.eoffice.domain.organisation import Post
from services.eoffice.once import once
from services.eoffice.organisation_store import actor
from services.eoffice.queries import desk, marks
from services.eoffice.queries.history import history
from services.eoffice.queries.reading import reading
from services.eoffice.queries.routes import route_view, routes
from services.eoffice.schemas import Acting, Closing, Forwarding
from services.eoffice.schemas.moving import (
    Answering,
    Dating,
    DeskArgs,
    Following,
    Gathering,
    HistoryArgs,
    Inbox,
    MarkingTo,
    Paging,
    Parking,
    Prioritising,
    Pulling,
    Reading,
    RemovingRoute,
    Reopening,
    Returning,
    SavingRoute,
    Transferring,
)

_CLOCK_S = 30.0
_Command = Callable[..., Any]


class Moving(Service):
    """The methods of the e-office for what moves, and for who looks at a desk."""

    def _take(self, command: _Command, args: dict[str, Any]) -> dict[str, Any]:
        with self.db.begin() as session:
            file = command(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(file)

    def _post(self, session: Session, args: dict[str, Any]) -> tuple[Post, datetime]:
        """Whose desk, and now."""
        now = datetime.now(UTC)
        return actor(session, self.caller.identity, args["post"], now).post, now

    @once(Reading, roles=STAFF)
    def open(self, args: dict[str, Any]) -> dict[str, Any]:
        """Open a file to read it; from then on it cannot be pulled back."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            file, known = read_file(session, self.caller.identity, args, now)
            session.flush()
            return reading(session, file, known, now)

    @rpc(Forwarding, roles=STAFF)
    def forward(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a file to another post; only the post that has it may."""
        return self._take(forward_file, args)

    @rpc(Returning, roles=STAFF)
    def put_up(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put a file up to a post up the line."""
        return self._take(put_up_file, args)

    @rpc(Returning, roles=STAFF)
    def send_back(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a file back to where it came from, or to another post that had it."""
        return self._take(send_back_file, args)

    @rpc(Following, roles=STAFF)
    def follow_route(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a file to the next desk of its route, or let it begin one."""
        return self._take(follow_route, args)

    @rpc(Pulling, roles=STAFF)
    def pull_back(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take back a file that was sent and has not been opened."""
        return self._take(pull_back_file, args)

    @rpc(Pulling, roles=STAFF)
    def pull_up(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a file that a post down the line has."""
        return self._take(pull_up_file, args)

    @rpc(MarkingTo, roles=STAFF)
    def mark(self, args: dict[str, Any]) -> dict[str, Any]:
        """Ask several posts about a file at once."""
        return self._take(mark_file, args)

    @rpc(Answering, roles=STAFF)
    def answer(self, args: dict[str, Any]) -> dict[str, Any]:
        """Answer what one's post was asked about a file."""
        return self._take(answer_mark, args)

    @rpc(Gathering, roles=STAFF)
    def gather(self, args: dict[str, Any]) -> dict[str, Any]:
        """Gather the answers."""
        return self._take(gather_marks, args)

    @rpc(Parking, roles=STAFF)
    def park(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put a file aside until a day."""
        return self._take(park_file, args)

    @rpc(Acting, roles=STAFF)
    def wake(self, args: dict[str, Any]) -> dict[str, Any]:
        """Have a parked file in the inbox again before its day."""
        return self._take(wake_file, args)

    @rpc(Closing, roles=STAFF)
    def close(self, args: dict[str, Any]) -> dict[str, Any]:
        """Close a file; only the post that has it may."""
        return self._take(close_file, args)

    @rpc(Reopening, roles=STAFF)
    def reopen(self, args: dict[str, Any]) -> dict[str, Any]:
        """Open a closed file again; it is with the post that does so."""
        return self._take(reopen_file, args)

    @rpc(Prioritising, roles=STAFF)
    def set_priority(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give a file another priority."""
        return self._take(set_priority, args)

    @rpc(Dating, roles=STAFF)
    def set_due(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give a file another due date, or none."""
        return self._take(set_due, args)

    @once(Transferring, roles=STAFF)
    def transfer_custody(self, args: dict[str, Any]) -> dict[str, int]:
        """Give what a vacant or abolished post has to another, a part at a time."""
        with self.db.begin() as session:
            return transfer_custody(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(DeskArgs, roles=STAFF)
    def desk(self, args: dict[str, Any]) -> dict[str, int]:
        """How much is on a post's desk."""
        with self.db.begin() as session:
            post, now = self._post(session, args)
            return desk.counts(session, post, day_of(now))

    @rpc(Inbox, roles=STAFF)
    def inbox(self, args: dict[str, Any]) -> dict[str, Any]:
        """What is on a post's desk, the most urgent first, a page at a time."""
        with self.db.begin() as session:
            post, now = self._post(session, args)
            return desk.inbox(session, post, args, day_of(now))

    @rpc(Paging, roles=STAFF)
    def parked(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a post has put aside, those that wake first before the others."""
        with self.db.begin() as session:
            post, now = self._post(session, args)
            return desk.parked(session, post, args, day_of(now))

    @rpc(Paging, roles=STAFF)
    def sent(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a post has sent, the newest first, and where it is now."""
        with self.db.begin() as session:
            post, _ = self._post(session, args)
            return desk.sent(session, post, args)

    @rpc(Paging, roles=STAFF)
    def marked(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a post is asked and has not answered, the oldest first."""
        with self.db.begin() as session:
            post, _ = self._post(session, args)
            return marks.marked(session, post, args)

    @rpc(HistoryArgs, roles=STAFF)
    def history(self, args: dict[str, Any]) -> dict[str, Any]:
        """What was done with a file, the first first, a page at a time."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return history(session, who, args)

    @rpc(DeskArgs, roles=STAFF)
    def routes(self, args: dict[str, Any]) -> dict[str, Any]:
        """Which routes a post can let a file follow."""
        with self.db.begin() as session:
            post, _ = self._post(session, args)
            return routes(session, post.code)

    @rpc(SavingRoute, roles=STAFF)
    def save_route(self, args: dict[str, Any]) -> dict[str, Any]:
        """Save a route for one's post."""
        with self.db.begin() as session:
            saved = save_route(session, self.caller.identity, args, datetime.now(UTC))
        return route_view(saved)

    @once(RemovingRoute, roles=STAFF)
    def remove_route(self, args: dict[str, Any]) -> dict[str, Any]:
        """Remove a route of one's post; files that follow it go on."""
        with self.db.begin() as session:
            removed = remove_route(session, self.caller.identity, args, datetime.now(UTC))
        return route_view(removed)

    @every(_CLOCK_S)
    def tell_time(self, stopping: Callable[[], bool]) -> None:
        """Wake what is parked until today, give on what posts have that have ended, and tell of
        what is overdue."""
        for work in (wake_parked, hand_over_ended, tell_overdue):
            with waiting_out_outages(work.__name__):
                while not stopping() and self._some(work):
                    pass

    def _some(self, work: Callable[[Session, datetime], int]) -> int:
        with self.db.begin() as session:
            return work(session, datetime.now(UTC))
