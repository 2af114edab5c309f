"""Requests to others' servers, against one that fails in every way: what is known afterwards."""

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from palika.local.loopback import Fault, LoopbackServer, Reply, Request
from palika.local.processes import free_port
from palika.outgoing import Answered, Lost, NotSent, Outgoing
from tests.support.certificates import certificate, over_tls


class Echo(LoopbackServer):
    """Answers with what it was asked."""

    def answer(self, request: Request) -> Reply:
        told = {"path": request.path, "body": request.body.decode(), "agent": request.headers}
        return Reply(200, told, headers={"X-Twice": "a", "x-twice": "b"})

    def failure(self, status: int) -> dict:
        return {"status": status}


@pytest.fixture
def server():
    with Echo() as running:
        yield running


@pytest.fixture
def pool():
    made = Outgoing()
    yield made
    made.close()


def test_an_answer_is_whole_with_its_status_and_headers(server, pool):
    told = pool.ask("POST", server.url + "/a?b=%E0%A4%A8", body="नमस्कार".encode())
    assert isinstance(told, Answered)
    assert (told.status, told.headers["content-type"]) == (200, "application/json")
    assert told.headers["x-twice"] == "a, b"
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("POST", "/a?b=%E0%A4%A8")
    assert asked.body.decode() == "नमस्कार"
    assert asked.headers["content-length"] == str(len(asked.body))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.ERROR_500, 500),
        (Fault.ERROR_502_HTML, 502),
        (Fault.ERROR_503, 503),
        (Fault.REFUSED_400, 400),
        (Fault.THROTTLED, 429),
        (Fault.REDIRECT, 302),
    ],
)
def test_a_failure_that_is_told_is_an_answer_and_no_redirect_is_followed(
    server, pool, fault, status
):
    server.faults.append(fault)
    told = pool.ask("POST", server.url, body=b"{}")
    assert isinstance(told, Answered)
    assert told.status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.CUT])
def test_a_request_whose_answer_does_not_come_whole_is_lost(server, pool, fault):
    server.faults.append(fault)
    assert isinstance(pool.ask("POST", server.url, body=b"{}"), Lost)


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_AFTER, Fault.DRIP, Fault.DRIP_HEADERS])
@pytest.mark.parametrize("keep_alive", [True, False])
def test_no_exchange_takes_longer_than_its_time(pool, fault, keep_alive):
    class Server(Echo):
        pass

    Server.keep_alive = keep_alive
    with Server() as server:
        server.faults.append(fault)
        started = time.monotonic()
        told = pool.ask("GET", server.url + "/" + "x" * 500, timeout_s=0.3)
        assert told == Lost("it takes too long")
        assert time.monotonic() - started < 1


