"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.notify.cli import campaign, templates


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("notify")
    if not isinstance(own, click.Group):
        own = click.Group("notify", help="Look into what citizens are told.")
        cli.add_command(own)
    own.add_command(templates.group)
    own.add_command(campaign.group)
