"""WhatsApp, through Meta's Cloud API.

From Meta's public reference (developers.facebook.com/documentation/business-messaging/whatsapp/…):

- ``POST /{version}/{phone number id}/messages`` with a bearer token; the answer has the message's
  id (``wamid.…``), and says that it was accepted, not that it was delivered
  (…/messages/send-messages);
- kinds: template, text, interactive (buttons, list, location request), document
  (…/messages/template-messages, …/interactive-reply-buttons-messages,
  …/interactive-list-messages, …/location-request-messages, …/document-messages);
- ``biz_opaque_callback_data``, up to 512 characters of ours, comes back with each status: it has
  the attempt's id (…/reference/whatsapp-business-phone-number/message-api);
- media: ``POST /{phone number id}/media``, an id that is good for 30 days
  (…/business-phone-numbers/media);
- a webhook is set up by ``GET`` with ``hub.mode``, ``hub.verify_token`` and ``hub.challenge``,
  which is answered (…/docs/graph-api/webhooks/getting-started).

There is no idempotency and no search: of a hand-over whose answer was lost nothing can be asked.
Its receipts tell, by the attempt's id; where none comes, nobody knows.
"""

import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from urllib3.filepost import encode_multipart_formdata

from palika.config import Settings
from palika.errors import Forbidden
from palika.outgoing import Answered, Outcome, Outgoing, shared
from services.notify.channels import whatsapp_errors, whatsapp_webhook
from services.notify.channels.answers import (
    is_number,
    json_of,
    text_at,
    unanswered,
    unreadable,
    within,
)
from services.notify.channels.whatsapp_webhook import Webhook
from services.notify.domain.messages import Answer, Attachment, Failed, Message, Receipt, Sent
from services.notify.domain.whatsapp import (
    AskLocation,
    ButtonsContent,
    Content,
    DocumentContent,
    ListContent,
    TemplateContent,
    TextContent,
)

_log = logging.getLogger(__name__)

WEBHOOK_PATH: Final = "/webhooks/whatsapp"
DOCUMENT_MAX: Final = 100_000_000
"""Bytes of a document (…/business-phone-numbers/media)."""
_CHALLENGE: Final = re.compile(r"[\w.-]{1,200}", re.ASCII)


class _CannotBeSaid(ValueError):
    """The message is not one that WhatsApp can carry; the argument is the reason."""


