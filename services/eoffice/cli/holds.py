"""``palika eoffice weeding hold``, ``lift`` and ``holds``: what holds a file or a receipt back."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from palika.database import sessions
from palika.exits import database_told
from services.eoffice.cli.asking import (
    by_option,
    checked,
    json_option,
    language_option,
    officer,
    post_option,
)
from services.eoffice.cli.records import told
from services.eoffice.cli.showing import listed, moment
from services.eoffice.cli.weeding import named
from services.eoffice.commands.hold import hold_file, hold_receipt, lift_hold
from services.eoffice.models import Hold, ReceiptHold
from services.eoffice.organisation_store import actor
from services.eoffice.queries import receipts_due, records
from services.eoffice.reference import city_retention
from services.eoffice.schemas.records import Holding, HoldingReceipt, Lifting

_REMARK = click.option("--remark", required=True, help="Why.")


@click.command("hold")
@click.argument("number")
@click.option("--kind", required=True, help="Why, as the city calls it: court, audit …")
@_REMARK
@by_option
@post_option
@language_option
@json_option
def hold_command(number: str, by: str, language: str, as_json: bool, **said: Any) -> None:
    """Hold the file or receipt NUMBER back from weeding, until that is lifted."""
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        key, found = named(session, who, said["post"], number, now)
        command, schema = {
            "file_id": (hold_file, Holding),
            "receipt_id": (hold_receipt, HoldingReceipt),
        }[key]
        made = command(session, who, checked(schema(), {key: found, **said}), now)
        session.flush()
        shown = _view(made)
    _tell([shown], language, as_json)


@click.command("lift")
@click.argument("hold", type=click.UUID)
@_REMARK
@by_option
@post_option
@language_option
@json_option
def lift_command(hold: UUID, by: str, language: str, as_json: bool, **said: Any) -> None:
    """Say that what the HOLD was for is over; `holds` shows which there are."""
    with told(), database_told(), sessions("eoffice").begin() as session:
        args = checked(Lifting(), {"id": str(hold), **said})
        done = lift_hold(session, officer(by), args, datetime.now(UTC))
        session.flush()
        shown = _view(done)
    _tell([shown], language, as_json)


@click.command("holds")
@click.argument("number")
@by_option
@post_option
@language_option
@json_option
def holds_command(number: str, by: str, post: str | None, language: str, as_json: bool) -> None:
    """Show what holds the file (or a receipt in it) or the receipt NUMBER back, and what did."""
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        key, found = named(session, who, post, number, now)
        reader = actor(session, who, post, now).post
        of = records if key == "file_id" else receipts_due
        known = of.record_of(session, reader, UUID(found))
    _tell([*known["holds"], *known.get("receipt_holds", [])], language, as_json)


def _view(hold: Hold | ReceiptHold) -> dict[str, Any]:
    if isinstance(hold, ReceiptHold):
        return receipts_due.hold_view(hold)
    return records.hold_view(hold)


def _tell(holds: list[dict[str, Any]], language: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(holds, ensure_ascii=False))
        return
    kinds = city_retention().holds
    rows = [
        (
            each["id"],
            getattr(kinds[each["kind"]].name, language) if each["kind"] in kinds else each["kind"],
            each["placed_by"],
            moment(each["placed_at"]),
            moment(each["lifted_at"]),
            each["remark"],
        )
        for each in holds
    ]
    columns = ("hold", "hold kind", "by", "since", "lifted", "remark")
    listed(columns, rows, language, texts=("hold kind", "remark"))
