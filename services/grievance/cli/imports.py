"""``palika import grievances``: a process of its own, without eventlet."""

import codecs
import fcntl
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import yaml
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from palika.auth import SYSTEM
from palika.database import sessions
from palika.errors import Invalid
from palika.exits import database_told, fail
from services.grievance.commands.import_file import Importer, Summary
from services.grievance.domain.import_map import ImportMap, import_map
from services.grievance.files.records import Unreadable

_PLAIN_EVERY_S = 5.0
_WRONG_INPUT = 2


@click.command("grievances")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "map_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the file's columns, codes and statuses mean (see examples/*.map.yaml).",
)
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows go  [default: beside FILE, cases.rejected.csv for cases.csv]",
)
@click.option(
    "--batch",
    default=500,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Rows in one transaction.",
)
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object.")
def grievances(
    file: Path, map_file: Path, rejected: Path | None, batch: int, as_json: bool
) -> None:
    """Import grievances from a 311-style CSV FILE.

    Running it again imports what is not here yet: a row's key is the other system's own id. Refused
    rows are written to a file of their own with their line and the reason.

    Exit status: 0 when the file was read to its end (rows may have been refused: see the summary),
    1 when it had to stop, 2 when the map, the header or an option is wrong.
    """
    if not file.is_file():
        raise click.UsageError(f"{file} is no ordinary file (a pipe?): save it to one first")
    rejected = rejected or file.with_suffix(".rejected.csv")
    _must_be_free(rejected, file, map_file)
    rules = _read_map(map_file)
    _must_be_of(rules.encoding, file)
    importer = Importer(rules, sessions("grievance"), SYSTEM("grievance"), datetime.now(UTC), batch)
    try:
        with (
            database_told("run it again to go on where it stopped"),
            _alone(file),
            _ended_in_order(),
            _progress(file.name) as advance,
        ):
            summary = importer.run(file, rejected, advance)
    except Invalid as error:
        fail(str(error), _WRONG_INPUT)
    except (OSError, Unreadable) as error:
        fail(str(error), 1)
    except KeyboardInterrupt:
        fail("stopped; run it again to go on where it stopped", 130)
    if as_json:
        document = summary.to_dict() | {
            "rejected_file": str(rejected) if summary.rejected else None
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        _show(summary, rejected)


def _must_be_free(rejected: Path, *inputs: Path) -> None:
    """Refuse to write over what is read, by whatever name, and over what is no ordinary file."""
    if not rejected.exists():
        return
    for each in inputs:
        if rejected.samefile(each):
            raise click.UsageError(f"--rejected names {each} itself, which would be lost")
    if not rejected.is_file():
        raise click.UsageError(f"--rejected names {rejected}, which is no ordinary file")


def _must_be_of(encoding: str, file: Path) -> None:
    """Refuse what says by its first bytes that it is of another encoding than the map's."""
    with file.open("rb") as stream:
        start = stream.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and "16" not in encoding:
        fail(
            f"{file} is UTF-16, as spreadsheets save “Unicode text”; the map reads {encoding}: "
            "put `encoding: utf-16` there",
            _WRONG_INPUT,
        )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the file, so that no second import of it writes the same file of refused rows."""
    with file.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"{file} is being imported by another process already", 1)
        yield


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does: what it has begun to write is taken away."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _read_map(path: Path) -> ImportMap:
    try:
        return import_map(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        fail(f"{path}: not YAML: {error}", _WRONG_INPUT)
    except Invalid as error:
        fail(f"{path}: {error}", _WRONG_INPUT)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int, int], None]]:
    """A bar on a terminal, else a plain line now and then; both on the standard error."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    started = time.monotonic()
    with bar:
        task = bar.add_task(name, total=None, rows=0, rate=0.0)

        def advance(rows: int, done: int, total: int) -> None:
            rate = rows / max(time.monotonic() - started, 1e-6)
            bar.update(task, completed=done, total=total, rows=rows, rate=rate)

        yield advance


def _plain_lines() -> Callable[[int, int, int], None]:
    started = last = time.monotonic()

    def advance(rows: int, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _PLAIN_EVERY_S:
            return
        last = now
        spent = now - started
        left = spent * (total - done) / max(done, 1)
        click.echo(
            f"{rows} rows, {100 * done // max(total, 1)} %, {rows / spent:.0f} rows/s, "
            f"about {left:.0f} s left",
            err=True,
        )

    return advance


def _show(summary: Summary, rejected: Path) -> None:
    figures = summary.to_dict()
    table = Table(title="Import of grievances", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for label, key in (
        ("rows read", "rows"),
        ("imported", "imported"),
        ("already present", "already_present"),
        ("repeated in the file", "duplicates"),
        ("rejected", "rejected"),
    ):
        table.add_row(label, f"{figures[key]:,}")
    table.add_section()
    for status, count in figures["by_status"].items():
        table.add_row(f"status {status or '(none)'}", f"{count:,}")
    table.add_section()
    for label, key in (
        ("without a ward", "without_ward"),
        ("without a closing time", "without_closing_time"),
        ("without a department", "without_department"),
        ("different categories", "categories"),
        ("different departments", "departments"),
    ):
        table.add_row(label, f"{figures[key]:,}")
    Console().print(table)
    if summary.rejected:
        click.echo(f"Refused rows, with line and reason: {rejected}")
