"""`make release VERSION=x.y.z`: a release is a commit that names its version everywhere, and a tag.

Nothing is written before everything is found right, and nothing stays if git refuses.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

PARTS = ("major", "minor", "patch")
CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## Unreleased\n"
WHERE = {
    "pyproject.toml": 'version = "{}"',
    "deploy/Dockerfile": "palika:{}",
    "deploy/compose/compose.yaml": "palika:{}",
    "deploy/kubernetes/overlays/production/image/kustomization.yaml": "newTag: {}",
    "deploy/kubernetes/overlays/trial/image/kustomization.yaml": "newTag: {}",
}
"""The files that name the version, and how; each names it once."""
# https://semver.org, 2.0.0, rule 2: three numbers without leading zeros.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class Refused(Exception):
    """There is no release; the message says why."""


def following(current: str, part: str) -> str:
    """The version after `current` by semantic versioning; what is right of the part becomes 0."""
    numbers = [int(number) for number in current.split(".")]
    at = PARTS.index(part)
    return ".".join(map(str, [*numbers[:at], numbers[at] + 1, *[0] * (2 - at)]))


def chosen(current: str, version: str | None, part: str | None) -> str:
    """The version that is meant.

    Raises:
        Refused: neither or both are given, it is no version, or none that follows `current`.
    """
    if (version is None) == (part is None):
        raise Refused("say either VERSION=x.y.z or PART=major, minor or patch")
    if version is None:
        if part not in PARTS:
            raise Refused(f"PART: {part} is none of {', '.join(PARTS)}")
        return following(current, part)
    if not _VERSION.fullmatch(version):
        raise Refused(f"VERSION: {version} is not x.y.z, three numbers without leading zeros")
    may = [following(current, each) for each in PARTS]
    if version not in may:
        raise Refused(f"VERSION: {version} does not follow {current}; {', '.join(may)} do")
    return version


def released(changelog: str, version: str, day: str) -> str:
    """The changelog with what was unreleased under the version and its day.

    Raises:
        Refused: there is no heading Unreleased, or nothing under it.
    """
    before, heading, after = changelog.partition(UNRELEASED)
    if not heading or not after.partition("\n## ")[0].strip():
        raise Refused(f"{CHANGELOG}: nothing stands under Unreleased")
    return f"{before}{heading}\n## {version} ({day})\n{after}"


def renamed(root: Path, current: str, version: str) -> dict[Path, str]:
    """Each file that names the version, with the new one.

    Raises:
        Refused: a file does not name the current version exactly once.
    """
    found = {}
    for name, form in WHERE.items():
        text = (root / name).read_text("utf-8")
        old = form.format(current)
        if text.count(old) != 1:
            raise Refused(f"{name}: {old} stands there {text.count(old)} times, not once")
        found[root / name] = text.replace(old, form.format(version))
    return found


def release(root: Path, version: str | None, part: str | None, dry_run: bool = False) -> str:
    """Check, write, commit and tag.

    Args:
        root: the project's directory, a working tree of git.
        version: the new version; None where `part` says which number grows.
        part: major, minor or patch.
        dry_run: find everything right, and write nothing.

    Returns:
        The new version.

    Raises:
        Refused: the reason; the working tree, its commits and tags are as before.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    current: str = project["version"]
    new = chosen(current, version, part)
    if _git(root, "status", "--porcelain"):
        raise Refused("the working tree has changes that are not committed")
    branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD")
    if branch == "HEAD":
        raise Refused("no branch is checked out")
    if _git(root, "tag", "--list", f"v{new}"):
        raise Refused(f"there is a tag v{new} already")
    day = datetime.now(ZoneInfo("Asia/Kolkata")).date().isoformat()
    changelog = root / CHANGELOG
    texts = renamed(root, current, new) | {
        changelog: released(changelog.read_text("utf-8"), new, day)
    }
    if subprocess.run(["make", "check"], cwd=root, check=False, stdout=sys.stderr).returncode:
        raise Refused("make check is not green")
    if dry_run:
        return new
    before = _git(root, "rev-parse", "HEAD")
    try:
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        _git(root, "commit", "--all", "--message", f"Release {new}")
        _git(root, "tag", "--annotate", f"v{new}", "--message", f"Palika {new}")
    except BaseException:
        # Ctrl-C, too. The tree was clean: only what was written here goes.
        _git(root, "reset", "--hard", before)
        raise
    return new


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Refused(f"git {arguments[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 where it is refused."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("--version", help="x.y.z")
    parser.add_argument("--part", help=", ".join(PARTS))
    parser.add_argument("--dry-run", action="store_true", help="check all, write nothing")
    given = parser.parse_args(arguments)
    root = Path(__file__).resolve().parent.parent
    try:
        new = release(root, given.version, given.part, given.dry_run)
    except Refused as refused:
        print(f"palika: no release: {refused}", file=sys.stderr)
        return 1
    if given.dry_run:
        print(f"palika: {new} could be released; nothing was written")
    else:
        print(f"palika: {new} is committed and tagged; git push --follow-tags gives it to others")
    return 0


if __name__ == "__main__":
    sys.exit(main())
