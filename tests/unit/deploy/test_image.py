"""The Dockerfile: what hadolint says of it, and what it promises."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.support.commands import ROOT
from tests.support.deploy import (
    DEPLOY,
    KUBERNETES,
    OVERLAYS,
    containers,
    final_stage,
    health_command,
    image_environment,
    instructions,
)


def _hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    hadolint = Path(sys.executable).parent / "hadolint"
    return subprocess.run([hadolint, file], capture_output=True, text=True, check=False)


def test_hadolint_has_nothing_to_say(tmp_path: Path) -> None:
    said = _hadolint(DEPLOY / "Dockerfile")
    assert (said.returncode, said.stdout) == (0, "")
    worse = tmp_path / "Dockerfile"
    worse.write_text((DEPLOY / "Dockerfile").read_text() + "RUN cd /srv && apt-get install curl\n")
    assert "DL3003" in _hadolint(worse).stdout


def test_the_image_is_of_its_last_stage_and_nobodys_root() -> None:
    assert [word for word, _ in instructions()].count("FROM") == 2
    users = [rest for word, rest in final_stage() if word == "USER"]
    assert users == ["10001:10001"]
    copied = [rest for word, rest in final_stage() if word == "COPY"]
    own = [each for each in copied if "--from=build" not in each]
    assert own == ["--chmod=755 deploy/entrypoint.sh /usr/local/bin/palika-entrypoint"]


def test_every_base_names_its_release() -> None:
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert all(re.fullmatch(r"[a-z]+:\d[\w.-]+", base) for base in bases), bases


def test_its_health_is_what_the_process_says_of_itself() -> None:
    assert "/readyz" in health_command()[-1]
    assert image_environment()["PALIKA_HTTP_PORT"] == "8000"


def test_only_what_is_named_goes_into_the_image() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "all else stays out, secrets and var/ with it"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    sources = {
        source
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for source in [each for each in rest.split() if not each.startswith("--")][:-1]
    }
    assert sources == let_in
    assert all((ROOT / source).exists() for source in sources)


def test_one_release_is_built_and_run_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {one["image"] for one in containers().values()} == {f"palika:{version}"}
    for overlay in OVERLAYS:
        file = KUBERNETES / "overlays" / overlay / "image" / "kustomization.yaml"
        (image,) = yaml.safe_load(file.read_text())["images"]
        assert image["newTag"] == version
