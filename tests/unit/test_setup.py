"""`scripts/setup` in a copied folder, with a Python that only writes down where it installs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PYTHON = """\
#!/bin/sh
case "$*" in
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/python3.11" ;;
"-m pip "*) echo "$(cd "$(dirname "$0")" && pwd -P)" >>"$ASKED" ;;
esac
"""


class Clone:
    """A folder with the script and no more than the script reads."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        (folder / "scripts").mkdir(parents=True)
        shutil.copy(root / "scripts" / "setup", folder / "scripts")
        for name in ("pyproject.toml", "requirements.lock"):
            (folder / name).write_text("setuptools==1\n")
        self.python = folder / "bin" / "python3.11"
        self.python.parent.mkdir()
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)

    def setup(self) -> set[str]:
        """Set up; the folders of the Pythons that have installed something."""
        asked = self.folder / "asked"
        asked.unlink(missing_ok=True)
        # As the Makefile calls it: the environment comes first on the path.
        folders = [self.folder / ".venv" / "bin", self.python.parent, os.environ["PATH"]]
        path = ":".join(map(str, folders))
        found = {"ASKED": str(asked), "PATH": path, "PYTHON": "", "AMQP_URI": "amqp://x/"}
        subprocess.run([self.folder / "scripts" / "setup"], env=os.environ | found, check=True)
        return set(asked.read_text().split("\n")) - {""} if asked.exists() else set()


@pytest.mark.parametrize("marks", ["both", "a stamp", "a place"])
def test_a_copied_environment_is_made_anew(tmp_path: Path, root: Path, marks: str) -> None:
    first = Clone(tmp_path / "first", root)
    assert first.setup() == {str(first.folder / ".venv" / "bin")}
    assert first.setup() == set(), "what is there is not installed again"
    if marks != "both":
        name = ".made-in" if marks == "a stamp" else ".installed-requirements.lock"
        (first.folder / ".venv" / name).unlink()
    second = Clone(tmp_path / "second", root)
    shutil.copytree(first.folder / ".venv", second.folder / ".venv")
    old = second.folder / ".venv" / "of the first"
    old.touch()
    assert second.setup() == {str(second.folder / ".venv" / "bin")}
    assert not old.exists()


def test_an_environment_that_knows_no_place_is_kept(tmp_path: Path, root: Path) -> None:
    clone = Clone(tmp_path / "clone", root)
    subprocess.run([clone.python, "-m", "venv", clone.folder / ".venv"], check=True)
    own = clone.folder / ".venv" / "of the user"
    own.touch()
    assert clone.setup() == {str(clone.folder / ".venv" / "bin")}
    assert own.exists()
