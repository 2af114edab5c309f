"""``palika eoffice approvals`` and ``cancel-approval``: what was decided on a file, and what of it
was a mistake."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from palika.database import sessions
from palika.exits import database_told
from palika.india import rupees
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
from services.eoffice.cli.words import say
from services.eoffice.commands.cancel_approval import cancel_approval
from services.eoffice.organisation_store import actor
from services.eoffice.queries import approvals
from services.eoffice.queries.sight import readable_file
from services.eoffice.schemas.approving import CancellingApproval


@click.command("approvals")
@click.argument("number")
@by_option
@post_option
@language_option
@json_option
def approvals_command(number: str, by: str, post: str | None, language: str, as_json: bool) -> None:
    """Show what was decided on the file NUMBER: approved, refused, returned, cancelled.

    Exit status: 0, 1 when there is no such file for this officer.
    """
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        file = readable_file(session, actor(session, who, post, now).post, None, number)
        asked = {"id": file.id, "post": post}
        found = approvals.of_file(session, who, asked, now)["items"]
    _tell(found, language, as_json)


@click.command("cancel-approval")
@click.argument("number")
@click.argument("approval", type=click.UUID)
@click.option("--remark", required=True, help="Why; it stands on the note sheet.")
@by_option
@post_option
@language_option
@json_option
def cancel_command(
    number: str,
    approval: UUID,
    remark: str,
    by: str,
    post: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Cancel the APPROVAL on the file NUMBER; `approvals` shows which there are.

    It is for the post that gave it and those above, while no letter of the case has gone out since.

    Exit status: 0; 1 when there is no such approval for this officer, or it is refused.
    """
    now, who = datetime.now(UTC), officer(by)
    with told(), database_told(), sessions("eoffice").begin() as session:
        file = readable_file(session, actor(session, who, post, now).post, None, number)
        said = {"id": str(file.id), "approval_id": str(approval), "remark": remark, "post": post}
        cancel_approval(session, who, checked(CancellingApproval(), said), now)
        session.flush()
        found = approvals.of_file(session, who, {"id": file.id, "post": post}, now)["items"]
    _tell(found, language, as_json)


def _tell(found: Sequence[dict[str, Any]], language: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            each["id"],
            _state(each, language),
            "" if each["amount_paise"] is None else rupees(each["amount_paise"]),
            each["power"] or "",
            each["post"],
            moment(each["decided_at"]),
            each["remark"] or "",
        )
        for each in found
    ]
    columns = ("decision", "status", "amount", "power", "by", "time", "remark")
    listed(columns, rows, language, texts=("remark",), figures=("amount",))


def _state(each: dict[str, Any], language: str) -> str:
    word = say(each["decision"], language)
    cancelled = each["cancelled_by"] is not None
    return f"{word} ({say('is cancelled', language)})" if cancelled else word
