"""``palika seed``: sample work of a year, from each service's own generator.

A service brings it in ``services/<name>/seed.py``: ``OPTION``, an option's name and help, and
``seed(sessions, count, seed, now, progress)``, which returns how much was new.
"""

import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from palika import catalogue
from palika.config import settings
from palika.database import sessions
from palika.demo import started_here
from palika.local.status import without_secret


def generators() -> dict[str, ModuleType]:
    """The seed modules of the services that bring one, by service."""
    found = {}
    for service in catalogue.database_names():
        if importlib.util.find_spec(f"services.{service}.seed") is not None:
            found[service] = importlib.import_module(f"services.{service}.seed")
    return found


def sow(counts: dict[str, int], seed: int, now: datetime, *, quiet: bool = False) -> dict[str, int]:
    """Run the generators.

    Args:
        counts: by service, how much; a service that is missing is left alone.
        seed: the same number gives the same city.
        now: aware; nothing is filed later than this.
        quiet: no progress.

    Returns:
        By service, how much was filed that was not there before.
    """
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    new: dict[str, int] = {}
    terminal = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=quiet or not terminal) as bars:
        for service, module in generators().items():
            count = counts.get(service, 0)
            if not count:
                continue
            task = bars.add_task(service, total=count)
            started = time.monotonic()
            new[service] = module.seed(
                sessions(service), count, seed, now, _teller(bars, task, service)
            )
            if not terminal and not quiet:
                took = time.monotonic() - started
                click.echo(f"{service}: {count} in {took:.1f} s, {new[service]} new", err=True)
    return new


def _must_be_meant(services: Iterable[str]) -> None:
    """Ask before sample work goes into what may be a real city's database.

    Raises:
        click.ClickException: there is no terminal to ask on.
        click.Abort: the answer was no.
    """
    configs = [settings(service) for service in services]
    urls = {each.database_url for each in configs if not started_here(each)}
    foreign = sorted(without_secret(url) for url in urls)
    if not foreign:
        return
    where = f"{', '.join(foreign)}, which may be a real city's"
    if not sys.stdin.isatty():
        raise click.ClickException(f"sample work would go into {where}: say --yes if it is to")
    click.confirm(f"File sample work into {where}?", abort=True)


def _teller(bars: Progress, task: Any, service: str) -> Callable[[int], None]:
    return lambda done: bars.update(task, completed=done)


def _command() -> click.Command:
    options: list[click.Parameter] = []
    services: dict[str, str] = {}
    for service, module in generators().items():
        name, text = module.OPTION
        services[name.removeprefix("--").replace("-", "_")] = service
        options.append(click.Option([name], type=click.IntRange(0), default=0, help=text))
    options.append(
        click.Option(
            ["--seed"], type=int, default=1, show_default=True, help="The same gives the same city."
        )
    )
    options.append(
        click.Option(
            ["--yes"], is_flag=True, help="Do not ask, whosever the broker and the database are."
        )
    )
    options.append(click.Option(["--json", "as_json"], is_flag=True, help="What was new."))

    def run(seed: int, yes: bool, as_json: bool, **given: int) -> None:
        counts = {services[name]: count for name, count in given.items() if count}
        if not counts:
            names = ", ".join(option.opts[0] for option in options[: len(services)])
            raise click.UsageError(f"say how much of what: {names}")
        if not yes:
            _must_be_meant(counts)
        new = sow(counts, seed, datetime.now(UTC), quiet=as_json)
        if as_json:
            click.echo(json.dumps(new))
            return
        for service, count in new.items():
            click.echo(f"{service}: {count} new of {counts[service]}")

    return click.Command(
        "seed",
        params=options,
        callback=run,
        help="File sample work of a year, with monsoon, office hours and wards of unequal size.\n\n"
        "It goes through the services' own commands and the outbox, so it reaches the KPIs like "
        "real work. A second run with the same seed files nothing that is there. It asks first "
        "unless `palika up` has started both the broker and the database.",
    )


seed = _command()
