"""``palika tax rates check``: whether a rate sheet is right, before anybody is billed by it."""

import json
from pathlib import Path

import click

from palika.yaml_files import WrongData
from services.tax.cli.told import tell_mistakes
from services.tax.domain.rates import Sheet
from services.tax.domain.rates_file import counted
from services.tax.files.yaml_file import parsed
from services.tax.reference import RATES


@click.group("rates")
def group() -> None:
    """What the tax is computed of."""


@group.command("check")
@click.argument("file", default=RATES, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def check(file: Path, as_json: bool) -> None:
    """Check a rate sheet: what is missing, wrong, contradictory, without a source, or a gap.

    Without FILE the shipped sheet is checked.

    Exit status: 0 when all is right, 1 when there are mistakes (each is told with its line, place
    and rule), 2 when there is no such file.
    """
    try:
        sheet, rules, sourced = parsed(file, counted)
    except WrongData as error:
        tell_mistakes(error, as_json)
    counts = {**_counts(sheet), "rules": rules, "sourced": sourced}
    covers = {"from": str(sheet.first), "to": str(sheet.last)}
    if as_json:
        told = {"valid": True, "mistakes": [], "covers": covers, **counts}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    things = ", ".join(f"{count} {what}" for what, count in _counts(sheet).items())
    click.echo(f"All is right, for {sheet.first} to {sheet.last}: {things}.")
    click.echo(f"Of {rules} rules {sourced} cite a source; {rules - sourced} are illustrative.")


def _counts(sheet: Sheet) -> dict[str, int]:
    return {
        "zones": len(sheet.zones),
        "classes": len(sheet.classes),
        "deductions": len(sheet.deductions),
        "heads": len(sheet.heads),
        "concessions": len(sheet.concessions),
        "amnesties": len(sheet.amnesty),
    }
