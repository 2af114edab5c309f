"""The webhooks of carriers and the payment gateway, for the document: their views are in
``messaging.py`` and ``tax/``."""

from typing import Any, Final

from apispec import APISpec
from werkzeug.routing import Rule

from services.portal.api.answers import JSON, PROBLEM, Problem

TAG: Final = "webhooks"
_FORM: Final = "application/x-www-form-urlencoded"
_FAILURES: Final = {
    400: "It is no webhook.",
    403: "It is not signed, or not rightly.",
    404: "The city does not have this provider.",
    413: "The body is too large.",
    429: "Too much at once: send it again.",
    503: "It is not kept yet: send it again.",
}
_SCHEMES: Final[dict[str, dict[str, str]]] = {
    "razorpay": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Razorpay-Signature",
        "description": "HMAC-SHA256 of the body with the webhook's secret, in hexadecimal.",
    },
    "meta": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hub-Signature-256",
        "description": "`sha256=` and the HMAC-SHA256 of the body with the app's secret.",
    },
    "plivo": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Plivo-Signature-V3",
        "description": "Over the address and a nonce, with the account's token; besides, the "
        "address has a key of the city's.",
    },
    "infobip": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "A key of the city's in the address.",
    },
    "twilio": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Twilio-Signature",
        "description": "HMAC-SHA1 of the address and the form with the account's token.",
    },
}
_KINDS_OF_CALLS: Final = ("answer", "turn", "dialled", "status")


def document(spec: APISpec) -> None:
    """Add the webhooks to the document."""
    spec.tag({"name": TAG, "description": "What carriers and the payment gateway send."})
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, dict(scheme))
    _add(spec, "/webhooks/razorpay", "razorpay", "What became of a payment.", JSON)
    spec.path(
        rule=Rule("/webhooks/whatsapp"),
        operations={
            "get": _operation(
                "get_webhooks_whatsapp",
                "Meta sets the webhook up: its challenge is answered to the city's word.",
                [],
                {"text/plain": {"schema": {"type": "string"}}},
                parameters=[
                    _in_query("hub.mode"),
                    _in_query("hub.verify_token"),
                    _in_query("hub.challenge"),
                ],
            ),
            "post": _operation(
                "post_webhooks_whatsapp",
                "Receipts, decisions about templates, and citizens' messages.",
                ["meta"],
                _any_json(),
                body=JSON,
            ),
        },
    )
    for provider, body in (("plivo", _FORM), ("infobip", JSON)):
        _add(spec, f"/webhooks/{provider}", provider, "Receipts of text messages.", body)
        path = f"/webhooks/{provider}/inbound"
        _add(spec, path, provider, "Citizens' text messages.", body)
    for kind in _KINDS_OF_CALLS:
        path = f"/webhooks/voice/{kind}"
        _add(spec, path, "twilio", f"What the telephone provider tells of a call: {kind}.", _FORM,
             {"application/xml": {"schema": {"type": "string"}}})  # fmt: skip
    spec.path(
        rule=Rule("/webhooks/voice/audio"),
        operations={
            "get": _operation(
                "get_webhooks_voice_audio",
                "What is said in a call, as sound.",
                ["twilio"],
                {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
            )
        },
    )


def _add(
    spec: APISpec, path: str, scheme: str, summary: str, body: str,
    content: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    name = "post" + path.replace("/", "_")
    told = _operation(name, summary, [scheme], content or _any_json(), body=body)
    spec.path(rule=Rule(path), operations={"post": told})


def _operation(
    name: str,
    summary: str,
    schemes: list[str],
    content: dict[str, Any],
    body: str = "",
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": [TAG],
        "security": [{scheme: []} for scheme in schemes],
        "responses": {
            "200": {"description": "It is kept, or was already.", "content": content},
            **{
                str(status): {
                    "description": words,
                    "content": {PROBLEM: {"schema": Problem}},
                }
                for status, words in _FAILURES.items()
            },
        },
    }
    if body:
        told["requestBody"] = {"required": True, "content": {body: {"schema": {"type": "object"}}}}
    if parameters:
        told["parameters"] = parameters
    return told


def _any_json() -> dict[str, Any]:
    return {JSON: {"schema": {"type": "object"}}}


def _in_query(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}}
