"""What the portal's commands have in common."""

import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from palika.config import settings
from palika.errors import Invalid, PalikaError
from palika.exits import database_told, fail
from palika.india import readable
from services.portal.calls import Calls
from services.portal.commands.ask_posts import Posts
from services.portal.keeping import Keeping, city_keeping
from services.portal.store import Store

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
by_option = click.option(
    "--by", default=None, help="Whose order it is  [default: who is logged in on this machine]"
)


def now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


def ordered_by(given: str | None) -> str:
    """Whose order it is: what was said, else who is logged in."""
    return given or f"terminal:{getpass.getuser()}"


def keeping() -> Keeping:
    """The city's keys."""
    return city_keeping()


@contextmanager
def transaction() -> Iterator[Session]:
    """A transaction on the portal's database; what is wrong ends the command with a line."""
    store = Store(settings("portal"))
    try:
        with told(), database_told(), store.begin() as session:
            yield session
    finally:
        store.engine.dispose()


@contextmanager
def told() -> Iterator[None]:
    """End with 1 and what is wrong."""
    try:
        yield
    except Invalid as error:
        fail(str(error), 1)
    except PalikaError as error:
        fail(error.message, 1)


def known_officer(person: str) -> dict[str, Any]:
    """What the e-office says of an officer; the command ends if it knows none."""
    config = settings("portal")
    store = Store(config)
    with told():
        return Posts(store, Calls(config)).known(person)


def show(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, whole: bool) -> None:
    """Rows as a table, or as JSON. Moments are shown in India's time."""
    if whole:
        click.echo(json.dumps(list(rows), ensure_ascii=False, default=str))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row[name]) for name in columns))
    Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return readable(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
