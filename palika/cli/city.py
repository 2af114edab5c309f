"""``palika down`` and ``status``: of the city on this machine."""

import json
import shlex
import signal
import sys
from typing import Any

import click

from palika.local.city import City
from palika.local.processes import LocalError, until, url_of

# Broker and database are stopped one after the other, once the services have gone.
_ENGINES_WITHIN_S = 60
_THERE = {"starting": "this is there so far", "stopping": "this is still there"}


@click.command()
@click.option("--quiet", is_flag=True, help="Say nothing when it is not up.")
@click.option("--all", "everyone", is_flag=True, help="Every city of the installation.")
def down(quiet: bool, everyone: bool) -> None:
    """Stop the city, and whatever an earlier one left running."""
    city = _installation() if everyone else City()
    supervisor = city.supervisor
    if supervisor is None:
        count = city.stop_leftovers()
        city.forget()
        if count:
            click.echo(f"stopped {count} processes that an earlier run had left")
        elif not quiet:
            click.echo("the city is not up")
        return
    within_s = city.grace_s + _ENGINES_WITHIN_S
    supervisor.send(signal.SIGTERM)
    if not until(lambda: not supervisor.alive, within_s, 0.05):
        raise click.ClickException(
            f"the city (pid {supervisor.pid}) has not stopped after {within_s:g} s"
        )
    if not quiet:
        click.echo("the city is stopped")


def _installation() -> City:
    from palika.cities.folder import needed_folder
    from palika.local.installation import place

    return place(needed_folder())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(as_json: bool) -> None:
    """Show each process: pid, port, health, what waits in its queues, memory.

    Exit status: 0 when the city is up and all are ready; 1 when one is not, while the city is
    starting or stopping, and when it is not up.
    """
    from palika.local.status import gather

    now = gather(City())
    if now is None:
        if as_json:
            click.echo(json.dumps({"phase": "down", "parts": []}))
        else:
            click.echo("the city is not up; `palika up` starts it", err=True)
        raise click.exceptions.Exit(1)
    if as_json:
        click.echo(json.dumps(now))
    else:
        _show(now)
    if now["phase"] != "up" or any(part["health"] != "ready" for part in now["parts"]):
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def env(as_json: bool) -> None:
    """Print where the city's broker and database are, with passwords: eval "$(palika env)"

    For other programs; `palika` itself and palika.rpc.Client find the city by themselves.
    """
    known = City().addresses()
    if not known:
        raise LocalError("the city is not up; `palika up` starts it")
    if as_json:
        click.echo(json.dumps(known))
        return
    for name, value in known.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@click.command()
def targets() -> None:
    """Print the city's processes as Prometheus reads them: a file of file_sd_configs, in JSON.

    Each keeps its port between runs: palika targets > deploy/prometheus/targets/palika-local.json
    """
    from palika.config import settings

    state = (City().read() or {}) if City().supervisor else {}
    parts = state.get("parts", [])
    if not parts:
        raise LocalError("the city is not up; `palika up` starts it")
    slug = settings().city
    more = {"__scheme__": "https"} if state.get("http_certificate") else {}
    more |= {"city": slug} if slug else {}
    shown = [
        {
            "targets": [url_of(part["host"], part["port"]).removeprefix("http://")],
            "labels": {"service": part["service"], "part": part["part"]} | more,
        }
        for part in parts
        if part["part"] in ("service", "web", "relay")
    ]
    click.echo(json.dumps(shown, indent=1))


def _show(now: dict[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    colours = {"ready": "green", "unready": "yellow", "dead": "red"}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("service", "part"):
        table.add_column(name)
    table.add_column("pid", justify="right")
    table.add_column("port", justify="right")
    table.add_column("health")
    for name in ("queue", "dead letters", "memory", "restarts"):
        table.add_column(name, justify="right")
    for part in now["parts"]:
        table.add_row(
            part["service"],
            part["part"],
            _or_dash(part["pid"]),
            _or_dash(part["port"]),
            f"[{colours[part['health']]}]{part['health']}[/]",
            _or_dash(part["queue"]),
            _or_dash(part["dead_letters"]),
            f"{part['memory_bytes'] / 1e6:.0f} MB",
            str(part["restarts"]),
        )
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    if now["phase"] != "up":
        console.print(f"the city is {now['phase']}; {_THERE[now['phase']]}")
    if now["parts"]:
        console.print(table)
    services = (part for part in now["parts"] if part["part"] == "service")
    example = next((url_of(each["host"], each["port"]) for each in services), "")
    for each in now["broker_nodes"]:
        alarms = f", alarm: {' and '.join(each['alarms'])}" if each["alarms"] else ""
        there = f"leads {each['leads']} queues" if each["running"] else "[red]away[/]"
        console.print(f"{'node':9} {each['node']}: {there}{alarms}", soft_wrap=True)
    for label, value in (
        *((part["service"], part["pages"]) for part in now["parts"] if part["pages"]),
        ("memory", f"{now['memory_bytes'] / 1e6:.0f} MB in all"),
        ("broker", now["broker"]),
        ("database", now["database"]),
        ("metrics", example and f"{example}/metrics (so on each port of a service or relay)"),
        ("logs", f"{now['var']}/log"),
    ):
        # What is still starting has no address yet.
        if value:
            console.print(f"{label:9} {value}", soft_wrap=True)


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)
