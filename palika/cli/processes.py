"""``palika run``, ``relay`` and ``migrate``: the parts of the city, one process each."""

import ctypes
import os
import signal
import sys

import click

from palika.cities.entering import current, enter
from palika.cities.folder import CityFolder
from palika.local.city import database_names, service_names, use_running_city, web_names

_PR_SET_PDEATHSIG = 1


class _ServiceName(click.ParamType[str]):
    """The name of a service that there is; a relay and a database it may have or not."""

    name = "service"

    def __init__(self, *, runs: bool = False) -> None:
        self._runs = runs

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = sorted(service_names() + web_names()) if self._runs else database_names()
        if value not in known:
            self.fail(f"there is no service {value!r}; there are: {', '.join(known)}", param, ctx)
        return value


_port = click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="Port of /metrics, /healthz and /readyz  [default: PALIKA_HTTP_PORT; 0 = any free one]",
)
_supervisor = click.option("--supervisor", type=int, hidden=True)


@click.command()
@click.argument("service", type=_ServiceName(runs=True))
@click.option(
    "--workers",
    type=click.IntRange(1, 1_000),
    help="Calls answered at the same time  [default: PALIKA_WORKERS]",
)
@_port
@_supervisor
def run(service: str, workers: int | None, port: int | None, supervisor: int | None) -> int:
    """Run one SERVICE until SIGTERM; run more of them side by side to share its load."""
    prepare(supervisor, service)
    from palika.runner import run_service, run_web

    start = run_web if service in web_names() else run_service
    return start(service, workers, port)


@click.command()
@click.argument("service", type=_ServiceName())
@_port
@_supervisor
def relay(service: str, port: int | None, supervisor: int | None) -> int:
    """Run a relay of SERVICE: it carries recorded events from its outbox to the broker."""
    prepare(supervisor, service)
    from palika.runner import run_relay

    return run_relay(service, port)


@click.command()
@click.argument("services", nargs=-1, type=_ServiceName())
def migrate(services: tuple[str, ...]) -> None:
    """Bring the databases of the SERVICES (of all, if none is named) up to date."""
    from palika.migrate import upgrade

    for service in services or database_names():
        upgrade(service)
        click.echo(f"{service}: up to date")


def prepare(supervisor: int | None, service: str | None = None) -> None:
    """Find the city that runs here; or end when the process does that has started this one.

    Args:
        supervisor: its pid; None: somebody has started this one by hand.
        service: the one that this process is of, if it is of one.

    Raises:
        CityError: it is of a city that has something in common with another.
    """
    if service is not None and (city := current()):
        enter(service)
        refuse_shared_of(city)
    if supervisor is None:
        use_running_city()
    else:
        end_with(supervisor)


def refuse_shared_of(city: CityFolder) -> None:
    """As ``refuse_shared``; what it needs is imported for a city among several alone."""
    from palika.cities.checking import refuse_shared

    refuse_shared(city)


def end_with(supervisor: int) -> None:
    """End when the process of this pid does, that has started this one."""
    if sys.platform == "linux":
        # The kernel sends SIGTERM when the supervisor dies, however it dies.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != supervisor:
        raise click.ClickException(f"the supervisor (pid {supervisor}) has gone")
