"""``palika portal looks``: who of the office looked at whose data."""

import click

from services.portal.cli.common import as_json, show, transaction
from services.portal.queries.reads import all_looks

_COLUMNS = ("at", "reader", "post", "whose", "what", "why", "note")


@click.command("looks")
@click.option("--reader", default=None, help="Only those of this officer (a code).")
@click.option("--whose", default=None, help="Only those at this: grievance:GRV-2026-000001.")
@click.option("--before", type=int, default=None, help="The page before this number.")
@as_json
def looks_command(reader: str | None, whose: str | None, before: int | None, as_json: bool) -> None:
    """Who of the office looked at whose data, the last first, 100 at a time."""
    with transaction() as session:
        rows = [
            {
                "id": each.id,
                "at": each.at,
                "reader": each.reader,
                "post": each.post,
                "whose": list(each.whose),
                "what": each.what,
                "why": each.why,
                "note": each.note,
            }
            for each in all_looks(session, before, reader=reader, whose=whose)
        ]
    show(rows, ("id", *_COLUMNS), whole=as_json)
