"""`make release` on a repository of git of its own."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts.release import PARTS, WHERE, Refused, chosen, following, release, released

CHANGELOG = "# Changelog\n\n## Unreleased\n\n- Something new.\n"


class Project:
    """A folder with what a release reads, committed."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        for name in WHERE:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)
        self.write("CHANGELOG.md", CHANGELOG)
        self.write("Makefile", "check:\n\t@true\n")
        self.git("init", "--quiet", "--initial-branch", "main")
        for key, value in (("name", "A. Clerk"), ("email", "clerk@city.example")):
            self.git("config", f"user.{key}", value)
        self.commit()
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
        self.version: str = project["version"]

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "As it is")

    def state(self) -> tuple[str, str, str]:
        """Commit, tags and changes."""
        return self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Project:
    return Project(tmp_path, root)


def test_a_release_is_a_commit_with_its_version_everywhere_and_a_tag(project: Project) -> None:
    new = release(project.folder, None, "minor")
    assert new == following(project.version, "minor")
    for name, form in WHERE.items():
        assert form.format(new) in project.read(name)
        assert form.format(project.version) not in project.read(name)
    heading = rf"## Unreleased\n\n## {re.escape(new)} \(\d{{4}}-\d\d-\d\d\)\n\n- Something new\.\n"
    assert re.search(heading, project.read("CHANGELOG.md"))
    assert project.git("log", "-1", "--format=%s") == f"Release {new}"
    assert project.git("rev-parse", f"v{new}^{{}}") == project.git("rev-parse", "HEAD")
    assert project.git("status", "--porcelain") == ""


def test_a_dry_run_writes_nothing(project: Project) -> None:
    before = project.state()
    assert release(project.folder, None, "patch", dry_run=True)
    assert project.state() == before


def _change(project: Project) -> None:
    project.write("pyproject.toml", project.read("pyproject.toml") + "\n")


def _tag(project: Project) -> None:
    project.git("tag", f"v{following(project.version, 'minor')}")


def _detach(project: Project) -> None:
    project.git("checkout", "--quiet", "--detach")


def _nothing_new(project: Project) -> None:
    project.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 0.0.1\n\n- Old.\n")
    project.commit()


def _red(project: Project) -> None:
    project.write("Makefile", "check:\n\t@false\n")
    project.commit()


def _other_version(project: Project) -> None:
    project.write("deploy/Dockerfile", "FROM scratch\n")
    project.commit()


def _hook(project: Project) -> None:
    hook = project.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n", "utf-8")
    hook.chmod(0o755)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_change, "changes that are not committed"),
        (_tag, "there is a tag"),
        (_detach, "no branch"),
        (_nothing_new, "nothing stands under Unreleased"),
        (_red, "make check is not green"),
        (_other_version, "deploy/Dockerfile: .* 0 times"),
        (_hook, "git commit: not today"),
    ],
)
def test_what_is_not_right_is_refused_and_nothing_is_written(
    project: Project, spoil, said: str
) -> None:
    spoil(project)
    before = project.state()
    with pytest.raises(Refused, match=said):
        release(project.folder, None, "minor")
    assert project.state() == before


@pytest.mark.parametrize(
    ("part", "version"), [("major", "2.0.0"), ("minor", "1.5.0"), ("patch", "1.4.8")]
)
def test_what_is_right_of_the_part_that_grows_becomes_0(part: str, version: str) -> None:
    assert following("1.4.7", part) == version
    assert chosen("1.4.7", None, part) == version
    assert chosen("1.4.7", version, None) == version


@pytest.mark.parametrize(
    ("version", "part", "said"),
    [
        (None, None, "say either"),
        ("1.5.0", "minor", "say either"),
        (None, "middle", "PART: middle is none of major, minor, patch"),
        ("1.5", None, "is not x.y.z"),
        ("v1.5.0", None, "is not x.y.z"),
        ("1.05.0", None, "is not x.y.z"),
        ("1.5.0\n", None, "is not x.y.z"),
        ("1.4.7", None, "does not follow 1.4.7"),
        ("1.4.9", None, "2.0.0, 1.5.0, 1.4.8 do"),
    ],
)
def test_a_version_that_cannot_be_next_is_refused(
    version: str | None, part: str | None, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        chosen("1.4.7", version, part)


def test_a_changelog_keeps_what_was_released_before() -> None:
    old = "## 1.0.0 (2026-01-01)\n\n- Old.\n"
    assert released(CHANGELOG + old, "1.1.0", "2026-02-01") == (
        "# Changelog\n\n## Unreleased\n\n## 1.1.0 (2026-02-01)\n\n- Something new.\n" + old
    )


def test_every_file_that_names_the_version_is_known(root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    found = subprocess.run(
        ["git", "grep", "-lE", rf"(palika:|newTag: |^version = .){re.escape(version)}"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(found.stdout.split()) == WHERE.keys()
    assert len(PARTS) == len(version.split("."))


def test_a_refusal_is_told_in_a_line(root: Path) -> None:
    told = subprocess.run(
        [sys.executable, "scripts/release.py", "--part", "middle"],
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert told.stderr == "palika: no release: PART: middle is none of major, minor, patch\n"
