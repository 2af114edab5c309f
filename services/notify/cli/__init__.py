"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.notify.cli import calls, campaign, chat, looking, loopback, templates, tending
from services.notify.cli.work import work


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("notify")
    if not isinstance(own, click.Group):
        own = click.Group("notify", help="Look into what citizens are told.")
        cli.add_command(own)
    own.add_command(looking.find_command)
    own.add_command(looking.show_command)
    own.add_command(looking.consent_command)
    own.add_command(tending.queue_command)
    own.add_command(tending.providers_command)
    own.add_command(tending.report_command)
    own.add_command(tending.resend_command)
    own.add_command(tending.webhooks_command)
    own.add_command(loopback.loopback_command)
    own.add_command(templates.group)
    own.add_command(campaign.group)
    own.add_command(work)
    cli.add_command(chat.chat_command)
    cli.add_command(calls.call_command)
