"""``palika warroom activity``: what happened around a project, at a terminal."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from palika.database import sessions
from palika.days import DAY
from palika.india import rupees
from services.warroom.cli.portfolio import json_option, posts_shown
from services.warroom.cli.showing import answered, as_of_option, checked, language_option, moment
from services.warroom.documents.words import Posts
from services.warroom.documents.words import day as written
from services.warroom.documents.words import moment as written_moment
from services.warroom.queries.activity import activity
from services.warroom.reference import wards
from services.warroom.schemas.reading import Watching

_WORDS: Mapping[str, tuple[str, str]] = {
    "area": ("तक्रारी", "grievances"),
    "tax": ("मिळकतकर", "property tax"),
    "day": ("दिनांक", "day"),
    "total": ("एकूण", "in all"),
    "grievances_filed": ("दाखल", "filed"),
    "grievances_resolved": ("निराकरण", "resolved"),
    "grievances_resolved_late": ("उशिरा निराकरण", "resolved late"),
    "grievances_reopened": ("पुन्हा उघडल्या", "reopened"),
    "tax_billed_paise": ("आकारणी", "billed"),
    "tax_paid_paise": ("भरणा", "paid"),
    "tax_reversed_paise": ("परत घेतलेला भरणा", "taken back"),
    "file": ("फाइल", "file"),
    "not_followed": ("तिच्या हालचाली येथे नाहीत", "its movements are not kept here"),
    "more_moves": ("याआधीच्या हालचाली दाखवलेल्या नाहीत", "those before are not shown"),
    "no_moves": ("हालचाल नाही", "no movement"),
    "nothing": (
        "प्रकल्प कोणत्याही क्षेत्राशी, कराशी किंवा फाइलशी जोडलेला नाही",
        "the project is linked to no area, tax or file",
    ),
    "none": ("काहीही नाही", "nothing"),
    "closed": ("बंद", "closed"),
}


@click.command("activity")
@click.argument("code")
@click.option("--from", "from_day", type=DAY, help="First day, of India; else a fortnight.")
@click.option("--to", "to_day", type=DAY, help="Last day; today, or that of --as-of.")
@as_of_option
@language_option
@json_option
def activity_command(
    code: str,
    from_day: date | None,
    to_day: date | None,
    as_of: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Show what happened around a project: grievances and tax of its areas, its files."""
    given = {
        "code": code,
        "as_of": moment(as_of),
        "from_day": from_day and from_day.isoformat(),
        "to_day": to_day and to_day.isoformat(),
    }
    args = checked(Watching(), given)
    with answered(), sessions("warroom").begin() as session:
        found = activity(session, args, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    moved = (move for file in found["files"] for move in file["moves"])
    between = {move[end] for move in moved for end in ("from_post", "to_post")}
    posts = posts_shown(between - {None}, language)
    console = Console()
    console.print(
        f"[bold]{found['code']}[/bold]  {written(found['from_day'])} – {written(found['to_day'])}"
    )
    if not found["links"] and not found["files"]:
        console.print(_said("nothing", language))
    for link in found["links"]:
        console.print(_counts(link, language))
    for file in found["files"]:
        console.print(f"{_said('file', language)} {escape(file['number'])}")
        for line in _moves(file, language, posts):
            console.print(f"  {escape(line)}")


def _counts(link: Mapping[str, Any], language: str) -> Table:
    ward = wards().get(link["ward"])
    place = [ward.in_(language) if ward else link["ward"], link["category"]]
    title = f"{_said(link['kind'], language)}: {', '.join(filter(None, place))}"
    measures = list(link["totals"])
    table = Table(_said("day", language), title=escape(title), title_justify="left")
    for each in measures:
        table.add_column(_said(each, language), justify="right")
    for day in link["days"]:
        table.add_row(written(day["day"]), *(_amount(each, day.get(each, 0)) for each in measures))
    totals = (_amount(each, link["totals"][each]) for each in measures)
    table.add_row(_said("total", language), *totals, style="bold")
    return table


def _amount(measure: str, value: int) -> str:
    return rupees(value) if measure.endswith("_paise") else str(value)


def _moves(file: Mapping[str, Any], language: str, posts: Posts) -> list[str]:
    if not file["followed"]:
        return [_said("not_followed", language)]
    told = []
    for each in file["moves"]:
        ends = (each[end] for end in ("from_post", "to_post"))
        way = " → ".join("–" if post is None else posts[post] for post in ends)
        what = _said("closed", language) if each["kind"] == "closed" else way
        told.append(f"{written_moment(each['at'])}  {what}")
    if file["more"]:
        told.append(_said("more_moves", language))
    return told or [_said("no_moves", language)]


def _said(word: str, language: str) -> str:
    mr, en = _WORDS[word]
    return mr if language == "mr" else en
