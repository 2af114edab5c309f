"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.warroom.cli import around, matter, portfolio, reviewing, showing


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = click.Group("warroom", help="Look after the city's projects and how they stand.")
    cli.add_command(own)
    own.add_command(portfolio.import_command)
    own.add_command(portfolio.check_command)
    own.add_command(showing.list_command)
    own.add_command(showing.show_command)
    own.add_command(showing.changes_command)
    own.add_command(around.activity_command)
    own.add_command(matter.matter_command)
    own.add_command(reviewing.review_group)
