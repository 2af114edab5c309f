"""``palika warroom review``: reviews, their packs and minutes, and actions, at a terminal."""

import base64
import json
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from palika.auth import SYSTEM
from palika.database import sessions
from palika.days import DAY
from palika.errors import Conflict
from palika.exits import fail
from palika.posts import names_of
from palika.reached import WAIT_S, in_words, with_reached
from palika.rpc import Client
from palika.text import Name
from services.warroom.cli.portfolio import (
    ADMIN,
    WRONG_INPUT,
    json_option,
    posts_of_city,
    posts_shown,
)
from services.warroom.cli.showing import answered, as_of_option, checked, language_option, moment
from services.warroom.commands.freeze import freeze
from services.warroom.commands.hold_reviews import hold_reviews, review_id
from services.warroom.commands.set_packs import set_packs
from services.warroom.documents.minutes import minutes_pdf
from services.warroom.documents.words import WORDS, Posts, lateness
from services.warroom.documents.words import day as written_day
from services.warroom.documents.words import moment as written_moment
from services.warroom.domain.keeping import kept
from services.warroom.kpis import known_red
from services.warroom.posts import posts_in
from services.warroom.queries import packs, photos, review_views
from services.warroom.queries.reviews import review_at
from services.warroom.queries.unset_packs import unset_packs
from services.warroom.schemas import reviewing as schemas

NOT_SET = 1
"""The exit code when a pack is frozen and its pages cannot be set."""
review_group = click.Group("review", help="Reviews of projects: agenda, pack, minutes, actions.")
_DAY = click.argument("day", type=DAY)
_UNSURE = {"mr": "[त्या वर्षाच्या सुट्ट्या माहीत नाहीत]", "en": "[that year's holidays are not known]"}
_SERIES = click.option("--series", default="fortnightly", show_default=True, help="Which series.")
_OUT = click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The file to write."
)


@review_group.command("hold")
@json_option
def hold_command(as_json: bool) -> None:
    """Put the reviews of the coming weeks into the calendar, by the rule."""
    with answered(), sessions("warroom").begin() as session:
        done = hold_reviews(session, datetime.now(UTC))
    click.echo(json.dumps({"reviews": done}) if as_json else f"{done} reviews put in or moved")


