"""The page of the gateway on the loopback on which a link is paid, and what it tells the city."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest

from palika.outgoing import Answered, Outgoing
from tests.integration.tax.test_pay_link import PAID, linked, posted_once
from tests.support.part import wait_for
from tests.support.razorpay import told

HTTP = Outgoing()


def asked(method: str, url: str, /, **form: str) -> Answered:
    body = urlencode(form).encode() if form else None
    answer = HTTP.ask(method, url, headers={}, body=body)
    assert isinstance(answer, Answered)
    return answer


def test_the_page_is_in_both_languages_small_and_without_javascript(sessions, server, owed):
    url = linked(sessions, server, owed).link_url
    marathi, english = (asked("GET", f"{url}?language={each}") for each in ("mr", "en"))
    for answer, words in ((marathi, "UPI ने भरा"), (english, "Pay by UPI")):
        page = answer.body.decode()
        assert answer.status == 200
        assert words in page
        assert "₹6,342.00" in page
        assert "P/1/0001" in page
        assert not re.search(r"<script|javascript:|\son\w+=", page, re.IGNORECASE)
        assert 'name="viewport"' in page
        assert len(answer.body) < 4_000
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert asked("GET", url).body == marathi.body


def test_what_stands_on_the_page_is_escaped(server):
    body = {"amount": 100_00, "description": "<script>alert(1)</script>", "reference_id": '"><b>'}
    _, link = server.links.make(body)
    page = asked("GET", link["short_url"]).body.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/l/plink_none", "/l/", "/l/../v1/orders"])
def test_a_page_that_is_none_says_so(server, path):
    assert asked("GET", f"{server.url}{path}").status == 404


@pytest.mark.parametrize("form", [{}, {"method": "cash", "end": "pays"}, {"method": "upi"}])
def test_what_no_button_says_pays_nothing(sessions, server, owed, form):
    order = linked(sessions, server, owed)
    assert asked("POST", order.link_url, **form).status == 400
    assert server.links.seen(order.link_id)["status"] == "created"


class Portal(ThreadingHTTPServer):
    """The city as far as the gateway sees it: what comes is taken as by the portal."""

    daemon_threads = True

    def __init__(self, sessions: Any) -> None:
        self.outcomes: list[str] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers["X-Razorpay-Signature"]
                webhook = (body, signature, self.headers["X-Razorpay-Event-Id"])
                portal.outcomes.append(told(sessions, webhook))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def portal(sessions, server):
    with Portal(sessions) as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        server.webhook_url = f"http://127.0.0.1:{found.server_address[1]}/webhooks/razorpay"
        server.posted.clear()
        yield found
        server.webhook_url = None
        found.shutdown()


@pytest.mark.parametrize("method", ["upi", "card"])
def test_who_pays_at_the_page_is_given_a_receipt_once(sessions, server, portal, owed, method):
    order = linked(sessions, server, owed)
    failed = asked("POST", f"{order.link_url}?language=en", method=method, end="fails")
    assert failed.status == 303
    page = asked("GET", server.url + failed.headers["location"]).body.decode()
    assert "It was not paid" in page
    done = asked("POST", f"{order.link_url}?language=mr", method=method, end="pays")
    assert "रक्कम भरली" in asked("GET", server.url + done.headers["location"]).body.decode()
    # Pressed again, it pays nothing again.
    asked("POST", order.link_url, method=method, end="pays")
    assert "<form" not in asked("GET", order.link_url).body.decode()
    wait_for(lambda: len(server.posted) == 2 + 2 * len(PAID), 20, "all webhooks are answered")
    assert {each.status for each in server.posted} == {200}
    assert portal.outcomes.count("posted") == 1
    assert posted_once(sessions).mode == method
