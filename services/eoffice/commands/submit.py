"""Acts that a desk did while it could not reach the service, sent when it can again.

Each is done in a transaction of its own, and its act in the record names it (``away``): by that it
is known when the desk asks again, whatever has become of the file since.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from palika import calls
from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice import queries
from services.eoffice.commands import approve, close, follow, forward, mark, note, park, pull
from services.eoffice.commands import letter as letters
from services.eoffice.commands.asked_again import act_asked, check_same
from services.eoffice.commands.load import one_at_a_time
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.return_with_amount import return_with_amount
from services.eoffice.commands.urgency import set_due, set_priority
from services.eoffice.domain.chaining import canonical
from services.eoffice.domain.noting import check_draft
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.submitting import Outcome, Status, check_act
from services.eoffice.models import Approval, File, Letter, Note, NoteDraft
from services.eoffice.organisation_store import actor, current_held
from services.eoffice.queries.approvals import decided, routing
from services.eoffice.queries.letters import letter_view
from services.eoffice.queries.notes import draft_view, note_view
from services.eoffice.queries.sight import check_sight, readable_file
from services.eoffice.schemas import Acting, Closing, Forwarding, Opening, approving, moving
from services.eoffice.schemas.letters import DraftingLetter, RevisingLetter
from services.eoffice.schemas.noting import DraftSaving, DraftStep, TakingBack
from services.eoffice.sealing import act
from services.eoffice.sealing.record import beside, unsaid

Begin = Callable[[], AbstractContextManager[Session]]
_View = Callable[[Session, Mapping[str, Any]], dict[str, Any] | None]


def submit(begin: Begin, caller: Identity, args: Mapping[str, Any], now: datetime) -> list[Outcome]:
    """Do ``args["acts"]`` in their order, each in a transaction of its own.

    One that is not done stops those behind it on the same file, and no others. Asked again, what
    is done stays as it is, and the rest is tried.

    Args:
        begin: opens a transaction.
        args: as loaded by ``schemas.offline.Submitting``.

    Returns:
        What became of each, in their order.

    Raises:
        Unavailable: what is not said to be done was not tried, or is done: ask again.
    """
    found: list[Outcome] = []
    stopped: dict[UUID, UUID] = {}
    for asked in args["acts"]:
        if (because := stopped.get(asked["file_id"])) is not None:
            found.append(Outcome(asked["id"], Status.WAITING, because=because))
            continue
        outcome = _one(begin, caller, args["post"], asked, now)
        if outcome.status is not Status.DONE:
            stopped[asked["file_id"]] = asked["id"]
        found.append(outcome)
    return found


def _one(
    begin: Begin, caller: Identity, post: str | None, asked: Mapping[str, Any], now: datetime
) -> Outcome:
    way = WAYS[asked["method"]]
    try:
        check_act(asked["id"], asked["made_at"], now)
        loaded = way.loaded(asked, post)
        # By its own id, whatever was done before it in this call or an earlier delivery of it.
        with calls.carrying_out(str(asked["id"])), begin() as session:
            repeated = _done(session, caller, way, asked, loaded, now)
            session.flush()
            result = way.view(session, loaded)
    except Conflict as error:
        there = _there(begin, caller, way, asked, loaded, now)
        return Outcome(asked["id"], Status.CONFLICT, error=error.to_dict(), now=there)
    except (NotFound, Invalid, Forbidden) as error:
        return Outcome(asked["id"], Status.REFUSED, error=error.to_dict())
    return Outcome(asked["id"], Status.DONE, repeated=repeated, result=result)


def _done(
    session: Session,
    caller: Identity,
    way: "Way",
    asked: Mapping[str, Any],
    loaded: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Do an act; whether it was done before."""
    # In the order in which all lock (``load``), for any act may be a step that gives work.
    current_held(session)
    one_at_a_time(session, asked["id"])
    who = actor(session, caller, loaded["post"], now)
    said = {
        "id": asked["id"],
        "method": asked["method"],
        "digest": hashlib.sha256(
            canonical({name: each for name, each in loaded.items() if name != "post"})
        ).hexdigest(),
        "made_at": asked["made_at"],
    }
    before = act_asked(session, "away", asked["id"], asked["file_id"])
    if before is not None:
        then = before.data["away"]
        differs = [each for each in ("method", "digest") if then[each] != said[each]]
        named = ["args" if each == "digest" else each for each in differs]
        check_same(asked["id"], [*named, *(["post"] if before.post != who.post.code else [])])
        return True
    if way.about_file:
        readable_file(session, who.post, asked["file_id"])
    way.check_file(session, who.post, loaded, asked["file_id"])
    beside(session, {"away": said})
    way.command(session, caller, loaded, now)
    if unsaid(session):
        # It was so already, or was saved again: that it was asked for is written down.
        act(session, asked["file_id"], "file", "submitted", who, now)
    return False


def _there(
    begin: Begin,
    caller: Identity,
    way: "Way",
    asked: Mapping[str, Any],
    loaded: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any] | None:
    """What is there instead of what the desk wanted, if it may see that."""
    with begin() as session:
        try:
            who = actor(session, caller, loaded["post"], now)
            readable_file(session, who.post, asked["file_id"])
            _check_own(session, loaded, asked["file_id"], who.post)
        except (NotFound, Forbidden, Invalid):
            return None
        return way.view(session, loaded)


def _check_own(session: Session, args: Mapping[str, Any], file: UUID, post: Post) -> None:
    """Refuse to show what an id of the desk's names elsewhere.

    Raises:
        NotFound: it is of another file than the act.
        Forbidden: it is another desk's draft.
    """
    for name in ("id", "draft_id", "decision_id"):
        for model in (Note, NoteDraft, Letter, Approval):
            row = None if args.get(name) is None else session.get(model, args[name])
            if row is None:
                continue
            if row.file_id != file:
                raise NotFound(f"{args[name]} is not of this file", {name: str(args[name])})
            if isinstance(row, NoteDraft):
                check_draft(row.post, row.by_post, post.code)


