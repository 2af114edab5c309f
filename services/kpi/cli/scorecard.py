"""``palika kpi scorecard``: programmes, marks, evidence, ranks, and the papers of a review."""

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palika.days import DAY
from services.kpi.cli.acting import acting, by_option
from services.kpi.cli.pages import show_table, table_of
from services.kpi.cli.posts import names_of_subjects, subject_called

if TYPE_CHECKING:
    from palika.auth import Identity

_JSON = click.option("--json", "as_json", is_flag=True, help="The answer as it is.")
_SUBJECT = click.option(
    "--subject", default="corporation", help="A department's code; the corporation if left out."
)
_AS_OF = click.option("--day", type=DAY, help="As of this day (Asia/Kolkata); today.")


@click.group("scorecard")
def group() -> None:
    """Scorecards of programmes, such as the 150-day e-governance reform programme."""


@group.command("list")
@_AS_OF
@_JSON
def list_(day: date | None, as_json: bool) -> None:
    """List the programmes, and where each stands."""
    answer = _call("programmes", day=_iso(day))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for each in answer["programmes"]:
        counter = each["counter"]["en"]
        click.echo(f"{each['code']}: {each['name']['en']} ({each['name']['mr']})")
        click.echo(f"    {counter}; {each['marks']:g} marks, {len(each['criteria'])} criteria")


@group.command("show")
@click.argument("programme")
@_SUBJECT
@_AS_OF
@_JSON
def show(programme: str, subject: str, day: date | None, as_json: bool) -> None:
    """Show a scorecard: marks of both sides, what changed, what is missing."""
    answer = _call("scorecard", programme=programme, subject=subject, day=_iso(day))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    of = answer["programme"]
    names = {each["code"]: each["name"] for each in of["criteria"]}
    headings = [("criterion / निकष", False)]
    headings += [(each, True) for each in ("marks", "own", "third\nparty", "difference")]
    title = f"{of['name']['en']}, {subject}: {of['counter']['en']}"
    table = table_of(title, [*headings, ("missing", False)])
    missing: dict[str, list[str]] = {}
    for each in answer["missing"]:
        missing.setdefault(each["criterion"], []).append(each["what"]["en"])
    for each in answer["criteria"]:
        name = names[each["code"]]
        table.add_row(
            f"{name['en']}\n{name['mr']}",
            f"{each['marks']:g}",
            _marks(each["own"]),
            _marks(each["third_party"]),
            "–" if each["difference"] is None else f"{each['difference']:+g}",
            ";\n".join(missing.get(each["code"], [])),
        )
    totals = [answer[side] for side in ("own", "third_party")]
    table.add_row(
        "total / एकूण", f"{of['marks']:g}", *(f"{each['marks']:g}" for each in totals), "", ""
    )
    show_table(table)


@group.command("mark")
@click.argument("programme")
@click.argument("criterion")
@click.argument("marks", type=float)
@_SUBJECT
@click.option("--day", type=DAY, help="From this day on; today.")
@click.option("--remark", help="Why.")
@by_option
@click.option("--third-party", "assessor", help="The third party whose mark it is.")
def mark(
    programme: str,
    criterion: str,
    marks: float,
    subject: str,
    day: date | None,
    remark: str | None,
    by: str,
    assessor: str | None,
) -> None:
    """Give a mark: the office's own, or a third party's."""
    asked: dict[str, Any] = {
        "programme": programme,
        "criterion": criterion,
        "subject": subject,
        "marks": marks,
        "day": _iso(day),
        "remark": remark,
    }
    if assessor is None:
        answer = _call("give_own_mark", acting(by), **asked)
    else:
        answer = _call("give_third_party_mark", acting(by), assessor=assessor, **asked)
    click.echo(f"{answer['criterion']}: {answer['marks']:g} from {answer['day']} on")


@group.command("compute")
@click.argument("programme")
@click.option("--subject", help="A department's code, or corporation; all if left out.")
@click.option("--day", type=DAY, help="Of a past day, what had no own mark then; today.")
@by_option
def compute(programme: str, subject: str | None, day: date | None, by: str) -> None:
    """Compute the marks that follow from KPIs; it is done every hour by itself."""
    answer = _call("compute_marks", acting(by), programme=programme, subject=subject, day=_iso(day))
    for each in answer["marks"]:
        click.echo(f"{each['subject']}, {each['criterion']}: {each['marks']:g}")
    click.echo(f"{len(answer['marks'])} new marks")


@group.command("history")
@click.argument("programme")
@click.argument("criterion")
@_SUBJECT
def history(programme: str, criterion: str, subject: str) -> None:
    """Show every mark that a criterion was ever given."""
    from palika.india import day_of

    answer = _call("scorecard_history", programme=programme, criterion=criterion, subject=subject)
    posts = names_of_subjects([each["given_by"] for each in answer["marks"]])
    for each in answer["marks"]:
        whose = each["assessor"] or subject_called(each["given_by"], posts)
        said = f"; {each['remark']}" if each["remark"] else ""
        given = day_of(datetime.fromisoformat(each["given_at"])).isoformat()
        if given != each["day"]:
            said = f"; given on {given}{said}"
        click.echo(f"{each['day']}  {each['kind']:12} {each['marks']:8g}  {whose}{said}")