@review_group.command("list")
@click.option("--series", help="Of this series only.")
@as_of_option
@language_option
@json_option
def list_command(series: str | None, as_of: str | None, language: str, as_json: bool) -> None:
    """List reviews, the last first."""
    args = checked(schemas.ListingReviews(), {"series": series, "as_of": moment(as_of)})
    with answered(), sessions("warroom").begin() as session:
        found = review_views.list_reviews(session, args, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for each in found["items"]:
        moved = f" ({each['moved'][language]})" if each["moved"] else ""
        reason = f": {each['reason']}" if each["reason"] else ""
        begins = written_moment(each["starts_at"])
        phase = _word(f"phase_{each['phase']}", language)
        unsure = "" if each["holidays_known"] else f"  {_UNSURE[language]}"
        said = f"{each['name'][language]}  {begins}{moved}  {phase}{reason}{unsure}"
        click.echo(f"{written_day(each['occurs_on'])}  {said}")


@review_group.command("show")
@_DAY
@_SERIES
@as_of_option
@language_option
@json_option
def show_command(day: date, series: str, as_of: str | None, language: str, as_json: bool) -> None:
    """Show the review of DAY (by the rule): its agenda with the reasons, and its actions."""
    args = checked(
        schemas.ReadingReview(), {"review_id": _key(series, day), "as_of": moment(as_of)}
    )
    with answered(), sessions("warroom").begin() as session:
        found = review_views.get_review(session, args, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    posts = posts_shown(posts_in(found), language)
    console = Console()
    begins, phase = written_moment(found["starts_at"]), _word(f"phase_{found['phase']}", language)
    console.print(f"[bold]{found['name'][language]}[/bold]  {begins}  {phase}")
    table = _table(("number", "subject", "why", "minutes"), language)
    for each in found["agenda"]:
        why = "\n".join(posts.within(one["text"][language]) for one in each["why"])
        subject = f"{each['code']} {each['title'][language]}"
        table.add_row(
            str(each["number"]),
            escape(subject),
            escape(why),
            str(each["minutes"] or _word("together", language)),
        )
    console.print(table)
    if found["actions"]:
        console.print(_actions(_with_reached(found["actions"]), language, posts))


@review_group.command("actions")
@click.option("--post", help="Of this post only.")
@click.option("--code", help="About this project only.")
@click.option("--overdue", is_flag=True, help="Only what is beyond its first day, and not done.")
@as_of_option
@language_option
@json_option
def actions_command(
    post: str | None,
    code: str | None,
    overdue: bool,
    as_of: str | None,
    language: str,
    as_json: bool,
) -> None:
    """List the actions of all reviews by their day, and how promises were kept."""
    given = {"post": post, "code": code, "overdue": overdue, "as_of": moment(as_of)}
    args = checked(schemas.ListingActions(), given)
    with answered(), sessions("warroom").begin() as session:
        found = review_views.list_actions(session, args, datetime.now(UTC))
    found = {**found, "items": _with_reached(found["items"])}
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    posts = posts_shown(posts_in(found), language)
    Console().print(_actions(found["items"], language, posts))
    click.echo(WORDS["totals"].in_(language).format(**found["counts"]))


@review_group.command("freeze")
@_DAY
@_SERIES
@json_option
def freeze_command(day: date, series: str, as_json: bool) -> None:
    """Make the agenda of the review of DAY, and freeze its briefing pack."""
    args = checked(schemas.WritingReview(), {"review_id": _key(series, day)})
    with answered():
        try:
            begin, store = sessions("warroom").begin, photos.store()
            kpis = known_red(begin, _dashboard)
            freeze(begin, store, ADMIN, args, datetime.now(UTC), kpis, post_names)
            set_packs(begin, store, datetime.now(UTC), name_posts=post_names)
            with begin() as session:
                done = review_at(session, args["review_id"])
                unset = unset_packs(session, args["review_id"])
        except Conflict as error:
            fail(str(error), WRONG_INPUT)
    made = [review_views.pack_view(each) for each in done.packs.values()]
    for each in unset:
        fail(f"its pages cannot be set: {each['reason']}; this is tried again", NOT_SET)
    if as_json:
        click.echo(json.dumps({"packs": made}))
        return
    for each in made:
        click.echo(f"{each['form']} {each['language'] or ''}  {each['size']}  {each['sha256']}")


@review_group.command("packs")
@json_option
def packs_command(as_json: bool) -> None:
    """List the frozen packs whose pages are not set yet, and why not."""
    with answered(), sessions("warroom").begin() as session:
        found = unset_packs(session)
    if as_json:
        click.echo(json.dumps({"items": found}, ensure_ascii=False))
        return
    for each in found:
        tried = f"tried {each['attempts']} times, next at {written_moment(each['next_at'])}"
        said = f": {each['reason']}" if each["reason"] else ""
        click.echo(f"{written_day(each['occurs_on'])} ({each['series']})  {tried}{said}")


@review_group.command("pack")
@_DAY
@_SERIES
@click.option(
    "--form", type=click.Choice(["pdf", "pptx", "json"]), default="pdf", show_default=True
)
@as_of_option
@language_option
@_OUT
def pack_command(
    day: date, series: str, form: str, as_of: str | None, language: str, out: Path
) -> None:
    """Write the frozen briefing pack of the review of DAY to a file."""
    given = {"review_id": _key(series, day), "form": form, "language": language}
    args = checked(schemas.ReadingPack(), {**given, "as_of": moment(as_of)})
    with answered():
        with sessions("warroom").begin() as session:
            found = packs.find_pack(session, args, datetime.now(UTC))
        content = packs.pack_content(photos.store(), *found)
    out.write_bytes(base64.b64decode(content["content_base64"]))
    click.echo(str(out))


@review_group.command("minutes")
@_DAY
@_SERIES
@as_of_option
@language_option
@_OUT
def minutes_command(day: date, series: str, as_of: str | None, language: str, out: Path) -> None:
    """Write the minutes of the review of DAY to a file (PDF/A)."""
    args = checked(
        schemas.ReadingReview(), {"review_id": _key(series, day), "as_of": moment(as_of)}
    )
    with answered(), sessions("warroom").begin() as session:
        found = review_views.get_minutes(session, args, datetime.now(UTC))
    if not found["post_names"]:
        found["post_names"] = kept(post_names(posts_in(found)))
    out.write_bytes(minutes_pdf(found, language))
    click.echo(str(out))


def _dashboard() -> dict[str, Any]:
    """Of the running city."""
    with Client(ADMIN) as city:
        found: dict[str, Any] = city.kpi.dashboard()
    return found


def post_names(codes: Collection[str]) -> dict[str, Name]:
    """What posts are called in the running city; none while it does not run."""
    return names_of(posts_of_city, codes)


def _key(series: str, day: date) -> str:
    key: UUID = review_id(series, day)
    return str(key)


def _word(name: str, language: str) -> str:
    return WORDS[name].in_(language)


def _table(names: tuple[str, ...], language: str) -> Table:
    return Table(*(WORDS[each].in_(language) for each in names))


def _with_reached(items: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Actions with whether their owners were reached, as far as the city's notify says."""
    with Client(SYSTEM("cli"), timeout_s=WAIT_S) as city:
        return with_reached(items, city.notify, "post")


def _actions(items: list[Mapping[str, Any]], language: str, posts: Posts) -> Table:
    table = Table(WORDS["due"].in_(language), WORDS["action"].in_(language))
    # The project's code and a word of a post's name are not broken.
    table.add_column(WORDS["project"].in_(language), no_wrap=True)
    for name in ("post", "state", "told"):
        table.add_column(WORDS[name].in_(language), overflow="fold")
    for each in items:
        table.add_row(
            written_day(each["due_on"]),
            escape(each["title"]),
            each["code"] or "",
            posts[each["post"]],
            " ".join(
                filter(None, [_word(f"work_{each['work']}", language), lateness(each, language)])
            ),
            in_words(each["reached"]).in_(language) if each["told_event"] else "",
            style="red" if each["days_beyond"] else "",
        )
    return table
