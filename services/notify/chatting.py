"""The chatbot's entrypoints: what citizens write, what officers answer, what time brings.

Entrypoints, and nothing but; the bot is in ``chat/``, its rules in ``domain/chat/``.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.roles import HELPDESK
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.notify.chat import handovers
from services.notify.chat.ports import CodeToSend, Ports, Saying
from services.notify.chat.receive import receive
from services.notify.chat.schemas import Answering, Handovers
from services.notify.chat.silence import sweep
from services.notify.chat.table import city_table
from services.notify.chat.turns import Bot
from services.notify.domain.whatsapp_inbound import Inbound
from services.notify.secrets import city_secrets
from services.notify.working import now

ANSWERERS: Final = frozenset({HELPDESK, "officer", "supervisor"})
"""Who reads what citizens ask a person, and answers."""
_SWEEP_EVERY_S: Final = 5.0
_TURNS_EVERY_S: Final = 0.25
_turns: Final[deque[str]] = deque()
"""Whose turn it is, in this process; what a crash takes with it the sweeper finds."""
_answering: Final = ThreadPoolExecutor(8, "notify-chat")


class Chatting(Service, ABC):
    """The methods of the notify service that are about conversations.

    What it cannot do by itself the service that inherits it says: how something is sent.
    """

    @abstractmethod
    def chat_say(self, saying: Saying) -> None:
        """Hand a reply over. Raises Unavailable: later; another PalikaError: never."""

    @abstractmethod
    def chat_code(self, code: CodeToSend) -> None:
        """Send ``link.code``, urgently, over SMS or a call. Raises Unavailable: it was not sent."""

    @abstractmethod
    def chat_media(self, media_id: str) -> bytes:
        """A file that a citizen has sent. Raises PalikaError."""

    @abstractmethod
    def chat_consent(self, session: Session, key: str, agreed: bool, at: datetime) -> None:
        """Keep, in the transaction, whether a citizen wants messages; ``at``: said when."""

    def hear(self, inbound: Sequence[Inbound]) -> list[str]:
        """Keep what citizens wrote; once it returns, the webhook may be answered.

        Returns:
            The keys of the citizens whose turn it is: for ``take_turns_soon``.
        """
        return receive(self.db.begin, inbound, city_table().rules, city_secrets(), now())

    def take_turns_soon(self, keys: Sequence[str]) -> None:
        """Answer these citizens in a moment: whoever has brought the messages need not wait. What
        is left of it, by a crash, the sweeper does."""
        _turns.extend(keys)

    @every(_TURNS_EVERY_S)
    def chat_turns(self, stopping: Callable[[], bool]) -> None:
        """Answer whom it is the turn of; several at a time, and who comes meanwhile does not wait
        for the slowest of them."""
        if not _turns:
            return
        bot, running = Bot(self.chat_ports()), set[Future[bool]]()
        while running or (_turns and not stopping()):
            if not stopping():
                new = dict.fromkeys(_turns.popleft() for _ in range(len(_turns)))
                running |= {_answering.submit(bot.run, key, stopping) for key in new}
            done, running = wait(running, _TURNS_EVERY_S, FIRST_COMPLETED)
            for each in done:
                with waiting_out_outages("conversations"):
                    each.result()

    def chat_ports(self) -> Ports:
        """What the bot works with."""
        return Ports(
            begin=self.db.begin,
            call=self._chat_call,
            say=self.chat_say,
            send_code=self.chat_code,
            consent=self.chat_consent,
            media=self.chat_media,
            table=city_table(),
            secrets=city_secrets(),
            now=now,
            kept=_KEPT,
        )

    def _chat_call(self, identity: Identity, service: str, method: str, /, **arguments: Any) -> Any:
        return getattr(getattr(self.rpc.as_(identity), service), method)(**arguments)

    @rpc(Handovers, roles=ANSWERERS)
    def chat_handovers(self, args: dict[str, Any]) -> dict[str, Any]:
        """What citizens have asked a person over WhatsApp, those who have waited longest first."""
        with self.db.begin() as session:
            return handovers.handovers(session, args, city_secrets())

    @rpc(Answering, roles=ANSWERERS)
    def chat_answer(self, args: dict[str, Any]) -> dict[str, Any]:
        """Answer one; it is said in order with what the citizen writes."""
        with self.db.begin() as session:
            shown, key = handovers.answer(
                session, self.caller.identity, args, city_secrets(), now()
            )
        self.take_turns_soon([key])
        return shown

    @every(_SWEEP_EVERY_S)
    def chat_silence(self, stopping: Callable[[], bool]) -> None:
        """Reminders, ends, and what was left lying."""
        with waiting_out_outages("conversations"):
            sweep(self.chat_ports(), stopping)


_KEPT: Final[dict[str, Any]] = {}
