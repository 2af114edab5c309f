"""``palika notify work``: a process that works off a lane."""

import os
import signal
import threading
from typing import TYPE_CHECKING

import click

from palika import tracing
from palika.cli.processes import prepare
from palika.config import settings
from palika.exits import database_told
from palika.logs import configure
from services.notify.domain.care import Lane

if TYPE_CHECKING:
    from services.notify.counts import Tally

_TELL_S = 1.0
_NICE = 10
"""What is for many gives way to everything else on the machine."""


@click.command("work")
@click.argument("lane", type=click.Choice([each.value for each in Lane]), default=Lane.BULK.value)
@click.option(
    "--idle",
    type=click.FloatRange(0.1, 86_400),
    default=5.0,
    show_default=True,
    help="End after so many seconds in which nothing was due.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="Port of /metrics and /healthz  [default: PALIKA_HTTP_PORT; 0 = any free one]",
)
@click.option("--supervisor", type=int, hidden=True)
def work(lane: str, idle: float, port: int | None, supervisor: int | None) -> int:
    """Send what is due in a LANE (bulk, if none is named) until nothing is due any more.

    The service starts one by itself when there is something, and counts for it; start more of
    them, on this machine or another, to share a large bill run: each has metrics of its own.
    """
    from palika.health import Readiness
    from palika.runner import health_server
    from services.notify import counts, working

    prepare(supervisor)
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.append(1))
    config = settings("notify")
    configure(service="notify", part="work", form=config.log_format, level=config.log_level)
    if lane == Lane.BULK:
        os.nice(_NICE)
    done = threading.Event()
    telling = None
    readiness = Readiness()

    def stopping() -> bool:
        readiness.tick()
        readiness.set("working", True)
        return bool(ended)

    if supervisor is None:
        health = health_server(config, port, readiness)
        if isinstance(health, int):
            return health
        health.start()
    else:
        telling = threading.Thread(target=_tell, args=(counts.keep(), done), daemon=True)
        telling.start()
    tracing.begin(config, "work")
    try:
        with database_told():
            claimed = working.work(Lane(lane), idle, stopping)
    finally:
        tracing.end()
        done.set()
        if telling is not None:
            telling.join()
    click.echo(f"{claimed} taken up")
    return 0


def _tell(tally: "Tally", done: threading.Event) -> None:
    """Tell the service what was counted, every second and at the end."""
    last = False
    while not last:
        last = done.wait(_TELL_S)
        if line := tally.line():
            try:
                click.echo(line)
            except OSError:
                return  # The service is gone; so will this process be.
