"""Telephone calls, as the service's methods: asked for, made, answered, told of.

Entrypoints, and nothing but; ``service.py`` has the others.
"""

import base64
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.config import settings
from palika.errors import NotFound
from palika.roles import HELPDESK, STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.notify.calls.city import City
from services.notify.calls.dialling import Wanted, ask_for_call, dial_due, sweep
from services.notify.calls.outside import Desk
from services.notify.calls.reference import city_flow
from services.notify.calls.schemas import (
    CallArgs,
    CallOwnerArgs,
    CallsArgs,
    PromisesArgs,
    VoiceWebhookArgs,
)
from services.notify.calls.talking import Line, Webhook
from services.notify.calls.voices import Engine, open_engine
from services.notify.channels.voice import VoiceProvider, open_voice
from services.notify.commands.receive import receive
from services.notify.domain.messages import Receipt
from services.notify.queries import calls as queries
from services.notify.secrets import city_secrets
from services.notify.working import now, policy

_POLL_S: Final = 5.0
_BOT: Final = Identity.of("helpdesk:voice-bot", HELPDESK)
"""As whom the bot looks for what a telephone number has filed; the timelines keep who asked."""


class Calling(Service):
    """The methods of the notify service that are about calls."""

    @rpc(CallOwnerArgs, roles={"service", "officer", "supervisor"})
    def call_owner(self, args: dict[str, Any]) -> dict[str, Any]:
        """Have the owner of a property called, when nothing forbids it."""
        wanted = Wanted(args["id"], args["property_id"], args["flow"])
        return queries.call_view(ask_for_call(self._desk(), wanted))

    @rpc(CallArgs, roles=STAFF)
    def call(self, args: dict[str, Any]) -> dict[str, Any]:
        """One call with its turns, by codes."""
        with self.db.begin() as session:
            return queries.call(session, args)

    @rpc(CallsArgs, roles=STAFF)
    def calls(self, args: dict[str, Any]) -> dict[str, Any]:
        """Calls of a property, in a state, or in which something was agreed to."""
        with self.db.begin() as session:
            return queries.calls(session, args)

    @rpc(PromisesArgs, roles=STAFF)
    def promises(self, args: dict[str, Any]) -> dict[str, Any]:
        """What owners have promised in calls."""
        with self.db.begin() as session:
            return queries.promises(session, args)

    @rpc(VoiceWebhookArgs, roles={"service"})
    def voice_webhook(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the telephone provider has sent, passed on as it came; what to answer it."""
        webhook = Webhook(args["path"], args["query"], args["headers"], args["body"])
        found = Line(self._desk()).answer(webhook)
        return {
            "media_type": found.media_type,
            "body": base64.b64encode(found.body).decode(),
        }

    @every(_POLL_S)
    def make_calls(self, stopping: Callable[[], bool]) -> None:
        """Make the calls that are due, and bring those to their end that hang."""
        if _provider() is None:
            return
        with waiting_out_outages("calling"):
            desk = self._desk()
            with self.db.begin() as session:
                sweep(session, desk.table.limits, desk.now())
            dial_due(desk, stopping)

    def _desk(self) -> Desk:
        provider = _provider()
        if provider is None:
            raise NotFound("the city has no telephone provider")
        config = settings("notify")
        return Desk(
            begin=self.db.begin,
            table=city_flow(),
            care=policy().care,
            secrets=city_secrets(),
            outside=City(
                lambda: self.rpc.tax, lambda: self.rpc.as_(_BOT).grievance, city_flow().statuses
            ),
            provider=provider,
            engine=_engine(),
            receive=lambda session, said: _receive(session, provider.name, said),
            person=config.voice_person,
            now=now,
        )


def _receive(session: Session, provider: str, said: Sequence[Receipt]) -> None:
    receive(session, provider, said, policy(), now())


def check_calls() -> None:
    """For the start of the service: the flow is proved, and the voice is there.

    Raises:
        Mistakes: of the flow.
        ConfigError: the program of the voice is not on this machine.
    """
    city_flow()
    _engine()


@cache
def _provider() -> VoiceProvider | None:
    return open_voice(settings("notify"), city_flow())


@cache
def _engine() -> Engine | None:
    return open_engine(settings("notify"), city_flow().voices)
