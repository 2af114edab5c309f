"""``palika tax recovery campaign``: a plan kept for a person to approve, and what came of it."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from palika.auth import Identity
from palika.database import sessions
from palika.errors import PalikaError
from palika.exits import database_told, fail
from palika.india import grouped, rupees
from palika.text import Name
from services.tax.cli.recovery import json_option, language_option, model_of, progress
from services.tax.cli.recovery_shown import plan_as_json
from services.tax.cli.tables import Listing, figures, words
from services.tax.commands.campaign import Kept, create
from services.tax.commands.carry_out import end_due, send_due
from services.tax.domain.recovery import ACTION_NAMES, Action
from services.tax.queries.campaigns import brought
from services.tax.reference import recovery

T = TypeVar("T")

_HEADINGS = {
    "action": Name("कृती", "action"),
    "states": Name("स्थिती", "states"),
    "recovered": Name("वसूल", "recovered"),
    "each": Name("प्रति कृती", "per action"),
    "expected": Name("अपेक्षित अधिक", "expected more"),
}
_EFFECT = Name(
    "मोहिमेने प्रत्येकी {more} अधिक आणले ({low} ते {high}, ९५ %), एकूण {in_all}: योजलेल्या {planned} "
    "मिळकती, योगायोगाने वगळलेल्या {alone}.",
    "It has brought {more} more for each ({low} to {high}, 95 %), {in_all} in all: {planned} for "
    "whom something was planned beside {alone} left alone by chance.",
)
_NO_EFFECT = Name("परिणाम अद्याप मोजता येत नाही.", "What it has brought more cannot be measured yet.")


@click.group("campaign")
def group() -> None:
    """Plans that are kept. A supervisor approves one, and signs each attachment, at their desk."""


@group.command("create")
@click.argument("name")
@click.option("--by", required=True, help="Who plans it, like officer:recovery-1.")
@click.option("--days", default=20, show_default=True, type=click.IntRange(1, 120))
@language_option
@json_option
def create_(name: str, by: str, days: int, language: str, as_json: bool) -> None:
    """Plan for all that are late, from tomorrow on, and keep it as the campaign NAME.

    Nothing is sent before a supervisor, who is not who planned it, has approved it.
    """
    from services.tax.recovery.model import digest
    from services.tax.recovery.store import keep_plan, plan_ledger

    model, document = model_of(None)
    with progress(quiet=as_json) as told:
        planned = plan_ledger(model, recovery(), days, told, salt=name)
    try:
        with database_told(), sessions("tax").begin() as session:
            model_id = keep_plan(session, digest(document), planned, datetime.now(UTC))
            figures = plan_as_json(planned.plan, 0)
            kept = Kept(
                name, model_id, planned.plan, planned.candidates,
                (planned.days[0], planned.days[-1]), figures,
            )  # fmt: skip
            made = create(session, Identity.of(by, "officer"), kept, datetime.now(UTC))
            id_ = str(made.id)
    except PalikaError as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps({"campaign_id": id_, **figures}, ensure_ascii=False))
        return
    count = grouped(figures["choices"])
    click.echo(
        Name(
            f"मोहीम {id_}: {count} कृती. पर्यवेक्षकाच्या मंजुरीपूर्वी काहीही पाठवले जाणार नाही.",
            f"Campaign {id_}: {count} actions. Nothing is sent before a supervisor approves it.",
        ).in_(language)
    )


@group.command("send")
@click.argument("campaign_id", type=click.UUID)
@json_option
def send(campaign_id: uuid.UUID, as_json: bool) -> None:
    """Ask for the messages and calls whose day has come; run again, it goes on."""
    total: dict[str, int] = {}
    counts, place = _run(send_due, campaign_id)
    while True:
        total = {name: total.get(name, 0) + count for name, count in counts.items()}
        if place is None:
            break
        counts, place = _run(send_due, campaign_id, place)
    _tell(total, as_json)


@group.command("end")
@click.argument("campaign_id", type=click.UUID)
@json_option
def end(campaign_id: uuid.UUID, as_json: bool) -> None:
    """End the items whose time is over by what was paid in it."""
    _tell(_run(end_due, campaign_id), as_json)


@group.command("report")
@click.argument("campaign_id", type=click.UUID)
@language_option
@json_option
def report(campaign_id: uuid.UUID, language: str, as_json: bool) -> None:
    """What a campaign has brought so far, by action, beside those who were left alone by chance."""
    try:
        with database_told(), sessions("tax")() as session:
            found = brought(session, campaign_id)
    except PalikaError as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    columns = [
        (words if at < 2 else figures)(name.in_(language))
        for at, name in enumerate(_HEADINGS.values())
    ]
    listing = Listing(f"{found['name']} ({found['state']})", columns)
    rows = {**found["actions"], **({Action.NONE: found["control"]} if found["control"] else {})}
    for action, row in rows.items():
        each = row["per_action_paise"]
        listing.add(
            ACTION_NAMES[action].in_(language),
            ", ".join(f"{state} {grouped(count)}" for state, count in row["states"].items()),
            rupees(row["recovered_paise"]),
            "-" if each is None else rupees(each),
            rupees(row["expected_paise"]),
        )
    listing.show()
    if (effect := found["effect"]) is None:
        click.echo(_NO_EFFECT.in_(language))
        return
    figures_ = {name: rupees(effect[f"{name}_paise"]) for name in ("more", "low", "high", "in_all")}
    counts = {name: grouped(effect[name]) for name in ("planned", "alone")}
    click.echo(_EFFECT.in_(language).format(**figures_, **counts))


def _run(command: Callable[..., T], campaign_id: uuid.UUID, *more: Any) -> T:
    try:
        with database_told(), sessions("tax").begin() as session:
            return command(session, campaign_id, datetime.now(UTC), *more)
    except PalikaError as error:
        fail(str(error), 1)


def _tell(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(counts))
    else:
        click.echo(", ".join(f"{name} {grouped(count)}" for name, count in counts.items()))
