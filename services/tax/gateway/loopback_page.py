"""The page behind a payment link of the gateway on this machine: in Marathi and English, without
JavaScript, of a few kilobytes."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from palika.india import rupees

LANGUAGES: Final = ("mr", "en")
METHODS: Final = ("upi", "card")
ENDS: Final = ("pays", "fails")

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "mr": {
        "title": "कर भरा",
        "sample": "हे नमुना भरणा केंद्र आहे. खरे पैसे जात नाहीत.",
        "reference": "संदर्भ",
        "upi": "UPI ने भरा",
        "card": "कार्डने भरा",
        "pays": "यशस्वी",
        "fails": "अयशस्वी",
        "paid": "रक्कम भरली. धन्यवाद! पावती महापालिकेकडून येईल.",
        "failed": "भरणा झाला नाही. पैसे गेलेले नाहीत. पुन्हा प्रयत्न करा.",
        "expired": "या लिंकची मुदत संपली आहे. नवीन लिंक मागवा.",
        "cancelled": "ही लिंक रद्द झाली आहे. नवीन लिंक मागवा.",
        "missing": "अशी लिंक नाही.",
        "wrong": "हे समजले नाही.",
        "back": "महापालिकेच्या पानावर परत जा",
        "other": "English",
    },
    "en": {
        "title": "Pay tax",
        "sample": "This is a sample gateway. No real money is taken.",
        "reference": "Reference",
        "upi": "Pay by UPI",
        "card": "Pay by card",
        "pays": "succeeds",
        "fails": "fails",
        "paid": "Paid. Thank you! The corporation will send the receipt.",
        "failed": "It was not paid. No money was taken. Please try again.",
        "expired": "This link has expired. Please ask for a new one.",
        "cancelled": "This link was cancelled. Please ask for a new one.",
        "missing": "There is no such link.",
        "wrong": "This was not understood.",
        "back": "Back to the corporation's page",
        "other": "मराठी",
    },
}

_STYLE: Final = (
    "body{font:18px sans-serif;margin:1em auto;padding:0 .8em;max-width:28em;color:#111;"
    "background:#fff}b{font-size:1.5em}p{margin:.7em 0}.note{border-left:.3em solid #b35900;"
    "padding-left:.6em}button{font:inherit;display:block;width:100%;padding:.7em;margin:.5em 0;"
    "border:2px solid #0b5394;background:#fff;color:#0b5394}"
    "button.pays{background:#0b5394;color:#fff}a{color:#0b5394}"
)

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(link: Mapping[str, Any], language: str, *, failed: bool = False) -> bytes:
    """The page of a link.

    Args:
        link: the gateway's entity.
        language: one of ``LANGUAGES``.
        failed: whether the last try came to nothing.
    """
    words = _WORDS[language]
    shown = [
        f"<p><b>{escape(rupees(link['amount']))}</b></p>",
        f"<p>{escape(str(link['description']))}<br>"
        f"{words['reference']}: {escape(str(link['reference_id']))}</p>",
    ]
    if link["status"] in ("paid", "expired", "cancelled"):
        shown.append(f'<p class="note">{words[link["status"]]}</p>')
        if link["status"] == "paid" and link["callback_url"]:
            # The real gateway leads there by itself, with a query that says the same once more.
            back = escape(link["callback_url"], quote=True)
            shown.append(f'<p><a href="{back}">{words["back"]}</a></p>')
    else:
        if failed:
            shown.append(f'<p class="note">{words["failed"]}</p>')
        shown.extend(_form(method, language) for method in METHODS)
    return _document(words["title"], language, shown)


def told(code: str, language: str) -> bytes:
    """A page that says one thing: ``missing`` or ``wrong``."""
    words = _WORDS[language]
    return _document(words["title"], language, [f'<p class="note">{words[code]}</p>'])


def _form(method: str, language: str) -> str:
    words = _WORDS[language]
    buttons = "".join(
        f'<button class="{end}" name="end" value="{end}">{words[method]} ({words[end]})</button>'
        for end in ENDS
    )
    action = f"?{urlencode({'language': language})}"
    return (
        f'<form method="post" action="{action}">'
        f'<input type="hidden" name="method" value="{method}">{buttons}</form>'
    )


def _document(title: str, language: str, shown: list[str]) -> bytes:
    words = _WORDS[language]
    other = next(each for each in LANGUAGES if each != language)
    return "".join(
        (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{words['title']}</title><style>{_STYLE}</style></head><body>",
            f'<p><a href="?language={other}" lang="{other}">{words["other"]}</a></p>',
            f"<h1>{escape(title)}</h1>",
            f'<p class="note">{words["sample"]}</p>',
            *shown,
            "</body></html>",
        )
    ).encode()
