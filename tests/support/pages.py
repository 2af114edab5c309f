"""What pages for people who operate a city tell to type, and where they lead."""

import re
import shlex
from pathlib import Path

import click

from palika import cli

# Of the system, or of a package that the page's machine has.
PROGRAMS = {"curl", "df", "free", "journalctl", "lsof", "openssl", "promtool", "rabbitmqctl", "ssh"}


def must_exist(arguments: list[str]) -> None:
    """Raises unless `palika` has this command with these options."""
    command: click.Command = cli.cli
    context = click.Context(command)
    rest = list(arguments)
    while isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        assert found is not None, f"palika {' '.join(arguments)}: there is no {rest[0]}"
        command = found
        context = click.Context(command, parent=context)
        del rest[0]
    command.make_parser(context).parse_args(rest)


def must_all_exist(block: str) -> None:
    """Raises unless each line of a block begins with a program, and `palika` has its commands."""
    for line in block.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        if program == "palika":
            must_exist(arguments)
        else:
            assert program in PROGRAMS, line


def must_lead_somewhere(page: Path) -> None:
    """Raises unless each link of a page to another is to one that is there."""
    for link in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if not link.startswith("https://"):
            assert (page.parent / link).exists(), (page.name, link)
