"""``palika grievance duplicates``: how well likely duplicates are found."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from services.grievance.duplicates.labelled import DEVELOPMENT_SEED, EVALUATION_SEED, generate
from services.grievance.duplicates.measuring import measure as measure_all


@click.group("duplicates")
def group() -> None:
    """Finding grievances that are already filed."""


@group.command()
@click.option(
    "--reports",
    default=2_000,
    show_default=True,
    type=click.IntRange(10, 100_000),
    help="How many reports the labelled set has.",
)
@click.option(
    "--seed", type=int, help=f"Of the set  [default: {EVALUATION_SEED}, to tune {DEVELOPMENT_SEED}]"
)
@click.option(
    "--development", is_flag=True, help="With the phrases that the rules may be tuned on."
)
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object.")
def measure(reports: int, seed: int | None, development: bool, as_json: bool) -> None:
    """Precision and recall on a labelled set, made anew for the same seed each time.

    The set is synthetic: use the figures to compare versions of the rules.
    """
    half = "development" if development else "evaluation"
    if seed is None:
        seed = DEVELOPMENT_SEED if development else EVALUATION_SEED
    figures = measure_all(generate(reports, seed, half)).to_dict()
    figures = {"set": "synthetic", "half": half, "seed": seed, **figures}
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        _show(figures)


def _show(figures: dict[str, Any]) -> None:
    title = f"Duplicates found: {figures['reports']:,} synthetic reports, {figures['half']} half"
    table = Table(title=f"{title}, seed {figures['seed']}")
    table.add_column()
    for heading in ("pairs", "precision", "recall", "F1"):
        table.add_column(heading, justify="right")
    rows = {"all": figures["overall"], **figures["groups"]}
    sections = {"all", list(rows)[-1]}
    for name, row in (rows | figures["kinds"]).items():
        shares = [_percent(row[each]) for each in ("precision", "recall", "f1")]
        table.add_row(name, f"{row['pairs']:,}", *shares, end_section=name in sections)
    Console().print(table)
    found = _percent(figures["found_among_first_three"])
    vain = _percent(figures["first_reports_asked_in_vain"])
    click.echo(f"Filings of something open already whose first three offers name it: {found}")
    click.echo(f"First reports of something, asked in vain: {vain}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
