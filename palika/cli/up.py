"""``palika up``: the city on this machine, from its start to its stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from palika.local.city import ROOT, City
from palika.local.processes import LocalError, tail

_DETACHED_WITHIN_S = 300
_CERTIFICATE_DAYS = 397
_INTERRUPTED = 130  # As a shell tells it of a command that Ctrl-C has ended.


@click.command()
@click.option("--detach", is_flag=True, help="Come back when it is up; `palika down` stops it.")
@click.option("--tls", is_flag=True, help="Broker, health and metrics over TLS alone.")
@click.option("--no-seed", is_flag=True, help="File no sample work at the first start.")
@click.option("--city", "cities", multiple=True, help="This city of several; may be said again.")
@click.option("--all", "everyone", is_flag=True, help="Every city of the installation.")
@click.option(
    "--broker-nodes",
    type=click.Choice(["1", "3"]),
    help="How many nodes its broker has; by default as many as it had.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="When it is up, its state as one JSON object."
)
@click.option("--supervisor", type=int, hidden=True)
def up(
    detach: bool,
    tls: bool,
    no_seed: bool,
    cities: tuple[str, ...],
    everyone: bool,
    broker_nodes: str | None,
    as_json: bool,
    supervisor: int | None,
) -> None:
    """Start the city: broker, database, and every service with its relay.

    AMQP_URI and DATABASE_URL, when set, name a broker and a database server to use instead of the
    ones it starts; no sample work is filed then, nor with PALIKA_PRODUCTION=yes. It stays until
    Ctrl-C, which stops all that it started. Data are kept in var/; a broker of one node becomes one
    of three with all it has, and not the other way.

    With --tls it makes certificates in var/tls, unless PALIKA_BROKER_CA and
    PALIKA_HTTP_CERTIFICATE name others. The database that it starts has no TLS, and is reached from
    this machine alone.

    With --city or --all: the cities of an installation with several (`palika cities`), on servers
    that they share.
    """
    from palika.cities.checking import refuse_shared
    from palika.cities.entering import current
    from palika.cli.processes import end_with
    from palika.local.installation import Installation, chosen, place
    from palika.local.parts import refuse_wrong_settings
    from palika.local.supervisor import Failed, Stopped, Supervisor

    several = chosen(cities, everyone=everyone) if cities or everyone else []
    if several:
        if tls or broker_nodes:
            raise click.UsageError(
                "--tls and --broker-nodes are for a city that is alone; for several, name servers "
                "that have both (servers.yaml, docs/cities.md)"
            )
        city = place(several[0].folder)
    else:
        city = City()
    certificate = _certificates(city) if tls else None
    if not several:
        if alone := current():
            refuse_shared(alone)
        refuse_wrong_settings()
    if supervisor is not None:
        end_with(supervisor)
    if detach:
        meant = [*(word for slug in cities for word in ("--city", slug))]
        meant += ["--all"] if everyone else []
        meant += ["--broker-nodes", broker_nodes] if broker_nodes else []
        meant += ["--tls"] if tls else []
        _up_detached(city, meant, no_seed, as_json, several=bool(several))
        return
    shown = ["cities", "list"] if several else ["status"]
    with city.alone(), _narrator(quiet=as_json) as (say, doing):
        nodes = int(broker_nodes) if broker_nodes else None
        runs = (
            Installation(several, say, doing)
            if several
            else Supervisor(city, say, doing, nodes, certificate, sample_work=not no_seed)
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, runs.ask_to_stop)
        try:
            runs.start()
            if not no_seed and not several:
                doing("")
                _make_sample_city(city, own_servers=runs.own_servers, say=say)
            runs.mark_up()
            doing("")
            _call(*shown, *(["--json"] if as_json else []))
            if not as_json:
                _tell_site(city)
                how = "palika down --all" if several else "palika down"
                click.echo(f"Ctrl-C stops it; from another terminal: {how}")
            runs.watch()
        except Stopped as stopped:
            say("stopping before it was up")
            raise click.exceptions.Exit(_INTERRUPTED) from stopped
        except Failed as failed:
            doing("")
            click.echo(f"palika: {failed}", err=True)
            raise click.exceptions.Exit(failed.exit_code) from failed
        finally:
            runs.stop()
            doing("")
            say("stopped; the data are in " + str(city.var))


def _make_sample_city(city: City, *, own_servers: bool, say: Callable[[str], None]) -> None:
    """File sample work at the first start, and see to the accounts of who tries it out."""
    from palika.config import settings

    if not own_servers:
        if not city.seeded.exists():
            say("no sample work is filed: it would go to servers that were here before")
    elif settings().production == "yes":
        if not city.seeded.exists():
            say("no sample work is filed: PALIKA_PRODUCTION is yes")
    elif city.seeded.exists() or _call("showcase"):
        city.seeded.touch()
        _call("portal", "demo")


def _tell_site(city: City) -> None:
    """Where people find the city, in each language."""
    for part in (city.read() or {}).get("parts", []):
        if pages := part.get("pages"):
            click.echo(f"the city's site: {pages}mr/ in Marathi, {pages}en/ in English")


def _certificates(city: City) -> Path:
    """Certificates for TLS on this machine, named to all that is started; the broker's.

    Raises:
        LocalError: they cannot be made.
    """
    from palika import certificates
    from palika.config import settings

    folder, now = city.var / "tls", datetime.now(UTC)
    hosts = ["localhost", "127.0.0.1", "::1"]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        certificates.make_authority(folder, now)
        for part in ("broker", "metrics"):
            certificates.make_certificate(folder, part, hosts, _CERTIFICATE_DAYS, now)
    except (OSError, ValueError) as error:
        raise LocalError(f"{folder}: no certificates can be made: {error}") from error
    os.environ.setdefault("PALIKA_BROKER_CA", str(folder / certificates.AUTHORITY))
    os.environ.setdefault("PALIKA_HTTP_CERTIFICATE", str(folder / "metrics.pem"))
    settings.cache_clear()
    return folder / "broker.pem"


def _up_detached(
    city: City, meant: list[str], no_seed: bool, as_json: bool, *, several: bool
) -> None:
    from palika.local.supervisor import Failed

    with city.alone():
        pass
    log = city.logs / "up.log"
    command = [sys.executable, "-m", "palika.cli", "up", *meant]
    command += ["--no-seed"] if no_seed else []
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _DETACHED_WITHIN_S
    follow = _Follower(log)
    while child.poll() is None and time.monotonic() < deadline:
        state = city.read()
        if state and state["phase"] == "up" and state["supervisor"]["pid"] == child.pid:
            break
        if not as_json:
            follow.show()
        time.sleep(0.1)
    else:
        if child.poll() is None:
            child.terminate()
        elif not as_json:
            follow.show()
        # What was shown already is not told again.
        why = f":\n{tail(log)}" if as_json else f"; all that it said is in {log}"
        raise Failed(f"the city did not come up{why}", max(1, child.returncode or 0))
    shown = ["cities", "list"] if several else ["status"]
    if _call(*shown, *(["--json"] if as_json else [])) and not as_json:
        _tell_site(city)
        click.echo(f"palika down{' --all' if several else ''} stops it")


class _Follower:
    """Shows the lines of a growing log, each once."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._shown = 0

    def show(self) -> None:
        lines = self._log.read_text(errors="replace").split("\n")[:-1]
        for line in lines[self._shown :]:
            click.echo(line)
        self._shown = len(lines)


def _call(*arguments: str) -> bool:
    """Another of our commands, in a process of its own: what it imports goes with it."""
    sys.stdout.flush()
    result = subprocess.run([sys.executable, "-m", "palika.cli", *arguments], check=False)
    return result.returncode == 0


@contextmanager
def _narrator(quiet: bool) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """How progress is told: `say` a line, `doing` what is waited for ("" = nothing).

    On a terminal the latter is a spinner; elsewhere it is left out.
    """
    if quiet or not sys.stdout.isatty():

        def plain(line: str) -> None:
            click.echo(f"palika: {line}", err=quiet)

        yield plain, lambda _: None
        return
    from rich.console import Console

    console = Console(highlight=False)
    spinner = console.status("")

    def doing(what: str) -> None:
        if what:
            spinner.update(f"{what} …")
            spinner.start()
        else:
            spinner.stop()

    try:
        yield (lambda line: console.print(f"[green]✓[/] {line}", markup=True)), doing
    finally:
        spinner.stop()
