"""``palika kpi alerts`` and ``forecast``: what owners are told, and where a KPI is going."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from palika.india import in_digits
from palika.reached import in_words
from palika.text import Name
from services.kpi.cli.pages import moment, number
from services.kpi.cli.posts import called, names_in_city

_KINDS = ("red", "stagnant", "season")


@click.command("alerts")
@click.option("--department", help="A department's code.")
@click.option("--code", help="A KPI's code.")
@click.option("--kind", type=click.Choice(_KINDS))
@click.option("--all", "all_", is_flag=True, help="Those that have ended too.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The answer of kpi.alerts as it is.")
def alerts(
    department: str | None,
    code: str | None,
    kind: str | None,
    all_: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List the alerts that are open, the newest first."""
    from palika.auth import SYSTEM
    from palika.rpc import Client

    given = {"department": department, "code": code, "kind": kind, "limit": limit}
    asked = {name: value for name, value in given.items() if value is not None}
    if not all_:
        asked["open"] = True
    with Client(SYSTEM("cli")) as client:
        answer = client.kpi.alerts(**asked)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    if not answer["items"]:
        click.echo("There are none.")
    posts = names_in_city({each["owner"] for each in answer["items"]})
    for each in answer["items"]:
        for line in alert_lines(each, posts):
            click.echo(line)
    if answer["next"]:
        click.echo(f"There are more than {limit}: ask for fewer kinds or departments, or --limit.")


@click.command("forecast")
@click.argument("code")
@click.option(
    "--until",
    type=click.Choice(["period", "year"]),
    default="year",
    show_default=True,
    help="The end of the running period, or of the financial year.",
)
@click.option("--json", "as_json", is_flag=True, help="The answer of kpi.forecast as it is.")
def forecast(code: str, until: str, as_json: bool) -> None:
    """Show where a KPI will be when its target is due, and how sure that is."""
    from palika.auth import SYSTEM
    from palika.rpc import Client

    with Client(SYSTEM("cli")) as client:
        answer = client.kpi.forecast(code=code, until=until)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for line in _forecast(answer):
        click.echo(line)


def alert_lines(each: dict[str, Any], posts: Mapping[str, Name]) -> list[str]:
    """An alert of the answer of kpi.alerts, as it is listed; ``posts`` are their names."""
    owner = called(each["owner"], posts)
    state = []
    if each["told_at"] is not None:
        said = in_words(each["reached"])
        state.append(f"{said.en} ({said.mr})")
    if each["ended_at"] is not None:
        state.append(f"ended {moment(each['ended_at'])}")
    if each["silent"]:
        state.append("told to nobody: it was found in a period of the past")
    if each["acknowledged_at"] is not None:
        state.append(f"acknowledged by {each['acknowledged_by']}: {each['note']}")
    if each["muted"]:
        until = in_digits(date.fromisoformat(each["muted_until"]))
        state.append(f"muted up to {until}: {each['mute_reason']}")
    lines = [
        f"{each['id']}  {moment(each['began_at'])}  {each['kind']}  {each['code']}  ({owner})",
        f"    {each['name']['en']}: {each['words']['en']}",
        f"    {each['name']['mr']}: {each['words']['mr']}",
    ]
    if each["end_words"] is not None:
        lines.append(f"    {each['end_words']['en']} ({each['end_words']['mr']})")
    return lines + [f"    {line}" for line in state]


def _forecast(answer: dict[str, Any]) -> list[str]:
    lines = [f"{answer['code']}: {answer['name']['en']} ({answer['name']['mr']})"]
    target = answer["target"]
    shown = " to ".join(map(_shown, target)) if isinstance(target, list) else _shown(target)
    unit = "" if answer["unit"] == "count" else f" {answer['unit_name']['en']}"
    day = in_digits(date.fromisoformat(answer["target_date"]))
    lines.append(f"target      {'none' if target is None else f'{shown}{unit}'}, {day}")
    if answer["value"] is None:
        lines.append(f"forecast    cannot tell: {answer['why']['en']}")
        lines.append(f"            सांगता येत नाही: {answer['why']['mr']}")
        return lines
    interval = f"{_shown(answer['low'])} to {_shown(answer['high'])}{unit}"
    value = f"{_shown(answer['value'])}{unit}"
    lines.append(f"forecast    {value}, {interval} in {answer['level']} of 100 cases")
    lines.append(f"            {answer['words']['en']}")
    lines.append(f"            {answer['words']['mr']}")
    lines.append(f"target met  {answer['met']}: {answer['met_in_words']['mr']}")
    return lines


def _shown(value: float | None) -> str:
    """A number, grouped, without decimals that are naught; ``none`` where there is none."""
    if value is None:
        return "none"
    return number(value, 0 if value == int(value) else None)
