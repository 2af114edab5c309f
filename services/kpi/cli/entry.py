"""``palika kpi template, import, form, batches, approve, …``: values that people enter."""

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from palika.india import grouped
from services.kpi.cli.acting import acting, by_option
from services.kpi.cli.pages import moment
from services.kpi.cli.posts import (
    called,
    names_in_city,
    names_of_subjects,
    subject_called,
)
from services.kpi.domain.money import for_people

if TYPE_CHECKING:
    from palika.auth import Identity

_WRONG_INPUT = 2
"""The exit code of what is refused, as that of a wrong option."""
_STATES = {"approved": "approved by / मंजूर:", "sent_back": "sent back by / परत पाठवले:"}
_json = click.option("--json", "as_json", is_flag=True, help="The answer as one JSON object.")
_period = click.option("--period", help="Such as 2026-10 or 2026-Q2; the last of each kind.")


def register(group: click.Group) -> None:
    """Add the commands to `palika kpi`."""
    for command in (form, template, import_, batches, batch, approve, send_back, sign_off, quality):
        group.add_command(command)


@click.command()
@click.argument("department")
@_period
@_json
def form(department: str, period: str | None, as_json: bool) -> None:
    """Show what a department is to enter, what it has entered, and when it is due."""
    answer = _ask("form", department=department, period=period)
    if as_json:
        _print(answer)
        return
    owner = called(answer["owner"], names_in_city({answer["owner"]}))
    click.echo(f"{department}: {owner}")
    for each in answer["measures"]:
        places = len(each["places"])
        late = ", overdue / मुदत संपली" if each["overdue"] else ""
        locked = ", signed off / अंतिम" if each["signed_off"] else ""
        click.echo(
            f"{each['measure']}  {each['period']}  {places - each['missing']}/{places}  "
            f"{each['due_on']}{late}{locked}"
        )
        click.echo(f"    {each['name']['mr']} / {each['name']['en']}")


@click.command()
@click.argument("department")
@_period
@click.option("--xlsx", is_flag=True, help="A workbook instead of CSV.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it."
)
def template(department: str, period: str | None, xlsx: bool, output: Path | None) -> None:
    """Write a file to fill in for a department, with the values that are there.

    Money is in rupees there, with two decimals at the most; each row says its unit.

    Exit status: 0 when it is written, 2 when there is nothing to enter or no such department.
    """
    from palika.spreadsheets import appearing

    ending = "xlsx" if xlsx else "csv"
    answer = _ask("template", department=department, period=period, format=ending)
    path = output or Path(answer["filename"])
    try:
        with appearing(path) as hidden:
            hidden.write_bytes(base64.b64decode(answer["content_base64"]))
    except OSError as error:
        _fail(f"{path}: {error.strerror}", 1)
    click.echo(str(path))


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@by_option
@click.option("--department", help="What all rows must be of.")
@click.option("--period", help="What all rows must be of, such as 2026-10.")
@click.option("--dry-run", is_flag=True, help="Check it, and enter nothing.")
@click.option("--draft", is_flag=True, help="Keep it as a draft, to be submitted later.")
@_json
def import_(
    file: Path,
    by: str,
    department: str | None,
    period: str | None,
    dry_run: bool,
    draft: bool,
    as_json: bool,
) -> None:
    """Enter a filled template (.csv or .xlsx) as one batch: all of it, or nothing. Values that are
    unusual are entered, and told (!) with the reason.

    Exit status: 0 when it is entered, 2 when it or an option is refused (each mistake is told
    with its sheet, row, column and rule).
    """
    from services.kpi.schemas.entry import MOST_BYTES

    if file.stat().st_size > MOST_BYTES:
        _fail(f"{file}: more than {grouped(MOST_BYTES)} bytes", _WRONG_INPUT)
    answer = _ask(
        "import_file",
        acting(by),
        name=file.name,
        content=base64.b64encode(file.read_bytes()).decode(),
        department=department,
        period=period,
        dry_run=dry_run,
        submit=not draft,
    )
    if as_json:
        _print(answer)
        return
    count = len(answer["lines"])
    if dry_run:
        click.echo(f"All is right: {count} values. Nothing was entered.")
    else:
        click.echo(f"{count} values entered as batch {answer['id']} ({answer['state']}).")
    for each in answer["lines"]:
        if each["unusual"]:
            place = each["place"] or "–"
            click.echo(
                f"{each['line']:>5}  {each['measure']}  {place}  {each['period']}  {each['value']}"
            )
            _tell(each)


@click.command()
@click.option("--department", help="Of this one only.")
@click.option(
    "--state", type=click.Choice(["draft", "submitted", "decided", "dropped"]), help="Only those."
)
@_json
def batches(department: str | None, state: str | None, as_json: bool) -> None:
    """List the newest batches of values."""
    answer = _ask("batches", department=department, state=state)
    if as_json:
        _print(answer)
        return
    posts = names_of_subjects([each["entered_by"] for each in answer["items"]])
    for each in answer["items"]:
        click.echo(
            f"{each['id']}  {each['department']}  {each['state']}  "
            f"{subject_called(each['entered_by'], posts)}  {moment(each['entered_at'])}"
        )


