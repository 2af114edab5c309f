"""Runs ``inspecting.py`` on a file, in a process without our environment, keys or database."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from palika.errors import Invalid, Unavailable

_SCRIPT: Final = Path(__file__).with_name("inspecting.py")
_WALL_S: Final = {"check": 120, "text": 400, "scan": 60}
"""Twice the processor's time and some: a machine may be busy."""
_LONGEST_ANSWER: Final = 16 * 1024 * 1024
# Two cores' worth: the others wait, and answer later, rather than all of them too late.
_AT_ONCE: Final = threading.BoundedSemaphore(2)


def ask(what: str, path: Path, *more: Path) -> dict[str, Any]:
    """What the script says of a file. Called on the hub: the others go on meanwhile.

    Args:
        what: ``check``, ``text`` or ``scan``.
        path: of the file.
        more: further arguments.

    Raises:
        Invalid: the file breaks a rule, cannot be read, or takes too long or too much memory.
        Unavailable: no process can be started now.
    """
    command = [sys.executable, "-I", str(_SCRIPT), what, str(path), *map(str, more)]
    try:
        with _AT_ONCE:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                timeout=_WALL_S[what],
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise wrong("takes too long to read") from error
    except OSError as error:
        raise Unavailable("papers cannot be looked at now; try again") from error
    # Whatever a damaged file makes a library raise ends the script; so do its limits.
    if done.returncode != 0 or len(done.stdout) > _LONGEST_ANSWER:
        raise wrong("cannot be read: it is damaged, or needs too much time or memory")
    found: dict[str, Any] = json.loads(done.stdout)
    if "refused" in found:
        raise wrong(found["refused"])
    return found


def wrong(rule: str) -> Invalid:
    """The error of a paper that breaks a rule."""
    return Invalid("this paper cannot be taken", {"content": [rule]})


@contextmanager
def content_in(field: str) -> Iterator[None]:
    """Let what is wrong with a content be told of the argument that carries it."""
    try:
        yield
    except Invalid as error:
        told = {field if name == "content" else name: each for name, each in error.fields.items()}
        raise Invalid(error.message, told) from error
