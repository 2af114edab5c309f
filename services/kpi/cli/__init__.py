"""``palika kpi``: show the KPIs; enter values; rebuild the measures from the event logs."""

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from palika.india import INDIA, grouped, in_digits
from services.kpi.cli import alerts, catalogue, entry

# What a command needs is imported when it runs: `palika --help` imports this module too.
if TYPE_CHECKING:
    from rich.table import Table

    from services.kpi.commands.rebuild import Rebuilt

_DAY = click.DateTime(["%Y-%m-%d"])
_STYLE = {"green": "green", "amber": "yellow", "red": "red", "no data": "dim", "no target": ""}


def register(cli: click.Group) -> None:
    """Add the commands of this service to `palika`."""
    cli.add_command(group)


@click.group("kpi")
def group() -> None:
    """Key performance indicators of the city."""


group.add_command(catalogue.check)
group.add_command(catalogue.list_)
group.add_command(catalogue.explain)
entry.register(group)
group.add_command(alerts.alerts)
group.add_command(alerts.forecast)


@group.command()
@click.option("--department", help="A department's code; the whole city if left out.")
@click.option("--from", "from_day", type=_DAY, help="First day (Asia/Kolkata); 30 days ago.")
@click.option("--to", "to_day", type=_DAY, help="Last day, included; today.")
@click.option("--json", "as_json", is_flag=True, help="The answer of kpi.dashboard as it is.")
def show(
    department: str | None, from_day: datetime | None, to_day: datetime | None, as_json: bool
) -> None:
    """Show every KPI of a department, or of the city, against its target."""
    from palika.auth import SYSTEM
    from palika.rpc import Client

    last = to_day.date() if to_day else datetime.now(INDIA).date()
    first = from_day.date() if from_day else last - timedelta(days=30)
    if last < first:
        raise click.UsageError(f"--to {last} is before --from {first}")
    with Client(SYSTEM("cli")) as client:
        answer = client.kpi.dashboard(
            department=department, from_day=first.isoformat(), to_day=last.isoformat()
        )
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(_table(answer, first, last))


@group.command("rebuild")
@click.option(
    "--force", is_flag=True, help="Even if the logs begin on a later day than the live measures."
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def rebuild_(force: bool, as_json: bool) -> None:
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
            force=force,
        )
    if as_json:
        click.echo(json.dumps(outcome.to_dict(), ensure_ascii=False))
    else:
        click.echo(_summary(outcome))


def _summary(outcome: "Rebuilt") -> str:
    lines = [
        f"{outcome.rows} measures rebuilt from {outcome.counted} events; "
        f"{outcome.rows_changed} differ from what was live.",
    ]
    if outcome.ahead:
        lines.append(
            f"{outcome.ahead} of the events had not been delivered yet: they are counted, and "
            "will be dropped as duplicates."
        )
    for event_id, reason in list(outcome.refused.items())[:20]:
        lines.append(f"left out: {event_id}: {reason}")
    if len(outcome.refused) > 20:
        lines.append(f"… and {len(outcome.refused) - 20} more left out (see --json)")
    if outcome.failed:
        lines.append(f"{outcome.failed} messages of the logs could not be read or written.")
    return "\n".join(lines)


def _table(answer: dict[str, Any], first: date, last: date) -> "Table":
    from rich.table import Table

    scope = answer["department"] or "the whole city"
    table = Table(title=f"KPIs of {scope}, {in_digits(first)} to {in_digits(last)}")
    for heading, justify in (
        ("KPI", "left"),
        ("निर्देशांक", "left"),
        ("value", "right"),
        ("unit", "left"),
        ("target", "right"),
        ("status", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for each in answer["kpis"]:
        target = _target(each["target"], each["direction"])
        status = each["status"] if each["why"] is None else f"{each['status']} ({each['why']})"
        table.add_row(
            each["name"]["en"],
            each["name"]["mr"],
            "–" if each["value"] is None else _number(each["value"], each["decimals"]),
            each["unit_name"]["en"],
            target,
            status,
            style=_STYLE.get(each["status"], ""),
        )
    table.caption = "Targets of no source are illustrative (palika kpi explain CODE)."
    return table


def _target(target: float | list[float] | None, direction: str) -> str:
    if target is None:
        return ""
    if isinstance(target, list):
        return " to ".join(_number(end, None) for end in target)
    sign = {"higher": "≥ ", "lower": "≤ "}.get(direction, "")
    return sign + _number(target, None)


def _number(value: float, decimals: int | None) -> str:
    """A number in the Indian manner, 1,15,000.0; its own decimals when none are asked for."""
    shown = f"{abs(value):.{decimals}f}" if decimals is not None else f"{abs(value):.15g}"
    whole, dot, rest = shown.partition(".")
    return f"{'-' if value < 0 else ''}{grouped(int(whole))}{dot}{rest}"
