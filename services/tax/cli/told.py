"""How the commands tell what is wrong."""

import json
from typing import Any, NoReturn

import click

from palika.yaml_files import WrongData


def tell_mistakes(error: WrongData, as_json: bool) -> NoReturn:
    """Print each mistake (with ``--json`` as one object on the standard output) and end with 1."""
    if as_json:
        told: list[dict[str, Any]] = [
            {"file": each.file, "line": each.line, "place": each.place, "rule": each.rule}
            for each in error.mistakes
        ]
        click.echo(json.dumps({"valid": False, "mistakes": told}, ensure_ascii=False))
    else:
        for each in error.mistakes:
            click.echo(str(each), err=True)
    raise click.exceptions.Exit(1) from error