def test_an_answer_of_a_server_that_closes_and_drips_keeps_to_its_time(pool):
    """The client's own side of the connection is closed while the answer is still read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            try:
                for _ in range(100):
                    connection.sendall(b"x")
                    time.sleep(0.05)
            except OSError:
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        started = time.monotonic()
        told = pool.ask("GET", f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=0.4)
        assert told == Lost("it takes too long")
        assert time.monotonic() - started < 1


def test_a_server_that_does_not_read_keeps_nobody(pool):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        started = time.monotonic()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        told = pool.ask("POST", url, body=b"x" * 50_000_000, timeout_s=0.4)
        assert told == Lost("it takes too long")
        assert time.monotonic() - started < 1.5


def test_nothing_is_sent_where_nobody_listens(pool):
    told = pool.ask("POST", f"http://127.0.0.1:{free_port()}", body=b"{}")
    assert isinstance(told, NotSent)
    told = pool.ask("POST", "http://no-such-host.invalid", body=b"{}")
    assert isinstance(told, NotSent)
    assert "no-such-host" not in told.reason


def test_connecting_is_a_part_of_the_time(pool):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        # Whom a full queue turns away waits for an answer to its first packet.
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect(("127.0.0.1", port))
        started = time.monotonic()
        told = pool.ask("POST", f"http://127.0.0.1:{port}", body=b"{}", timeout_s=0.4)
        assert told == NotSent("it takes too long")
        assert time.monotonic() - started < 1
        for each in waiting:
            each.close()


def test_a_handshake_that_never_ends_is_a_part_of_the_time(pool):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        told = pool.ask("GET", f"https://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.4)
        assert told == NotSent("it takes too long")
        assert time.monotonic() - started < 1


def test_an_answer_is_bounded(server, pool):
    server.faults.append(Fault.HUGE)
    assert pool.ask("GET", server.url) == Lost("its answer is too long")
    assert isinstance(pool.ask("GET", server.url, answer_max=10), Lost)
    assert isinstance(pool.ask("GET", server.url), Answered)


def test_connections_are_kept_and_what_broke_is_not_used_again(server, pool):
    for _ in range(5):
        assert isinstance(pool.ask("GET", server.url), Answered)
    assert server.connections == 1
    server.faults.append(Fault.DROP_AFTER)
    pool.ask("GET", server.url)
    assert isinstance(pool.ask("GET", server.url), Answered)
    assert server.connections == 2


def test_a_connection_that_the_server_has_ended_is_noticed_before_it_is_used(pool):
    class Ends(Echo):
        keep_alive = False

    with Ends() as server:
        for _ in range(20):
            # It ends the connection without having told so.
            assert isinstance(pool.ask("POST", server.url, body=b"{}"), Answered)
            time.sleep(0.01)


def test_many_threads_share_a_pool_and_each_gets_its_own_answer(server, pool):
    def one(number: int) -> bool:
        told = pool.ask("POST", server.url, body=f"number {number}!".encode())
        return isinstance(told, Answered) and f"number {number}!".encode() in told.body

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(one, range(400)))
    assert server.connections <= 16


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://", "http://user:secret@127.0.0.1/", "http://h/a b"]
)
def test_what_is_no_address_is_the_callers_fault(pool, url):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (its words are several)
        pool.ask("GET", url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "किल्ली"])
def test_a_header_that_cannot_be_sent_is_the_callers_fault(server, pool, value):
    with pytest.raises(ValueError):  # noqa: PT011 (its words are http.client's)
        pool.ask("GET", server.url, headers={"X-Key": value})
    assert server.requests == []


def test_only_a_certificate_that_is_vouched_for_is_believed(tmp_path, pool):
    file = certificate(tmp_path)
    with over_tls(Echo(), file) as url:
        told = pool.ask("GET", url)
        assert told == NotSent("its certificate is not to be trusted")
        ours = Outgoing(str(file))
        assert isinstance(ours.ask("GET", url), Answered)
        assert isinstance(ours.ask("POST", url, body=b"x" * 300_000), Answered)
        ours.close()


def test_a_certificate_of_another_host_is_not_believed(tmp_path):
    file = certificate(tmp_path, "127.0.0.2")
    with over_tls(Echo(), file) as url:
        told = Outgoing(str(file)).ask("GET", url)
        assert told == NotSent("its certificate is not to be trusted")


_GREEN = """
import eventlet
eventlet.monkey_patch()
import sys, time
from palika.outgoing import Answered, Lost, Outgoing
url = sys.argv[1]
pool = Outgoing(sys.argv[2] if len(sys.argv) > 2 else None)
started = time.monotonic()
threads = [eventlet.spawn(pool.ask, "POST", url, body=b"x" * 70_000) for _ in range(20)]
assert all(isinstance(each.wait(), Answered) for each in threads)
# The server takes 0.2 s for each: one after the other they would take four seconds.
assert time.monotonic() - started < 2, time.monotonic() - started
assert pool.ask("GET", url, timeout_s=0.1) == Lost("it takes too long")
"""


def green(*args: str) -> None:
    """Ask as in a service."""
    command = [sys.executable, "-W", "ignore", "-c", _GREEN, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_in_a_service_a_slow_server_holds_up_nobody_else(server):
    server.delay_s = 0.2
    green(server.url)


def test_nor_does_one_over_tls(tmp_path):
    file, slow = certificate(tmp_path), Echo()
    slow.delay_s = 0.2
    with over_tls(slow, file) as url:
        green(url, str(file))
