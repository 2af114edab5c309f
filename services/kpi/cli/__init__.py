"""``palika kpi``: the catalogue, the KPIs, what is behind them; values; rebuilding the measures."""

import json
from datetime import date
from typing import TYPE_CHECKING

import click

from palika.days import DAY
from services.kpi.cli import adapt, alerts, catalogue, entry, grafana, reading, scorecard

# What a command needs is imported when it runs: `palika --help` imports this module too.
if TYPE_CHECKING:
    from services.kpi.commands.rebuild import Rebuilt


def register(cli: click.Group) -> None:
    """Add the commands of this service to `palika`."""
    cli.add_command(group)


@click.group("kpi")
def group() -> None:
    """Key performance indicators of the city."""


group.add_command(catalogue.check)
group.add_command(catalogue.list_)
group.add_command(catalogue.explain)
group.add_command(adapt.adapt_)
group.add_command(reading.show)
group.add_command(reading.drill_)
group.add_command(reading.trace_)
group.add_command(scorecard.group)
entry.register(group)
group.add_command(alerts.alerts)
group.add_command(alerts.forecast)
group.add_command(grafana.grafana)


@group.command("rebuild")
@click.option(
    "--force", is_flag=True, help="Even if the logs begin on a later day than the live measures."
)
@click.option(
    "--from",
    "since",
    type=DAY,
    metavar="DAY",
    help="Rebuild this day and those after it; carry the days before over as they are.",
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def rebuild_(force: bool, since: date | None, as_json: bool) -> None:
    """Rebuild the measures from the event logs, beside the live ones, and switch over.

    The services may go on running. Interrupting it changes nothing; run it again.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from palika.config import settings
    from services.kpi.commands.rebuild import rebuild

    console = Console(stderr=True)
    columns = (
        TextColumn("reading the event logs"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    # Without a terminal rich prints the bar once, at its end.
    with Progress(*columns, console=console, disable=as_json) as bar:
        task = bar.add_task("read", total=None)
        outcome = rebuild(
            settings("kpi"),
            progress=lambda done, total: bar.update(task, completed=done, total=max(done, total)),
            since=since,
            force=force,
        )
    if as_json:
        click.echo(json.dumps(outcome.to_dict(), ensure_ascii=False))
    else:
        click.echo(_summary(outcome))


def _summary(outcome: "Rebuilt") -> str:
    rebuilt = f"{outcome.rows} measures rebuilt from {outcome.counted} events"
    if outcome.rows_changed:
        rebuilt += (
            f"; {outcome.rows_changed} differ from what was live shortly before the switch: by "
            "events that came meanwhile, by rules or a catalogue that have changed, or by a repair"
        )
    lines = [f"{rebuilt}."]
    if outcome.ahead:
        lines.append(
            f"{outcome.ahead} of the events had not been delivered yet: they are counted, and "
            "will be dropped as duplicates when they come."
        )
    if outcome.forgotten:
        lines.append(
            f"{outcome.forgotten} of the events are older than what the inbox remembers: they had "
            "been delivered long ago, unless the queue stood still."
        )
    for event_id, reason in list(outcome.refused.items())[:20]:
        lines.append(f"left out: {event_id}: {reason}")
    if len(outcome.refused) > 20:
        lines.append(f"… and {len(outcome.refused) - 20} more left out (see --json)")
    if outcome.failed:
        lines.append(f"{outcome.failed} messages of the logs could not be read or written.")
    return "\n".join(lines)
