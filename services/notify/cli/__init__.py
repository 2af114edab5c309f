"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.notify.cli import chat


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    cli.add_command(chat.chat_command)
