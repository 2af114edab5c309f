"""``palika eoffice org``: the organisation shown, written out as CSV, and read in again."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree
from sqlalchemy import select

from palika import csv_files
from palika.auth import Identity
from palika.database import sessions
from palika.days import DAY
from palika.errors import Invalid
from palika.exits import database_told, fail
from palika.india import day_of, grouped, in_digits
from palika.spreadsheets import BOM, appearing, csv_text
from services.eoffice.cli.asking import (
    WRONG_INPUT,
    checked,
    json_option,
    language_option,
    limit_option,
)
from services.eoffice.cli.showing import day as day_shown
from services.eoffice.cli.showing import listed, more
from services.eoffice.commands.hold_post import ordered_by
from services.eoffice.commands.import_organisation import import_organisation
from services.eoffice.domain.organisation import Organisation, Post, on
from services.eoffice.domain.organisation_lines import COLUMNS
from services.eoffice.models import Section
from services.eoffice.organisation_store import current
from services.eoffice.queries import directory
from services.eoffice.queries.organisation_files import organisation_files
from services.eoffice.schemas.organisation import Directory, Holders, MyPosts

ADMIN = Identity.of("admin:palika", "admin")
_WORDS: Mapping[str, tuple[str, str]] = {
    "vacant": ("रिक्त", "vacant"),
    "additional": ("अतिरिक्त कार्यभार", "additional charge"),
    "regular": ("नियमित", "regular"),
    "linked": ("रजेवर; कार्यभार", "on leave; stands in"),
    "organisation": ("महापालिका", "The corporation"),
    "departments": ("विभाग", "departments"),
    "sections": ("शाखा", "sections"),
    "posts": ("पदे", "posts"),
    "people": ("अधिकारी", "people"),
    "holdings": ("पदधारणा", "holdings"),
    "added": ("नवीन", "new"),
    "changed": ("बदल", "changed"),
    "ended": ("समाप्त", "ended"),
    "withdrawn": ("मागे घेतले", "withdrawn"),
    "unchanged": ("तसेच", "unchanged"),
    "post": ("पद", "post"),
    "name": ("नाव", "name"),
    "holder": ("पदधारक", "holder"),
    "since": ("पासून", "since"),
    "until": ("पर्यंत", "until"),
    "from day": ("दिनांकापासून", "from"),
    "dry run": ("चाचणी; काहीही बदलले नाही", "dry run: nothing was changed"),
    "kind": ("प्रकार", "kind"),
    "person": ("अधिकारी", "officer"),
    "state": ("स्थिती", "state"),
    "current": ("सध्या", "current"),
    "coming": ("येणारी", "coming"),
    "past": ("संपलेली", "past"),
    "from_post": ("देणारे पद", "from"),
    "to_post": ("ज्याला दिले ते पद", "to"),
    "powers": ("अधिकार", "powers"),
    "most": ("मर्यादा", "up to"),
}

_DAY = click.option("--day", type=DAY, help="As of that day: 01-07-2026; today if not given.")

group = click.Group("org", help="Look after departments, sections, posts and people.")


@group.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--since", type=DAY, help="From which day on it is so: 01-08-2026; today if not given."
)
@click.option("--by", help="The post by whose order; it stands in the record.")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@language_option
@json_option
def import_command(
    folder: Path, since: date | None, by: str | None, dry_run: bool, language: str, as_json: bool
) -> None:
    """Make the organisation, from a day on, what the five CSV files in FOLDER say.

    They are departments.csv, sections.csv, posts.csv, people.csv and holdings.csv, as `palika
    eoffice org export` writes them; semicolons and tabs of a spreadsheet do too. What is not in
    them ends on the day before. All is checked first: either everything is imported, or nothing.

    Exit status: 0; 2 with every mistake, by file, line and column.
    """
    day = checked(MyPosts(), {"day": since}, {"day": "--since"})["day"]
    now = datetime.now(UTC)
    try:
        texts = {
            table: _text(folder / f"{table}.csv")
            for table in COLUMNS
            if (folder / f"{table}.csv").is_file()
        }
        with database_told(), sessions("eoffice").begin() as session:
            who = ordered_by(session, ADMIN, by, now)
            told = import_organisation(session, ADMIN, who, texts, day, now, dry_run=dry_run)
    except Invalid as error:
        _tell_mistakes(error, as_json)
        raise click.exceptions.Exit(WRONG_INPUT) from error
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    _show_changes(told, language)


@group.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@json_option
def export_command(folder: Path, as_json: bool) -> None:
    """Write the organisation into FOLDER, as five CSV files that spreadsheets read.

    What is past and what is planned is in them too: imported as they are, they change nothing.
    People's telephone numbers and addresses are in people.csv.

    Exit status: 0; 1 when a file cannot be written.
    """
    with database_told(), sessions("eoffice").begin() as session:
        current(session)
        files = organisation_files(session)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in files.items():
            with appearing(folder / f"{table}.csv") as hidden:
                hidden.write_text(BOM + csv_text(rows), encoding="utf-8", newline="")
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}", 1)
    counts = {table: len(rows) - 1 for table, rows in files.items()}
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **counts}))
    else:
        told = ", ".join(f"{grouped(count)} {table}" for table, count in counts.items())
        click.echo(f"{folder}: {told}")


@group.command("show")
@click.option("--department", help="Only this one's.")
@click.option(
    "--by",
    type=click.Choice(["place", "line"]),
    default="place",
    show_default=True,
    help="By department and section, or by whom each reports to.",
)
@_DAY
@language_option
@json_option
def show_command(
    department: str | None, by: str, day: date | None, language: str, as_json: bool
) -> None:
    """Draw the posts of a day as a tree, with who holds each.

    Exit status: 0; 2 when there is no such department, or it is no day.
    """
    on_day = checked(MyPosts(), {"day": day})["day"] or day_of(datetime.now(UTC))
    try:
        with database_told(), sessions("eoffice").begin() as session:
            city = current(session)
            if department is not None:
                city.check_department(department)
            names = {each.code: (each.mr, each.en) for each in session.scalars(select(Section))}
    except Invalid as error:
        fail(str(error), WRONG_INPUT)
    posts = [
        each
        for each in sorted(city.posts.values(), key=lambda each: (-each.level, each.code))
        if on(each, on_day) and department in (None, each.department)
    ]
    if as_json:
        items = [directory.entry(city, each, on_day) for each in posts]
        click.echo(json.dumps({"day": str(on_day), "items": items}, ensure_ascii=False))
        return
    title = f"{word('organisation', language)}, {in_digits(on_day)}: "
    tree = Tree(f"{title}{grouped(len(posts))} {word('posts', language)}")
    drawing = _Drawing(city, on_day, language)
    if by == "line":
        drawing.lines(tree, posts)
    else:
        drawing.places(tree, posts, names)
    Console().print(tree)


@group.command("holders")
@click.argument("post")
@language_option
@json_option
def holders_command(post: str, language: str, as_json: bool) -> None:
    """Show who holds, has held and is to hold POST, the newest first.

    Exit status: 0; 2 when there was never such a post.
    """
    code = checked(Holders(), {"code": post}, {"code": "POST"})["code"]
    try:
        with database_told(), sessions("eoffice").begin() as session:
            found = directory.holders(session, code)
    except Invalid as error:
        fail(str(error), WRONG_INPUT)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            f"{each['holder'][language]} ({each['person']})",
            word(each["kind"], language),
            day_shown(each["since"]),
            day_shown(each["until"]) or "–",
        )
        for each in found["items"]
    ]
    columns, title = ("holder", "kind", "since", "until"), f"{post}: {found[language]}"
    listed(columns, rows, language, texts=("holder",), title=title, say=word)


@group.command("find")
@click.argument("words", nargs=-1, required=True)
@limit_option(500)
@_DAY
@language_option
@json_option
def find_command(
    words: tuple[str, ...], limit: int, day: date | None, language: str, as_json: bool
) -> None:
    """Find posts by WORDS in their code or names, or their holder's, in either language.

    Exit status: 0; 2 when it is no day.
    """
    asked = checked(Directory(), {"words": " ".join(words), "limit": limit, "day": day})
    with database_told(), sessions("eoffice").begin() as session:
        found = directory.directory(session, asked, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (
            each["code"],
            each[language],
            word("vacant", language) if each["holder"] is None else each["holder"][language],
        )
        for each in found["items"]
    ]
    listed(("post", "name", "holder"), rows, language, texts=("name", "holder"), say=word)
    if found["next"] is not None:
        more(limit, language)


def word(name: str, language: str) -> str:
    """A word of these tables in a language."""
    return _WORDS[name][0 if language == "mr" else 1]


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        csv_files.check_begins(content[:4])
    except Invalid as error:
        fail(f"{path.name} {'; '.join(error.fields['file'])}", WRONG_INPUT)
    return content.decode("utf-8", "surrogateescape")


def _tell_mistakes(error: Invalid, as_json: bool) -> None:
    """All of them: on the standard error, or as JSON."""
    if as_json:
        click.echo(json.dumps(error.to_dict(), ensure_ascii=False))
        return
    click.echo(f"Error: {error.message}", err=True)
    for field, mistakes in error.fields.items():
        for each in mistakes:
            click.echo(f"  {_mistake(field, each)}", err=True)


def _mistake(field: str, mistake: Any) -> str:
    if not isinstance(mistake, Mapping):
        return f"--{'by' if field == 'post' else field}: {mistake}"
    where = [str(mistake["file"])]
    where += [f"line {mistake['line']}"] if mistake["line"] is not None else []
    where += [str(mistake["column"])] if mistake["column"] is not None else []
    value = "" if mistake["value"] is None else f" ({mistake['value']!r})"
    return f"{', '.join(where)}: {mistake['rule']}{value}"


def _show_changes(told: Mapping[str, Any], language: str) -> None:
    kinds = ("added", "changed", "ended", "withdrawn")
    state = f" ({word('dry run', language)})" if told["dry_run"] else ""
    table = Table(title=f"{word('from day', language)} {day_shown(told['since'])}{state}")
    table.add_column("")
    for kind in (*kinds, "unchanged"):
        table.add_column(word(kind, language), justify="right")
    for name in COLUMNS:
        counts = [len(told[kind].get(name, ())) for kind in kinds]
        table.add_row(word(name, language), *map(grouped, (*counts, told["unchanged"][name])))
    console = Console()
    console.print(table)
    for kind in kinds:
        for name, items in told[kind].items():
            console.print(f"{word(kind, language)}, {word(name, language)}:", style="bold")
            for each in items:
                console.print(f"  {escape(_change(each, language))}", highlight=False)


def _change(item: Mapping[str, Any], language: str) -> str:
    if "code" in item:
        said = f"{item['code']}  {item[language]}"
    else:
        said = f"{item['post']}  {item['person']}  {word(item['kind'], language)}"
    changes = item.get("changes") or {}
    told = "; ".join(f"{name}: {old or '–'} → {new or '–'}" for name, (old, new) in changes.items())
    return f"{said}  {told}" if told else said


class _Drawing:
    """Posts as branches of a tree."""

    def __init__(self, city: Organisation, day: date, language: str) -> None:
        self._city, self._day, self._language = city, day, language

    def places(
        self, tree: Tree, posts: Iterable[Post], sections: Mapping[str, tuple[str, str]]
    ) -> None:
        """By department and section."""
        branches: dict[tuple[str, str | None], Tree] = {}
        for post in sorted(posts, key=lambda each: each.department):
            of = (post.department, None)
            if of not in branches:
                name = self._name(self._city.departments[post.department])
                branches[of] = tree.add(f"[bold]{escape(name)}[/] ({post.department})")
            branch = branches[of]
            if post.section is not None:
                key = (post.department, post.section)
                if key not in branches:
                    label = f"{escape(self._name(sections[post.section]))} ({post.section})"
                    branches[key] = branch.add(label)
                branch = branches[key]
            branch.add(self._label(post))

    def lines(self, tree: Tree, posts: list[Post]) -> None:
        """By whom each reports to; a post whose superior is not among these is at the top."""
        below: dict[str | None, list[Post]] = {}
        there = {each.code for each in posts}
        for each in posts:
            above = each.reports_to if each.reports_to in there else None
            below.setdefault(above, []).append(each)
        waiting = [(tree, each) for each in reversed(below.get(None, []))]
        while waiting:
            branch, post = waiting.pop()
            own = branch.add(self._label(post))
            waiting += [(own, each) for each in reversed(below.get(post.code, []))]

    def _label(self, post: Post) -> str:
        entry = directory.entry(self._city, post, self._day)
        said = f"{escape(entry[self._language])} ({post.code}): "
        if entry["holder"] is None:
            return f"{said}[red]{word('vacant', self._language)}[/]"
        said += escape(entry["holder"][self._language])
        if entry["additional"]:
            said += f" [yellow]({word('additional', self._language)})[/]"
        if entry["linked"] is not None:
            linked = escape(entry["linked"][self._language])
            said += f" [yellow]({word('linked', self._language)}: {linked})[/]"
        return said

    def _name(self, names: tuple[str, str]) -> str:
        return names[0 if self._language == "mr" else 1]
