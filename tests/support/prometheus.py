"""The parts of Prometheus, as the tests find and start them."""

import json
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from palika.local.processes import free_port, tail, until

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"


def part(name: str) -> str:
    """The program of that name: promtool, an exporter, or another that set-up puts there."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is missing: scripts/setup --dev fetches it"
    return found


def rules() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every rule of the city's, with the name of its file."""
    for path in sorted((FOLDER / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
            for rule in group["rules"]:
                yield path.name, rule


def alerts() -> dict[str, dict[str, Any]]:
    """The alerting rules by name; no two have the same."""
    found = [rule for _, rule in rules() if "alert" in rule]
    named = {rule["alert"]: rule for rule in found}
    assert len(named) == len(found)
    return named


@contextmanager
def running(name: str, folder: Path, *arguments: str, port: int, answers: str) -> Iterator[str]:
    """A program that serves HTTP on a port, once a path of it answers; its address."""
    log = folder / f"{Path(name).name}.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen([part(name), *arguments], stdout=output, stderr=output)
    try:
        until(lambda: process.poll() is not None or _answers(f"{url}{answers}"), 120, 0.1)
        assert process.poll() is None, f"{name} has ended:\n{tail(log)}"
        assert _answers(f"{url}{answers}"), f"{name} does not answer:\n{tail(log)}"
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Prometheus:
    """A server that runs, asked over its HTTP API."""

    def __init__(self, url: str) -> None:
        """At an address."""
        self.url = url

    def ask(self, path: str, **arguments: str) -> Any:
        """The data of an answer of its API."""
        query = urllib.parse.urlencode(arguments)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]

    def value(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression now, each with `metric` and `value`."""
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found


@contextmanager
def prometheus_running(
    folder: Path, targets: dict[str, list[dict[str, Any]]], blackbox: str
) -> Iterator[Prometheus]:
    """A Prometheus with the city's configuration, rules and all; only intervals, ports and targets
    are the test's.

    Args:
        folder: for its configuration and data.
        targets: contents of the files of `targets/`, by their names.
        blackbox: host and port of the blackbox exporter.
    """
    port = free_port()
    # Not the targets of who tries a city out here.
    own = shutil.ignore_patterns("palika*", "node*", "tls*")
    shutil.copytree(FOLDER, folder / "etc", dirs_exist_ok=True, ignore=own)
    config = yaml.safe_load((folder / "etc" / "prometheus.yml").read_text("utf-8"))
    config["global"] = {
        "scrape_interval": "5s",
        "scrape_timeout": "5s",
        "evaluation_interval": "1s",
    }
    for job in config["scrape_configs"]:
        job.pop("scrape_interval", None)
        for each in job.get("static_configs", []):
            each["targets"] = [f"127.0.0.1:{port}"]
        for each in job.get("relabel_configs", []):
            if each.get("target_label") == "__address__":
                each["replacement"] = blackbox
    del config["alerting"]
    (folder / "etc" / "prometheus.yml").write_text(yaml.safe_dump(config))
    for name, content in targets.items():
        (folder / "etc" / "targets" / name).write_text(json.dumps(content))
    with running(
        "prometheus",
        folder,
        f"--config.file={folder}/etc/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        port=port,
        answers="/-/ready",
    ) as url:
        yield Prometheus(url)
