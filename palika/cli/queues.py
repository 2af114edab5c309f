"""``palika queues``: what waits where; take a queue away, or make it anew with other arguments."""

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import click
from amqp.exceptions import NotFound as AmqpNotFound

from palika import catalogue, topology
from palika.catalogue import Listener
from palika.config import settings
from palika.local.city import City
from palika.local.docker import private_broker
from palika.subscribe.failures import knock, send, visit
from palika.topology import NoSuchQueue, Topology, TopologyMismatch

# What a subscription has beside its own queue.
_BESIDE = re.compile(r"\.(dead|retry\.\d+)$")


@click.group("queues")
def group() -> None:
    """The queues of the subscriptions, their retries and their dead letters."""


@group.command("list")
@click.argument("queues", nargs=-1, metavar="[QUEUE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: messages by queue.")
def list_(queues: tuple[str, ...], as_json: bool) -> None:
    """List every queue with the messages that wait in it; – where it is not on the broker.

    With QUEUE (kpi.measures) those of that subscription only, whether or not a service still has
    it. What the code does not name it does not know of: `rabbitmqctl list_queues` shows all.
    """
    wanted = queues or tuple(listener.queue for listener in catalogue.all_listeners())
    names = [name for queue in wanted for name in _family(queue)]
    found = topology.depths(settings().amqp_uri, names)
    if as_json:
        click.echo(json.dumps(found))
        return
    width = max(map(len, found), default=0)
    for name, depth in found.items():
        click.echo(f"{name:{width}}  {'–' if depth is None else depth:>8}")


