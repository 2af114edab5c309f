"""The commands that the portal adds to ``palika``: processes of their own, without eventlet."""

import click

from services.portal.cli import accounts, demo, looks, site, tokens


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    cli.add_command(site.group)
    own = click.Group("portal", help="Look after who may sign in, and with what.")
    cli.add_command(own)
    own.add_command(accounts.group)
    own.add_command(accounts.sessions_command)
    own.add_command(tokens.group)
    own.add_command(looks.looks_command)
    own.add_command(demo.demo_command)
