"""``palika events``: watch what happens."""

import json
import queue
import threading
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import yaml

from palika import catalogue, event_log
from palika.config import settings
from palika.events import Event

_IST = ZoneInfo("Asia/Kolkata")


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
    names = services or tuple(name for name in catalogue.service_names())
    unknown = set(names) - set(catalogue.service_names())
    if unknown:
        raise click.UsageError(f"there is no service {', '.join(sorted(unknown))}")
    start: str | datetime = "first" if everything else "next"
    if since is not None:
        start = since.replace(tzinfo=_IST)
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
            raise click.ClickException(str(item))
        elif not kinds or item.type in kinds:
            click.echo(item.to_json() if as_json else _line(item))


@group.command()
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=Path("docs"), show_default=True
)
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not up to date.")
def document(folder: Path, check: bool) -> None:
    """Write the event catalogue: events.md for people, asyncapi.yaml for tools."""
    from palika import asyncapi

    wanted = {
        folder / "events.md": asyncapi.markdown(),
        folder / "asyncapi.yaml": yaml.safe_dump(
            asyncapi.asyncapi(), sort_keys=False, allow_unicode=True, width=100
        ),
    }
    for path, text in wanted.items():
        if not check:
            path.write_text(text, "utf-8")
            click.echo(f"wrote {path}")
        elif not path.exists() or path.read_text("utf-8") != text:
            raise click.ClickException(f"{path} is out of date: palika events document")


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
    moment = event.time.astimezone(_IST).strftime("%d-%m-%Y %H:%M:%S")
    data = json.dumps(event.data, ensure_ascii=False)
    return f"{moment}  {event.type:28} {event.subject}  {data}"


def register(cli: click.Group) -> None:
    """Add this group to the command line."""
    cli.add_command(group)