def _file(session: Session, args: Mapping[str, Any]) -> dict[str, Any] | None:
    found = session.get(File, args["id"])
    return None if found is None else queries.view(found)


def _note(session: Session, args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The note or the draft of an id; a taken back note's draft has another."""
    for key in (args["id"], args.get("draft_id")):
        if key is None:
            continue
        if (note := session.get(Note, key)) is not None:
            return note_view(note)
        if (draft := session.get(NoteDraft, key)) is not None:
            return draft_view(draft)
    return None


def _decision(session: Session, args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The file with the decision of an id, or with the post that it was sent to for it."""
    file = session.get(File, args["id"])
    if file is None:
        return None
    known = session.get(Approval, args["decision_id"])
    routed = routing(session, file.id, args["decision_id"])
    return decided(file, known, None if routed is None else routed.data["to"])


def _letter(session: Session, args: Mapping[str, Any]) -> dict[str, Any] | None:
    found = session.get(Letter, args["id"])
    return None if found is None else letter_view(session, found)


@dataclass(frozen=True, slots=True)
class Way:
    """How a method is done away.

    Attributes:
        about: the argument that is the file's id; None: what ``own`` names is of a file.
        key: the argument that is the act's id; None: what it makes has an id of the desk's.
        own: the models of which ``id`` or ``draft_id`` is one.
        needs: arguments that the desk must make, else nothing would be known again.
        about_file: whether the file is there before the act.
    """

    command: Callable[..., Any]
    schema: type[Schema]
    view: _View = _file
    about: str | None = "id"
    key: str | None = "step"
    own: tuple[type[Any], ...] = ()
    needs: str | None = None
    about_file: bool = True

    def loaded(self, asked: Mapping[str, Any], post: str | None) -> dict[str, Any]:
        """The arguments of the method.

        Raises:
            Invalid: they are not such as the method takes.
        """
        mine = {self.about: asked["file_id"], self.key: asked["id"]}
        given = {name: str(each) for name, each in mine.items() if name is not None}
        if post is not None:
            given["post"] = post
        wrong = {name: ["the act itself says it"] for name in asked["args"] if name in given}
        if self.needs is not None and asked["args"].get(self.needs) is None:
            wrong[self.needs] = ["is made by the desk"]
        if wrong:
            raise Invalid(f"{asked['method']}: wrong arguments", wrong)
        try:
            found: dict[str, Any] = self.schema().load({**asked["args"], **given})
        except ValidationError as error:
            wrong = error.normalized_messages()
            raise Invalid(f"{asked['method']}: wrong arguments", wrong) from error
        return found

    def check_file(self, session: Session, post: Post, args: Mapping[str, Any], file: UUID) -> None:
        """Refuse what is of another file than the act says.

        Raises:
            Invalid: it is.
            NotFound: it is, and of one that the post may not read: as if there were none.
        """
        keys = [args[name] for name in ("id", "draft_id") if args.get(name) is not None]
        for model, key in product(self.own, keys):
            row = session.get(model, key)
            if row is not None and row.file_id != file:
                there = session.get_one(File, row.file_id)
                check_sight(session, post, there, _CALLED[self.own[0]], str(row.id))
                raise Invalid("of another file", {"file_id": [f"{key} is not of it"]})


_CALLED: Mapping[type[Any], str] = {NoteDraft: "draft", Note: "note", Letter: "letter"}
_DECISION = "decision_id"
WAYS: dict[str, Way] = {
    "save_draft": Way(note.save_draft, DraftSaving, _note, "file_id", None, needs="id"),
    "confirm_note": Way(note.confirm_note, DraftStep, _note, None, None, (NoteDraft, Note)),
    "take_back_note": Way(
        note.take_back_note, TakingBack, _note, None, None, (Note, NoteDraft), needs="draft_id"
    ),
    "open_file": Way(open_file, Opening, key=None, about_file=False),
    "draft_letter": Way(letters.draft_letter, DraftingLetter, _letter, "file_id", None, needs="id"),
    "revise_letter": Way(letters.revise_letter, RevisingLetter, _letter, None, None, (Letter,)),
    "put_up": Way(forward.put_up_file, moving.Returning),
    "forward": Way(forward.forward_file, Forwarding),
    "follow_route": Way(follow.follow_route, moving.Following),
    "send_back": Way(forward.send_back_file, moving.Returning),
    "pull_back": Way(pull.pull_back_file, moving.Pulling),
    "pull_up": Way(pull.pull_up_file, moving.Pulling),
    "mark": Way(mark.mark_file, moving.MarkingTo),
    "answer": Way(mark.answer_mark, moving.Answering),
    "gather": Way(mark.gather_marks, moving.Gathering),
    "park": Way(park.park_file, moving.Parking),
    "wake": Way(park.wake_file, Acting),
    "close": Way(close.close_file, Closing),
    "reopen": Way(close.reopen_file, moving.Reopening),
    "set_priority": Way(set_priority, moving.Prioritising),
    "set_due": Way(set_due, moving.Dating),
    "approve": Way(approve.approve_file, approving.Approving, _decision, key=_DECISION),
    "refuse": Way(approve.refuse_file, approving.Refusing, _decision, key=_DECISION),
    "return_with_amount": Way(
        return_with_amount, approving.ReturningWithAmount, _decision, key=_DECISION
    ),
}
"""By the name of the method; all of ``schemas.offline.METHODS``."""
