"""What the project is made of, and the daily habits that look after it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts import pinned
from tests.support.prometheus import part

SHA = f"--hash=sha256:{'0' * 64}"
GOOD = f"# by pip-compile\nsix==1.17.0 \\\n    {SHA} \\\n    {SHA}\n    # via here\n"


def recipe(root: Path, target: str) -> list[str]:
    """The lines that `make` would run, without running them."""
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout.splitlines()


def test_the_locks_are_pinned_and_whole(root: Path) -> None:
    assert pinned.main(root) == 0
    assert "python scripts/pinned.py" in recipe(root, "check")
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in re.sub(r"(?m)^ *#.*", "", (root / name).read_text("utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "six==1.17.0",
        "six==1.17.0 \\",
        "six>=1.17.0 \\\n    " + SHA,
        "six \\\n    " + SHA,
        "six==1.17.0 \\\n    --hash=md5:0",
        "six @ https://a.example/six.whl \\\n    " + SHA,
        "--index-url https://a.example/",
        "-e .",
    ],
)
def test_what_is_not_pinned_with_a_hash_is_told(line: str) -> None:
    assert pinned.problems(GOOD) == []
    told = pinned.problems(GOOD + line + "\n    # via here\n")
    assert told
    assert all(re.match(r"[67]: ", each) for each in told)


def test_what_is_asked_for_and_not_locked_is_told() -> None:
    asked = "# a comment\n-r other.in\nSix\npython_dateutil<3\nmoto[s3]\n"
    assert pinned.missing(asked, GOOD) == ["python_dateutil", "moto"]


def test_an_audit_that_could_not_ask_is_no_good_news(root: Path) -> None:
    asked = [line for line in recipe(root, "audit") if line.startswith("pip-audit ")]
    assert [line.rpartition(" ")[2] for line in asked] == [
        "requirements.lock",
        "requirements-dev.lock",
    ]
    assert all({"--strict", "--require-hashes"} <= set(line.split()) for line in asked)


def test_the_list_of_parts_has_every_package_of_the_lock(root: Path, tmp_path: Path) -> None:
    (line,) = [line for line in recipe(root, "sbom") if line.startswith("cyclonedx-py ")]
    program, *arguments, written = line.split()
    assert written == "build/sbom.json"
    listed = tmp_path / "sbom.json"
    subprocess.run([part(program), *arguments, listed], cwd=root, check=True, capture_output=True)
    bom = json.loads(listed.read_text("utf-8"))
    assert bom["bomFormat"] == "CycloneDX"
    lock = (root / "requirements.lock").read_text("utf-8")
    packages = set(re.findall(r"(?m)^([\w.-]+)==([^\s]+)", lock))
    assert {(part["name"], part["version"]) for part in bom["components"]} == packages
    assert bom["metadata"]["component"]["name"] == "palika"


@pytest.mark.parametrize("folder", ["palika", "services/tax"])
@pytest.mark.parametrize(
    ("rule", "module", "line"),
    [
        ("S602", "subprocess", "subprocess.run(given, shell=True, check=True)"),
        ("S608", "re", 'print(re.escape(f"SELECT * FROM bill WHERE id = {given}"))'),
        ("S301", "pickle", "pickle.loads(given)"),
        ("S324", "hashlib", "hashlib.md5(given)"),
    ],
)
def test_bandits_rules_find_what_is_careless(
    root: Path, folder: str, rule: str, module: str, line: str
) -> None:
    found = subprocess.run(
        [
            *(part("ruff"), "check", "--output-format", "concise"),
            *("--stdin-filename", f"{folder}/careless.py", "-"),
        ],
        input=f"import {module}\n\n\ndef careless(given):\n    {line}\n",
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
    )
    assert re.findall(r": (S\d+) ", found.stdout) == [rule]


def test_before_a_commit_the_same_is_checked_as_otherwise(root: Path) -> None:
    file = root / ".pre-commit-config.yaml"
    subprocess.run([part("pre-commit"), "validate-config", file], check=True, capture_output=True)
    (repository,) = yaml.safe_load(file.read_text("utf-8"))["repos"]
    assert repository["repo"] == "local", "nothing is fetched for it"
    (hook,) = repository["hooks"]
    assert (hook["entry"], hook["always_run"]) == ("make check", True)
