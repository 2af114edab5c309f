"""``palika notify work``: a process that works off a lane."""

import os
import signal

import click

from palika.cli.processes import prepare
from palika.config import settings
from palika.exits import database_told
from palika.logs import configure
from services.notify.domain.care import Lane

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
@click.option("--supervisor", type=int, hidden=True)
def work(lane: str, idle: float, supervisor: int | None) -> None:
    """Send what is due in a LANE (bulk, if none is named) until nothing is due any more.

    The service starts one by itself when there is something; start more of them, on this machine
    or another, to share a large bill run.
    """
    from services.notify import working

    prepare(supervisor)
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.append(1))
    config = settings("notify")
    configure(service="notify", part="work", form=config.log_format, level=config.log_level)
    if lane == Lane.BULK:
        os.nice(_NICE)
    with database_told():
        claimed = working.work(Lane(lane), idle, lambda: bool(ended))
    click.echo(f"{claimed} taken up")
