"""Steps on files, as the tests of their movement take them."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from palika import events
from palika.auth import Identity
from palika.tables import outbox
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.cancel_approval import cancel_approval
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.follow import follow_route
from services.eoffice.commands.forward import forward_file, put_up_file, send_back_file
from services.eoffice.commands.mark import answer_mark, gather_marks, mark_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.park import park_file, wake_file
from services.eoffice.commands.pull import pull_back_file, pull_up_file
from services.eoffice.commands.read import read_file
from services.eoffice.commands.return_with_amount import return_with_amount
from services.eoffice.commands.urgency import set_due, set_priority
from services.eoffice.models import Act, File
from services.eoffice.organisation_store import current
from services.eoffice.queries import desk
from services.eoffice.queries.custody import custody
from services.eoffice.queries.reading import reading
from services.eoffice.schemas import Acting, Closing, Forwarding, Opening
from services.eoffice.schemas import moving as given
from services.eoffice.schemas.approving import (
    Approving,
    CancellingApproval,
    Refusing,
    ReturningWithAmount,
)
from tests.support.eoffice import JE, NOW

LAW = Identity.of("officer:law", "officer")
ADMIN = Identity.of("admin:1", "admin")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = date(2026, 7, 1)

STEPS: dict[str, tuple[Any, Any]] = {
    "forward": (forward_file, Forwarding),
    "put_up": (put_up_file, given.Returning),
    "send_back": (send_back_file, given.Returning),
    "pull_back": (pull_back_file, given.Pulling),
    "pull_up": (pull_up_file, given.Pulling),
    "follow": (follow_route, given.Following),
    "mark": (mark_file, given.MarkingTo),
    "answer": (answer_mark, given.Answering),
    "gather": (gather_marks, given.Gathering),
    "park": (park_file, given.Parking),
    "wake": (wake_file, Acting),
    "close": (close_file, Closing),
    "reopen": (reopen_file, given.Reopening),
    "priority": (set_priority, given.Prioritising),
    "due": (set_due, given.Dating),
    "approve": (approve_file, Approving),
    "refuse": (refuse_file, Refusing),
    "return": (return_with_amount, ReturningWithAmount),
    "cancel": (cancel_approval, CancellingApproval),
}


def opened(sessions, caller=JE, now=NOW, **args: Any) -> File:
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": "अंदाजपत्रक", **args}), now)


def take(sessions, step: str, file, /, caller=JE, now=NOW + HOUR, **args: Any) -> File:
    command, schema = STEPS[step]
    with sessions.begin() as session:
        return command(session, caller, schema().load({"id": str(file.id), **args}), now)


def read(sessions, file, caller=JE, now=NOW + HOUR, **args: Any) -> dict[str, Any]:
    with sessions.begin() as session:
        loaded = given.Reading().load({"id": str(file.id), **args})
        found, known = read_file(session, caller, loaded, now)
        session.flush()
        return reading(session, found, known, now)


def verbs(sessions, file) -> list[str]:
    with sessions() as session:
        found = select(Act.verb).where(Act.chain_id == file.id).order_by(Act.position)
        return list(session.scalars(found))


def told(sessions, name: str) -> list[dict[str, Any]]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        found = [events.Event.from_json(body) for body in bodies]
    return [each.data for each in found if each.name == f"eoffice.{name}"]


def stays(sessions, file) -> list[tuple[str, str]]:
    with sessions() as session:
        return [(each["post"], each["how"]) for each in custody(session, file.id, NOW)]


def listed(sessions, which, post: str, **args: Any) -> dict[str, Any]:
    with sessions() as session:
        whose = current(session).posts[post]
        if which in (desk.inbox, desk.parked):
            schema = given.Inbox if which is desk.inbox else given.Paging
            return which(session, whose, schema().load(args), TODAY)
        return which(session, whose, given.Paging().load(args))


def file_of(sessions, file) -> File:
    with sessions() as session:
        return session.get(File, file.id)