@group.command()
@click.argument("queue")
@click.option("--purge", is_flag=True, help="Also what waits there; it says how much, and asks.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help='{"deleted": queue, "queues": {name: lost}}')
def delete(queue: str, purge: bool, yes: bool, as_json: bool) -> None:
    """Delete QUEUE with its bindings, if nothing waits in it and nobody reads it.

    A subscription that no service has any more goes as a whole: QUEUE, its retry queues and its
    dead letters. What one has, its service declares anew at its next start.
    """
    with _broker() as uri:
        own = _BESIDE.sub("", queue)
        known = own in {listener.queue for listener in catalogue.all_listeners()}
        _is_no_log(queue)
        names = [queue] if known or own != queue else _family(queue)
        found = {name: state for name in names if (state := _look(uri, name))}
        if not found:
            raise NoSuchQueue(f"there is no queue {queue!r}")
        _is_unread(uri, *found, own)
        waiting = {name: state.messages for name, state in found.items() if state.messages}
        if waiting and not purge:
            raise click.ClickException(f"{_told(waiting)}: {_way_out(own, known)}")
        if waiting and not yes:
            _agreed(f"{_told(waiting)}. Delete {'them' if len(waiting) > 1 else 'it'} all the same")
        # The subscription's own queue first: with it go the bindings, so nothing comes any more.
        lost = {name: _delete(uri, name) for name in found}
    if as_json:
        click.echo(json.dumps({"deleted": queue, "queues": lost}))
        return
    for name, count in lost.items():
        click.echo(f"deleted {name}" + (f" with {count} messages" if count else ""))
    if known:
        click.echo("its service declares it anew at its next start")


@group.command()
@click.argument("queues", nargs=-1, metavar="[QUEUE]...")
@click.option("--json", "as_json", is_flag=True, help='{"renewed": {queue: messages kept}}')
def renew(queues: tuple[str, ...], as_json: bool) -> None:
    """Make subscriptions' queues anew whose arguments are not what the settings now ask for.

    Nothing is lost: what waits in QUEUE and in its retry queues is kept meanwhile in
    QUEUE.renewing, and so is what is published meanwhile; afterwards it waits in QUEUE. To be
    called with the settings as they are to be, and without the service's processes. Interrupted,
    it is called again. Without QUEUE, every subscription's is looked at.
    """
    listeners = {listener.queue: listener for listener in catalogue.all_listeners()}
    if unknown := set(queues) - listeners.keys():
        raise click.UsageError(
            f"there is no subscription with the queue {', '.join(sorted(unknown))}; "
            f"there are: {', '.join(listeners)}"
        )
    with _broker() as uri:
        kept = {name: _renew(uri, listeners[name]) for name in queues or listeners}
    renewed = {name: count for name, count in kept.items() if count is not None}
    if as_json:
        click.echo(json.dumps({"renewed": renewed}))
        return
    for name, count in renewed.items():
        click.echo(f"renewed {name}; {count} messages wait in it as before")
    if not renewed:
        click.echo("every queue is as the settings ask for")


# -- the broker -----------------------------------------------------------------------------------


class _State(NamedTuple):
    messages: int
    consumers: int


@contextmanager
def _broker() -> Iterator[str]:
    """The broker's address; the own broker of a city that is down runs for as long as this does."""
    city = City()
    place = city.var / "rabbitmq"
    if os.environ.get("AMQP_URI") or not place.is_dir():
        yield settings().amqp_uri
        return
    with city.alone():
        broker = private_broker(place)
        before = signal.signal(signal.SIGTERM, _end)
        try:
            click.echo("the city is not up: its broker is started for this", err=True)
            broker.start()
            yield broker.uri()
        finally:
            broker.stop()
            signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> None:
    raise KeyboardInterrupt


def _look(uri: str, queue: str) -> _State | None:
    """What is in a queue, ready messages only; None where there is no such queue."""
    with visit(uri) as channel:
        try:
            found = channel.queue_declare(queue, passive=True)
        except AmqpNotFound:
            return None
        return _State(found.message_count, found.consumer_count)


def _delete(uri: str, queue: str) -> int:
    """Delete a queue; how many messages went with it."""
    with visit(uri) as channel:
        return int(channel.queue_delete(queue) or 0)


# -- deleting -------------------------------------------------------------------------------------


def _family(queue: str) -> list[str]:
    """A subscription's queue, its retries with the delays as set now, its dead letters."""
    service = next(
        (each.service for each in catalogue.all_listeners() if each.queue == queue), None
    )
    delays = settings(service).retry_delays_ms
    retries = [topology.retry_queue_of(queue, delay) for delay in delays]
    return [queue, *retries, topology.dead_letters_of(queue)]


def _is_no_log(queue: str) -> None:
    for service in catalogue.database_names():
        if queue == topology.log_of(service):
            raise click.UsageError(f"{queue} is the event log of {service}, its whole past")


def _is_unread(uri: str, *queues: str) -> None:
    """Refuse what somebody reads; retries and dead letters are needed by whoever reads the own."""
    for name in dict.fromkeys(queues):
        state = _look(uri, name)
        if state is not None and state.consumers:
            count = "a consumer" if state.consumers == 1 else f"{state.consumers} consumers"
            raise click.ClickException(f"{name} has {count}: stop its service's processes first")


def _told(waiting: dict[str, int]) -> str:
    return ", ".join(
        f"{name} has {count} message{'s' if count > 1 else ''}" for name, count in waiting.items()
    )


def _way_out(own: str, known: bool) -> str:
    if not known:
        return "no service here reads them any more; --purge deletes them too"
    return (
        f"let its service handle them, or discard what are dead letters; to give {own} other "
        f"arguments and keep them: palika queues renew {own}; --purge deletes them too"
    )


def _agreed(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.ClickException(f"{question}? Say --yes if so")
    click.confirm(f"{question}?", abort=True)


# -- renewing -------------------------------------------------------------------------------------


def _renew(uri: str, listener: Listener) -> int | None:
    """Make a queue anew; how many messages it has kept, None where there was nothing to do.

    Raises:
        NotTaken: the broker takes no messages now; called again it goes on.
    """
    declared = topology.subscription(
        listener.service, listener.name, listener.types, settings(listener.service)
    )
    dead, *retries, own = declared.queues
    meanwhile = topology.Queue(f"{own.name}.renewing", dead.arguments, own.bindings)
    here, interrupted = _look(uri, own.name), _look(uri, meanwhile.name) is not None
    if here is None and not interrupted:
        return None
    topology.declare(uri, Topology(declared.exchanges, (dead, *retries)))
    if here is not None and not _fits(uri, own):
        _is_unread(uri, own.name)
        topology.declare(uri, Topology((), (meanwhile,)))
        # Retries too: one whose time comes between the last look and the deletion would be lost.
        for source in (*retries, own):
            _move(uri, source.name, meanwhile.name)
        _delete(uri, own.name)
    elif not interrupted:
        return None
    topology.declare(uri, Topology((), (own,)))
    with visit(uri) as channel:
        for exchange, key in meanwhile.bindings:
            channel.queue_unbind(meanwhile.name, exchange, key)
    count = _move(uri, meanwhile.name, own.name)
    _delete(uri, meanwhile.name)
    return count


def _fits(uri: str, queue: topology.Queue) -> bool:
    try:
        topology.declare(uri, Topology((), (queue,)))
    except TopologyMismatch:
        return False
    return True


def _move(uri: str, source: str, target: str) -> int:
    """Move all that waits in one queue to another, as it came; how many.

    Interrupted, a message is in both, which the inbox makes harmless.
    """
    count = 0
    with visit(uri) as channel:
        while (message := channel.basic_get(source)) is not None:
            if not count:
                knock(channel, target)
            properties = dict(message.properties)
            headers = dict(properties.get("application_headers") or {})
            headers.pop("x-delivery-count", None)
            # py-amqp gives text for an empty body, whatever auto_decode says.
            body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
            send(channel, target, body, properties, headers)
            channel.basic_ack(message.delivery_tag)
            count += 1
    return count
