"""``palika chat``: talk to the WhatsApp bot in the terminal; see and check its table of states."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from palika.auth import SYSTEM, Identity
from palika.city_data import with_corporation
from palika.config import settings
from palika.database import sessions
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.local.city import City
from palika.reading import Mistakes
from palika.rpc import Client
from palika.yaml_files import Unusable, loaded, text_of
from services.notify.chat.simulator import HELP, QUIT, Shown, Telephone
from services.notify.chat.table import city_table
from services.notify.domain import addresses
from services.notify.domain.chat.graph import mermaid
from services.notify.domain.chat.reading import read_table
from services.notify.domain.chat.table import LANGUAGES
from services.notify.secrets import city_secrets

_WRONG_INPUT = 2
_NO_CITY = (
    "no city runs on this machine: `palika up` starts one (or DATABASE_URL and AMQP_URI name one)"
)
_NOT_OURS = (
    "this database is not of a city that `palika up` has started here: whoever talks as a number "
    "sees what is that citizen's. Say --yes if that is meant; codes for linking are not shown then"
)


@click.command("chat")
@click.option("--phone", default="9812345610", show_default=True, help="Talk as this number.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Begin with this language chosen.")
@click.option(
    "--script",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play the lines of a file; empty ones and those that begin with # are none.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    help="Put the documents that the bot sends into this folder.",
)
@click.option("--yes", is_flag=True, help="Also with a city that is not of this machine.")
@click.option("--graph", is_flag=True, help="Print the table of states as Mermaid, and end.")
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check a table of states, and end.",
)
def chat_command(
    phone: str,
    language: str | None,
    script: Path | None,
    as_json: bool,
    save: Path | None,
    yes: bool,
    graph: bool,
    check: Path | None,
) -> None:
    """Talk to the WhatsApp bot in the terminal, as a citizen would.

    It is the real bot: its table of states, its tables in the database, and the services of the
    city that runs; only WhatsApp and SMS are this terminal.
    """
    if check is not None:
        _check(check)
    elif graph:
        click.echo(mermaid(city_table(), language or "en"), nl=False)
    else:
        number = addresses.mobile(phone)
        if number is None:
            fail(f"--phone: {phone} is no Indian mobile number", _WRONG_INPUT)
        typed = script is None and sys.stdin.isatty()
        _talk(number, language, _lines(script, as_json), as_json, save, yes, typed)


def _check(path: Path) -> None:
    try:
        table = read_table(with_corporation(loaded(text_of(path))))
    except Unusable as error:
        fail(f"{path}:{error.line}: {error.rule}", _WRONG_INPUT)
    except Mistakes as error:
        fail("\n".join(f"{path}: {place}: {rule}" for place, rule in error.found), _WRONG_INPUT)
    click.echo(f"{path}: {len(table.states)} states, no mistakes")


def _talk(
    phone: str,
    language: str | None,
    lines: Iterable[str],
    as_json: bool,
    save: Path | None,
    yes: bool,
    typed: bool,
) -> None:
    """Send the lines; where they are ``typed`` one that cannot be sent is told, and the
    talk goes on; else it ends."""
    own = _own_city(yes)
    show = _shower(as_json, save)
    begin = sessions("notify").begin
    with (
        database_told("`palika migrate notify` makes the tables."),
        Client(SYSTEM("notify")) as city,
    ):

        def call(identity: Identity, service: str, method: str, /, **arguments: Any) -> Any:
            return getattr(getattr(city.as_(identity), service), method)(**arguments)

        telephone = Telephone(phone, begin, call, city_table(), city_secrets(), shows_codes=own)
        if language is not None:
            show(telephone.choose_language(language))
        for line in lines:
            if line == QUIT:
                return
            try:
                show(telephone.type(line))
            except Invalid as error:
                if not typed:
                    fail(str(error), _WRONG_INPUT)
                click.echo(str(error), err=True)


def _own_city(yes: bool) -> bool:
    """Whether the database is of a city that was started on this machine; else it must be meant."""
    named = any(os.environ.get(name) for name in ("DATABASE_URL", "NOTIFY_DATABASE_URL"))
    if not named:
        fail(_NO_CITY, 1)
    own = City().has_started(settings("notify").database_url)
    if not own and not yes:
        fail(_NOT_OURS, 1)
    return own


def _lines(script: Path | None, as_json: bool) -> Iterator[str]:
    if script is not None:
        for line in script.read_text(encoding="utf-8").splitlines():
            text = line.strip()
            if text and not text.startswith("#"):
                click.echo(_echo(text, as_json))
                yield text
        return
    if sys.stdin.isatty():
        click.echo(HELP, err=True)
    while True:
        try:
            line = input("> " if sys.stdin.isatty() else "").strip()
        except EOFError:
            return
        if line:
            yield line


def _echo(text: str, as_json: bool) -> str:
    if as_json:
        return json.dumps({"from": "citizen", "text": text}, ensure_ascii=False)
    return f"> {text}"


def _shower(as_json: bool, save: Path | None) -> Callable[[Iterable[Shown]], None]:
    def show(shown: Iterable[Shown]) -> None:
        for each in shown:
            if save is not None and each.document is not None:
                save.mkdir(parents=True, exist_ok=True)
                # The name is the service's: only its last part is one.
                (save / Path(each.document[0]).name).write_bytes(each.document[1])
            if as_json:
                click.echo(json.dumps(each.as_json(), ensure_ascii=False))
            else:
                click.echo(_readable(each))

    return show


def _readable(shown: Shown) -> str:
    if shown.kind == "sms":
        return f"  SMS {shown.text}"
    lines = [f"  {line}" for line in shown.text.splitlines()]
    if shown.document is not None:
        name, content = shown.document
        lines.append(f"  [{name}, {len(content)} bytes]")
    if shown.kind == "pin":
        lines.append("  [📍]")
    lines += [f"  {number}. {title}" for number, title in enumerate(shown.choices, 1)]
    return "\n".join(lines)
