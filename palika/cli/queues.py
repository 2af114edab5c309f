"""``palika queues``: what waits where; take away a queue that is not needed any more."""

import json

import click

from palika import topology
from palika.config import settings


@click.group("queues")
def group() -> None:
    """The queues of the subscriptions, their retries and their dead letters."""


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: messages by queue.")
def list_(as_json: bool) -> None:
    """List every queue with the messages that wait in it; – where it has never been declared."""
    # It imports every service.
    from palika import catalogue

    names = [
        name
        for listener in catalogue.all_listeners()
        for name in (listener.queue, *listener.retries, listener.dead_letters)
    ]
    found = topology.depths(settings().amqp_uri, names)
    if as_json:
        click.echo(json.dumps(found))
        return
    width = max(map(len, found), default=0)
    for name, depth in found.items():
        click.echo(f"{name:{width}}  {'–' if depth is None else depth:>8}")


@group.command()
@click.argument("queue")
@click.option("--json", "as_json", is_flag=True, help='{"deleted": queue}')
def delete(queue: str, as_json: bool) -> None:
    """Delete QUEUE, if nothing waits in it and nobody reads it.

    For a queue whose arguments have changed (its service declares it anew at its next start), and
    for those of a service that is no more.
    """
    topology.delete(settings().amqp_uri, queue)
    click.echo(json.dumps({"deleted": queue}) if as_json else f"deleted {queue}")
