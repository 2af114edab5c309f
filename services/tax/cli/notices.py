"""``palika tax notices check``: whether the ladder is right, before anybody is sent a notice."""

import json
from pathlib import Path

import click

from palika.yaml_files import WrongData
from services.tax.cli.told import tell_mistakes
from services.tax.documents.data import NOTICES
from services.tax.domain.notices import Ladder
from services.tax.domain.notices_file import counted
from services.tax.files.yaml_file import parsed


@click.group("notices")
def group() -> None:
    """What the steps of recovery wait for, and what they cost."""


@group.command("check")
@click.argument(
    "file", default=NOTICES, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def check(file: Path, as_json: bool) -> None:
    """Check a ladder of notices: what is missing, wrong, out of order or without a source.

    Without FILE the shipped one is checked.

    Exit status: 0 when all is right, 1 when there are mistakes (each is told with its line, place
    and rule), 2 when there is no such file.
    """
    try:
        ladder, rules, sourced = parsed(file, counted)
    except WrongData as error:
        tell_mistakes(error, as_json)
    marked = sum(_illustrative(ladder))
    if as_json:
        told = {
            "valid": True,
            "mistakes": [],
            "steps": {step.code: _told(ladder, step.code) for step in ladder.steps.values()},
            "stops": list(ladder.stops),
            "rules": rules,
            "sourced": sourced,
            "illustrative": marked,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"All is right: {len(ladder.steps)} steps, {len(ladder.stops)} stops.")
    for step in ladder.steps.values():
        by = "signed by a person" if step.signed else "without a signature"
        click.echo(f"  {step.code}: {step.waits_days} days after the {step.after}, {by}")
    click.echo(f"Of {rules} rules {sourced} cite a source; {marked} have illustrative figures.")


def _illustrative(ladder: Ladder) -> list[bool]:
    return [each.basis.illustrative for each in (*ladder.steps.values(), *ladder.stops.values())]


def _told(ladder: Ladder, code: str) -> dict[str, object]:
    step = ladder.steps[code]
    return {
        "after": step.after,
        "waits_days": step.waits_days,
        "fee_paise": step.fee_paise,
        "signed": step.signed,
    }
