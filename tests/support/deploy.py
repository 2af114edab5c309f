"""What deploy/ says of the containers of a city, read as Docker and Kubernetes read it."""

import json
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator

from palika.local.city import database_names, service_names, web_names
from tests.support.commands import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose"
KUBERNETES = DEPLOY / "kubernetes"
OVERLAYS = ("trial", "production")
STEPS = ("servers", "migrate", "city")
RELEASES = ("1.32", kubernetes_validate.latest_version())
"""Of Kubernetes: the manifests are for these and what lies between."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_BUILT_IN = re.compile(r"^(v1|\w+/v\d+|[\w.]+\.k8s\.io/v\d+)$")


def processes() -> dict[str, list[str]]:
    """What a city's processes are called in deploy/, and the command of each."""
    run = {name: ["palika", "run", name] for name in (*service_names(), *web_names())}
    relay = {f"{name}-relay": ["palika", "relay", name] for name in database_names()}
    return run | relay


# -- the image -------------------------------------------------------------------------------------


@cache
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word
    ]


def final_stage() -> list[tuple[str, str]]:
    """Those of the last stage: what the image is."""
    last = max(n for n, (word, _) in enumerate(instructions()) if word == "FROM")
    return instructions()[last:]


def image_environment() -> dict[str, str]:
    """The variables that every container has from its image."""
    said = [rest for word, rest in final_stage() if word == "ENV"]
    return dict(each.split("=", 1) for rest in said for each in shlex.split(rest))


def health_command() -> list[str]:
    """What the image asks whether the process is ready."""
    (said,) = (rest for word, rest in final_stage() if word == "HEALTHCHECK")
    command: list[str] = json.loads(said.partition("CMD ")[2])
    return command


# -- compose ---------------------------------------------------------------------------------------


@cache
def compose() -> dict[str, Any]:
    """The compose file, each ``${NAME:-default}`` replaced by its default."""
    text = (COMPOSE / "compose.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(lambda m: m[2] or "", text))
    return found


def containers() -> dict[str, dict[str, Any]]:
    """The services of compose that are made of the city's image, by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return {name: one for name, one in found.items() if one["image"].startswith("palika:")}


def secrets_of(container: dict[str, Any]) -> list[str]:
    """The names of the secrets that a container is given."""
    return [each if isinstance(each, str) else each["source"] for each in container["secrets"]]


def writable(container: dict[str, Any]) -> set[str]:
    """The folders that a container may write to."""
    mounts = [each.split(":") for each in container.get("volumes", [])]
    volumes = {each[1] for each in mounts if each[0] in compose()["volumes"] and each[-1] != "ro"}
    return volumes | {each.partition(":")[0] for each in container.get("tmpfs", [])}


# -- Kubernetes ------------------------------------------------------------------------------------


@cache
def built(overlay: str, step: str) -> list[dict[str, Any]]:
    """The objects of an overlay's step, as ``kubectl kustomize`` makes them."""
    kubectl = Path(sys.executable).parent / "kubectl"
    folder = KUBERNETES / "overlays" / overlay / step
    made = subprocess.run(
        [kubectl, "kustomize", folder], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    assert "deprecated" not in made.stderr, made.stderr
    return list(yaml.safe_load_all(made.stdout))


def of_kind(overlay: str, step: str, kind: str) -> dict[str, dict[str, Any]]:
    """The objects of a kind, by name."""
    return {one["metadata"]["name"]: one for one in built(overlay, step) if one["kind"] == kind}


def pod_of(workload: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pod that a Deployment or a Job makes, and its one container."""
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return pod, container


def faults(document: dict[str, Any]) -> list[str]:
    """What the API would refuse of an object: its own schema, or that of the operator whose kind it
    is (deploy/kubernetes/schemas). A field that the schema does not have is a fault."""
    if _BUILT_IN.fullmatch(document["apiVersion"]) and not _schema_file(document).exists():
        return [said for release in RELEASES if (said := _refused(document, release))]
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in Draft202012Validator(_schema(_schema_file(document))).iter_errors(document)
    ]


def _refused(document: dict[str, Any], release: str) -> str:
    try:
        kubernetes_validate.validate(document, release, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{release}: {'/'.join(map(str, error.path))}: {error.message}"
    return ""


def _schema_file(document: dict[str, Any]) -> Path:
    name = f"{document['apiVersion'].replace('/', '_')}_{document['kind'].lower()}.json"
    return KUBERNETES / "schemas" / name


@cache
def _schema(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = _closed(json.loads(path.read_text()))
    # Kubernetes' own part of each object, of which an operator's schema says nothing.
    schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    return schema


def _closed(schema: Any) -> Any:
    """The schema, in which an object has no field that is not told."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _closed(each) for name, each in schema.items()}
    if isinstance(found.get("properties"), dict) and not found.get(
        "x-kubernetes-preserve-unknown-fields"
    ):
        found.setdefault("additionalProperties", False)
    if found.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
    return found
