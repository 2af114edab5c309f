"""A command whose file system is read-only but for some folders, as a container's is.

    python -m tests.support.read_only /tmp/a:/tmp/b COMMAND…

Linux's Landlock refuses the rest, to the command and to all that it starts, whoever runs it
(https://docs.kernel.org/userspace-api/landlock.html); no right of root is needed. Writing to
``/dev`` is left, since a container has one of its own. As in a container with
``no-new-privileges``, no program gains rights.
"""

import ctypes
import os
import sys
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_VERSION = 1
_PATH_BENEATH = 1
# What each version of Landlock knows of writing: WRITE_FILE, REMOVE_DIR to MAKE_SYM, then REFER
# and TRUNCATE.
_WRITES = (1 << 1) | sum(1 << bit for bit in range(4, 13))
_SINCE = {2: 1 << 13, 3: 1 << 14}
_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def restrict(writable: list[Path]) -> None:
    """From now on this process writes only beneath these folders, and what it starts as well.

    Raises:
        OSError: the kernel has no Landlock (Linux 5.13 has), or it is switched off.
    """
    abi = _called(_CREATE, None, 0, _VERSION)
    writes = _WRITES | sum(bit for since, bit in _SINCE.items() if abi >= since)
    ruleset = _Ruleset(writes)
    known = _called(_CREATE, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    for folder in [*writable, Path("/dev")]:
        opened = os.open(folder, os.O_PATH)
        beneath = _Beneath(writes, opened)
        _called(_ADD, known, _PATH_BENEATH, ctypes.byref(beneath), 0)
        os.close(opened)
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _called(_RESTRICT, known, 0)
    os.close(known)


def _called(*arguments: object) -> int:
    answer: int = _libc.syscall(*arguments)
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return answer


if __name__ == "__main__":
    restrict([Path(each) for each in sys.argv[1].split(":")])
    os.execvp(sys.argv[2], sys.argv[2:])
