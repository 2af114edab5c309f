"""``palika dead-letters``: look at what failed, replay it, discard it."""

import json
import sys

import click

from palika import catalogue, dead_letters, topology
from palika.config import settings
from palika.dead_letters import DeadLetter

# Of a table that no terminal shows.
_WIDE = 200
# More than any queue holds.
_EVERY = 1_000_000_000


def _queues(queue: str | None) -> list[str]:
    known = [listener.queue for listener in catalogue.all_listeners()]
    if queue is None:
        return known
    if queue not in known:
        raise click.UsageError(f"there is no queue {queue!r}; there are: {', '.join(known)}")
    return [queue]


class _Picked:
    """Whether a dead letter is one of those named; remembers which it has met."""

    def __init__(self, event_ids: tuple[str, ...], everything: bool) -> None:
        if everything == bool(event_ids):
            raise click.UsageError("name the event ids, or say --all")
        self.missing = set(event_ids)
        self._named = frozenset(event_ids)

    def __call__(self, letter: DeadLetter) -> bool:
        self.missing.discard(letter.event_id)
        return not self._named or letter.event_id in self._named


def _report(done: str, count: int, picked: _Picked, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({done: count}))
    else:
        click.echo(f"{done} {count}")
    if picked.missing:
        raise click.ClickException(f"no dead letters there: {', '.join(sorted(picked.missing))}")


@click.group("dead-letters")
def group() -> None:
    """Events that could not be handled: list, show, replay, discard."""


@group.command("list")
@click.argument("queue", required=False)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="At most so many of each queue.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(queue: str | None, limit: int, as_json: bool) -> None:
    """List the dead letters of QUEUE (of every subscription, if none is named)."""
    uri = settings().amqp_uri
    letters: list[DeadLetter] = []
    for name in _queues(queue):
        try:
            letters += dead_letters.browse(uri, name, limit)
        except dead_letters.NoSuchQueue:
            # Declared when its service first runs.
            continue
    if as_json:
        click.echo(json.dumps([letter.to_dict() for letter in letters], ensure_ascii=False))
        return
    if not letters:
        click.echo("no dead letters")
        return
    from rich.console import Console
    from rich.table import Column, Table

    # The id is there to be copied: whole, and on one line.
    event = Column("event", no_wrap=True)
    table = Table("queue", event, "type", "attempts", Column("reason", overflow="fold"))
    for letter in letters:
        kind = letter.event.type if letter.event else "not an event"
        table.add_row(
            letter.queue, letter.event_id, kind, str(letter.attempts), letter.reason[:120]
        )
    # Reasons are anybody's: what looks like markup is none.
    Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, emoji=False).print(table)
    names = {listener.queue: listener.dead_letters for listener in catalogue.all_listeners()}
    for name in dict.fromkeys(letter.queue for letter in letters):
        shown = sum(letter.queue == name for letter in letters)
        waiting = topology.depths(uri, [names[name]])[names[name]] or 0
        if waiting > shown:
            click.echo(f"{name}: {shown} of {waiting} are shown; --limit shows more")


@group.command()
@click.argument("queue")
@click.argument("event_id")
def show(queue: str, event_id: str) -> None:
    """Print one dead letter of QUEUE whole, with its headers, as JSON."""
    letter = dead_letters.find(settings().amqp_uri, _queues(queue)[0], event_id)
    if letter is None:
        raise click.ClickException(f"{queue} has no dead letter {event_id}")
    click.echo(json.dumps(letter.to_dict(with_body=True), ensure_ascii=False, indent=2))


@group.command()
@click.argument("queue")
@click.argument("event_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dead letter of the queue.")
@click.option("--json", "as_json", is_flag=True, help='{"replayed": n}')
def replay(queue: str, event_ids: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Give dead letters of QUEUE back to their handler, attempts counted anew.

    Safe to repeat: an event takes effect once, however often it is replayed.
    """
    wanted = _Picked(event_ids, everything)
    count = dead_letters.replay(settings().amqp_uri, _queues(queue)[0], wanted)
    _report("replayed", count, wanted, as_json)


@group.command()
@click.argument("queue")
@click.argument("event_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dead letter of the queue.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help='{"discarded": n}')
def discard(
    queue: str, event_ids: tuple[str, ...], everything: bool, yes: bool, as_json: bool
) -> None:
    """Delete dead letters of QUEUE for good.

    An event stays in its service's event log, for as long as that reaches back; what is no event is
    kept nowhere else.
    """
    wanted = _Picked(event_ids, everything)
    name = _queues(queue)[0]
    uri = settings().amqp_uri
    if not yes:
        # Looked for with a pick of its own: it remembers what it has met.
        looked = _Picked(event_ids, everything)
        found = sum(map(looked, dead_letters.browse(uri, name, _EVERY)))
        if looked.missing or not found:
            _report("discarded", 0, looked, as_json)
            return
        question = f"Discard {found} dead letter{'s' if found > 1 else ''} of {name}?"
        if not sys.stdin.isatty():
            raise click.ClickException(f"{question} Say --yes if so")
        click.confirm(question, abort=True)
    count = dead_letters.discard(uri, name, wanted)
    _report("discarded", count, wanted, as_json)


def register(cli: click.Group) -> None:
    """Add this group to the command line."""
    cli.add_command(group)
