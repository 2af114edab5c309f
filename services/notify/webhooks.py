"""What providers tell by webhook: receipts, decisions about templates, messages of citizens.

Entrypoints, and nothing but. The portal passes webhooks on as they came, those of one moment
together; what is answered is committed, so a provider that gets no good answer may send the same
again. Receipts are kept here and applied soon after: a bill run's are many (``delivering``).
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from palika.errors import NotFound, PalikaError
from palika.rpc import rpc
from services.notify.channels.infobip import Infobip
from services.notify.channels.plivo import Plivo
from services.notify.channels.whatsapp_webhook import Webhook
from services.notify.chatting import Chatting
from services.notify.commands.receive import keep
from services.notify.commands.templates import note_status
from services.notify.delivering import carriers, meta
from services.notify.domain.addresses import mobile
from services.notify.domain.messages import (
    Answer,
    InboundText,
    Message,
    Receipt,
    Told,
    is_of_reply,
)
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
    def receipts(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """Take a provider's webhooks; of each, how many receipts it has, or why it is refused."""
        provider = carriers().providers.get(args["provider"])
        if provider is None:
            raise NotFound("There is no such provider.", {"provider": args["provider"]})
        found = [
            _read(provider.receipts, each["headers"], each["body"], each["query"])
            for each in args["webhooks"]
        ]
        said = [receipt for each in found if not isinstance(each, PalikaError) for receipt in each]
        with self.db.begin() as session:
            keep(session, provider.name, said, now())
        return [
            _refused(each) if isinstance(each, PalikaError) else {"receipts": len(each)}
            for each in found
        ]

    @rpc(ChallengeArgs, roles={"service"})
    def whatsapp_challenge(self, args: dict[str, Any]) -> dict[str, str]:
        """What Meta's GET that sets the webhook up is answered with."""
        return {"challenge": meta().challenge(args["query"])}

    @rpc(WhatsappArgs, roles={"service"})
    def whatsapp(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """Take whole webhooks of WhatsApp; of each, how many receipts, decisions about templates
        and messages of citizens it has, or why it is refused.
        """
        provider = meta()
        found = [
            _read(provider.webhook, each["headers"], each["body"]) for each in args["webhooks"]
        ]
        good = [each for each in found if not isinstance(each, PalikaError)]
        with self.db.begin() as session:
            keep(session, provider.name, _of_deliveries(good), now())
            for change in [change for each in good for change in each.templates]:
                state = _APPROVALS.get(change.event)
                if state is None:
                    _tell(change)
                else:
                    note_status(
                        session, change.name, change.language, state, change.at, change.reason
                    )
        hearing = self._hearing(provider.send)
        # A word about consent is kept wherever a conversation stands; all else is the chatbot's.
        # Who has no Indian mobile cannot be written to, and is not talked with either.
        said = [
            message
            for each in good
            for message in each.messages
            if not take_inbound(hearing, message) and mobile(message.sender) is not None
        ]
        self.take_turns_soon(self.hear(said))
        return [
            _refused(each)
            if isinstance(each, PalikaError)
            else {
                "receipts": len(each.receipts),
                "templates": len(each.templates),
                "messages": len(each.messages),
                "unreadable": each.unreadable,
            }
            for each in found
        ]

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


def _read(reader: Callable[..., Any], *webhook: Any) -> Any:
    """What a webhook says, as the adapter reads it; the error, if it is forged or none."""
    try:
        return reader(*webhook)
    except PalikaError as error:
        return error


def _refused(error: PalikaError) -> dict[str, Any]:
    return {"refused": error.to_dict()}


def _of_deliveries(webhooks: Sequence[Webhook]) -> list[Receipt]:
    """Their receipts, without those of the bot's answers, which are no deliveries."""
    found = []
    for each in [receipt for webhook in webhooks for receipt in webhook.receipts]:
        if not is_of_reply(each):
            found.append(each)
        elif each.told is Told.FAILED:
            _log.warning("an answer over WhatsApp has not arrived: %s", each.reason)
    return found


def _mute(message: Message) -> Answer:
    raise AssertionError("text messages of citizens are not answered")


def _tell(change: TemplateChange) -> None:
    _log.warning(
        "Meta tells of the WhatsApp template %s (%s): %s",
        change.name,
        change.language,
        change.event,
    )
