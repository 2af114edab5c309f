"""``palika eoffice search, reindex``: find things by their words, and keep these in step."""

import json
import re
from datetime import UTC, datetime
from html import escape, unescape
from itertools import groupby
from typing import Any

import click
from marshmallow import ValidationError
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from palika.auth import Identity
from palika.database import sessions
from palika.days import DAY
from palika.errors import Forbidden, Invalid, Unavailable
from palika.exits import database_told, fail
from palika.india import grouped
from services.eoffice.cli.asking import json_option, language_option, limit_option
from services.eoffice.cli.showing import moment
from services.eoffice.cli.words import say
from services.eoffice.commands.tend_papers import read_again
from services.eoffice.domain.searching import Kind
from services.eoffice.queries import search
from services.eoffice.queries.kept_papers import store
from services.eoffice.schemas.search import Counting, Searching
from services.eoffice.searching import Difference, How, reindex

_WRONG_INPUT = 2
_INDENT, _LEAST = "    ", 16
_MORE, _BETWEEN = "…", " — "
"""With these an excerpt ends, and the title and the rest of it stand together."""
_OPERATOR = Identity.of("admin:command-line", "admin")


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--post", required=True, help="As which post: it finds what that post may read.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([str(each) for each in Kind]),
    help="Only these; may be given often.",
)
@click.option("--department", help="Of this department only.")
@click.option("--from", "from_day", type=DAY, help="From this day of India on: 01-04-2026.")
@click.option("--to", "to_day", type=DAY, help="Until this day, included.")
@limit_option(100, 20)
@language_option
@json_option
def search_command(
    words: tuple[str, ...], post: str, language: str, as_json: bool, **asked: Any
) -> None:
    """Find what has all of these WORDS, in Marathi or in English, the newest first.

    Exit status: 0 when there is something, 1 when there is nothing, 2 when it cannot be asked so.
    """
    limit = asked.pop("limit")
    given = {name: value for name, value in asked.items() if value}
    given |= {"words": " ".join(words), "post": post, "kinds": list(asked["kinds"])}
    now = datetime.now(UTC)
    try:
        listed = Searching().load({**given, "limit": limit})
        counted = Counting().load(given)
        # A page, and a count, are each of one moment.
        with database_told(), sessions("eoffice").begin() as session:
            found = search.page(session, _OPERATOR, listed, now)
        with database_told(), sessions("eoffice").begin() as session:
            found |= search.count(session, _OPERATOR, counted, now)
    except ValidationError as error:
        fail(_rules(error.messages_dict), _WRONG_INPUT)
    except Invalid as error:
        fail(_rules(error.fields) or str(error), _WRONG_INPUT)
    except Forbidden as error:
        fail(str(error), _WRONG_INPUT)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found, language)
    if not found["items"]:
        fail("nothing is found", 1)


def _show(found: dict[str, Any], language: str) -> None:
    rows = [_row(each, language) for each in found["items"]]
    if not rows:
        return
    # A letter of Devanagari is not a cell.
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]))]
    width = Console().width
    for each, row in zip(found["items"], rows, strict=True):
        cells = [
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(row, widths, strict=True)
            if width
        ]
        line = "  ".join(cells).rstrip()
        title, excerpt = _said(each)
        if title and cell_len(f"{line}  {title}") <= width:
            click.echo(f"{line}  {title}")
        else:
            # In a narrow terminal only what is empty in this row makes room.
            short = "  ".join(cell for cell in row if cell)
            click.echo(line if cell_len(line) <= width else short)
            _tell(escape(title), width)
        _tell(excerpt, width)
    if found["next"]:
        told = {"shown": len(rows), "count": _how_many(found, language)}
        click.echo(say("found", language).format(**told))
    kinds = {kind: told for kind, told in found["kinds"].items() if told["count"]}
    if len(kinds) > 1:
        of = ""
        if found["more"]:
            of = say("of the newest", language).format(count=grouped(found["count"]))
        told_kinds = (f"{say(kind, language)} {grouped(n['count'])}" for kind, n in kinds.items())
        click.echo(of + ", ".join(told_kinds))


def _said(each: dict[str, Any]) -> tuple[str, str]:
    """The title, and the excerpt as HTML, without what the title says already; a title that is but
    the beginning of the excerpt is left out."""
    title, said = each["title"], each["excerpt"]
    if said["plain"] == title:
        return title, ""
    if title.endswith(_MORE) and said["plain"].startswith(title.removesuffix(_MORE)):
        return "", said["html"]
    if not said["plain"].startswith(title + _BETWEEN):
        return title, said["html"]
    shown, left = [], len(title + _BETWEEN)
    for text, marked in _pieces(said["html"]):
        rest, left = text[left:], max(0, left - len(text))
        shown.append(f"<mark>{escape(rest)}</mark>" if marked and rest else escape(rest))
    return title, "".join(shown)


