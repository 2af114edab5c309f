"""A program on this machine, run for its output: with a limit of time, and without a shell."""

import os
import posix
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from palika.blocking import threading

_LOOK_S: Final = 0.005


class Failure(RuntimeError):
    """It ended with an error, or took too long."""


def run(path: str, arguments: Sequence[str], given: bytes, timeout_s: float) -> None:
    """Run a program to its end; what it says is thrown away.

    For ``palika.blocking.off_hub``: it uses nothing that eventlet has patched, which Python's own
    ``subprocess`` does when it waits.

    Args:
        path: of the program.
        arguments: without its name.
        given: what it reads.
        timeout_s: after so long it is killed.

    Raises:
        Failure: see there.
        OSError: it cannot be started.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "given"
        source.write_bytes(given)
        child = os.posix_spawn(
            path,
            [path, *arguments],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, str(source), os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        status = _wait(child, time.monotonic() + timeout_s)
    if status is None:
        raise Failure(f"it took longer than {timeout_s:g} s")
    if status != 0:
        raise Failure(f"it ended with {os.waitstatus_to_exitcode(status)}")


def _wait(child: int, until: float) -> int | None:
    """Its status; None: it was killed."""
    pause = threading.Event()
    # os.waitpid is eventlet's in a service.
    while True:
        ended, status = posix.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() >= until:
            os.kill(child, signal.SIGKILL)
            posix.waitpid(child, 0)
            return None
        pause.wait(_LOOK_S)
