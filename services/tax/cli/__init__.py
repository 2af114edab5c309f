"""The commands that this service adds to ``palika``: most need no database and no broker."""

import click

from services.tax.cli import assess, billrun, rates


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("tax")
    if not isinstance(own, click.Group):
        own = click.Group("tax", help="Look into property tax.")
        cli.add_command(own)
    own.add_command(assess.assess_command)
    own.add_command(billrun.bill_run)
    own.add_command(rates.group)
