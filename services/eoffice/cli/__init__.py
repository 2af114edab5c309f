"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.eoffice.cli import moving


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("eoffice")
    if not isinstance(own, click.Group):
        own = click.Group("eoffice", help="Look after files and the desks that they are on.")
        cli.add_command(own)
    own.add_command(moving.inbox_command)
    own.add_command(moving.custody_command)
    own.add_command(moving.transfer_command)
