"""Part of `make check`: each package of the locks has one version and a hash; none is missing."""

import re
import sys
from pathlib import Path

# How pip-compile writes a requirement: its name at the margin, what belongs to it indented.
_PIN = re.compile(r"[A-Za-z0-9._-]+==[^\s=<>~!;*]+(?: ; [^\\]+)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
_ASKED = re.compile(r"[A-Za-z0-9._-]+")


def problems(lock: str) -> list[str]:
    """What is wrong with a lock, each with its line."""
    found: list[str] = []
    lines = lock.splitlines()
    for at, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#") or _HASH.fullmatch(line):
            continue
        if not _PIN.fullmatch(line):
            found.append(f"{at + 1}: {line.strip()}: not pinned to one version with a hash")
        elif at + 1 == len(lines) or not _HASH.fullmatch(lines[at + 1]):
            found.append(f"{at + 1}: {line}: has no hash")
    return found


def missing(asked: str, lock: str) -> list[str]:
    """What a file of wishes asks for and its lock does not have."""
    have = {_plain(line.partition("==")[0]) for line in lock.splitlines() if "==" in line}
    names = [_ASKED.match(line) for line in asked.splitlines() if not line.startswith("-")]
    return [name[0] for name in names if name and _plain(name[0]) not in have]


def _plain(name: str) -> str:
    """As packages' names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main(root: Path) -> int:
    """Tells what is wrong with the project's locks; 1 where something is."""
    found: list[str] = []
    for name in ("requirements", "requirements-dev"):
        asked, lock = ((root / f"{name}.{kind}").read_text("utf-8") for kind in ("in", "lock"))
        found += [f"{name}.lock:{problem}" for problem in problems(lock)]
        found += [f"{name}.lock: {each} is missing: make lock" for each in missing(asked, lock)]
    print("\n".join(found) or "Every package is pinned with a hash.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
