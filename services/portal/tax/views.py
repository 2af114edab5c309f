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

_LANGUAGES = ("mr", "en")
_LINK = "https://link/?"
"""Before the query, which alone is signed: the portal's address may change."""

pages = Blueprint("tax", __name__, url_prefix="/tax", template_folder="templates")
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
    language = _language()
    with calls.as_(ANONYMOUS) as services:
        told = services.tax.verify(link=_link())
    document = told["document"]
    shown: dict[str, Any] = {
        "told": told,
        "language": language,
        "words": {code: each[language] for code, each in words["verify"].items()},
        "pdf": f"document?{urlencode(_signed() | {'lang': language})}",
        "other": f"?{urlencode(_signed() | {'lang': 'en' if language == 'mr' else 'mr'})}",
    }
    if document:
        shown["day"] = in_digits(date.fromisoformat(document["issued_on"]))
        # A certificate has none on its paper.
        if document["kind"] != "no-dues":
            shown["amount"] = rupees(document["amount_paise"])
    return render_template("verify.html", **shown)


@pages.get("/document")
def document() -> Response:
    """The document of this address, as PDF."""
    calls, _ = current_app.extensions["tax"]
    with calls.as_(ANONYMOUS) as services:
        found = services.tax.document_by_link(link=_link(), language=_language())
    content = base64.b64decode(found["content_base64"])
    return Response(
        content,
        content_type=found["content_type"],
        headers={
            "Content-Disposition": f'inline; filename="{found["file"]}"',
            # It has names and addresses: nobody keeps it on the way, or finds it.
            "Cache-Control": "private, no-store",
            "X-Robots-Tag": "noindex",
        },
    )


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


def _language() -> str:
    """``lang``, else the reader's own, else Marathi."""
    asked = request.args.get("lang")
    if asked in _LANGUAGES:
        return asked
    return request.accept_languages.best_match(_LANGUAGES, _LANGUAGES[0])
