"""``palika notify campaign``: one message to many; a process of its own, without eventlet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from palika.database import sessions
from palika.errors import PalikaError
from palika.exits import database_told, fail
from palika.india import grouped
from palika.spreadsheets import CsvWriter, appearing
from services.notify.cli.campaign_shown import progress, show, show_list, show_rejections
from services.notify.cli.options import campaign_name, identity, json_object, moment, stopping
from services.notify.cli.options import hours as hours_in
from services.notify.cli.shown import AS_JSON, echo_json
from services.notify.commands import campaign_life as life
from services.notify.commands.campaign_draft import Plan, Shop, draft
from services.notify.commands.campaign_file import load as load_file
from services.notify.commands.campaign_file import look_at
from services.notify.domain.campaign_rows import Columns
from services.notify.domain.campaigns import CampaignState
from services.notify.domain.templates import Templates
from services.notify.models import Campaign
from services.notify.queries import campaigns as queries
from services.notify.queries.deliveries import delivery
from services.notify.schemas.campaigns import MAX_PER_MINUTE
from services.notify.secrets import city_secrets
from services.notify.template_store import TemplateStore
from services.notify.working import city_carriers, now, policy

_STOPPED = 130
_PAGE = 500
_campaign = click.argument("campaign")
_by = click.option("--by", required=True, metavar="KIND:NAME", help="Who does it: supervisor:a-1.")


@click.group("campaign")
def group() -> None:
    """One message to many: from a file, or to whom another service's query finds.

    Someone makes a campaign, another person approves it, and it runs: at its moment, in its hours,
    not faster than its limit. CAMPAIGN is a name or an id. Exit status of all: 0 done, 1 it cannot
    be done, 2 wrong usage.
    """


@group.command("create")
@click.argument("name")
@click.option("--template", required=True, help="What is sent.")
@click.option(
    "--csv",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The recipients: phone and/or email, name, language, and the template's fields.",
)
@click.option("--query", metavar="SERVICE.NAME", help="The recipients: tax.owing.")
@click.option("--arguments", default="{}", help="Of the query, as a JSON object.")
@click.option("--fields", default="{}", help="The same for all, as a JSON object.")
@click.option("--at", help="When it begins, in India's time: 2026-08-09T10:00 (or with a zone).")
@click.option("--hours", metavar="FROM-TO", help="Of the day in India: 10:00-18:00.")
@click.option("--per-minute", type=click.IntRange(1, MAX_PER_MINUTE), help="Its own limit.")
@click.option(
    "--reject-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of the rows that cannot be used: row, field, rule, masked value.",
)
@_by
@AS_JSON
def create(
    name: str,
    template: str,
    file: Path | None,
    query: str | None,
    arguments: str,
    fields: str,
    at: str | None,
    hours: str | None,
    per_minute: int | None,
    reject_file: Path | None,
    by: str,
    as_json: bool,
) -> None:
    """Make the campaign NAME, for another person to approve.

    A file is loaded row by row; rows that cannot be used are reported and left out. Loading that
    was stopped, by whatever, goes on where it stopped when the same is run again. What a query
    finds is loaded by the service: `show` tells how far it is.

    Exit status: 0 when it is a draft (or the service loads it), 1 when the file cannot be used or
    there is another campaign of this name, 2 wrong usage, 130 when it was told to stop.
    """
    if (file is None) == (query is None):
        raise click.UsageError("give either --csv or --query")
    if reject_file is not None and file is None:
        raise click.UsageError("--reject-file goes with --csv: see `rejected` for a query")
    service, _, called = (query or "").partition(".")
    if query is not None and not (service and called):
        raise click.UsageError("--query is SERVICE.NAME, tax.owing")
    with _told("run it again to go on where it stopped"):
        shop = _shop()
        found = look_at(file) if file else None
        plan = Plan(
            name=campaign_name(name),
            template=template,
            fields=json_object("--fields", fields),
            audience=service or None,
            query={"name": called, "arguments": json_object("--arguments", arguments)}
            if query
            else None,
            digest=found.digest if found else None,
            rows=found.rows if found else None,
            start_at=moment(at),
            hours=hours_in(hours),
            per_minute=per_minute,
        )
        begin = sessions("notify").begin
        if found is not None:
            # What is wrong with the columns is told before anything is written.
            Columns.of(found.header, shop.template(template), plan.fields)
        with begin() as session:
            made = draft(session, identity(by), plan, shop, now())
        if found is not None:
            with stopping() as asked, progress(name) as told:
                made = load_file(
                    begin,
                    made.id,
                    found,
                    shop,
                    now,
                    lambda now: told(now.loaded_to - 1, found.rows, _words(now)),
                    asked.is_set,
                )
        if reject_file is not None:
            _write_rejections(made, reject_file)
        if found is not None and made.state == CampaignState.LOADING:
            fail(f"campaign {name!r} is loaded in part; run it again to go on", _STOPPED)
    _show(made, as_json)


@group.command("list")
@click.option("--state", type=click.Choice([each.value for each in CampaignState]))
@AS_JSON
def list_(state: str | None, as_json: bool) -> None:
    """List campaigns, the newest first; 50 at the most."""
    with _told(), sessions("notify").begin() as session:
        rows = queries.campaigns(session, {"state": state, "after": None, "limit": 50})["campaigns"]
    if as_json:
        echo_json({"campaigns": rows})
    else:
        show_list(rows)


@group.command("show")
@_campaign
@click.option("--estimate", is_flag=True, help="Estimate cost and consent again.")
@click.option("--follow", is_flag=True, help="Show a bar until it has ended, or is paused.")
@AS_JSON
def show_(campaign: str, estimate: bool, follow: bool, as_json: bool) -> None:
    """Show a campaign: what it will cost, whom it could tell now, and how far it is."""
    if estimate:
        with _told():
            shop = _shop()
            found = _do(campaign, lambda session, id_: life.estimate(session, id_, shop, now()))
        _show(found, as_json)
        return
    with _told():
        with sessions("notify").begin() as session:
            found = queries.named(session, campaign)
        if follow:
            found = _follow(found)
    _show(found, as_json)


@group.command("approve")
@_campaign
@_by
@AS_JSON
def approve(campaign: str, by: str, as_json: bool) -> None:
    """Let a campaign begin that another person has made.

    It begins at its moment; without one, when it is started.
    """
    with _told():
        known = _templates()
        caller = identity(by)
        found = _do(campaign, lambda session, id_: life.approve(session, caller, id_, known, now()))
    _show(found, as_json)


@group.command("start")
@_campaign
@click.option("--at", help="Not now, but then: 2026-08-09T10:00 in India's time.")
@_by
@AS_JSON
def start(campaign: str, at: str | None, by: str, as_json: bool) -> None:
    """Begin an approved campaign now, or at another moment."""
    with _told():
        begins, caller = moment(at), identity(by)
        found = _do(campaign, lambda session, id_: life.start(session, caller, id_, begins, now()))
    _show(found, as_json)


@group.command("pause")
@_campaign
@AS_JSON
def pause(campaign: str, as_json: bool) -> None:
    """Send nothing more until it is resumed; what a provider has already is not taken back."""
    with _told():
        found = _do(campaign, life.pause)
    _show(found, as_json)


@group.command("resume")
@_campaign
@AS_JSON
def resume(campaign: str, as_json: bool) -> None:
    """Go on with what was paused."""
    with _told():
        known = _templates()
        found = _do(
            campaign, lambda session, id_: life.resume(session, id_, known, policy(), now())
        )
    _show(found, as_json)


@group.command("cancel")
@_campaign
@_by
@AS_JSON
def cancel(campaign: str, by: str, as_json: bool) -> None:
    """End a campaign as it is: who was not told yet is not told, and is forgotten."""
    with _told():
        caller = identity(by)
        found = _do(campaign, lambda session, id_: life.cancel(session, caller, id_, now()))
    _show(found, as_json)


@group.command("test")
@_campaign
@click.argument("phone")
@AS_JSON
def test(campaign: str, phone: str, as_json: bool) -> None:
    """Send what the first recipient would be told to PHONE; the service sends it at once."""
    with _told():
        shop = _shop()
        with sessions("notify").begin() as session:
            id_ = queries.named(session, campaign).id
            made = life.test(session, id_, phone, shop.templates, shop.policy, shop.secrets, now())
            shown = delivery(session, {"id": made.id})
    if as_json:
        echo_json(shown)
    else:
        click.echo(f"delivery {shown['id']}: {shown['template']}, {shown['state']}")


@group.command("rejected")
@_campaign
@click.option("--after", default=0, type=click.IntRange(0), help="Rows behind this one.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, _PAGE))
@AS_JSON
def rejected(campaign: str, after: int, limit: int, as_json: bool) -> None:
    """Show the rows that nothing is sent for, and the rule that each breaks."""
    with _told(), sessions("notify").begin() as session:
        page = queries.rejections(session, queries.named(session, campaign), after, limit)
    if as_json:
        echo_json(page)
    else:
        show_rejections(page)


def _do(campaign: str, act: Callable[[Session, Any], Campaign]) -> Campaign:
    with sessions("notify").begin() as session:
        return act(session, queries.named(session, campaign).id)


def _show(found: Campaign, as_json: bool) -> None:
    with _told(), sessions("notify").begin() as session:
        shown = queries.campaign(session, found, now())
    if as_json:
        echo_json(shown)
    else:
        show(shown)


def _follow(found: Campaign) -> Campaign:
    """A bar, until there is nothing to wait for."""
    going = (CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.LOADING)
    with stopping() as asked, progress(found.name) as told:
        while found.state in going and not asked.is_set():
            with sessions("notify").begin() as session:
                found = queries.by_id(session, found.id)
                far = queries.progress(session, found, now())
            words = ", ".join(f"{name} {grouped(count)}" for name, count in far["states"].items())
            told(far["ended"], found.recipients, words or found.state)
            asked.wait(1.0)
    return found


def _write_rejections(campaign: Campaign, path: Path) -> None:
    with appearing(path) as hidden:
        writer = CsvWriter(hidden, ["row", "field", "rule", "value"])
        after: int | None = 0
        while after is not None:
            with sessions("notify").begin() as session:
                page = queries.rejections(session, campaign, after, _PAGE)
            for each in page["rejections"]:
                writer.add([each["row"], each["field"], each["rule"], each["value"]])
            after = page["next"]
        writer.close()


def _words(now: Campaign) -> str:
    return f"{grouped(now.recipients)} good, {grouped(now.rejected)} rejected"


@contextmanager
def _told(then: str = "") -> Iterator[None]:
    """End with 1 and the reason when it cannot be done."""
    try:
        with database_told(then):
            yield
    except PalikaError as error:
        fail(str(error), 1)
    except OSError as error:
        fail(str(error), 1)


def _shop() -> Shop:
    return Shop(_templates(), city_carriers(), policy(), city_secrets())


def _templates() -> Templates:
    return TemplateStore(sessions("notify").begin).current()
