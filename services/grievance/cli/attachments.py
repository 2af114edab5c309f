"""``palika grievance attachments sweep``: what is kept and nobody uses."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from palika.database import sessions
from services.grievance.commands import sweep as sweeping
from services.grievance.queries.attachments import store


@click.group("attachments")
def group() -> None:
    """Photographs, papers and recordings, where they are kept."""


@group.command()
@click.option("--dry-run", is_flag=True, help="Count only; delete nothing.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def sweep(dry_run: bool, as_json: bool) -> None:
    """Delete what was kept more than a day ago and no grievance has.

    The service does the same every hour with the last seven days. This looks through all that the
    store has: after a longer standstill, or once after a release of the time before keys had a day
    in them. It may run beside the service.

    Exit status: 0 when it is done, 1 when the store or the database does not answer.
    """
    swept = sweeping.sweep(
        sessions("grievance").begin, store(), datetime.now(UTC), everything=True, dry_run=dry_run
    )
    if as_json:
        click.echo(json.dumps(asdict(swept) | {"deleted": 0 if dry_run else swept.unused}))
        return
    what = "would be deleted" if dry_run else "deleted"
    click.echo(
        f"{swept.looked_at:,} looked at, {swept.unused:,} that nobody uses {what} "
        f"({swept.bytes:,} bytes)"
    )
