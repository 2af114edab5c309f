"""The payment gateway that `palika up` brings along in a city of sample work, as a process."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from palika.errors import Unavailable
from palika.local import gateway
from palika.local.parts import answers
from palika.local.processes import until
from services.tax.gateway import Gateway

WAIT_S = 60


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        found: int = probe.getsockname()[1]
    return found


@contextmanager
def running(variables: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """As `palika up` starts it."""
    words = ["-m", "palika.cli", "tax", *gateway.options("http://127.0.0.1:1/")]
    options = ["--port", str(port), "--supervisor", str(os.getpid())]
    with subprocess.Popen(
        [sys.executable, *words, *options], env=os.environ | variables, stdout=subprocess.PIPE
    ) as process:
        try:
            assert until(lambda: answers("127.0.0.1", port, "/readyz", ""), WAIT_S, 0.1)
            yield process
        finally:
            process.terminate()


def made(variables: dict[str, str], port: int, key: str | None = None) -> str:
    """The gateway's id of an order that is made there."""
    gateway_ = Gateway(
        f"http://127.0.0.1:{port}",
        variables["PALIKA_RAZORPAY_KEY_ID"],
        key or variables["PALIKA_RAZORPAY_KEY_SECRET"],
    )
    return gateway_.make_order("PO-1", 100, {}).id


def test_it_takes_the_keys_of_the_city_and_begins_anew_above_what_was_before(port: int) -> None:
    variables, _ = gateway.variables(port, "http://127.0.0.1:1/")
    with running(variables, port):
        before = made(variables, port)
        with pytest.raises(Unavailable, match="401"):
            made(variables, port, key="loopback-secret")
    with running(variables, port):
        after = made(variables, port)
    # The city keeps what was paid by these ids: one that came again would be taken for the old one.
    assert before < after
