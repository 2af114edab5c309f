"""Looking up the names of hosts in a service's process."""

import subprocess
import sys

from tests.support.part import ROOT

_BESIDE_A_SLOW_RESOLVER = """
import socket
from time import sleep
plain = socket.getaddrinfo
def slow(*args, **kwargs):
    sleep(0.5)
    return plain(*args, **kwargs)
socket.getaddrinfo = slow
from palika.runner import _patch
_patch()
import eventlet
turns = 0
def others():
    global turns
    while True:
        eventlet.sleep(0.01)
        turns += 1
eventlet.spawn(others)
(first, *_) = socket.getaddrinfo("localhost", 80, socket.AF_INET, socket.SOCK_STREAM)
print(first[4][0], turns)
"""


def test_a_name_that_takes_long_to_find_holds_up_nobody_and_is_asked_of_the_machine() -> None:
    command = [sys.executable, "-W", "ignore", "-c", _BESIDE_A_SLOW_RESOLVER]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    address, turns = done.stdout.split()
    assert address == "127.0.0.1", done.stderr
    assert int(turns) > 10
