"""``palika kpi show``, ``drill`` and ``trace``: values, their parts, and what they are made of."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from palika.days import DAY
from services.kpi.cli.pages import (
    STATUSES,
    departments,
    lines,
    origins,
    page,
    parts,
    show_table,
    summed,
)

_BY = ("ward", "zone", "department", "day", "month")

_department = click.option("--department", help="A department's code; the whole city if left out.")
_period = click.option(
    "--period",
    help="2026-11, 2026-Q3, 2026-H2, 2026 or 2026-W48; of each KPI the newest with data (of the "
    "one that runs and the two before) if left out.",
)
_from = click.option("--from", "from_day", type=DAY, help="First day (Asia/Kolkata), with --to.")
_to = click.option("--to", "to_day", type=DAY, help="Last day, included.")
_json = click.option("--json", "as_json", is_flag=True, help="The answer as one JSON object.")


@click.command("show")
@click.argument("code", required=False)
@_department
@_period
@_from
@_to
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(STATUSES),
    help="Only KPIs that stand so; may be given more than once.",
)
@click.option("--all", "all_of_them", is_flag=True, help="Every KPI of the whole city.")
@_json
def show(
    code: str | None,
    department: str | None,
    statuses: tuple[str, ...],
    all_of_them: bool,
    period: str | None,
    from_day: date | None,
    to_day: date | None,
    as_json: bool,
) -> None:
    """Show how the city stands: each department, and every KPI that is red.

    With --department, every KPI of it against its target; with CODE, one KPI with all that makes
    it, and with --department what events feed counted of that one: of what another department
    enters, nothing is. Without a period each KPI is shown for its newest one that has data.
    """
    asked = {"department": department, **_when(period, from_day, to_day)}
    answer = _ask("kpi", asked | {"code": code}) if code else _ask("dashboard", asked)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif code:
        for line in lines(answer):
            click.echo(line)
    else:
        brief = department is None and not statuses and not all_of_them
        if brief:
            show_table(departments(answer))
        show_table(page(answer, ("red",) if brief else statuses))
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
@click.option("--ward", help="The days or months of one ward, by its code.")
@_json
def drill_(
    code: str,
    by: str,
    department: str | None,
    period: str | None,
    from_day: date | None,
    to_day: date | None,
    ward: str | None,
    as_json: bool,
) -> None:
    """Show a KPI by ward, zone, department, day or month."""
    asked = {"code": code, "by": by, "department": department, "ward": ward}
    answer = _ask("drill", asked | _when(period, from_day, to_day))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    show_table(parts(answer))


@click.command("trace")
@click.argument("measure")
@click.argument("day", type=DAY)
@_department
@click.option("--ward", help="A ward's code; '' is of no ward; all if left out.")
@click.option("--to-the-end", is_flag=True, help="Read the event log to its end in any case.")
@click.option("--limit", default=1_000, show_default=True, help="So many are listed at most.")
@_json
def trace_(
    measure: str,
    day: date,
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
            "day": day.isoformat(),
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
        show_table(origins(answer))
        click.echo(summed(answer))
    if not answer["exact"]:
        raise click.exceptions.Exit(1)


def _when(period: str | None, from_day: date | None, to_day: date | None) -> dict[str, str | None]:
    if (from_day is None) != (to_day is None):
        raise click.UsageError("--from and --to go together")
    if period is not None and from_day is not None:
        raise click.UsageError("either --period or --from and --to")
    if from_day and to_day and to_day < from_day:
        raise click.UsageError(f"--to {to_day} is before --from {from_day}")
    return {
        "period": period,
        "from_day": from_day.isoformat() if from_day else None,
        "to_day": to_day.isoformat() if to_day else None,
    }


def _ask(method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    from palika.auth import SYSTEM
    from palika.rpc import Client

    given = {name: value for name, value in arguments.items() if value is not None}
    with Client(SYSTEM("cli")) as client:
        answer: dict[str, Any] = getattr(client.kpi, method)(**given)
    return answer
