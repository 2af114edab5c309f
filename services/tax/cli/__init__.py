"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.tax.cli import (
    assess,
    bank,
    billrun,
    campaign,
    counter,
    dcb,
    documents,
    find,
    notices,
    online,
    rates,
    recovery,
    revise,
    simulate,
    statement,
    suspense,
)


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("tax")
    if not isinstance(own, click.Group):
        own = click.Group("tax", help="Look into property tax.")
        cli.add_command(own)
    own.add_command(assess.assess_command)
    own.add_command(billrun.bill_run)
    own.add_command(bank.group)
    own.add_command(counter.group)
    own.add_command(dcb.dcb_command)
    own.add_command(documents.group)
    own.add_command(find.find_command)
    own.add_command(notices.group)
    own.add_command(online.pay_link_command)
    own.add_command(online.loopback_command)
    own.add_command(rates.group)
    recovery.group.add_command(campaign.group)
    own.add_command(recovery.group)
    own.add_command(simulate.group)
    own.add_command(revise.revise_command)
    own.add_command(revise.refunds_command)
    own.add_command(statement.statement_command)
    own.add_command(suspense.group)
