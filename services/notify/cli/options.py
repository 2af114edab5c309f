"""What the options of ``palika notify`` may be, and how a command is told to stop."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import Any, Final

import click
from marshmallow import ValidationError

from palika.auth import Identity
from palika.india import INDIA
from palika.moments import in_utc
from palika.rpc_wire import unstorable
from services.notify.schemas.campaigns import DraftCampaignArgs

_STAFF: Final = ("officer", "supervisor", "admin")


def json_object(option: str, text: str) -> dict[str, Any]:
    """Raises click.UsageError: no JSON object, or what no database can store is in it."""
    try:
        found = json.loads(text, parse_constant=_no_json)
    except ValueError as error:
        raise click.UsageError(f"{option}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"{option}: must be a JSON object")
    if wrong := unstorable(found):
        raise click.UsageError(f"{option}: {wrong}")
    return found


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON's")


def campaign_name(text: str) -> str:
    """The name of a new campaign, as the RPC takes it. Raises click.UsageError: it can be none."""
    try:
        return str(DraftCampaignArgs().fields["name"].deserialize(text))
    except ValidationError as error:
        raise click.UsageError(f"NAME: {'; '.join(map(str, error.messages))}") from error


def moment(text: str | None) -> datetime | None:
    """A moment to come, in UTC; without a zone it is India's.

    Raises:
        click.UsageError: it is none, or it is past.
    """
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
        found = in_utc(read if read.tzinfo else read.replace(tzinfo=INDIA))
    except ValueError as error:
        raise click.UsageError(f"--at: {error}: 2026-08-09T10:00") from error
    if found < datetime.now(UTC):
        raise click.UsageError(f"--at: {text} is past; leave it out to begin at once")
    return found


def hours(text: str | None) -> tuple[time, time] | None:
    """``10:00-18:00``. Raises click.UsageError: it is none."""
    if text is None:
        return None
    begins, _, ends = text.partition("-")
    try:
        found = (time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip()))
    except ValueError as error:
        raise click.UsageError(f"--hours: {error}: 10:00-18:00") from error
    if any(each.tzinfo for each in found):
        raise click.UsageError("--hours: are of India, without a zone")
    return found


def identity(by: str) -> Identity:
    """Who acts, of ``KIND:NAME``; the kind is the role: nobody has a session here that has others.

    Raises:
        click.UsageError: it has another form, or the kind is none of the city's staff.
    """
    kind, colon, name = by.partition(":")
    if kind not in _STAFF or not colon or not name.strip():
        kinds = ", ".join(_STAFF)
        raise click.UsageError(f"--by: must be KIND:NAME, supervisor:a-1; KIND is one of {kinds}")
    try:
        return Identity.of(by, kind)
    except ValueError as error:
        raise click.UsageError(f"--by: {error}") from error


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Set when Ctrl-C or SIGTERM asks to stop: what is in hand is finished first."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
