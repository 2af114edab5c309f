"""``palika grievance catalogue check``: whether a city's files are right, before they are used."""

import json
from pathlib import Path
from typing import Any

import click

from services.grievance.domain.catalogue import Catalogue
from services.grievance.files.city import Folder
from services.grievance.reference import catalogue_in, mistakes_in


@click.group("catalogue")
def group() -> None:
    """What can be complained about."""


@group.command("check")
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def check(folder: Path | None, as_json: bool) -> None:
    """Check the catalogue and the calendar, escalation and policy that go with it.

    FOLDER holds files of the city's own, which are used instead of the shipped ones of the same
    name; without it, what a service would read now is checked (PALIKA_GRIEVANCE_DATA).

    Exit status: 0 when all is right, 1 when there are mistakes (each is told with its file, line
    and rule), 2 when there is no such folder.
    """
    files = Folder.of_the_city() if folder is None else Folder(folder)
    mistakes = mistakes_in(files)
    counts = {} if mistakes else _counts(catalogue_in(files))
    if as_json:
        told: dict[str, Any] = {
            "valid": not mistakes,
            "mistakes": [
                {"file": each.file, "line": each.line, "rule": each.rule} for each in mistakes
            ],
            **counts,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    elif mistakes:
        for each in mistakes:
            click.echo(str(each), err=True)
    else:
        told_counts = ", ".join(f"{count} {what}" for what, count in counts.items())
        click.echo(f"All is right: {told_counts}.")
    if mistakes:
        raise click.exceptions.Exit(1)


def _counts(of: Catalogue) -> dict[str, int]:
    subcategories = of.subcategories.values()
    return {
        "departments": len(of.departments),
        "categories": len(of.categories),
        "subcategories": len(of.subcategories),
        "fields": sum(len(each.fields) for each in subcategories),
        "wards": len(of.wards),
    }
