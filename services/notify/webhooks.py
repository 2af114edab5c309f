"""What providers tell by webhook: receipts, decisions about templates, messages of citizens.

Entrypoints, and nothing but. The portal passes each webhook on as it came; what is answered is
committed, so a provider that gets no good answer may send the same again.
"""

import logging
from collections.abc import Sequence
from typing import Any

from palika.errors import NotFound
from palika.rpc import rpc
from services.notify.channels.infobip import Infobip
from services.notify.channels.plivo import Plivo
from services.notify.chatting import Chatting
from services.notify.commands.receive import receive
from services.notify.commands.templates import note_status
from services.notify.delivering import carriers, meta, policy
from services.notify.domain.messages import Answer, InboundText, Message, Told, is_of_reply
from services.notify.domain.whatsapp_inbound import TemplateChange
from services.notify.domain.whatsapp_text import Approval
from services.notify.inbound import Hearing, take_inbound, take_text
from services.notify.reference import city_consent_words
from services.notify.schemas.webhooks import (
    ChallengeArgs,
    ReceiptsArgs,
    TextsArgs,
    WhatsappArgs,
)
from services.notify.secrets import city_secrets
from services.notify.working import now

_log = logging.getLogger(__name__)

_APPROVALS = {
    "APPROVED": Approval.APPROVED,
    "REINSTATED": Approval.APPROVED,
    "UNARCHIVED": Approval.APPROVED,
    "PENDING": Approval.PENDING,
    "REJECTED": Approval.REJECTED,
    "PAUSED": Approval.PAUSED,
    "DISABLED": Approval.DISABLED,
    "ARCHIVED": Approval.DISABLED,
    "PENDING_DELETION": Approval.DISABLED,
    "DELETED": Approval.DISABLED,
}
"""Meta's words; the others (FLAGGED, IN_APPEAL, LOCKED) change nothing of what may be sent."""


class Webhooks(Chatting):
    """The methods of the notify service that the portal's webhooks call."""

    @rpc(ReceiptsArgs, roles={"service"})
    def receipts(self, args: dict[str, Any]) -> dict[str, int]:
        """Take a provider's webhook: how many receipts it has, and how many of them are new."""
        provider = carriers().providers.get(args["provider"])
        if provider is None:
            raise NotFound("There is no such provider.", {"provider": args["provider"]})
        said = provider.receipts(args["headers"], args["body"], args["query"])
        with self.db.begin() as session:
            new = receive(session, provider.name, said, policy(), now())
        return {"receipts": len(said), "new": new}

    @rpc(ChallengeArgs, roles={"service"})
    def whatsapp_challenge(self, args: dict[str, Any]) -> dict[str, str]:
        """What Meta's GET that sets the webhook up is answered with."""
        return {"challenge": meta().challenge(args["query"])}

    @rpc(WhatsappArgs, roles={"service"})
    def whatsapp(self, args: dict[str, Any]) -> dict[str, int]:
        """Take a whole webhook of WhatsApp: how many receipts, new ones, decisions, messages."""
        provider = meta()
        found = provider.webhook(args["headers"], args["body"])
        receipts = [each for each in found.receipts if not is_of_reply(each)]
        for each in found.receipts:
            if is_of_reply(each) and each.told is Told.FAILED:
                _log.warning("an answer over WhatsApp has not arrived: %s", each.reason)
        with self.db.begin() as session:
            new = receive(session, provider.name, receipts, policy(), now())
            for change in found.templates:
                state = _APPROVALS.get(change.event)
                if state is None:
                    _tell(change)
                else:
                    note_status(
                        session, change.name, change.language, state, change.at, change.reason
                    )
        hearing = self._hearing(provider.send)
        # A word about consent is kept wherever a conversation stands; all else is the chatbot's.
        said = [each for each in found.messages if not take_inbound(hearing, each)]
        self.take_turns_soon(self.hear(said))
        return {
            "receipts": len(found.receipts),
            "new": new,
            "templates": len(found.templates),
            "messages": len(found.messages),
            "unreadable": found.unreadable,
        }

    @rpc(TextsArgs, roles={"service"})
    def texts(self, args: dict[str, Any]) -> dict[str, int]:
        """Take text messages of citizens: how many, and how many of them are about consent."""
        provider = carriers().providers.get(args["provider"])
        if not isinstance(provider, Plivo | Infobip):
            raise NotFound("There is no such provider.", {"provider": args["provider"]})
        said: Sequence[InboundText] = provider.inbound(args["headers"], args["body"], args["query"])
        hearing = self._hearing(None)
        return {"messages": len(said), "taken": sum(take_text(hearing, each) for each in said)}

    def _hearing(self, answer: Any) -> Hearing:
        return Hearing(
            begin=self.db.begin,
            words=city_consent_words(),
            secrets=city_secrets(),
            answer=answer or _mute,
            now=now,
        )


def _mute(message: Message) -> Answer:
    raise AssertionError("text messages of citizens are not answered")


def _tell(change: TemplateChange) -> None:
    _log.warning(
        "Meta tells of the WhatsApp template %s (%s): %s",
        change.name,
        change.language,
        change.event,
    )
