"""The commands that this service adds to ``palika``; all but ``assess`` and ``rates`` need its
database.
"""

import click

from services.tax.cli import assess, rates, revise


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("tax")
    if not isinstance(own, click.Group):
        own = click.Group("tax", help="Look into property tax.")
        cli.add_command(own)
    own.add_command(assess.assess_command)
    own.add_command(rates.group)
    own.add_command(revise.revise_command)
    own.add_command(revise.refunds_command)
