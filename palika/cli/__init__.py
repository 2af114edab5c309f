"""The ``palika`` command. Commands are imported when they are asked for: it starts quickly."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import click

from palika import garbage
from palika.cities.entering import enter
from palika.cities.folder import refuse_bad_slug
from palika.local.city import service_names, use_running_city, web_names
from palika.local.processes import LocalError

# The command's name, and where it is: "module:attribute".
_COMMANDS = {
    "up": "palika.cli.up:up",
    "down": "palika.cli.city:down",
    "status": "palika.cli.city:status",
    "env": "palika.cli.city:env",
    "targets": "palika.cli.city:targets",
    "grafana": "palika.cli.grafana:grafana",
    "queues": "palika.cli.queues:group",
    "run": "palika.cli.processes:run",
    "relay": "palika.cli.processes:relay",
    "migrate": "palika.cli.processes:migrate",
    "showcase": "palika.cli.showcase:showcase",
    "cities": "palika.cli.cities:group",
    "dead-letters": "palika.cli.dead_letters:group",
    "events": "palika.cli.events:group",
    "backup": "palika.cli.backup:group",
    "restore": "palika.cli.backup:restore",
    "settle": "palika.cli.backup:settle",
    "secrets": "palika.cli.secrets:group",
    "seed": "palika.cli.seed:seed",
}
_HIDDEN = {"showcase"}
# These start the city or parts of it, or look at it as it is: they read its state themselves.
_WITHOUT_CITY = {
    "up",
    "down",
    "status",
    "env",
    "targets",
    "grafana",
    "run",
    "relay",
    "secrets",
    "cities",
}


class _Commands(click.Group):
    """The commands above, and those that services bring in ``services/<name>/cli.py``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plugged_in: set[str] = set()

    def list_commands(self, ctx: click.Context) -> list[str]:
        for service in _plugging_in():
            try:
                self._plug_in(service)
            except LocalError as error:
                click.echo(f"palika: {error}", err=True)
        return sorted((_COMMANDS.keys() - _HIDDEN) | self.commands.keys())

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in _COMMANDS:
            module, _, attribute = _COMMANDS[name].partition(":")
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        if name not in self.commands:
            # The service of that name first: most commands are called after theirs.
            names = _plugging_in()
            for service in sorted(names, key=lambda each: each != name):
                self._plug_in(service)
                if service == name and name in self.commands:
                    break
        return super().get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] != "cities":
            # Before anything asks where the city's data are.
            enter()
        if args and args[0] not in _WITHOUT_CITY:
            # Before a service's module is imported: some read the configuration at once.
            use_running_city()
            from palika.config import named_servers_only

            ctx.with_resource(named_servers_only())
        return super().resolve_command(ctx, args)

    def _plug_in(self, service: str) -> None:
        if service in self._plugged_in:
            return
        module = _plugin(service)
        self._plugged_in.add(service)
        if module is not None:
            module.register(self)


def _plugging_in() -> list[str]:
    """What may bring commands: every service, and those of the web."""
    return sorted({*service_names(), *web_names()})


def _plugin(service: str) -> ModuleType | None:
    """A service's commands; None when it brings none.

    Raises:
        LocalError: they cannot be loaded.
    """
    name = f"services.{service}.cli"
    if importlib.util.find_spec(name) is None:
        return None
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise LocalError(
            f"services/{service}/cli.py cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not hasattr(module, "register"):
        raise LocalError(f"services/{service}/cli.py has no function register(cli)")
    return module


def _choose(_ctx: click.Context, _param: click.Parameter, slug: str | None) -> None:
    """Which city is meant: for this process, and for those that it starts."""
    if slug is not None:
        refuse_bad_slug(slug)
        os.environ["PALIKA_CITY"] = slug


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 failed, 2 wrong usage or configuration.",
)
@click.option(
    "--city",
    callback=_choose,
    expose_value=False,
    is_eager=True,
    metavar="SLUG",
    help="Which city of an installation with several (`palika cities list`); or PALIKA_CITY.",
)
@click.option("--debug", is_flag=True, help="Show the full trace of an error.")
@click.version_option(package_name="palika", prog_name="palika")
def cli(debug: bool) -> None:
    """The platform that a city corporation runs on.

    `palika up` starts the city on this machine; `palika status` shows it.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status; an error is one line on the standard error."""
    garbage.look_seldom()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(given, prog_name="palika", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("palika: stopped", err=True)
        return 130
    except Exception as error:
        if "--debug" in given:
            raise
        known = _message(error)
        click.echo(f"palika: {known}", err=True)
        return _exit_code(error)
    return result if isinstance(result, int) else 0


def _message(error: Exception) -> str:
    from palika.config import ConfigError
    from palika.errors import PalikaError

    # Errors of our own say what is wrong and what to do; of others the kind is told as well.
    if isinstance(error, LocalError | ConfigError | PalikaError) or type(
        error
    ).__module__.startswith(("palika.", "services.")):
        return str(error)
    if isinstance(error, ConnectionError) or type(error).__name__ == "OperationalError":
        # Of what a driver says the first line tells which server does not answer, and why.
        return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return f"{type(error).__name__}: {error} (palika --debug … shows the trace)"


def _exit_code(error: Exception) -> int:
    from palika.config import ConfigError

    return 2 if isinstance(error, ConfigError) else getattr(error, "exit_code", 1)
