"""``palika warroom matter``: what belongs together in all services, asked of the running city."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from palika.auth import Identity
from palika.errors import PalikaError
from palika.exits import fail
from palika.india import day_of, in_digits
from palika.rpc import Client
from services.warroom.cli.portfolio import WRONG_INPUT, json_option
from services.warroom.cli.showing import language_option
from services.warroom.schemas.correlating import KEEPERS

_WORDS: Mapping[str, tuple[str, str]] = {
    "tied": ("जोडले", "tied"),
    "kind": ("काय", "what"),
    "number": ("क्रमांक", "number"),
    "status": ("स्थिती", "status"),
    "note": ("टीप", "note"),
    "issue": ("अडचण", "issue"),
    "alert": ("इशारा", "alert"),
    "file": ("फाइल", "file"),
    "grievance": ("तक्रार", "grievance"),
    "property": ("मिळकत", "property"),
    "bill": ("देयक", "bill"),
    "away": ("उपलब्ध नाही", "away"),
    "refused": ("नाकारले", "refused"),
    "none": ("सहभागी नाही", "takes no part"),
    "nothing": ("याच्याशी काहीही जोडलेले नाही", "nothing is tied to it"),
    "others": ("आणखी प्रकरणे", "further matters"),
}

_STATES: Mapping[str, tuple[str, str]] = {
    "open": ("खुले", "open"),
    "ended": ("संपले", "ended"),
    "parked": ("राखून ठेवली", "parked"),
    "archived": ("अभिलेखात", "archived"),
    "filed": ("नोंदवली", "filed"),
    "acknowledged": ("पोच दिली", "acknowledged"),
    "assigned": ("सोपवली", "assigned"),
    "in_progress": ("काम सुरू", "in progress"),
    "waiting": ("नागरिकाच्या उत्तराची वाट", "waits for the citizen"),
    "resolved": ("निवारण झाले", "resolved"),
    "closed": ("बंद", "closed"),
    "rejected": ("फेटाळली", "rejected"),
    "withdrawn": ("मागे घेतली", "withdrawn"),
    "merged": ("दुसरीत समाविष्ट", "merged"),
    "active": ("चालू", "active"),
    "split": ("विभागली", "split"),
    "demolished": ("पाडली", "demolished"),
    "annulled": ("रद्द", "annulled"),
}
"""Of issues, alerts, files, grievances and properties."""


@click.command("matter")
@click.argument("thing")
@click.option(
    "--of",
    "kind",
    type=click.Choice(list(KEEPERS)),
    help="THING is the number (of an issue and an alert the id) of one of these.",
)
@click.option("--as", "subject", default="admin:palika", show_default=True, help="Who asks.")
@click.option("--post", help="The post that reads in the e-office.")
@language_option
@json_option
def matter_command(
    thing: str, kind: str | None, subject: str, post: str | None, language: str, as_json: bool
) -> None:
    """Show what belongs to one matter in all services.

    THING is the id of the matter or, with --of, the number of something that belongs to it. What
    who asks may not read is not shown.

    Exit status: 0; 2 where there is no such thing; 1 where the war room does not answer.
    """
    role = subject.partition(":")[0]
    more = {} if post is None else {"post": post}
    try:
        with Client(Identity.of(subject, role)) as city:
            if kind is None:
                found = [city.warroom.matter(correlation_id=thing, **more)]
                others: list[str] = []
            else:
                key = {"id" if _is_id(thing) else "number": thing}
                told = city.warroom.matter_of(kind=kind, **key, **more)
                found, others = told["matters"], told["others"]
    except ValueError as error:
        fail(str(error), WRONG_INPUT)
    except PalikaError as error:
        fail(str(error), 1 if error.code in ("unavailable", "unexpected") else WRONG_INPUT)
    if as_json:
        click.echo(json.dumps({"matters": found, "others": others}, ensure_ascii=False))
        return
    for each in found:
        _show(each, language)
    if not found:
        click.echo(_said("nothing", language))
    if others:
        click.echo(f"{_said('others', language)}: {', '.join(others)}")


def _show(matter: Mapping[str, Any], language: str) -> None:
    console = Console()
    console.print(f"[bold]{matter['correlation_id']}[/bold]")
    if not matter["items"]:
        console.print(_said("nothing", language))
    else:
        table = Table()
        for each in ("tied", "kind", "number", "status", "note"):
            # A number that is broken over two lines cannot be copied.
            table.add_column(_said(each, language), no_wrap=each in ("tied", "number"))
        for each in matter["items"]:
            table.add_row(
                in_digits(day_of(datetime.fromisoformat(each["tied_at"]))),
                _said(each["kind"], language),
                escape(str(each["number"])),
                _status(each["status"], language),
                escape(each["note"] or ""),
            )
        console.print(table)
    for name, told in matter["services"].items():
        if told["status"] != "answered":
            console.print(f"{name}: {_said(told['status'], language)}")


def _status(status: str | None, language: str) -> str:
    """In words; a state that a service has given a name of its own stands as it is."""
    known = _STATES.get(status or "")
    return status or "" if known is None else known[0 if language == "mr" else 1]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _said(word: str, language: str) -> str:
    mr, en = _WORDS[word]
    return mr if language == "mr" else en