@dataclass(frozen=True, slots=True)
class Meta:
    """The provider ``meta``; see ``provider.Provider``.

    Attributes:
        url, version: of the API.
        phone_number_id: the id of the city's number there.
        token: of access.
        app_secrets: that webhooks are signed with; any of them is good.
        verify_token: what Meta must say to set the webhook up; empty: nobody can.
        timeout_s: of one call, from its first byte to its last.
        media_timeout_s: likewise, where a file goes or comes with it.
        http: the connections.
        now: the present moment, aware.
    """

    url: str
    version: str
    phone_number_id: str
    token: str = field(repr=False)
    app_secrets: Sequence[str] = field(repr=False)
    verify_token: str = field(default="", repr=False)
    timeout_s: float = 8.0
    media_timeout_s: float = 30.0
    http: Outgoing = field(default_factory=shared)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    name: str = field(default="meta", init=False)
    channel: str = field(default="whatsapp", init=False)

    # -- sending ------------------------------------------------------------------------------

    def send(self, message: Message) -> Answer:
        """Hand over one message; a document is uploaded first."""
        try:
            said = self._said(message)
        except _CannotBeSaid as error:
            return Failed(True, f"{self.name}_{error}", offered=False)
        if isinstance(said, Failed):
            return said
        whole = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.address.removeprefix("+"),
            "biz_opaque_callback_data": str(message.attempt_id),
            **said,
        }
        outcome = self._post(
            f"{self.phone_number_id}/messages",
            json.dumps(whole).encode(),
            "application/json",
            self.timeout_s,
        )
        return self._judged(outcome, "messages", 0, "id")

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """None: there is nothing to ask."""
        return None

    def _said(self, message: Message) -> dict[str, Any] | Failed:
        content = message.whatsapp
        if not is_number(message.address):
            raise _CannotBeSaid("address_invalid")
        if content is None:
            raise _CannotBeSaid("no_content")
        if not isinstance(content, DocumentContent):
            return _written(content)
        if not message.attachments:
            raise _CannotBeSaid("no_document")
        document = message.attachments[0]
        if len(document.content) > DOCUMENT_MAX:
            raise _CannotBeSaid("document_too_large")
        uploaded = self._upload(document)
        if isinstance(uploaded, Failed):
            return uploaded
        told = {"id": uploaded.reference, "caption": content.caption, "filename": document.name}
        return {"type": "document", "document": told}

    def _upload(self, document: Attachment) -> Answer:
        body, kind = encode_multipart_formdata(
            {
                "messaging_product": "whatsapp",
                "type": document.media_type,
                "file": (document.name, document.content, document.media_type),
            }
        )
        outcome = self._post(f"{self.phone_number_id}/media", body, kind, self.media_timeout_s)
        answer = self._judged(outcome, "id")
        # Nothing has gone to the citizen yet, whatever became of the file.
        return answer if isinstance(answer, Sent) else replace(answer, uncertain=False)

    def _post(self, path: str, body: bytes, kind: str, timeout_s: float) -> Outcome:
        headers = {**self.login(), "Content-Type": kind}
        url = f"{self.api()}/{path}"
        return self.http.ask("POST", url, headers=headers, body=body, timeout_s=timeout_s)

    def api(self) -> str:
        """Where the API is, with its version."""
        return f"{self.url.rstrip('/')}/{self.version}"

    def login(self) -> dict[str, str]:
        """The headers of who asks."""
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def _judged(self, outcome: Outcome, *path: str | int) -> Answer:
        if not isinstance(outcome, Answered):
            return unanswered(self.name, outcome)
        found = json_of(outcome.body)
        if outcome.status != 200:
            return whatsapp_errors.failed(self.name, outcome, within(found, "error"))
        reference = text_at(found, *path, most=300)
        return Sent(reference) if reference else unreadable(self.name, outcome)

    # -- webhooks -----------------------------------------------------------------------------

    def challenge(self, query: Mapping[str, str]) -> str:
        """What the ``GET`` that sets the webhook up is answered with.

        Raises:
            Forbidden: it does not know our word, or asks for something else.
        """
        given = query.get("hub.verify_token", "")
        known = bool(self.verify_token) and hmac.compare_digest(
            given.encode(), self.verify_token.encode()
        )
        told = query.get("hub.challenge", "")
        if query.get("hub.mode") != "subscribe" or not known or not _CHALLENGE.fullmatch(told):
            raise Forbidden("the webhook is set up by Meta alone")
        return told

    def webhook(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """Everything that a webhook tells.

        Args:
            headers: with small letters as keys.
            body: as it came.

        Raises:
            Forbidden: it is not signed by Meta.
            Invalid: it is, and is no notification of WhatsApp.
        """
        given = headers.get("x-hub-signature-256", "")
        whatsapp_webhook.check_signature(given, body, self.app_secrets)
        found = whatsapp_webhook.read(body, self.phone_number_id, self.name, self.now())
        if found.unreadable:
            _log.warning("a webhook of WhatsApp: %d things not readable", found.unreadable)
        for code in found.troubles:
            _log.error("WhatsApp tells of trouble with the number or the account: %s", code)
        return found

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """The receipts alone; raises as ``webhook`` does."""
        return self.webhook(headers, body).receipts


def _written(content: Content) -> dict[str, Any]:
    """The message as the API has it, without whom it is for."""
    match content:
        case TemplateContent():
            return {"type": "template", "template": _template(content)}
        case TextContent():
            return {"type": "text", "text": {"preview_url": False, "body": content.text}}
        case ButtonsContent():
            buttons = [
                {"type": "reply", "reply": {"id": each.id, "title": each.title}}
                for each in content.buttons
            ]
            return _interactive("button", content.text, {"buttons": buttons})
        case ListContent():
            rows = [
                {"id": each.id, "title": each.title}
                | ({"description": each.text} if each.text else {})
                for each in content.rows
            ]
            action = {"button": content.button, "sections": [{"rows": rows}]}
            return _interactive("list", content.text, action)
        case AskLocation():
            return _interactive("location_request_message", content.text, {"name": "send_location"})
        case DocumentContent():
            raise _CannotBeSaid("no_document")


def _interactive(kind: str, text: str, action: dict[str, Any]) -> dict[str, Any]:
    whole = {"type": kind, "body": {"text": text}, "action": action}
    return {"type": "interactive", "interactive": whole}


def _template(content: TemplateContent) -> dict[str, Any]:
    components: list[dict[str, Any]] = []
    if content.document:
        link, name = content.document
        parameter = {"type": "document", "document": {"link": link, "filename": name}}
        components.append({"type": "header", "parameters": [parameter]})
    if content.parameters:
        parameters = [{"type": "text", "text": _parameter(each)} for each in content.parameters]
        components.append({"type": "body", "parameters": parameters})
    if content.button is not None:
        components.append(
            {
                "type": "button",
                "sub_type": "url",
                "index": "0",
                "parameters": [{"type": "text", "text": _parameter(content.button)}],
            }
        )
    told: dict[str, Any] = {"name": content.name, "language": {"code": content.language}}
    return told | ({"components": components} if components else {})


def _parameter(text: str) -> str:
    """On one line: Meta refuses a parameter with line breaks, tabs or rows of blanks."""
    line = " ".join(text.split())
    if not line:
        raise _CannotBeSaid("parameter_empty")
    return line


def open_meta(config: Settings) -> Meta | None:
    """The provider of the settings; None: the city has no number there."""
    if not (config.whatsapp_url and config.whatsapp_phone_number_id and config.whatsapp_token):
        return None
    return Meta(
        config.whatsapp_url,
        config.whatsapp_version,
        config.whatsapp_phone_number_id,
        config.whatsapp_token,
        tuple(config.whatsapp_app_secrets.split()),
        config.whatsapp_verify_token,
    )