@group.command("evidence")
@click.argument("programme")
@click.argument("criterion")
@click.argument("title")
@_SUBJECT
@click.option("--exhibit", help="Which of what is asked for it is.")
@click.option("--url", help="A link.")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@by_option
def evidence(
    programme: str,
    criterion: str,
    title: str,
    subject: str,
    exhibit: str | None,
    url: str | None,
    path: Path | None,
    by: str,
) -> None:
    """Show a link, or a file (PDF, JPEG, PNG, WebP), for a criterion."""
    answer = _call(
        "add_evidence",
        acting(by),
        programme=programme,
        criterion=criterion,
        subject=subject,
        title=title,
        exhibit=exhibit,
        url=url,
        content_base64=None if path is None else base64.b64encode(path.read_bytes()).decode(),
    )
    click.echo(f"evidence {answer['id']}")


@group.command("rank")
@click.argument("programme")
@click.option("--own", is_flag=True, help="By the own marks; else by the third party's.")
@_AS_OF
@_JSON
def rank(programme: str, own: bool, day: date | None, as_json: bool) -> None:
    """Rank departments, by the share of the marks of their own criteria, and corporations."""
    side = "own" if own else "third_party"
    answer = _call("scorecard_ranking", programme=programme, side=side, day=_iso(day))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for kind in ("departments", "corporations"):
        for each in answer.get(kind, []):
            said = each["source"] or ""
            if each["criteria"] is not None:
                said = f"{each['marked']} of {each['criteria']} criteria marked"
            click.echo(
                f"{kind}  {each['rank']:3}  {each['score']:6.2f} %  {each['name']['en']}"
                + (f"  ({said})" if said else "")
            )


@group.command("results")
@click.argument("programme")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@by_option
def results(programme: str, path: Path, by: str) -> None:
    """Enter what other corporations were given, from a CSV file.

    Its columns: corporation, name_mr, name_en, marks, out_of, day, source. All rows or none.
    """
    from palika.csv_files import rows

    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = list(rows(file))
    columns = ("corporation", "name_mr", "name_en", "marks", "out_of", "day", "source")
    if not lines or tuple(each.strip() for each in lines[0][1]) != columns:
        raise click.UsageError(f"the columns must be {', '.join(columns)}")
    for number, cells in lines[1:]:
        if len(cells) != len(columns):
            raise click.UsageError(f"line {number}: there must be {len(columns)} cells")
    listed = [dict(zip(columns, cells, strict=True)) for _, cells in lines[1:]]
    answer = _call("enter_results", acting(by), programme=programme, results=listed)
    click.echo(f"{answer['entered']} entered, {answer['known']} known already")


@group.command("review")
@click.argument("programme")
@click.option("--day", type=DAY, help="When it was held; today.")
@click.option("--note", help="What for.")
@by_option
def review(programme: str, day: date | None, note: str | None, by: str) -> None:
    """Record that a programme was reviewed: changes are told from that day on."""
    answer = _call(
        "hold_score_review", acting(by), programme=programme, held_on=_iso(day), note=note
    )
    click.echo(f"{answer['programme']}: reviewed on {answer['held_on']}")


@group.command("export")
@click.argument("programme")
@_SUBJECT
@_AS_OF
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option("--format", "form", type=click.Choice(["pdf", "pptx"]), default="pdf")
@click.option("--out", type=click.Path(path_type=Path), help="A file, or a folder that is there.")
def export(
    programme: str,
    subject: str,
    day: date | None,
    language: str,
    form: str,
    out: Path | None,
) -> None:
    """Write a scorecard for the review, as PDF or slides."""
    answer = _call(
        "scorecard_export",
        programme=programme,
        subject=subject,
        day=_iso(day),
        language=language,
        format=form,
    )
    path = out or Path(answer["file"])
    path = path / answer["file"] if path.is_dir() else path
    path.write_bytes(base64.b64decode(answer["content_base64"]))
    click.echo(str(path))


def _call(method: str, who: "Identity | None" = None, **arguments: Any) -> dict[str, Any]:
    """Ask the service, as a person or as this terminal."""
    from palika.auth import SYSTEM
    from palika.rpc import Client

    with Client(who or SYSTEM("cli")) as client:
        answer: dict[str, Any] = getattr(client.kpi, method)(**arguments)
    return answer


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _marks(mark: dict[str, Any] | None) -> str:
    if mark is None:
        return "–"
    return f"{mark['marks']:g}" + ("*" if mark["kind"] == "computed" else "")
