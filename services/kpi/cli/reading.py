"""``palika kpi show``, ``drill`` and ``trace``: values, their parts, and what they are made of."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from palika.india import INDIA, grouped, in_digits

if TYPE_CHECKING:
    from rich.table import Table

_DAY = click.DateTime(["%Y-%m-%d"])
_STYLE = {"green": "green", "amber": "yellow", "red": "red", "no data": "dim", "no target": ""}
_STATUS = {
    "green": "हिरवा",
    "amber": "पिवळा",
    "red": "लाल",
    "no data": "माहिती नाही",
    "no target": "लक्ष्य नाही",
}
_TREND = {"better": "↗ better/सुधारणा", "worse": "↘ worse/घसरण", "same": "→ same/तेवढेच"}
_BARS = "▁▂▃▄▅▆▇█"
_BY = ("ward", "zone", "department", "day", "month")

_department = click.option("--department", help="A department's code; the whole city if left out.")
_period = click.option(
    "--period", help="2026-11, 2026-Q3, 2026-H2, 2026 or 2026-W48; what runs now if left out."
)
_from = click.option("--from", "from_day", type=_DAY, help="First day (Asia/Kolkata), with --to.")
_to = click.option("--to", "to_day", type=_DAY, help="Last day, included.")
_json = click.option("--json", "as_json", is_flag=True, help="The answer as one JSON object.")


@click.command("show")
@click.argument("code", required=False)
@_department
@_period
@_from
@_to
@_json
def show(
    code: str | None,
    department: str | None,
    period: str | None,
    from_day: datetime | None,
    to_day: datetime | None,
    as_json: bool,
) -> None:
    """Show every KPI of a department, or of the city, against its target; or, with CODE, one KPI
    with all that makes it."""
    asked = {"department": department, **_when(period, from_day, to_day)}
    answer = _ask("kpi", asked | {"code": code}) if code else _ask("dashboard", asked)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif code:
        for line in _lines(answer):
            click.echo(line)
    else:
        _print(_page(answer))
        place = answer["place"]
        if place is not None:
            click.echo(f"{place['words']['en']} / {place['words']['mr']}")


@click.command("drill")
@click.argument("code")
@click.option("--by", type=click.Choice(_BY), required=True, help="By what it is parted.")
@_department
@_period
@_from
@_to
@_json
def drill_(
    code: str,
    by: str,
    department: str | None,
    period: str | None,
    from_day: datetime | None,
    to_day: datetime | None,
    as_json: bool,
) -> None:
    """Show a KPI by ward, zone, department, day or month."""
    asked = {"code": code, "by": by, "department": department}
    answer = _ask("drill", asked | _when(period, from_day, to_day))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    _print(_parts(answer))


@click.command("trace")
@click.argument("measure")
@click.argument("day", type=_DAY)
@_department
@click.option("--ward", help="A ward's code; '' is of no ward; all if left out.")
@click.option("--to-the-end", is_flag=True, help="Read the event log to its end in any case.")
@click.option("--limit", default=1_000, show_default=True, help="So many are listed at most.")
@_json
def trace_(
    measure: str,
    day: datetime,
    department: str | None,
    ward: str | None,
    to_the_end: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Show the events, or the readings, that a MEASURE of a DAY is made of.

    The event log is read here and not by the service, however long that takes.

    Exit status: 0 when they add up to what is stored, 1 when not.
    """
    from palika.config import settings
    from palika.database import sessions
    from services.kpi.queries.trace import trace
    from services.kpi.schemas.reading import TraceArgs

    args = TraceArgs().load(
        {
            "measure": measure,
            "day": day.date().isoformat(),
            "department": department,
            "ward": ward,
            "to_the_end": to_the_end,
            "limit": limit,
        }
    )
    with sessions("kpi").begin() as session:
        answer = trace(session, args, settings("kpi").amqp_uri)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _print(_origins(answer))
        click.echo(_sum(answer))
    if not answer["exact"]:
        raise click.exceptions.Exit(1)


