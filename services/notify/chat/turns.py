"""A citizen's turn: message after message, each answered once and in order.

What two messages at once must not do is interleave. A row lock would see to that, but it would be
held while tax or grievance are asked, for seconds. So the lock is short, and what it guards is the
*turn*: a mark in the row, good for a minute, that whoever goes through the queue holds. Who finds
it taken has put their message into the queue already and leaves; whoever has it takes that message
up before giving the turn back (both happen under the row lock, so none is left lying). If its
holder dies, the mark runs out, and the sweeper's next round takes the message up again: actions are
such that doing them twice does it once. What a holder whose mark has run out comes to is thrown
away.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from palika.errors import PalikaError, Unavailable
from services.notify.chat.actions import At, perform
from services.notify.chat.ports import Ports
from services.notify.chat.saying import Sayer
from services.notify.chat.store import (
    conversation_of,
    give_turn_back,
    keep,
    locked,
    next_in_queue,
    take_turn,
)
from services.notify.chat.written import heard_as_json, heard_of_json, reply_as_json
from services.notify.domain.chat.conversation import (
    AWAY,
    Conversation,
    Outcome,
    Reply,
    Tick,
)
from services.notify.domain.chat.engine import resume, step
from services.notify.domain.whatsapp_inbound import SaidText
from services.notify.models.chat import ConversationMessage, ConversationRow, Queued

_log = logging.getLogger(__name__)
_MOST_TRIES: Final = 3
"""A message that was begun so often and never ended is answered with that it does not work."""
_PAUSE: Final = timedelta(seconds=15)
"""After a reply that could not be handed over."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A message that is being gone through."""

    message: ConversationMessage
    row: ConversationRow


class Bot:
    """Goes through citizens' queues."""

    def __init__(self, ports: Ports) -> None:
        """Prepare."""
        self._ports = ports
        self._sayer = Sayer(ports)

    def run(self, recipient_key: str, stopping: Callable[[], bool] = lambda: False) -> bool:
        """Go through one citizen's queue until it is empty.

        Args:
            recipient_key: of the citizen.
            stopping: whether to leave after the message that is in hand.

        Returns:
            Whether the turn was to be had; False: another process has it, or there is a pause.
        """
        ports = self._ports
        with ports.begin() as session:
            row = locked(session, recipient_key)
            if row is None:
                return False
            turn = take_turn(row, ports.now(), ports.table.rules.message_seconds)
        if turn is None:
            return False
        while (begun := self._next(recipient_key, turn, stopping())) is not None:
            if begun.message.state == Queued.WAITING and not self._go_on(begun, turn):
                return True
            if not self._say(begun, turn):
                return True
        return True

    def _next(self, key: str, turn: UUID, stop: bool) -> _Begun | None:
        """The next message, begun; None: there is none, and the turn is given back."""
        ports = self._ports
        with ports.begin() as session:
            row = locked(session, key)
            if row is None or row.turn != turn:
                return None
            message = None if stop else next_in_queue(session, key)
            if message is None:
                give_turn_back(row)
                if not row.state and next_in_queue(session, key) is None:
                    # It is over: the number is not needed any more.
                    row.contact = None
                return None
            self._prolong(row)
            if message.state == Queued.WAITING:
                message.tries += 1
            return _Begun(message, row)

    def _go_on(self, begun: _Begun, turn: UUID) -> bool:
        """Take the conversation on by a message; False: the turn was lost meanwhile."""
        ports, message = self._ports, begun.message
        assert message.heard is not None
        try:
            kept = ports.secrets.open(message.heard)
            before = conversation_of(begun.row, ports.secrets)
        except ValueError as error:
            # Nobody can read it any more: the citizen begins anew.
            _log.error("a message is lost: %s", error)
            kept = heard_as_json(SaidText(""))
            before = Conversation(language=begun.row.language)
        heard = heard_of_json(kept)
        if isinstance(heard, Tick) and kept["beside"]["since"] != begun.row.heard_at.isoformat():
            # The citizen has written since: there was no silence.
            after, replies = before, []
        elif message.tries > _MOST_TRIES:
            _log.error("a message was given up after %d tries", message.tries - 1)
            after, replies = self._given_up(before)
        else:
            after, replies = self._talk(begun, before, heard)
        with ports.begin() as session:
            row = locked(session, message.recipient_key)
            if row is None or row.turn != turn:
                return False
            if heard is Tick.REMIND and replies:
                row.reminded_at = ports.now()
            keep(row, after, ports.table, ports.secrets, ports.now())
            message.heard = None
            message.state = Queued.SAYING if replies else Queued.DONE
            if replies:
                written = [reply_as_json(each) for each in replies]
                message.replies = ports.secrets.seal({"replies": written})
            session.merge(message)
            begun.row.language = row.language
            # What is said now may take as long again: a file is fetched, and uploaded.
            self._prolong(row)
        return True

    def _prolong(self, row: ConversationRow) -> None:
        seconds = self._ports.table.rules.message_seconds
        row.turn_until = self._ports.now() + timedelta(seconds=seconds)

    def _talk(
        self, begun: _Begun, before: Conversation, heard: object
    ) -> tuple[Conversation, list[Reply]]:
        made = step(before, heard, self._ports.table)  # type: ignore[arg-type]
        replies = list(made.replies)
        while made.actions:
            at = At.of(begun.row, begun.message, made.conversation, made.actions[0], self._ports)
            try:
                outcome = perform(at)
            except Unavailable as error:
                _log.warning("%s: %s", made.actions[0].name, error)
                outcome = Outcome(AWAY)
            except PalikaError as error:
                # What an action does not know how to take is a mistake of ours: the citizen is told
                # that it does not work, the log what.
                _log.error("%s: %s: %s", made.actions[0].name, error.code, error)
                outcome = Outcome(AWAY)
            made = resume(made.conversation, outcome, self._ports.table)
            replies += made.replies
        return made.conversation, replies

    def _given_up(self, before: Conversation) -> tuple[Conversation, list[Reply]]:
        made = resume(before, Outcome(AWAY), self._ports.table)
        return made.conversation, list(made.replies)

    def _say(self, begun: _Begun, turn: UUID) -> bool:
        """Send what a message is answered with; False: not all, and the turn is given back."""
        ports, message = self._ports, begun.message
        if message.state != Queued.SAYING:
            return True
        outcome = self._sayer.say_all(begun.row, message)
        now = ports.now()
        with ports.begin() as session:
            row = locked(session, message.recipient_key)
            if row is None or row.turn != turn:
                return False
            if outcome.nudged:
                row.nudged_at = now
            if outcome.done:
                message.state, message.replies = Queued.DONE, None
            else:
                give_turn_back(row, now + _PAUSE)
            session.merge(message)
        return message.state != Queued.SAYING
