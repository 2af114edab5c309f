"""How ``palika notify campaign`` shows what it has found."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from palika.india import grouped, rupees

_PLAIN_EVERY_S = 5.0
_LABEL = 12


@contextmanager
def progress(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal, else a plain line now and then; both on the standard error.

    What is given takes how many are done, of how many, and words.
    """
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[words]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        speed_estimate_period=60,
    )
    with bar:
        task = bar.add_task(name, total=None, words="")
        yield lambda done, total, words: bar.update(task, completed=done, total=total, words=words)


def _plain_lines() -> Callable[[int, int, str], None]:
    last = time.monotonic()

    def advance(done: int, total: int, words: str) -> None:
        nonlocal last
        if time.monotonic() - last < _PLAIN_EVERY_S:
            return
        last = time.monotonic()
        percent = 100 * done // max(total, 1)
        click.echo(f"{percent} %, {grouped(done)} of {grouped(total)}, {words}", err=True)

    return advance


def show_list(rows: Sequence[Mapping[str, Any]]) -> None:
    """A line for each campaign."""
    for row in rows:
        told = f"{grouped(row['recipients'])} recipients, {grouped(row['rejected'])} rejected"
        click.echo(f"{row['state']:<10} {row['name']}: {row['template']}, {told}")
    if not rows:
        click.echo("There is no campaign.")


def show(found: Mapping[str, Any]) -> None:
    """One campaign."""
    click.echo(f"{found['name']} ({found['state']})")
    _line("id", found["id"])
    _line("template", f"{found['template']}, version {found['template_version']}")
    _line("made by", found["created_by"])
    _line("approved by", found["approved_by"])
    _line("begins", found["starts"])
    if found["hours_from"]:
        _line("hours", f"{found['hours_from']}-{found['hours_to']}, India")
    if found["per_minute"]:
        _line("at most", f"{grouped(found['per_minute'])} a minute")
    told = f"{grouped(found['recipients'])}, {grouped(found['rejected'])} rejected"
    _line("recipients", told)
    _line("problem", found["problem"])
    if found["estimate"] and found["started_at"] is None:
        _estimate(found["estimate"])
    far = found["progress"]
    states = ", ".join(f"{name} {grouped(count)}" for name, count in far["states"].items())
    _line("messages", states)
    if far["rate"] is not None:
        _line("speed", f"{grouped(round(far['rate']))} a minute")
    if far["left_s"] is not None:
        _line("left", f"about {grouped(-(-far['left_s'] // 60))} minutes")


def _estimate(found: Mapping[str, Any]) -> None:
    parts = [f"{grouped(found['told'])} could be told now"]
    parts += [
        f"{grouped(found[name])} {words}"
        for name, words in (
            ("not_opted_in", "have not opted in"),
            ("opted_out", "have opted out"),
            ("no_channel", "by no channel"),
        )
        if found[name]
    ]
    _line("consent", ", ".join(parts))
    for row in found["channels"]:
        words = f"{grouped(row['messages'])} messages, {grouped(row['units'])} units"
        _line(row["channel"], f"{words}, {rupees(row['paise'])}")
    _line("cost", f"{rupees(found['paise'])} without taxes")


def show_rejections(page: Mapping[str, Any]) -> None:
    """A line for each mistake."""
    for each in page["rejections"]:
        value = f" ({each['value']})" if each["value"] else ""
        click.echo(f"row {each['row']}: {each['field']}: {each['rule']}{value}")
    if page["next"]:
        click.echo(f"… more: --after {page['next']}")
    elif not page["rejections"]:
        click.echo("No row is rejected.")


def _line(label: str, value: Any) -> None:
    if value:
        click.echo(f"  {label:<{_LABEL}} {value}")