def _pieces(html: str) -> list[tuple[str, bool]]:
    """The texts of an excerpt, and whether each is a word that was found."""
    pieces = re.split("</?mark>", html)
    return [(unescape(each), number % 2 == 1) for number, each in enumerate(pieces)]


def _tell(html: str, width: int) -> None:
    """An excerpt, in lines of a terminal; the words found are in bold, to a pipe they are plain."""
    text = Text()
    for piece, marked in _pieces(html):
        text.append(piece, "bold" if marked else "")
    if not text:
        return
    for line in text.wrap(Console(width=width), max(_LEAST, width - len(_INDENT)), overflow="fold"):
        line.rstrip()
        click.echo(_INDENT + _styled(line))


def _styled(line: Text) -> str:
    bold = {at for span in line.spans for at in range(span.start, span.end)}
    pieces = groupby(enumerate(line.plain), key=lambda each: each[0] in bold)
    said = [(marked, "".join(letter for _, letter in piece)) for marked, piece in pieces]
    return "".join(click.style(each, bold=True) if marked else each for marked, each in said)


def _row(each: dict[str, Any], language: str) -> tuple[str, ...]:
    file = each["file"] or {}
    # What was brought in as an archive is on no desk.
    number, desk = file.get("number", ""), file.get("held_by") or ""
    if each["kind"] in (Kind.RECEIPT, Kind.LETTER):
        number = " ".join(filter(None, (each["number"], number)))
    where = "" if each["kind"] == Kind.FILE else each["ref"] or ""
    if each["page"] and not where:
        where = say("page", language).format(number=each["page"])
    grade = "" if each["secrecy"] == "normal" else say(each["secrecy"], language)
    day = moment(each["at"]).split()[0]
    if file.get("unproved"):
        desk = say("unproved", language)
    return day, say(each["kind"], language), number, desk, where, grade


def _how_many(told: dict[str, Any], language: str) -> str:
    count = grouped(told["count"])
    return say("more than", language).format(count=count) if told["more"] else count


def _rules(fields: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {rule}" for name, rules in fields.items() for rule in _each(rules))


def _each(rules: Any) -> list[Any]:
    return list(rules.values()) if isinstance(rules, dict) else list(rules)


@click.command("reindex")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@click.option("--papers", is_flag=True, help="First read papers again that could not be read.")
def reindex_command(as_json: bool, papers: bool) -> None:
    """Make the search find files, notes, papers, receipts and letters by the words they have now.

    The service may be at work meanwhile, and when it is stopped it goes on the next time. Run it
    once after a version that finds more than the one before, and whenever
    `palika eoffice verify` says that something of search_words is not as it should be.
    """
    columns = SpinnerColumn(), TextColumn("{task.description}")
    console = Console(stderr=True)
    hidden = not console.is_terminal
    read = 0
    unread: list[Difference] = []
    if papers:
        try:
            with database_told():
                begin = sessions("eoffice").begin
                read = read_again(begin, store(), lambda: datetime.now(UTC))
        except Unavailable as error:
            fail(str(error), 1)
    with (
        database_told(),
        Progress(*columns, console=console, transient=True, disable=hidden) as bar,
    ):
        task = bar.add_task("looking")
        counts = reindex(
            sessions("eoffice"),
            lambda done: bar.update(task, description=f"{grouped(done)} looked at"),
            unread.append,
        )
    _tell_reindexed(counts, unread, read if papers else None, as_json)
    if unread:
        fail(f"{grouped(len(unread))} could not be read: palika eoffice verify names them", 1)


def _tell_reindexed(
    counts: dict[How, int], unread: list[Difference], papers: int | None, as_json: bool
) -> None:
    if as_json:
        told: dict[str, Any] = {str(how): count for how, count in counts.items()}
        told["unread"] = [{"kind": each.kind, "id": str(each.thing)} for each in unread]
        click.echo(json.dumps(told | ({} if papers is None else {"papers": papers})))
        return
    for each in unread:
        click.echo(f"{each.kind}:{each.thing}: {each.why}")
    if papers is not None:
        click.echo(f"{grouped(papers)} papers could be read now")
    said = {How.REMOVED: "were missing", How.CHANGED: "were wrong", How.INSERTED: "were too many"}
    if any(counts.values()):
        click.echo(", ".join(f"{grouped(counts[how])} {what}" for how, what in said.items()))
    elif not unread:
        click.echo("all is as it should be")
