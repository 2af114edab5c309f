"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.grievance.cli import attachments, catalogue, duplicates, imports, lists, officers


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    group = cli.commands.get("import")
    if not isinstance(group, click.Group):
        group = click.Group("import", help="Take over records of other systems.")
        cli.add_command(group)
    group.add_command(imports.grievances)
    own = cli.commands.get("grievance")
    if not isinstance(own, click.Group):
        own = click.Group("grievance", help="Look into the work on grievances.")
        cli.add_command(own)
    own.add_command(attachments.group)
    own.add_command(catalogue.group)
    own.add_command(duplicates.group)
    own.add_command(lists.export)
    own.add_command(lists.report)
    own.add_command(officers.group)
