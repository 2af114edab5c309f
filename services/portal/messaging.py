"""Where the carriers of messages (WhatsApp, text messages, calls) tell what became of them.

A webhook is passed on as it came, for its signature is over its bytes. What is forged or no webhook
is refused with its reason; what notify has committed is answered with 200. Whatever else is
answered (notify is away: 503) makes the provider send it again.
"""

import base64
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from palika.auth import SYSTEM
from services.portal.calls import Calls

_EXTENSION = "messaging"
_LARGEST = {"whatsapp": 4_000_000, "plivo": 20_000, "infobip": 2_000_000, "voice": 100_000}
"""Bytes of a webhook, by provider: what notify's own adapters read."""
_HEADERS = ("content-type", "x-hub-signature-256", "x-twilio-signature")
_PREFIXES = ("x-plivo-",)
_OF_CALLS = frozenset({"answer", "turn", "dialled", "status", "audio"})

webhooks = Blueprint("messaging", __name__, url_prefix="/webhooks")


def register(app: Flask, calls: Calls) -> None:
    """Add the addresses to the application."""
    app.extensions[_EXTENSION] = calls
    app.register_blueprint(webhooks)


@webhooks.get("/whatsapp")
def whatsapp_challenge() -> Response:
    """Meta sets the webhook up: its challenge is answered to who knows the city's word."""
    with _calls().as_(SYSTEM("portal")) as services:
        told = services.notify.whatsapp_challenge(query=request.args.to_dict())
    return Response(told["challenge"], content_type="text/plain; charset=utf-8")


@webhooks.post("/whatsapp")
def whatsapp() -> Response:
    """Receipts, decisions about templates, messages of citizens."""
    given = {"headers": _headers(), "body": _body("whatsapp")}
    with _calls().as_(SYSTEM("portal")) as services:
        return jsonify(services.notify.whatsapp(**given))


@webhooks.post("/plivo", defaults={"provider": "plivo"})
@webhooks.post("/infobip", defaults={"provider": "infobip"})
def receipts(provider: str) -> Response:
    """Receipts of text messages."""
    given = _whole(provider)
    with _calls().as_(SYSTEM("portal")) as services:
        return jsonify(services.notify.receipts(**given))


@webhooks.post("/plivo/inbound", defaults={"provider": "plivo"})
@webhooks.post("/infobip/inbound", defaults={"provider": "infobip"})
def texts(provider: str) -> Response:
    """Text messages of citizens."""
    given = _whole(provider)
    with _calls().as_(SYSTEM("portal")) as services:
        return jsonify(services.notify.texts(**given))


@webhooks.route("/voice/<what>", methods=["GET", "POST"])
def voice(what: str) -> Response:
    """What the telephone provider tells of a call; the answer says how the call goes on."""
    if what not in _OF_CALLS or (request.method == "GET") != (what == "audio"):
        raise NotFound
    given = {
        "path": request.path,
        "query": request.query_string.decode("latin-1"),
        "headers": _headers(),
        "body": _body("voice"),
    }
    with _calls().as_(SYSTEM("portal")) as services:
        told = services.notify.voice_webhook(**given)
    return Response(base64.b64decode(told["body"]), content_type=told["media_type"])


def _calls() -> Calls:
    found: Calls = current_app.extensions[_EXTENSION]
    return found


def _whole(provider: str) -> dict[str, Any]:
    return {
        "provider": provider,
        "headers": _headers(),
        "body": _body(provider),
        "query": request.args.to_dict(),
    }


def _body(provider: str) -> str:
    """The body in base64; what is longer than the provider's are is answered with 413."""
    # One byte more: a body that comes in chunks is cut there, and no error is raised.
    request.max_content_length = _LARGEST[provider] + 1
    body = request.get_data()
    if len(body) > _LARGEST[provider]:
        raise RequestEntityTooLarge
    return base64.b64encode(body).decode()


def _headers() -> dict[str, str]:
    """What signatures need, with small letters: the rest is nobody's business."""
    return {
        name.lower(): value
        for name, value in request.headers.items()
        if name.lower() in _HEADERS or name.lower().startswith(_PREFIXES)
    }
