"""``palika tax pay-link`` and ``palika tax loopback``, as one types them."""

import json
import re
import signal
import socket
import subprocess
import sys

import pytest
import requests
from click.testing import CliRunner

from services.tax.cli import online
from services.tax.gateway.loopback_server import Fault
from services.tax.models import PaymentOrder
from tests.support.razorpay import client_of
from tests.support.taxes import count


@pytest.fixture
def run(sessions, server, monkeypatch):
    """A command of the module, with its gateway; the options are of the gateway's client."""

    def of(*args, **changes):
        monkeypatch.setattr(online, "sessions", lambda _: sessions)
        monkeypatch.setattr(online, "open_gateway", lambda _: client_of(server, **changes))
        return CliRunner().invoke(online.pay_link_command, args)

    # Its clock is the machine's.
    monkeypatch.setattr(server.links, "_now", lambda: 0)
    return of


def test_a_link_is_made_and_given_again(run, sessions, owed):
    first = run("p/1/0001", "--paise", "100000", "--language", "en")
    assert first.exit_code == 0, first.output
    assert re.search(
        r"^PO-\d{4}-\d\d-\d{6}: ₹1,000\.00, to be paid until \d\d-\d\d-\d{4}", first.output
    )
    url = first.output.split()[-1]
    told = json.loads(run("P/1/0001", "--paise", "100000", "--json").output)
    assert (told["link_url"], told["amount_paise"], told["state"]) == (url, 100_000, "open")
    assert url in run("P/1/0001", "--paise", "100000").output
    assert count(sessions, PaymentOrder) == 1
    assert requests.get(url, timeout=5).status_code == 200


def test_what_it_cannot_do_it_says(run, server, sessions, owed):
    nobody = run("P/9/9999")
    assert (nobody.exit_code, "P/9/9999" in nobody.output) == (2, True)
    assert run("P/1/0001", "--paise", "99").exit_code == 2
    unset = run("P/1/0001", key_id="")
    assert (unset.exit_code, "no payment gateway is set up" in unset.output) == (1, True)
    server.faults.extend([None, Fault.REFUSED_400])
    refused = run("P/1/0001")
    assert (refused.exit_code, "refuses" in refused.output) == (1, True)


def loopback(*args):
    command = [sys.executable, "-m", "palika.cli", "tax", "loopback", *args]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )


def test_a_gateway_runs_until_it_is_ended_and_shows_what_happens():
    process = loopback("--port", "0", "--portal", "http://127.0.0.1:1")
    try:
        told = {}
        while not (line := process.stdout.readline()).startswith("#"):
            name, _, value = line.removeprefix("export ").strip().partition("=")
            told[name] = value.strip('"')
        assert set(told) == {
            f"PALIKA_RAZORPAY_{each}" for each in ("URL", "KEY_ID", "KEY_SECRET", "WEBHOOK_SECRETS")
        }
        body = {"amount": 100_00, "currency": "INR", "reference_id": "PO-1", "description": "Tax"}
        made = requests.post(
            f"{told['PALIKA_RAZORPAY_URL']}/v1/payment_links",
            json=body,
            auth=(told["PALIKA_RAZORPAY_KEY_ID"], told["PALIKA_RAZORPAY_KEY_SECRET"]),
            timeout=5,
        ).json()
        form = {"method": "upi", "end": "pays"}
        assert "रक्कम भरली" in requests.post(made["short_url"], data=form, timeout=5).text
        shown = [process.stdout.readline() for _ in range(3)]
        assert "POST /v1/payment_links" in shown[0]
        assert "POST /l/plink_" in shown[1]
        assert "GET /l/plink_" in shown[2]
        # Nobody is there to be told.
        assert "was answered with nothing" in process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert "# ended" in process.stdout.read()


def test_a_port_that_is_taken_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = loopback("--port", str(taken.getsockname()[1]))
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Address already in use" in output
