"""Meta's Cloud API on this machine (see ``channels/whatsapp`` for where the form is from)."""

import base64
import hashlib
import json
import re
from email.parser import BytesParser
from typing import Any
from urllib.parse import urlsplit

from palika.local.loopback import Reply, Request
from services.notify.channels.loopback.carrier import Carrier, Hook, Kept
from services.notify.channels.whatsapp_webhook import signature_of
from services.notify.domain.magic import Fate, Step, fate_of

_ERRORS = {
    Step.FAILED_FOR_NOW: (131000, "Something went wrong"),
    Step.FAILED_FOR_GOOD: (131026, "Message undeliverable"),
    Step.NOT_HERE: (131026, "Message undeliverable"),
    Step.EXPIRED: (131049, "This message was not delivered"),
}
_STATUS = {Step.SENT: "sent", Step.DELIVERED: "delivered", Step.READ: "read"}
_LIMITS = {"text": 4_096, "button": 1_024, "list": 1_024, "location_request_message": 1_024}


def error(code: int, words: str, details: str = "") -> dict[str, Any]:
    """An error object, as an answer has it."""
    told: dict[str, Any] = {
        "message": f"(#{code}) {words}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "Loopback",
    }
    if details:
        told["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return {"error": told}


class MetaServer(Carrier):
    """The API and the webhooks of one number.

    Attributes:
        webhook_url: where webhooks go.
        media: files by id: media type and content.
        open_for: numbers with an open window of 24 hours; None: all.
        templates: the names that are approved; None: all.
    """

    channel = "whatsapp"

    def __init__(
        self,
        port: int = 0,
        token: str = "loopback-token",
        app_secret: str = "loopback-app-secret",
        phone_number_id: str = "106540352242922",
        **options: Any,
    ) -> None:
        """Prepare.

        Args:
            port: to listen on.
            token: that it lets in.
            app_secret: that it signs with.
            phone_number_id: of the city's number.
            options: as ``Carrier`` takes them.
        """
        super().__init__(port, **options)
        self.token, self.app_secret = token, app_secret
        self.phone_number_id = phone_number_id
        self.webhook_url = ""
        self.media: dict[str, tuple[str, bytes]] = {}
        self.open_for: set[str] | None = None
        self.templates: set[str] | None = None

    # -- the API ------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """As the API does."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(401, error(190, "Invalid OAuth access token"))
        path = urlsplit(request.path).path
        own = rf"/v\d+\.\d+/{self.phone_number_id}"
        if request.method == "POST" and re.fullmatch(rf"{own}/messages", path):
            return self._message(json.loads(request.body))
        if request.method == "POST" and re.fullmatch(rf"{own}/media", path):
            return self._upload(request)
        if request.method == "GET" and (found := re.fullmatch(r"/v\d+\.\d+/(\w+)", path)):
            return self._media(found[1])
        if request.method == "GET" and (found := re.fullmatch(r"/download/(\w+)", path)):
            kind, content = self.media[found[1]]
            return Reply(200, content, kind)
        return Reply(404, error(100, "Unsupported request"))

    def failure(self, status: int) -> Any:
        """In Graph's form, with a code that comes with such a status."""
        code = {400: 100, 401: 190, 429: 130429, 503: 2}.get(status, 131000)
        return error(code, "An error of the loopback's")

    def _message(self, asked: Any) -> Reply:
        to = f"+{asked['to']}"
        fate = fate_of(to)
        if fate is Fate.REFUSED:
            return Reply(400, error(131030, "Recipient phone number not in allowed list"))
        if fate is Fate.THROTTLED:
            return Reply(429, error(130429, "Rate limit hit"), headers={"Retry-After": "5"})
        wrong = self._wrong(asked, to)
        if wrong:
            return Reply(400, wrong)
        wamid = "wamid." + base64.b64encode(f"loopback {self.next_number()}".encode()).decode()
        kept = self.accept(to, asked, wamid)
        told = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": asked["to"], "wa_id": asked["to"]}],
            "messages": [{"id": kept.reference, "message_status": "accepted"}],
        }
        return Reply(200, told)

    def _wrong(self, asked: Any, to: str) -> Any:
        kind = asked.get("type")
        if kind == "template":
            name = asked["template"]["name"]
            if self.templates is not None and name not in self.templates:
                return error(132001, "Template name does not exist in the translation")
            return None
        if self.open_for is not None and to not in self.open_for:
            return error(131047, "Re-engagement message", "More than 24 hours have passed")
        if kind == "document" and asked["document"]["id"] not in self.media:
            return error(131009, "Parameter value is not valid", "There is no such media")
        told = asked.get("interactive") or asked
        of = told.get("type", "")
        text = told["body"]["text"] if "interactive" in asked else asked.get("text", {}).get("body")
        if text is not None and not 1 <= len(text) <= _LIMITS.get(of, 4_096):
            return error(100, "Invalid parameter", "The text is too long")
        return None

    def _upload(self, request: Request) -> Reply:
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        parts = {
            part.get_param("name", header="content-disposition"): bytes(
                part.get_payload(decode=True)
            )
            for part in BytesParser().parsebytes(head + request.body).walk()
            if not part.is_multipart()
        }
        key = f"9{self.next_number():015d}"
        self.media[key] = (parts["type"].decode(), parts["file"])
        return Reply(200, {"id": key})

    def _media(self, key: str) -> Reply:
        if key not in self.media:
            return Reply(400, error(100, "Unsupported get request", "No such media"))
        kind, content = self.media[key]
        told = {
            "messaging_product": "whatsapp",
            "url": f"{self.url}/download/{key}",
            "mime_type": kind,
            "sha256": hashlib.sha256(content).hexdigest(),
            "file_size": len(content),
            "id": key,
        }
        return Reply(200, told)

    # -- webhooks -----------------------------------------------------------------------------

    def hook(self, kept: Kept, step: Step) -> Hook:
        """A status."""
        status: dict[str, Any] = {
            "id": kept.reference,
            "status": _STATUS.get(step, "failed"),
            "timestamp": str(int(self._now())),
            "recipient_id": kept.to.removeprefix("+"),
        }
        if ours := kept.asked.get("biz_opaque_callback_data"):
            status["biz_opaque_callback_data"] = ours
        if step in _ERRORS:
            code, words = _ERRORS[step]
            status["errors"] = [{"code": code, "title": words, "message": words}]
        return self.signed(self.notification({"statuses": [status]}))

    def said(self, sender: str, content: dict[str, Any], name: str = "आशा", **more: Any) -> Hook:
        """A message of a citizen.

        Args:
            sender: the number, in E.164.
            content: ``{"type": "text", "text": {"body": "Hi"}}``.
            name: as the citizen calls themselves.
            more: fields of the message: its ``id``, ``context``.
        """
        number = sender.removeprefix("+")
        message = {
            "from": number,
            "id": f"wamid.inbound{self.next_number():08d}",
            "timestamp": str(int(self._now())),
            **content,
            **more,
        }
        contacts = [{"profile": {"name": name}, "wa_id": number}]
        return self.signed(self.notification({"contacts": contacts, "messages": [message]}))

    def template_changed(self, name: str, language: str, event: str, reason: str = "NONE") -> Hook:
        """A decision about a template."""
        value = {
            "event": event,
            "message_template_id": 1_234_567_890,
            "message_template_name": name,
            "message_template_language": language,
            "message_template_category": "UTILITY",
            "reason": reason,
        }
        return self.signed(_whole("message_template_status_update", value))

    def notification(self, told: dict[str, Any]) -> dict[str, Any]:
        """The body of a webhook about our number."""
        metadata = {
            "display_phone_number": "912025501000",
            "phone_number_id": self.phone_number_id,
        }
        value = {"messaging_product": "whatsapp", "metadata": metadata, **told}
        return _whole("messages", value)

    def signed(self, body: Any) -> Hook:
        """Any body, as bytes or to be made JSON, with its signature."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": signature_of(content, self.app_secret),
        }
        return Hook(self.webhook_url, headers, content)


def _whole(of: str, value: dict[str, Any]) -> dict[str, Any]:
    change = {"value": value, "field": of}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [change]}],
    }
