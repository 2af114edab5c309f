"""``palika eoffice org``: single changes of the organisation, from a day on."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from marshmallow import Schema

from palika.database import sessions
from palika.days import DAY
from palika.errors import Conflict, Invalid, NotFound
from palika.exits import database_told, fail
from services.eoffice.cli.asking import (
    WRONG_INPUT,
    checked,
    json_option,
    language_option,
    shown_in_option,
)
from services.eoffice.cli.organisation import ADMIN, group, word
from services.eoffice.cli.showing import day
from services.eoffice.cli.words import say
from services.eoffice.commands import arrange_posts, hold_post
from services.eoffice.domain.organisation_lines import LANGUAGES
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.schemas import organisation as schemas

_DRY = click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
_BY = click.option("--by", "post", help="The post by whose order; it stands in the record.")
_SINCE = click.option(
    "--since", type=DAY, help="From which day on: 01-08-2026; today if not given."
)
_ORDER = click.option("--order", "order_ref", help="The number of the office order.")
_MR = click.option("--mr", help="The name in Marathi.")
_EN = click.option("--en", help="The name in English.")


def _change(
    command: Callable[..., Any],
    schema: Schema,
    view: Schema | None,
    asked: Mapping[str, Any],
    *,
    dry_run: bool,
) -> dict[str, Any]:
    """Carry a change out or, with ``dry_run``, take it back again; ends where it is refused.

    Args:
        view: of what the command gives; None: it gives what is shown.
    """
    given = checked(schema, asked)
    try:
        with database_told(), sessions("eoffice")() as session:
            done = command(session, ADMIN, given, datetime.now(UTC))
            shown: dict[str, Any] = done if view is None else dict(view.dump(done))
            if dry_run:
                session.rollback()
            else:
                session.commit()
    except (Conflict, NotFound) as error:
        fail(error.message, 1)
    except Invalid as error:
        fail(str(error), WRONG_INPUT)
    return shown


def _tell(
    shown: Mapping[str, Any], said: str, *, dry_run: bool, language: str, as_json: bool
) -> None:
    if as_json:
        click.echo(json.dumps({**shown, "dry_run": dry_run}, ensure_ascii=False))
        return
    click.echo(f"{said} ({word('dry run', language)})" if dry_run else said)


@group.command("transfer")
@click.argument("person")
@click.argument("to")
@click.option("--additional", is_flag=True, help="Beside what they hold: additional charge.")
@_SINCE
@click.option("--until", type=DAY, help="The last day, if one is set.")
@_ORDER
@_BY
@_DRY
@language_option
@json_option
def transfer_command(
    person: str, to: str, dry_run: bool, language: str, as_json: bool, **asked: Any
) -> None:
    """Let the officer PERSON hold the post TO from a day on; the post that they had ends then.

    Work stays with the posts: nothing moves. The files of a post that stays vacant are given to
    another by `palika eoffice transfer`.

    Exit status: 0; 1 when somebody holds TO; 2 when there is no such officer, post or day.
    """
    shown = _change(
        hold_post.transfer_person,
        schemas.TransferringPerson(),
        schemas.TransferredView(),
        {"person": person, "to": to, **asked},
        dry_run=dry_run,
    )
    since, until = day(shown["holding"]["since"]), shown["holding"]["until"]
    said = say("holds", language).format(person=person, post=to, since=since)
    if until is not None:
        said += say("holds until", language).format(until=day(until))
    if left := ", ".join(each["post"] for each in shown["ended"]):
        said += say("holds no more", language).format(posts=left)
    _tell(shown, said, dry_run=dry_run, language=language, as_json=as_json)


@group.command("vacate")
@click.argument("code", metavar="POST")
@click.option("--person", help="Only this officer holds it no more.")
@_SINCE
@_ORDER
@_BY
@_DRY
@language_option
@json_option
def vacate_command(code: str, dry_run: bool, language: str, as_json: bool, **asked: Any) -> None:
    """Let nobody hold POST from a day on; its work stays there, and how much is told.

    Exit status: 0; 2 when there was never such a post, or it is no day to come.
    """
    shown = _change(
        hold_post.vacate_post,
        schemas.Vacating(),
        schemas.VacatedView(),
        {"code": code, **asked},
        dry_run=dry_run,
    )
    people = ", ".join(each["person"] for each in shown["ended"])
    said = say("vacated" if people else "vacant already", language).format(
        post=code, people=people, since=day(shown["since"])
    )
    said += say("work there", language).format(files=shown["files"], receipts=shown["receipts"])
    _tell(shown, said, dry_run=dry_run, language=language, as_json=as_json)


@group.command("add-post")
@click.argument("code")
@click.option("--department", required=True, help="The department that it is in.")
@click.option("--section", help="The section that it is in, if it is in one.")
@click.option("--mr", required=True, help="The name in Marathi.")
@click.option("--en", required=True, help="The name in English.")
@click.option("--level", required=True, type=int, help="Its rank, 1 the lowest.")
@click.option("--reports-to", help="The post above it.")
@click.option(
    "--clearance",
    type=click.Choice([each.code for each in Secrecy]),
    default=Secrecy.NORMAL.code,
    show_default=True,
    help="Up to which secrecy it reads.",
)
@_SINCE
@_BY
@_DRY
@language_option
@json_option
def add_post_command(code: str, dry_run: bool, language: str, as_json: bool, **asked: Any) -> None:
    """Add the post CODE from a day on; nobody holds it yet.

    Exit status: 0; 1 when there is, or was, another of that code; 2 when it cannot be.
    """
    asked = {"code": code, **asked}
    shown = _change(
        arrange_posts.add_post, schemas.AddingPost(), schemas.PostView(), asked, dry_run=dry_run
    )
    said = say("from then on", language).format(
        code=code, name=shown[language], since=day(shown["since"])
    )
    _tell(shown, said, dry_run=dry_run, language=language, as_json=as_json)


@group.command("add-person")
@click.argument("code")
@click.option("--mr", required=True, help="The name in Marathi.")
@click.option("--en", required=True, help="The name in English.")
@click.option("--phone", help="The officer's telephone number.")
@click.option("--email", help="The officer's e-mail address.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="In which the officer is written to.",
)
@_SINCE
@_BY
@_DRY
@shown_in_option
@json_option
def add_person_command(
    code: str, dry_run: bool, shown_in: str, as_json: bool, **asked: Any
) -> None:
    """Take the officer CODE in from a day on, who holds no post yet.

    Exit status: 0; 1 when there is, or was, another of that code; 2 when it cannot be.
    """
    asked = {"code": code, **asked}
    shown = _change(
        *(arrange_posts.add_person, schemas.AddingPerson(), schemas.PersonView(), asked),
        dry_run=dry_run,
    )
    said = say("from then on", shown_in).format(
        code=code, name=shown[shown_in], since=day(shown["since"])
    )
    _tell(shown, said, dry_run=dry_run, language=shown_in, as_json=as_json)


@group.command("abolish")
@click.argument("code", metavar="POST")
@_SINCE
@_ORDER
@_BY
@_DRY
@language_option
@json_option
def abolish_command(code: str, dry_run: bool, language: str, as_json: bool, **asked: Any) -> None:
    """End POST from a day on, and with it whoever holds it.

    Exit status: 0; 1 when it has files or receipts, posts report to it, or it has delegated
    powers (the message has the way out); 2 when it is no day to come.
    """
    shown = _change(
        arrange_posts.abolish_post,
        schemas.Abolishing(),
        schemas.AbolishedView(),
        {"code": code, **asked},
        dry_run=dry_run,
    )
    said = say("ends on", language).format(code=code, until=day(shown["until"]))
    _tell(shown, said, dry_run=dry_run, language=language, as_json=as_json)


@group.command("rename")
@click.argument("kind", type=click.Choice(schemas.KINDS))
@click.argument("code")
@_MR
@_EN
@_BY
@_DRY
@language_option
@json_option
def rename_command(
    kind: str, code: str, dry_run: bool, language: str, as_json: bool, **asked: Any
) -> None:
    """Give the department, section, post or officer CODE another name, at once.

    A name is not kept by days: what it was stands in the record. What is not given stays.

    Exit status: 0; 1 when there is none of that code; 2 when no name is given.
    """
    asked = {"kind": kind, "code": code, **asked}
    shown = _change(arrange_posts.rename, schemas.Renaming(), None, asked, dry_run=dry_run)
    said = f"{code}: {shown['mr']}, {shown['en']}"
    _tell(shown, said, dry_run=dry_run, language=language, as_json=as_json)


@group.command("report-to")
@click.argument("code", metavar="POST")
@click.argument("reports_to", metavar="[ABOVE]", required=False)
@click.option("--none", "to_none", is_flag=True, help="Instead of ABOVE: to none.")
@_BY
@_DRY
@language_option
@json_option
def report_to_command(
    code: str,
    reports_to: str | None,
    to_none: bool,
    post: str | None,
    dry_run: bool,
    language: str,
    as_json: bool,
) -> None:
    """Let POST report to the post ABOVE from now on.

    Exit status: 0; 2 when there is no such post, or it would be a circle.
    """
    if (reports_to is None) != to_none:
        raise click.UsageError("say either ABOVE or --none")
    shown = _change(
        arrange_posts.change_reporting,
        schemas.ChangingLine(),
        schemas.PostView(),
        {"code": code, "reports_to": reports_to, "post": post},
        dry_run=dry_run,
    )
    above = shown["reports_to"]
    said = say("reports to" if above else "reports to none", language)
    said = said.format(code=code, above=above)
    _tell(shown, said, dry_run=dry_run, language=language, as_json=as_json)