@click.command()
@click.argument("id_", metavar="BATCH", type=click.UUID)
@_json
def batch(id_: Any, as_json: bool) -> None:
    """Show a batch with its lines. Of each that is decided: by whom, and what they remarked; of
    each that is not: what is unusual (!), or with what it was compared, or why it cannot be."""
    answer = _ask("batch", id=str(id_))
    if as_json:
        _print(answer)
        return
    decided = [each["decided_by"] for each in answer["lines"]]
    posts = names_of_subjects([answer["entered_by"], *decided])
    by = subject_called(answer["entered_by"], posts)
    click.echo(f"{answer['department']}  {answer['state']}  {by}")
    if answer["note"]:
        click.echo(f"note: {answer['note']}")
    told: set[str] = set()
    for each in answer["lines"]:
        value, was = (for_people(each[name], each["unit"]) for name in ("value", "replaced"))
        before = "" if was is None else f" (before: {was})"
        why = f"  {each['reason']}" if each["reason"] else ""
        place = each["place"] or "–"
        click.echo(
            f"{each['line']:>5}  {each['measure']}  {place}  {each['period']}  "
            f"{value}{before}  {each['state']}{why}"
        )
        if each["decided_by"]:
            said = f": {each['remark']}" if each["remark"] else ""
            odd = ", unusual / असामान्य" if each["outlier"] else ""
            by = subject_called(each["decided_by"], posts)
            click.echo(f"       {_STATES[each['state']]} {by}{odd}{said}")
        _tell(each, told)


def _tell(line: dict[str, Any], told: set[str]) -> None:
    """What a maker and a checker should know of a line that is not decided; with what it was
    compared once only, where it is the same of many (`told` before)."""
    if line["unusual"]:
        click.echo(f"       ! {line['unusual']['mr']} / {line['unusual']['en']}")
    elif line["compared"] and line["compared"]["en"] not in told:
        told.add(line["compared"]["en"])
        click.echo(f"         {line['compared']['mr']} / {line['compared']['en']}")


_lines = click.option(
    "--line", "lines", type=int, multiple=True, help="Only this line; may be repeated."
)


@click.command()
@click.argument("id_", metavar="BATCH", type=click.UUID)
@by_option
@_lines
@click.option("--outlier", "outliers", type=int, multiple=True, help="A line that is unusual.")
@click.option("--remark", help="What the maker should know.")
@_json
def approve(
    id_: Any,
    by: str,
    lines: tuple[int, ...],
    outliers: tuple[int, ...],
    remark: str | None,
    as_json: bool,
) -> None:
    """Approve a batch that another has entered: its values count from now on."""
    answer = _ask(
        "approve",
        acting(by),
        id=str(id_),
        lines=list(lines) or None,
        outliers=list(outliers),
        remark=remark,
    )
    _decided(answer, as_json)


@click.command("send-back")
@click.argument("id_", metavar="BATCH", type=click.UUID)
@by_option
@_lines
@click.option("--remark", required=True, help="Why.")
@_json
def send_back(id_: Any, by: str, lines: tuple[int, ...], remark: str, as_json: bool) -> None:
    """Send a batch that another has entered back."""
    answer = _ask("send_back", acting(by), id=str(id_), lines=list(lines) or None, remark=remark)
    _decided(answer, as_json)


@click.command("sign-off")
@click.argument("department")
@click.argument("period")
@by_option
@click.option("--note", help="To be kept with it.")
@_json
def sign_off(department: str, period: str, by: str, note: str | None, as_json: bool) -> None:
    """Close a period of a department; after it there are corrections only."""
    answer = _ask("sign_off", acting(by), department=department, period=period, note=note)
    if as_json:
        _print(answer)
        return
    click.echo(f"{department} {period} is signed off; {answer['missing']} values are missing.")


@click.command()
@click.argument("department")
@click.argument("period")
@_json
def quality(department: str, period: str, as_json: bool) -> None:
    """Tell how far the values of a period can be relied on."""
    answer = _ask("quality", department=department, period=period)
    if as_json:
        _print(answer)
        return
    for each in (answer, *answer["measures"]):
        score = "–" if each["score"] is None else f"{each['score']:g}"
        click.echo(f"{score:>5}  {each.get('measure', department)}")
        if each is answer:
            for part in answer["parts"].values():
                click.echo(f"       {part['words']['mr']} / {part['words']['en']}")


def _ask(method: str, identity: "Identity | None" = None, **given: Any) -> dict[str, Any]:
    """What the service answers; ends with 2, a line for each thing that is wrong, if it refuses."""
    from palika.auth import SYSTEM
    from palika.errors import Invalid
    from palika.rpc import Client

    said = {name: value for name, value in given.items() if value is not None}
    try:
        with Client(identity or SYSTEM("cli")) as client:
            answer: dict[str, Any] = getattr(client.kpi, method)(**said)
    except Invalid as error:
        told = [error.message]
        for place, rules in error.fields.items():
            told += [f"{place}: {rule}" for rule in (rules if isinstance(rules, list) else [rules])]
        _fail("\n".join(told), _WRONG_INPUT)
    return answer


def _fail(message: str, status: int) -> NoReturn:
    # It knows the database, which `palika --help` need not.
    from palika.exits import fail

    fail(message, status)


def _decided(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print(answer)
        return
    states = [each["state"] for each in answer["lines"]]
    told = ", ".join(f"{states.count(each)} {each}" for each in dict.fromkeys(states))
    click.echo(f"{answer['id']}: {told}")


def _print(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False))
