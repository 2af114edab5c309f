"""``palika eoffice report, overdue, diary, track``: how the work stands."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.box import HEAVY_HEAD, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from palika.database import sessions
from palika.days import DAY
from palika.errors import Invalid, NotFound
from palika.exits import database_told, fail
from palika.india import day_of, grouped
from palika.spreadsheets import BOM, WRITERS, appearing, csv_text
from services.eoffice.cli.asking import (
    WRONG_INPUT,
    checked,
    json_option,
    language_option,
    limit_option,
)
from services.eoffice.cli.showing import day, listed, moment, more
from services.eoffice.cli.words import say
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.organisation_store import current
from services.eoffice.queries import diary, late, mis, reports, track
from services.eoffice.queries.headings import heading
from services.eoffice.schemas.reports import (
    AGES_OF,
    DIARY_LIMIT,
    GROUPS,
    REPORTS,
    Diary,
    Overdue,
    Reporting,
    Tracking,
)

_BAR = 24
_OPTIONS = {"from_day": "--from", "to_day": "--to", "day": "--day", "number": "NUMBER"}
_DRAWN = {"pendency": "pending", "stay": "median_days", "flow": "opened"}
"""The column that is drawn as a bar."""
_LISTED = (
    *("number", "priority", "held_by", "held_since", "due_on", "first_due_on", "days_over"),
    "subject",
)
# The operator is no post: figures are of everything, and what is secret is shown without content.
_COUNTS = Reader(None, Secrecy.TOP_SECRET)
_READS = Reader(None, Secrecy.NORMAL)

_DEPARTMENT = click.option("--department", multiple=True, help="Only this one's; may be repeated.")
_SECTION = click.option("--section", multiple=True, help="Only this one's; may be repeated.")
_DESK = click.option("--desk", multiple=True, metavar="POST", help="Only this post's; repeatable.")


@click.command("report")
@click.argument("name", type=click.Choice(REPORTS))
@click.option("--by", type=click.Choice(GROUPS), help="What the rows are.")
@_DEPARTMENT
@_SECTION
@_DESK
@click.option(
    "--age-of",
    type=click.Choice(AGES_OF),
    default="desk",
    show_default=True,
    help="Of pendency: since the desk has it, or since the file was opened.",
)
@click.option("--from", "from_day", type=DAY, help="First day of stay and flow: 01-07-2026.")
@click.option("--to", "to_day", type=DAY, help="Last day, included.")
@language_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to a file that ends with .csv or .xlsx.",
)
@click.option("--csv", "as_csv", is_flag=True, help="As CSV that Excel reads rightly.")
@json_option
def report_command(
    name: str, language: str, output: Path | None, as_csv: bool, as_json: bool, **asked: Any
) -> None:
    """Print a report.

    pendency: what is not closed now, by the post that has it, its section or department, or by
    priority, with ages in days. stay: days that files were on the desks that they left in the last
    90 days, or between --from and --to. flow: files opened and closed in that time, receipts
    diarised and letters dispatched, by month.

    Where the terminal is narrow the bar is left out, and what is 0 in every row.

    Exit status: 0; 1 when FILE cannot be written, 2 when an option is wrong.
    """
    if output is not None and output.suffix.lower() not in WRITERS:
        fail(f"{output}: must end with {' or '.join(WRITERS)}", WRONG_INPUT)
    for each in ("department", "section", "desk"):
        asked[each] = list(asked[each]) or None
    loaded = checked(Reporting(), {"name": name, **asked}, _OPTIONS)
    try:
        with database_told(), sessions("eoffice")() as session:
            answer = reports.report(session, loaded, _COUNTS, datetime.now(UTC))
    except Invalid as error:
        fail(str(error), WRONG_INPUT)
    if output is not None:
        try:
            with appearing(output) as hidden:
                mis.write(answer, language, hidden, output.suffix.lower().removeprefix("."))
        except OSError as error:
            fail(f"{output} cannot be written: {error.strerror}", 1)
        click.echo(f"{grouped(len(answer['rows']))} rows written to {output}", err=as_json)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif as_csv:
        sys.stdout.write(BOM + csv_text(mis.lines(answer, language)))
    elif output is None:
        console = Console()
        console.print(_fitting(answer, language, console))


@click.command("overdue")
@_DEPARTMENT
@_SECTION
@_DESK
@limit_option(200)
@language_option
@json_option
def overdue_command(limit: int, language: str, as_json: bool, **asked: Sequence[str]) -> None:
    """Show files beyond their due date, the longest first.

    What a file is about is shown of those that are not secret.

    Exit status: 0; 2 when there is no such department, section or post.
    """
    given: dict[str, Any] = {key: list(value) or None for key, value in asked.items()}
    loaded = checked(Overdue(), {**given, "limit": limit}, _OPTIONS)
    try:
        with database_told(), sessions("eoffice")() as session:
            found = late.overdue(session, loaded, _COUNTS, datetime.now(UTC))
    except Invalid as error:
        fail(str(error), WRONG_INPUT)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [tuple(_shown(each, item, language) for each in _LISTED) for item in found["items"]]
    listed(_LISTED, rows, language, figures=("days_over",), say=_heading)
    if found["next"] is not None:
        more(limit, language)


@click.command("diary")
@click.argument("post")
@click.option("--day", "on_day", type=DAY, help="01-07-2026; today if not given.")
@language_option
@json_option
def diary_command(post: str, on_day: date | None, language: str, as_json: bool) -> None:
    """Show what was done at POST on a day, from morning to evening.

    What an act was on is shown of files that are not secret.

    Exit status: 0; 2 when there was no such post on that day, or it is no day.
    """
    now = datetime.now(UTC)
    loaded = checked(Diary(), {"day": on_day, "limit": DIARY_LIMIT}, _OPTIONS)
    items: list[dict[str, Any]] = []
    try:
        with database_told(), sessions("eoffice").begin() as session:
            current(session).check_post(post, "POST", loaded["day"] or day_of(now))
            page = diary.diary(session, loaded, post, _READS, now)
            items += page["items"]
            while page["next"] is not None:
                again = {**loaded, "cursor": page["next"]}
                page = diary.diary(session, again, post, _READS, now)
                items += page["items"]
    except Invalid as error:
        fail(str(error), WRONG_INPUT)
    if as_json:
        said = {"post": post, "day": page["day"], "items": items}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    hidden = {"mr": "(गोपनीय)", "en": "(not shown)"}[language]
    rows = [
        (
            moment(each["at"])[-5:],
            each["words"][language],
            hidden if each["masked"] else f"{each['number'] or ''} {each['subject'] or ''}".strip(),
            each["person"] or "",
        )
        for each in items
    ]
    columns, title = ("time", "done", "about", "person"), f"{post}, {day(page['day'])}"
    listed(columns, rows, language, texts=("done", "about"), title=title)


@click.command("track")
@click.argument("number")
@language_option
@json_option
def track_command(number: str, language: str, as_json: bool) -> None:
    """Show where the public file NUMBER is, as any citizen may ask.

    Exit status: 0; 1 when there is no such public file, 2 when it is no number.
    """
    loaded = checked(Tracking(), {"number": number}, _OPTIONS)
    try:
        with database_told(), sessions("eoffice")() as session:
            found = track.track(session, loaded["number"], datetime.now(UTC))
    except NotFound as error:
        fail(error.message, 1)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (
        ("number", found["number"]),
        ("subject", found["subject"]),
        ("department", found["department"][language] or ""),
        ("status", heading(found["status"]).in_(language)),
        ("held_by", found["with"][language] or ""),
        ("held_since", moment(found["since"])),
        ("days_there", grouped(found["days"])),
    ):
        table.add_row(heading(name).in_(language), escape(value))
    Console().print(table)


def _fitting(answer: dict[str, Any], language: str, console: Console) -> Table:
    """The report as wide as the terminal lets it be: first the headings are stacked, then the bar
    goes, then what is 0 in every row, then the lines between the columns."""
    drawn = _DRAWN[answer["report"]]
    said = [each for each in answer["columns"] if each == drawn or answer["total"][each]]
    short = answer | {"columns": said}
    tries = (
        _Look(answer, bar=True),
        _Look(answer, bar=True, stacked=True),
        _Look(answer, stacked=True),
        _Look(short),
        _Look(short, stacked=True),
        _Look(short, stacked=True, lines=False),
    )
    unlimited = console.options.update(max_width=1_000)
    for look in tries:
        table = look.table(language)
        # Of the names of the rows, the longest word has to fit.
        names = [str(line[0]) for line in mis.lines(answer, language)]
        longest = max(map(cell_len, names))
        spared = longest - max(cell_len(word) for name in names for word in name.split())
        if Measurement.get(console, unlimited, table).maximum - spared <= console.width:
            break
    return table


@dataclass(frozen=True)
class _Look:
    """How a report is drawn.

    Attributes:
        bar: with a bar for each row.
        stacked: headings have a line a word.
        lines: with lines between the columns.
    """

    answer: dict[str, Any]
    bar: bool = False
    stacked: bool = False
    lines: bool = True

    def table(self, language: str) -> Table:
        """The report, drawn so."""
        answer = self.answer
        header, *rows, total = mis.lines(answer, language)
        days = (
            f", {day(answer['from_day'])} – {day(answer['to_day'])}" if answer["from_day"] else ""
        )
        table = Table(
            title=say(answer["report"], language) + days,
            box=HEAVY_HEAD if self.lines else SIMPLE_HEAD,
            padding=(0, 1) if self.lines else 0,
        )
        table.add_column(str(header[0]), overflow="fold")
        for name in map(str, header[1:]):
            shown = "\n".join(name.split()) if self.stacked else name
            table.add_column(shown, justify="right", overflow="fold", no_wrap=True)
        drawn = _DRAWN[answer["report"]]
        figures = [row[drawn] or 0 for row in answer["rows"]]
        bars = [[_bar(each, max(figures))] if self.bar else [] for each in figures]
        if self.bar:
            table.add_column(heading(drawn).in_(language), min_width=_BAR, no_wrap=True)
        for line, bar in zip(rows, bars, strict=True):
            table.add_row(*map(_cell, line), *bar)
        table.add_section()
        table.add_row(*map(_cell, total), style="bold")
        return table


def _bar(figure: float, most: float) -> str:
    """A bar as long as its part of the longest; what is there at all is seen."""
    if figure <= 0 or most <= 0:
        return ""
    return "█" * max(1, round(_BAR * figure / most))


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y}"
    return grouped(value) if isinstance(value, int) else escape(str(value))


def _heading(column: str, language: str) -> str:
    return heading(column).in_(language)


def _shown(column: str, item: dict[str, Any], language: str) -> str:
    value = item[column]
    match column:
        case "subject":
            return f"({say(item['secrecy'], language)})" if value is None else str(value)
        case "priority":
            return say(value, language)
        case "held_since":
            return moment(value)
        case "due_on" | "first_due_on":
            return day(value) or "–"
    return "–" if value is None else str(value)
