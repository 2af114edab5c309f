"""The loopback gateway on the wire: it answers over HTTP, fails as it is told, and shows the pages
on which its links are paid."""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from palika.local import loopback
from palika.local.loopback import Fault, Reply, Request
from palika.outgoing import Answered, Outgoing
from services.tax.gateway import loopback_page as pages
from services.tax.gateway.loopback import Loopback, Webhook
from services.tax.gateway.loopback_links import refusal

__all__ = ["Fault", "LoopbackServer", "Posted"]

_SAID = {
    400: refusal("The request is invalid"),
    401: refusal("Authentication failed"),
    429: refusal("Request failed"),
}
_PAGES: Final = "/l/"
_IS_READY: Final = "/readyz"
_PAID: Final = ("payment.authorized", "payment.captured", "order.paid", "payment_link.paid")
_TIMES: Final = 2
"""How often each webhook is posted."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What was answered to a webhook: ``status`` is None where nobody answered."""

    event: str
    payment_id: str
    status: int | None


class LoopbackServer(loopback.LoopbackServer, Loopback):
    """The gateway, running while the context lasts.

    Attributes:
        webhook_url: where webhooks go after somebody has paid at a page, each twice and in an order
            of chance; None: nowhere.
        posted: what was answered to them, in order.
    """

    def __init__(self, *args: Any, port: int = 0, seed: int | None = None, **options: Any) -> None:
        """Prepare; ``port`` is to listen on, ``seed`` of the chance, the rest the gateway's own."""
        Loopback.__init__(self, *args, pages=lambda: self.url, **options)
        loopback.LoopbackServer.__init__(self, port)
        self.webhook_url: str | None = None
        self.posted: list[Posted] = []
        self._chance = random.Random(seed)
        self._http = Outgoing()

    def answer(self, request: Request) -> Reply:
        """As the gateway does; and to who watches over its process, that it is there."""
        if request.path == _IS_READY:
            return Reply(200, b"ready\n", "text/plain")
        if request.path.startswith(_PAGES):
            return self._page(request)
        return Reply(*self.answered(request.method, request.path, request.headers, request.body))

    def failure(self, status: int) -> Any:
        """In the gateway's form."""
        return _SAID.get(status) or refusal("We are facing some trouble.", "SERVER_ERROR")

    # -- the pages of links -------------------------------------------------------------------

    def _page(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        language = query.get("language", ["mr"])[0]
        if language not in pages.LANGUAGES:
            language = pages.LANGUAGES[0]
        key = parts.path.removeprefix(_PAGES)
        with self._lock:
            status, link = self.links.one(key)
            if status != 200:
                return _html(404, pages.told("missing", language))
            if request.method == "POST":
                return self._tried(key, link, request.body, language)
            return _html(200, pages.page(link, language, failed="failed" in query))

    def _tried(self, key: str, link: dict[str, Any], body: bytes, language: str) -> Reply:
        """Somebody has pressed a button: what came of it is another page, so that going back and
        forth pays nothing twice."""
        given = parse_qs(body.decode("utf-8", "replace"))
        method, end = given.get("method", [""])[0], given.get("end", [""])[0]
        if method not in pages.METHODS or end not in pages.ENDS:
            return _html(400, pages.told("wrong", language))
        to = {"language": language}
        if link["status"] in ("created", "partially_paid"):
            fails = end == "fails"
            payment_id = self.pay_link(key, method, fails=fails)
            if fails:
                to["failed"] = "1"
            self._tell(payment_id, ["payment.failed"] if fails else self._events_of(payment_id))
        return Reply(303, b"", "text/html", {"Location": f"{_PAGES}{key}?{urlencode(to)}"})

    def _events_of(self, payment_id: str) -> list[str]:
        captured = self._state.payments[payment_id]["captured"]
        return list(_PAID) if captured else [_PAID[0]]

    def _tell(self, payment_id: str, events: Iterable[str]) -> None:
        if self.webhook_url is None:
            return
        webhooks = [(event, self.webhook(event, payment_id)) for event in events]
        storm = webhooks * _TIMES
        self._chance.shuffle(storm)
        threading.Thread(target=self._post, args=(payment_id, storm), daemon=True).start()

    def _post(self, payment_id: str, webhooks: list[tuple[str, Webhook]]) -> None:
        assert self.webhook_url is not None
        for event, (body, signature, event_id) in webhooks:
            headers = {
                "Content-Type": "application/json",
                "X-Razorpay-Signature": signature,
                "X-Razorpay-Event-Id": event_id,
            }
            outcome = self._http.ask("POST", self.webhook_url, headers=headers, body=body)
            status = outcome.status if isinstance(outcome, Answered) else None
            self.posted.append(Posted(event, payment_id, status))


def _html(status: int, content: bytes) -> Reply:
    return Reply(status, content, "text/html; charset=utf-8", dict(pages.HEADERS))
