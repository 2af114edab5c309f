"""Where the carriers of messages (WhatsApp, text messages, calls) tell what became of them.

A webhook is passed on as it came, for its signature is over its bytes; those of one moment go in
one call, so that a bill run's receipts take little from what else notify does. What is forged or no
webhook is refused with its reason; what notify has committed is answered with 200. Whatever else is
answered (notify is away: 503) makes the provider send it again.
"""

import base64
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from palika.auth import SYSTEM
from services.portal.calls import Calls
from services.portal.together import Together

_EXTENSION = "messaging"
_TOGETHER = "messaging_together"
_OF_TEXTS = ("plivo", "infobip")
_LARGEST = {"whatsapp": 4_000_000, "plivo": 20_000, "infobip": 2_000_000, "voice": 100_000}
"""Bytes of a webhook, by provider: what notify's own adapters read."""
_HEADERS = ("content-type", "x-hub-signature-256", "x-twilio-signature")
_PREFIXES = ("x-plivo-",)
_OF_CALLS = frozenset({"answer", "turn", "dialled", "status", "audio"})

webhooks = Blueprint("messaging", __name__, url_prefix="/webhooks")


def register(app: Flask, calls: Calls) -> None:
    """Add the addresses to the application."""
    app.extensions[_EXTENSION] = calls

    def receipts_of(provider: str) -> Together:
        def take(webhooks: list[dict[str, Any]]) -> list[dict[str, Any]]:
            with calls.as_(SYSTEM("portal")) as services:
                return list(services.notify.receipts(provider=provider, webhooks=webhooks))

        return Together(take)

    def take_whatsapp(webhooks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        with calls.as_(SYSTEM("portal")) as services:
            return list(services.notify.whatsapp(webhooks=webhooks))

    app.extensions[_TOGETHER] = {
        "whatsapp": Together(take_whatsapp),
        **{provider: receipts_of(provider) for provider in _OF_TEXTS},
    }
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
    return jsonify(_together("whatsapp").answer(given, len(given["body"])))


@webhooks.post("/plivo", defaults={"provider": "plivo"})
@webhooks.post("/infobip", defaults={"provider": "infobip"})
def receipts(provider: str) -> Response:
    """Receipts of text messages."""
    given = _whole(provider)
    return jsonify(_together(provider).answer(given, len(given["body"])))


@webhooks.post("/plivo/inbound", defaults={"provider": "plivo"})
@webhooks.post("/infobip/inbound", defaults={"provider": "infobip"})
def texts(provider: str) -> Response:
    """Text messages of citizens."""
    given = _whole(provider) | {"provider": provider}
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


def _together(provider: str) -> Together:
    found: Together = current_app.extensions[_TOGETHER][provider]
    return found


def _whole(provider: str) -> dict[str, Any]:
    return {
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
