"""``palika events``: watch what happens."""

import json
import queue
import threading
from datetime import datetime
from pathlib import Path

import click
import yaml

from palika import broker_nodes, catalogue, event_log, topology
from palika.config import settings
from palika.events import Event, TypeName
from palika.india import INDIA


@click.group("events")
def group() -> None:
    """The events of the city."""


@group.command()
@click.option("--service", "services", multiple=True, help="Only this service's (repeatable).")
@click.option("--type", "kinds", multiple=True, help="Only this type, e.g. grievance.filed.v1.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="From this moment (Asia/Kolkata), not only what is new.",
)
@click.option("--all", "everything", is_flag=True, help="From the beginning of the log.")
@click.option("--no-follow", is_flag=True, help="Stop at the end of the log.")
@click.option("--json", "as_json", is_flag=True, help="One CloudEvent in JSON a line.")
def tail(
    services: tuple[str, ...],
    kinds: tuple[str, ...],
    since: datetime | None,
    everything: bool,
    no_follow: bool,
    as_json: bool,
) -> None:
    """Print events as they happen, until Ctrl-C."""
    names = services or tuple(catalogue.database_names())
    unknown = set(names) - set(catalogue.database_names())
    if unknown:
        raise click.UsageError(f"there is no service {', '.join(sorted(unknown))}")
    published = {str(kind.name) for name in names for kind in catalogue.published(name)}
    if unknown := set(kinds) - published:
        raise click.UsageError(
            f"no event type {', '.join(sorted(unknown))}; there are: {', '.join(sorted(published))}"
        )
    start: str | datetime = "first" if everything else "next"
    if since is not None:
        start = since.replace(tzinfo=INDIA)
    events: queue.Queue[Event | BaseException | None] = queue.Queue(maxsize=10_000)
    for name in names:
        arguments = (events, name, start, not no_follow)
        threading.Thread(target=_read, args=arguments, daemon=True).start()
    running = len(names)
    while running:
        item = events.get()
        if item is None:
            running -= 1
        elif isinstance(item, BaseException):
            raise item
        elif not kinds or item.type in kinds:
            click.echo(item.to_json() if as_json else _line(item))


@group.command()
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=Path("docs"), show_default=True
)
@click.option(
    "--schemas",
    "promises",
    type=click.Path(path_type=Path),
    default=Path("tests/contract/schemas"),
    show_default=True,
    help="Where the schemas as published are kept.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not up to date.")
def document(folder: Path, promises: Path, check: bool) -> None:
    """Write the event catalogue: events.md for people, asyncapi.yaml for tools.

    With it the JSON Schema of each event type, which is a promise: a type that would change
    incompatibly is refused by name, and nothing is written.
    """
    from palika import asyncapi, compatibility

    schemas = asyncapi.schemas()
    kept = {path.stem: json.loads(path.read_text("utf-8")) for path in promises.glob("*.json")}
    broken = compatibility.broken_promises(kept, schemas)
    if broken:
        told = "\n  ".join(broken)
        raise click.ClickException(
            f"published events would change incompatibly; make it a new type (.v2)\n  {told}"
        )
    wanted = {
        folder / "events.md": asyncapi.markdown(),
        folder / "asyncapi.yaml": yaml.safe_dump(
            asyncapi.asyncapi(), sort_keys=False, allow_unicode=True, width=100
        ),
    }
    for name, schema in schemas.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        wanted[promises / f"{name}.json"] = f"{text}\n"
    for path, text in wanted.items():
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if check:
            raise click.ClickException(f"{path} is out of date: palika events document")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        click.echo(f"wrote {path}")


@group.command()
@click.argument("queue")
@click.argument("kind", metavar="TYPE")
def unbind(queue: str, kind: str) -> None:
    """Bring events of TYPE no more into a subscription's QUEUE (kpi.measures).

    A subscription that no longer listens to a type keeps its binding, for processes of the release
    before may still need it. To be called when none of them runs any more. The queue may be one
    that no service has any more: nothing new comes then into what `palika queues delete` takes.
    """
    try:
        name = TypeName.parse(kind)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if any(each.queue == queue and kind in each.types for each in catalogue.all_listeners()):
        raise click.UsageError(f"{queue} listens to {kind}: it would be bound again")
    uri = settings().amqp_uri
    # The broker itself says nothing about a queue that is not there.
    if topology.depths(uri, [queue])[queue] is None:
        raise topology.NoSuchQueue(f"there is no queue {queue!r}")
    with broker_nodes.connection(uri) as connection:
        connection.channel().queue_unbind(queue, name.exchange, name.routing_key)
    click.echo(f"{queue}: {kind} does not come any more")


def _read(
    events: "queue.Queue[Event | BaseException | None]",
    service: str,
    start: str | datetime,
    follow: bool,
) -> None:
    try:
        for batch in event_log.read(settings().amqp_uri, service, start=start, follow=follow):
            for event in batch:
                events.put(event)
    except event_log.NoLog:
        # A service that publishes nothing, or has never run, has no log.
        events.put(None)
    except Exception as error:  # noqa: BLE001 - raised by the main thread
        events.put(error)
    else:
        events.put(None)


def _line(event: Event) -> str:
    moment = event.time.astimezone(INDIA).strftime("%d-%m-%Y %H:%M:%S")
    data = json.dumps(event.data, ensure_ascii=False)
    return f"{moment}  {event.type:28} {event.subject}  {data}"


def register(cli: click.Group) -> None:
    """Add this group to the command line."""
    cli.add_command(group)
