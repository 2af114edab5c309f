"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.eoffice.cli import reports


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("eoffice")
    if not isinstance(own, click.Group):
        own = click.Group("eoffice", help="Look after the e-office.")
        cli.add_command(own)
    own.add_command(reports.report_command)
    own.add_command(reports.overdue_command)
    own.add_command(reports.diary_command)
    own.add_command(reports.track_command)
