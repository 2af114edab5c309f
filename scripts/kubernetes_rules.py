"""Put the alerts of deploy/prometheus/rules into objects that the Prometheus Operator reads.

Kustomize takes no file from outside its folder and puts none into an object, so there is a copy,
which a test holds to its source. The rules of machines and certificates stay out: a cluster's nodes
have those of its own monitoring.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[1] / "deploy"
RULES = DEPLOY / "prometheus" / "rules"
MADE = DEPLOY / "kubernetes" / "base" / "city" / "alerts.yaml"
OF_THE_CLUSTER_S_OWN = {"machines"}
_HEAD = "# Made by `python scripts/kubernetes_rules.py` of deploy/prometheus/rules: change those.\n"


class _Readable(yaml.SafeDumper):
    """Expressions of several lines stay so."""


_Readable.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def made() -> str:
    """The file's text: a PrometheusRule for each file of rules."""
    objects: list[dict[str, Any]] = [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": f"palika-{path.stem}"},
            "spec": yaml.safe_load(path.read_text("utf-8")),
        }
        for path in sorted(RULES.glob("*.yml"))
        if path.stem not in OF_THE_CLUSTER_S_OWN
    ]
    return _HEAD + yaml.dump_all(
        objects, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=120
    )


def main() -> int:
    """Write the file; with ``--check`` only say whether it is what would be written."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--check", action="store_true", help="write nothing; 1 if it differs")
    if not asked.parse_args().check:
        MADE.write_text(made(), "utf-8")
        return 0
    if MADE.exists() and MADE.read_text("utf-8") == made():
        return 0
    print(
        f"{MADE.relative_to(DEPLOY.parent)}: run python scripts/kubernetes_rules.py",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
