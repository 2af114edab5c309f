"""The pages behind the code on a bill, and where the payment gateway tells of payments."""

import base64
from datetime import date
from importlib import resources
from typing import Any
from urllib.parse import urlencode

import yaml
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request

from palika.auth import ANONYMOUS, SYSTEM
from palika.india import in_digits, rupees
from services.portal.calls import Calls
from services.portal.pages.languages import current
from services.portal.rooms import download

_LINK = "https://link/?"
"""Before the query, which alone is signed: the portal's address may change."""

pages = Blueprint("tax", __name__, url_prefix="/tax")
webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")


def register(app: Flask, calls: Calls) -> None:
    """Add the pages to the application."""
    file = resources.files("services.portal").joinpath("data", "tax.yaml")
    words: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(file.read_text("utf-8"))
    app.extensions["tax"] = (calls, words)
    app.register_blueprint(pages)
    app.register_blueprint(webhooks)


@pages.get("/verify")
def verify() -> Response | str:
    """Whether the document of this address is the city's."""
    calls, words = current_app.extensions["tax"]
    language = current()
    with calls.as_(ANONYMOUS) as services:
        told = services.tax.verify(link=_link())
    document = told["document"]
    shown: dict[str, Any] = {
        "told": told,
        "words": {code: each[language] for code, each in words["verify"].items()},
        "pdf": f"document?{urlencode(_signed() | {'lang': language})}",
    }
    if document:
        shown["day"] = in_digits(date.fromisoformat(document["issued_on"]))
        # A certificate has none on its paper.
        if document["kind"] != "no-dues":
            shown["amount"] = rupees(document["amount_paise"])
    return render_template("tax/verify.html", **shown)


@pages.get("/document")
def document() -> Response:
    """The document of this address, as PDF."""
    calls, _ = current_app.extensions["tax"]
    with calls.as_(ANONYMOUS) as services:
        found = services.tax.document_by_link(link=_link(), language=current())
    return download(found["file"], found["content_type"], found["content_base64"], shown=True)


@webhooks.post("/razorpay")
def razorpay() -> Response:
    """A webhook of the payment gateway, passed on as it came: its signature is over its bytes.

    What is forged or no webhook is refused with its reason; all else is answered 200, so that the
    gateway does not send again what is kept already.
    """
    calls, _ = current_app.extensions["tax"]
    with calls.as_(SYSTEM("portal")) as services:
        told = services.tax.webhook(
            body=base64.b64encode(request.get_data()).decode(),
            signature=request.headers.get("X-Razorpay-Signature", ""),
            event_id=request.headers.get("X-Razorpay-Event-Id"),
        )
    return jsonify(told)


def _signed() -> dict[str, str]:
    """What was asked, without the language."""
    return {name: value for name, value in request.args.items() if name != "lang"}


def _link() -> str:
    return _LINK + urlencode(_signed())