def _when(
    period: str | None, from_day: datetime | None, to_day: datetime | None
) -> dict[str, str | None]:
    if (from_day is None) != (to_day is None):
        raise click.UsageError("--from and --to go together")
    if period is not None and from_day is not None:
        raise click.UsageError("either --period or --from and --to")
    if from_day and to_day and to_day < from_day:
        raise click.UsageError(f"--to {to_day.date()} is before --from {from_day.date()}")
    return {
        "period": period,
        "from_day": from_day.date().isoformat() if from_day else None,
        "to_day": to_day.date().isoformat() if to_day else None,
    }


def _ask(method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    from palika.auth import SYSTEM
    from palika.rpc import Client

    given = {name: value for name, value in arguments.items() if value is not None}
    with Client(SYSTEM("cli")) as client:
        answer: dict[str, Any] = getattr(client.kpi, method)(**given)
    return answer


def _print(table: "Table") -> None:
    from rich.console import Console

    Console().print(table)


def _table(title: str, headings: Sequence[tuple[str, bool]]) -> "Table":
    from rich.table import Table

    table = Table(title=title, show_lines=True)
    for heading, right in headings:
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    return table


def _page(answer: dict[str, Any]) -> "Table":
    scope = answer["department"] or "the whole city"
    over = answer["period"] or "now"
    if answer["period"] is None and answer["from_day"]:
        over = " to ".join(in_digits(date.fromisoformat(answer[e])) for e in ("from_day", "to_day"))
    headings = (("KPI / निर्देशांक", False), ("value", True), ("target", True), ("status", False))
    table = _table(f"KPIs of {scope}, {over}", headings)
    for each in answer["kpis"]:
        table.add_row(
            f"{each['name']['en']}\n{each['name']['mr']}\n[dim]{each['code']}[/dim]",
            _value(each),
            _target(each["target"], each["direction"]),
            _status(each),
            style=_STYLE.get(each["status"], ""),
        )
    counts = ", ".join(f"{n} {status}" for status, n in answer["counts"].items())
    table.caption = f"{counts}\nTargets of no source are illustrative (palika kpi explain CODE)."
    return table


def _value(each: Mapping[str, Any]) -> str:
    if each["value"] is None:
        return "–"
    shown = f"{_number(each['value'], each['decimals'])}\n{each['unit_name']['en']}"
    series = each.get("series")
    return f"{shown}\n{_sparkline(series)}" if series else shown


def _status(each: Mapping[str, Any]) -> str:
    lines = [f"{each['status']} / {_STATUS[each['status']]}"]
    if each["why"] is not None:
        lines += [each["why"]["en"], each["why"]["mr"]]
    trends = each.get("trend") or {}
    for name, word in (("previous", ""), ("last_year", "a year: ")):
        trend = trends.get(name, {}).get("trend")
        if trend is not None:
            lines.append(f"{word}{_TREND[trend]}")
    return "\n".join(lines)


def _lines(answer: dict[str, Any]) -> list[str]:
    """One KPI, as lines."""
    unit, over = answer["unit_name"], answer["period"]
    if over is None:
        over = f"{answer['from_day']} to {answer['to_day']}"
    value = "–" if answer["value"] is None else _number(answer["value"], answer["decimals"])
    lines = [
        f"{answer['code']}: {answer['name']['en']}",
        f"    {answer['name']['mr']}",
        f"period        {over}{', still running' if answer['running'] else ''}",
        f"value         {value} {unit['en']} ({unit['mr']})",
        f"target        {_target(answer['target'], answer['direction']) or '–'}",
        f"status        {answer['status']} ({_STATUS[answer['status']]}): {answer['judged']['en']}",
        f"              {answer['judged']['mr']}",
    ]
    if answer["why"] is not None:
        lines += [f"why           {answer['why']['en']}", f"              {answer['why']['mr']}"]
    for name, word in (("previous", "before"), ("last_year", "a year ago")):
        trend = (answer["trend"] or {}).get(name)
        if trend is not None and trend["value"] is not None:
            was = _number(trend["value"], answer["decimals"])
            told = f": {_TREND[trend['trend']]}" if trend["trend"] else ""
            lines.append(f"{word:13} {was} in {trend['period']}{told}")
    lines += [
        f"formula       {answer['formula']}",
        f"              {answer['formula_in_words']['en']}",
        f"              {answer['formula_in_words']['mr']}",
    ]
    for each in answer["measures"]:
        amount = "no data" if each["value"] is None else _number(each["value"], None)
        over_days = "" if each["over"] == "period" else f" ({each['over']})"
        lines.append(f"measure       {each['measure']}{over_days} = {amount}")
        lines.append(f"              {each['name']['en']} / {each['name']['mr']}")
    fresh = answer["freshness"]
    if fresh is not None:
        lines.append(
            f"data          up to {fresh['until']}, {fresh['months_behind']} months behind"
        )
    series = [each["value"] for each in answer["series"]]
    lines.append(f"series        {_sparkline(series)}")
    lines += [
        f"              {each['period']}  {_number(each['value'], answer['decimals'])}  "
        f"{each['status']}"
        for each in answer["series"]
        if each["value"] is not None and each["period"] is not None
    ]
    return lines


def _parts(answer: dict[str, Any]) -> "Table":
    over = answer["period"] or f"{answer['from_day']} to {answer['to_day']}"
    headings = ((answer["by"], False), ("value", True), ("status", False), ("measures", False))
    table = _table(f"{answer['code']} by {answer['by']}, {over}", headings)
    for each in [*answer["parts"], answer["whole"] | {"key": "the whole / एकूण", "name": None}]:
        name = each["name"]
        table.add_row(
            each["key"] if name is None else f"{name['en']}\n{name['mr']}",
            "–" if each["value"] is None else _number(each["value"], answer["decimals"]),
            _status(each),
            "\n".join(f"{name} {_number(n, None)}" for name, n in each["measures"].items()),
            style=_STYLE.get(each["status"], ""),
        )
    en, mr = answer["name"]["en"], answer["name"]["mr"]
    how = "The parts add up to the whole." if answer["adds_up"] else "Each part is worked out anew."
    table.caption = f"{en} / {mr}\nin {answer['unit_name']['en']}. {how}"
    return table


def _origins(answer: dict[str, Any]) -> "Table":
    title = f"{answer['measure']} on {in_digits(date.fromisoformat(answer['day']))}"
    headings = (("amount", True), ("what", False), ("of", False), ("at", False))
    table = _table(title, headings)
    for each in answer["from"]:
        what = (
            f"{each['type']}\n{each['event']}"
            if "event" in each
            else f"reading, version {each['version']}\n{each['reading']}"
        )
        at = "" if each["at"] is None else _moment(each["at"])
        place = "\n".join(part for part in (each["department"], each["ward"]) if part)
        table.add_row(_number(each["amount"], None), what, place, at)
    table.caption = f"{answer['name']['en']} / {answer['name']['mr']}"
    return table


def _sum(answer: dict[str, Any]) -> str:
    stored = "nothing" if answer["stored"] is None else _number(answer["stored"], None)
    found = _number(answer["found"], None)
    more = f" ({len(answer['from'])} listed)" if answer["truncated"] else ""
    if answer["exact"]:
        end = "" if answer["read_to_end"] else "; the log was not read to its end"
        return f"{answer['count']} {answer['source']}{more} add up to {found}, as stored{end}."
    return (
        f"{answer['count']} {answer['source']}{more} add up to {found}, and {stored} is stored: "
        "the log does not reach back, or the rules have changed since (palika kpi rebuild)."
    )


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(INDIA).strftime("%d-%m-%Y\n%H:%M")


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


def _sparkline(series: Sequence[float | None]) -> str:
    """A bar a value, from the least to the greatest; a dot where there is none."""
    known = [each for each in series if each is not None]
    low, high = min(known, default=0), max(known, default=0)
    step = (high - low) / (len(_BARS) - 1)
    bars = (
        "·" if each is None else _BARS[round((each - low) / step) if step else 0] for each in series
    )
    return "".join(bars)
