"""``palika notify find, show, consent``: a citizen's messages, why one is as it is, consent."""

import uuid
from datetime import datetime
from typing import Any

import click

from palika.database import sessions
from palika.errors import Invalid, NotFound
from palika.exits import database_told, fail
from services.notify.cli.shown import AS_JSON, WRONG_INPUT, columns, echo_json, moment
from services.notify.domain.reasons import CAMPAIGN_PAUSED
from services.notify.domain.states import DUE
from services.notify.queries import consent, deliveries
from services.notify.schemas import DeliveriesArgs
from services.notify.secrets import city_secrets


@click.command("find")
@click.argument("recipient")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500))
@AS_JSON
def find_command(recipient: str, limit: int, as_json: bool) -> None:
    """Find the messages to RECIPIENT, a mobile number or an e-mail address, the newest first.

    What was skipped or waits is found by the first address of its recipient; what has not come to
    its turn yet by none.

    Exit status: 0 when there are some, 1 when there is none, 2 when it is no address.
    """
    try:
        with database_told(), sessions("notify").begin() as session:
            args = DeliveriesArgs().load({"recipient": recipient, "limit": limit})
            found = deliveries.deliveries(session, args, city_secrets())
    except Invalid as error:
        fail(_rules(error), WRONG_INPUT)
    if as_json:
        echo_json(found)
    elif found["deliveries"]:
        rows = [("created", "state", "channel", "template", "to", "why", "id")]
        rows += [
            (
                moment(each["created_at"]),
                each["state"],
                each["channel"] or "",
                each["template"],
                each["address"] or "",
                each["reason"] or "",
                each["id"],
            )
            for each in found["deliveries"]
        ]
        columns(rows)
        if found["next"]:
            click.echo("There are more: --limit.")
    if not found["deliveries"]:
        fail("no message is found", 1)


@click.command("show")
@click.argument("delivery", type=click.UUID)
@AS_JSON
def show_command(delivery: uuid.UUID, as_json: bool) -> None:
    """Show one DELIVERY: why it is as it is, and what happened to it when, in India's time.

    Exit status: 0, 1 when there is none of that id.
    """
    try:
        with database_told(), sessions("notify").begin() as session:
            found = deliveries.delivery(session, {"id": delivery})
    except NotFound as error:
        fail(str(error), 1)
    if as_json:
        echo_json(found)
        return
    click.echo(f"{found['template']}, {found['purpose']}, {found['lane']}: {found['state']}")
    if found["reason"]:
        why = f" - {found['why']}" if found["why"] else ""
        click.echo(f"why: {found['reason']}{why}")
    if found["detail"]:
        click.echo(f"said: {found['detail']}")
    if found["address"]:
        click.echo(f"to: {found['address']}, over {found['channel']}, in {found['language']}")
    for channel, reason in found["skipped"].items():
        click.echo(f"not over {channel}: {reason}")
    click.echo("")
    columns(timeline(found))


def timeline(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What happened to a delivery, as ``deliveries.delivery`` gives it: moments and words."""
    steps: list[tuple[str, str]] = [(found["created_at"], f"created by {found['event_type']}")]
    names = {}
    # Of what a receipt has failed the reason is the receipt's: it was accepted before.
    failed_later = {each["attempt_id"] for each in found["receipts"] if each["told"] == "failed"}
    for number, each in enumerate(found["attempts_made"], 1):
        names[each["id"]] = f"attempt {number}, {each['provider']}"
        steps.append((each["made_at"], f"{names[each['id']]}: handed over"))
        if each["answered_at"]:
            accepted = each["state"] not in ("failed", "unknown") or each["id"] in failed_later
            answer = "accepted" if accepted else each["reason"] or each["state"]
            steps.append((each["answered_at"], f"{names[each['id']]}: {answer}"))
    handed = {each["id"]: each["made_at"] for each in found["attempts_made"]}
    for each in found["receipts"]:
        reason = f" ({each['reason']})" if each["reason"] else ""
        # Providers tell whole seconds: nothing is heard of what was not handed over yet.
        at = max(each["at"], handed[each["attempt_id"]], key=datetime.fromisoformat)
        steps.append((at, f"{names[each['attempt_id']]}: {each['told']}{reason}"))
    for each in found["resends"]:
        of = f"as {each['id']}" if each["original_id"] == found["id"] else each["original_id"]
        steps.append((each["at"], f"sent again, {of}, by {each['by']}: {each['reason']}"))
    if found["state"] in DUE and found["reason"] != CAMPAIGN_PAUSED:
        steps.append((found["next_attempt_at"], "due again"))
    return [(moment(at), what) for at, what in sorted(steps, key=_at)]


def _at(step: tuple[str, str]) -> datetime:
    return datetime.fromisoformat(step[0])


@click.command("consent")
@click.argument("recipient")
@AS_JSON
def consent_command(recipient: str, as_json: bool) -> None:
    """Show what RECIPIENT, a mobile number or an e-mail address, has said about being written to.

    Exit status: 0, 2 when it is no address.
    """
    try:
        key = deliveries.key_of(recipient, city_secrets())
    except Invalid as error:
        fail(_rules(error), WRONG_INPUT)
    with database_told(), sessions("notify").begin() as session:
        found = consent.consent(session, key)
    if as_json:
        echo_json(found)
        return
    rows = [("purpose", "messages", "said", "when", "over")]
    for purpose, each in found["purposes"].items():
        said = {None: "never", True: "in", False: "out"}[each["said"]]
        told = "yes" if each["told"] else "no"
        rows.append((purpose, told, said, moment(each["said_at"]), each["source"] or ""))
    columns(rows)
    if found["channels"] or found["language"]:
        liked = ", ".join(found["channels"]) or "no channel"
        click.echo(f"prefers {liked}, {found['language'] or 'no language'}")


def _rules(error: Invalid) -> str:
    return "; ".join(str(rule) for rules in error.fields.values() for rule in rules) or str(error)
