"""Commands of ``palika`` in processes of their own that need not import everything anew.

Nine tenths of a command's time are its imports, and the tests call a hundred commands. A process
that has imported everything forks for each; the child has the command's own environment, streams
and exit status. Where Python itself has to start differently (another ``PYTHONPATH``) it does.
"""

import array
import atexit
import io
import os
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PALIKA = (sys.executable, "-W", "ignore", "-m", "palika.cli")
SUPPORT = ROOT / "tests" / "support"
PYTHONPATH = f"{ROOT}{os.pathsep}{SUPPORT}"
"""Of the processes that tests start: the city's services, and the tests' own."""
_TIMEOUT_S = 120
_SPLIT = "\0"


def run(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """A command, run to its end in the project's directory, without standard input.

    Returns:
        Exit status, output and errors as text.

    Raises:
        TimeoutError, subprocess.TimeoutExpired: it does not end within two minutes.
    """
    command = [*PALIKA, *arguments]
    if environment.get("PYTHONPATH") != PYTHONPATH:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        status = _forker().run(arguments, environment, out.fileno(), errors.fileno())
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, status, out.read(), errors.read())


class _Forker:
    """The process that forks; it ends with the one that has started it."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, str(theirs.fileno())],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": PYTHONPATH},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        atexit.register(self._ours.close)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], out: int, errors: int
    ) -> int:
        """Have a command run; its exit status."""
        answer, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        variables = [f"{name}={value}" for name, value in environment.items()]
        said = _SPLIT.join([str(len(arguments)), *arguments, *variables]).encode()
        descriptors = array.array("i", [out, errors, theirs.fileno()])
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors.tobytes())
        with answer:
            with theirs:
                self._ours.sendmsg([said], [rights])
            answer.settimeout(_TIMEOUT_S)
            status = answer.recv(16)
        if not status:
            raise RuntimeError("the process that runs commands has ended")
        return int(status)


@cache
def _forker() -> _Forker:
    return _Forker()


# -- in the process that forks ---------------------------------------------------------------------


def _serve(orders: socket.socket) -> None:
    """Fork for each order, and again for its command, until nobody is there to give any."""
    from palika import catalogue, cli

    # They import every service, and what its commands need.
    catalogue.all_listeners()
    with redirect_stdout(io.StringIO()):
        cli.main(["--help"])
    while True:
        said, rights, _, _ = orders.recvmsg(1 << 20, socket.CMSG_SPACE(3 * 4))
        if not said:
            return
        found = array.array("i")
        found.frombytes(rights[0][2])
        if os.fork() == 0:
            orders.close()
            _oversee(said.decode(), *found)
        for descriptor in found:
            os.close(descriptor)
        _reap()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _oversee(said: str, out: int, errors: int, answer: int) -> None:
    """Run a command in a child, and say what it came to."""
    child = os.fork()
    if child == 0:
        os.close(answer)
        _command(said, out, errors)
    _, ended = os.waitpid(child, 0)
    os.write(answer, str(os.waitstatus_to_exitcode(ended)).encode())
    os._exit(0)


def _command(said: str, out: int, errors: int) -> None:
    from palika import cli
    from palika.config import settings

    count, *words = said.split(_SPLIT)
    arguments, variables = words[: int(count)], words[int(count) :]
    status = 1
    try:
        os.dup2(out, 1)
        os.dup2(errors, 2)
        os.environ.clear()
        os.environ.update(each.split("=", 1) for each in variables)
        settings.cache_clear()
        sys.argv = ["palika", *arguments]
        status = cli.main(arguments)
    except SystemExit as end:
        status = _code(end.code)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _code(code: Any) -> int:
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
