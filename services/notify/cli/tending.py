"""``palika notify queue, providers, report, resend``: how sending stands, and sending again."""

import csv
import getpass
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click

from palika.config import settings
from palika.database import sessions
from palika.days import DAY
from palika.errors import Conflict, NotFound
from palika.exits import database_told, fail
from palika.india import day_of, end_of, grouped, rupees, start_of
from services.notify.channels import callback, infobip, open_providers, plivo, whatsapp
from services.notify.cli.shown import (
    AS_JSON,
    WRONG_INPUT,
    columns,
    echo_json,
    moment,
    seconds,
)
from services.notify.commands.resend import resend
from services.notify.queries import standing
from services.notify.queries.report import report
from services.notify.reference import city_plan
from services.notify.working import policy

_WEEK = timedelta(days=6)


@click.command("queue")
@AS_JSON
def queue_command(as_json: bool) -> None:
    """Show what waits in each lane, and for how long what is due the longest."""
    with database_told(), sessions("notify").begin() as session:
        found = standing.queue(session, datetime.now(UTC))
    if as_json:
        echo_json({"lanes": found})
        return
    rows = [("lane", "due", "later", "sending", "oldest")]
    for each in found:
        counts = [grouped(each[name]) for name in ("due", "later", "sending")]
        rows.append((each["lane"], *counts, seconds(each["oldest_s"])))
    columns(rows)


@click.command("providers")
@AS_JSON
def providers_command(as_json: bool) -> None:
    """Show what may go at once to each provider, its answers, and whether it is left alone."""
    now = datetime.now(UTC)
    set_up = [*open_providers(settings("notify")), "inbox"]
    with database_told(), sessions("notify").begin() as session:
        found = standing.providers(session, city_plan(), set_up, now)
    if as_json:
        echo_json({"providers": found})
        return
    rows = [("channel", "provider", "rate", "may go", "good", "bad", "slow", "circuit")]
    for each in found:
        circuit = f"open until {moment(each['open_until'])}" if each["open_until"] else "closed"
        rows.append(
            (
                each["channel"],
                each["provider"],
                f"{each['per_s']:g}/s",
                f"{each['tokens']} of {each['burst']}",
                *(str(each[name]) for name in ("good", "bad", "slow")),
                circuit if each["set_up"] else "not set up",
            )
        )
    columns(rows)
    if not all(each["set_up"] for each in found):
        click.echo(
            "What is set up is what this terminal's settings say, which may not be the service's.",
            err=True,
        )


@click.command("webhooks")
def webhooks_command() -> None:
    """Print the addresses that are given to providers by hand, with their keys: they are secret.

    Those for receipts of text messages go out with each message.

    Exit status: 0, 1 when a setting is missing.
    """
    config = settings("notify")
    secrets = config.sms_callback_secrets.split()
    if not config.portal_url:
        fail("PALIKA_PORTAL_URL is not set: nobody knows where the city is reached", 1)
    if not secrets:
        fail("PALIKA_SMS_CALLBACK_SECRETS is not set: it makes the keys in the addresses", 1)
    word = "set" if config.whatsapp_verify_token else "not set: PALIKA_WHATSAPP_VERIFY_TOKEN"
    meta = callback.webhook_url(config.portal_url, whatsapp.WEBHOOK_PATH)
    of_plivo = plivo.inbound_url(callback.webhook_url(config.portal_url, plivo.WEBHOOK_PATH))
    of_infobip = callback.webhook_url(config.portal_url, infobip.WEBHOOK_PATH) + "/inbound"
    columns(
        [
            ("provider", "for", "address"),
            ("meta", f"everything (its word is {word})", meta),
            (
                "plivo",
                "citizens' text messages",
                callback.address(of_plivo, secrets, plivo.INBOUND),
            ),
            (
                "infobip",
                "citizens' text messages",
                callback.address(of_infobip, secrets, infobip.INBOUND),
            ),
        ]
    )


@click.command("report")
@click.option("--since", type=DAY, help="The first day, in India; a week ago, if none is given.")
@click.option("--until", type=DAY, help="The last day, today if none is given.")
@click.option("--csv", "as_csv", is_flag=True, help="The providers as CSV, cost in paise.")
@AS_JSON
def report_command(since: date | None, until: date | None, as_csv: bool, as_json: bool) -> None:
    """Report how each provider has done: accepted, delivered, how fast, at what cost; and the
    reasons of what did not go. By the day of handing over.

    Exit status: 0, 2 when an option is wrong.
    """
    if as_csv and as_json:
        fail("--csv and --json exclude each other", WRONG_INPUT)
    last = until or day_of(datetime.now(UTC))
    first = since or last - _WEEK
    if first > last:
        fail("--since must not be after --until", WRONG_INPUT)
    with database_told(), sessions("notify").begin() as session:
        found = report(session, start_of(first), end_of(last), city_plan().prices)
    if as_json:
        echo_json({"since": str(first), "until": str(last)} | found)
    elif as_csv:
        _csv(found["providers"])
    else:
        _table(found)


def _csv(providers: list[dict[str, Any]]) -> None:
    names = (
        "channel", "provider", "attempts", "accepted", "delivered", "read", "failed", "unknown",
        "delivered_percent", "p50_s", "p95_s", "units", "cost_paise",
    )  # fmt: skip
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(providers)


def _table(found: dict[str, Any]) -> None:
    if not found["providers"]:
        click.echo("Nothing was handed over.")
    else:
        rows = [
            ("channel", "provider", "handed over", "accepted", "delivered", "p50", "p95", "units",
             "cost")
        ]  # fmt: skip
        for each in found["providers"]:
            percent = each["delivered_percent"]
            rows.append(
                (
                    each["channel"],
                    each["provider"],
                    grouped(each["attempts"]),
                    grouped(each["accepted"]),
                    "" if percent is None else f"{percent} %",
                    seconds(each["p50_s"]),
                    seconds(each["p95_s"]),
                    grouped(each["units"]),
                    rupees(each["cost_paise"]),
                )
            )
        columns(rows)
    if found["forgotten"]:
        click.echo(f"Of forgotten messages the sums: {', '.join(found['forgotten'])}.")
    if found["left_out"]:
        click.echo(
            f"Not in it, what is forgotten of {', '.join(found['left_out'])}: ask for whole months."
        )
    if found["reasons"]:
        click.echo("")
        columns(
            [("state", "why", "messages")]
            + [(each["state"], each["reason"], grouped(each["count"])) for each in found["reasons"]]
        )


@click.command("resend")
@click.argument("delivery", type=click.UUID)
@click.option("--reason", required=True, help="Why; it is kept with your name.")
@AS_JSON
def resend_command(delivery: uuid.UUID, reason: str, as_json: bool) -> None:
    """Send a DELIVERY again that has failed, expired or was skipped: to the same recipient, with
    the same fields, once.

    Exit status: 0, 1 when there is none of that id or it may not be sent again, 2 without a reason.
    """
    if not 3 <= len(reason.strip()) <= 300:
        fail("--reason: 3 to 300 characters", WRONG_INPUT)
    by = f"shell:{getpass.getuser()}"
    try:
        with database_told(), sessions("notify").begin() as session:
            made, new = resend(session, delivery, by, reason.strip(), policy(), datetime.now(UTC))
            told = {"id": str(made.id), "new": new, "state": made.state}
    except (NotFound, Conflict) as error:
        fail(str(error), 1)
    if as_json:
        echo_json(told)
    elif new:
        click.echo(f"It goes again as {told['id']}.")
    else:
        click.echo(f"It was sent again before, as {told['id']}: {told['state']}.")
