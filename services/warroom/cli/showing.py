"""``palika warroom list``, ``show`` and ``changes``: projects at a terminal, as of any moment."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from marshmallow import Schema, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from palika.database import sessions
from palika.errors import Invalid, NotFound
from palika.exits import database_told, fail
from palika.india import INDIA, rupees
from services.warroom.cli.portfolio import WRONG_INPUT, json_option, posts_shown
from services.warroom.documents.words import Posts, counted, day, lateness
from services.warroom.posts import posts_in
from services.warroom.queries import projects
from services.warroom.schemas.reading import Comparing, Listing, Reading

language_option = click.option(
    "--language",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="Of names and reasons.",
)
as_of_option = click.option(
    "--as-of", help="As of that moment: 2026-07-01 or 2026-07-01T10:30 (India)."
)
_MONEY_WIDE = 18
_DAY_WIDE = len("31-12-2026")
"""As wide as ₹9,999,99,99,999.99."""
_STYLES = {"red": "red", "amber": "yellow", "green": "green", "none": "dim"}
_WORDS: Mapping[str, tuple[str, str]] = {
    "code": ("क्रमांक", "code"),
    "project": ("प्रकल्प", "project"),
    "stage": ("टप्पा", "stage"),
    "done": ("काम", "done"),
    "money": ("खर्च", "spent"),
    "end": ("अपेक्षित पूर्णता", "expected end"),
    "light": ("स्थिती", "stands"),
    "red": ("लाल", "red"),
    "amber": ("पिवळी", "amber"),
    "green": ("हिरवी", "green"),
    "none": ("मूल्यांकन नाही", "not judged"),
    "low": ("कमी", "low"),
    "medium": ("मध्यम", "medium"),
    "high": ("गंभीर", "high"),
    "critical": ("अतिगंभीर", "critical"),
    "planned": ("नियोजित", "planned"),
    "expected": ("अपेक्षित", "expected"),
    "reached": ("पूर्ण", "reached"),
    "milestone": ("टप्पा", "milestone"),
    "issue": ("अडचण", "issue"),
    "action": ("कार्यवाही", "action"),
    "decision": ("निर्णय", "decision"),
    "about_date": ("नवी मुदत", "new date"),
    "about_hold": ("स्थगित", "on hold"),
    "about_resume": ("पुन्हा सुरू", "to go on"),
    "about_escalation": ("वरिष्ठांकडे", "escalated"),
    "about_budget": ("सुधारित तरतूद", "new budget"),
    "about_other": ("आढाव्यात", "in review"),
    "set_aside": (
        "बाजूला ठेवला: {times} वेळा, एकूण {days} दिवस",
        "set aside {times} ×, {days} days in all",
    ),
    "withdrawn_late": (
        "{late_days} दिवस उशीर असताना मागे घेतला",
        "withdrawn when {late_days} days late",
    ),
    "is_new": ("नवीन प्रकल्प", "a new project"),
    "budget": ("तरतूद", "budget"),
    "withdrawn": ("मागे घेतलेले", "withdrawn"),
    "pace": ("स्वतःच्या गतीने", "by its own pace"),
    "nothing": ("काहीही बदलले नाही", "nothing has changed"),
    "milestones_done": ("पूर्ण झालेले टप्पे", "milestones reached"),
    "milestones_slipped": ("पुढे गेलेले टप्पे", "milestones that slipped"),
    "milestones_passed": ("मुदत उलटलेले टप्पे", "milestones whose day went by"),
    "milestones_advanced": ("अलीकडे आलेले टप्पे", "milestones brought forward"),
    "milestones_reopened": ("पूर्ण नसल्याचे आढळलेले टप्पे", "milestones not reached after all"),
    "milestones_replanned": ("नियोजित तारीख बदललेले टप्पे", "milestones whose plan was moved"),
    "milestones_revised": ("नियोजन बदललेले टप्पे", "milestones whose plan was changed"),
    "planned_end": ("नियोजित समाप्ती", "planned end"),
    "plan_weight": ("भारमान", "weight"),
    "plan_days": ("कामाचे दिवस", "days of work"),
    "plan_after": ("अवलंबित्व", "depends on"),
    "milestones_new": ("नवीन टप्पे", "new milestones"),
    "owner": ("जबाबदार पद", "owner"),
    "standing": ("कामाची स्थिती", "standing"),
    "active": ("सुरू", "active"),
    "on_hold": ("स्थगित", "on hold"),
    "completed": ("पूर्ण", "completed"),
    "dropped": ("रद्द", "dropped"),
    "issues_new": ("नवीन अडचणी", "new issues"),
    "issues_resolved": ("सुटलेल्या अडचणी", "issues resolved"),
    "risks_new": ("नवीन जोखमी", "new risks"),
    "risks_risen": ("वाढलेल्या जोखमी", "risks that rose"),
    "decisions": ("निर्णय", "decisions"),
    "progress": ("प्रगती", "progress"),
    "photos": ("छायाचित्रे", "photographs"),
    "money_sanctioned": ("मंजूर", "sanctioned"),
    "money_revised": ("सुधारित तरतूद", "revised"),
    "money_spent": ("खर्च", "spent"),
    "link_kpi": ("निर्देशांक", "KPI"),
    "link_file": ("फाइल", "file"),
    "link_area": ("तक्रारी", "grievances"),
    "link_tax": ("मिळकतकर", "property tax"),
}
_SECTIONS = (
    *("milestones_done", "milestones_slipped", "milestones_advanced", "milestones_passed"),
    *("milestones_replanned", "milestones_revised", "milestones_reopened", "milestones_new"),
    *("issues_new", "issues_resolved", "risks_new", "risks_risen"),
    *("decisions", "progress", "photos"),
)


@click.command("list")
@click.option("--department", help="Of this department only.")
@click.option("--ward", help="In this ward only.")
@click.option("--light", help="Only red, amber, green or none.")
@as_of_option
@language_option
@json_option
def list_command(
    department: str | None,
    ward: str | None,
    light: str | None,
    as_of: str | None,
    language: str,
    as_json: bool,
) -> None:
    """List projects: where each stands, and in which colour."""
    given = {"department": department, "ward": ward, "light": light, "as_of": moment(as_of)}
    items: list[dict[str, Any]] = []
    cursor = None
    with answered(), sessions("warroom").begin() as session:
        while True:
            args = checked(Listing(), {**given, "cursor": cursor})
            page = projects.page(session, args, datetime.now(UTC))
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
    if as_json:
        click.echo(json.dumps({"items": items, "as_of": page["as_of"]}, ensure_ascii=False))
        return
    # A code that is broken, or an amount that is cut, is another one; names are never cut.
    table = Table(Column(_said("code", language), no_wrap=True))
    headings = f"{_said('project', language)} / {_said('stage', language)}"
    table.add_column(headings, overflow="fold", ratio=1)
    table.add_column(_said("done", language), no_wrap=True)
    table.add_column(_said("money", language), justify="right", no_wrap=True, min_width=_MONEY_WIDE)
    table.add_column(_said("end", language), min_width=_DAY_WIDE)
    table.add_column(_said("light", language), overflow="fold")
    for each in items:
        colour = (each["health"] or {"light": "none"})["light"]
        done = each["done_percent"]
        table.add_row(
            each["code"],
            "\n".join(escape(each[name][language]) for name in ("name", "stage") if each[name]),
            "" if done is None else f"{done}%",
            rupees(each["spent_paise"]),
            day(each["expected_end"]),
            _said(colour, language),
            style=_STYLES[colour],
        )
    Console().print(table)


@click.command("show")
@click.argument("code")
@as_of_option
@language_option
@json_option
def show_command(code: str, as_of: str | None, language: str, as_json: bool) -> None:
    """Show a project: why it has its colour, its milestones, issues and forecasts."""
    args = checked(Reading(), {"code": code, "as_of": moment(as_of)})
    with answered(), sessions("warroom").begin() as session:
        found = projects.get(session, args, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    posts = posts_shown(posts_in(found), language)
    console = Console()
    console.print(f"[bold]{found['code']}[/bold]  {escape(found['name'][language])}")
    console.print(f"{rupees(found['spent_paise'])} / {rupees(found['budget_paise'])}")
    for reason in (found["health"] or {"reasons": []})["reasons"]:
        style = _STYLES[reason["light"]]
        told = f"[{style}]● {_said(reason['light'], language)}[/{style}]"
        console.print(f"{told}  {escape(reason[language])}")
    if found["set_aside"]["times"]:
        console.print(counted(_said("set_aside", language), **found["set_aside"]))
    for each in found["withdrawn_late"]:
        told = counted(_said("withdrawn_late", language), **each)
        console.print(f"{told}: {escape(each['name'][language])} ({day(each['planned_on'])})")
    pace = found["forecasts"].get("pace")
    if pace is not None:
        said = (
            pace["why"][language]
            if pace["why"]
            else f"{day(pace['finish_on'])} ({day(pace['low_on'])} – {day(pace['high_on'])})"
        )
        console.print(f"{_said('pace', language)}: {said}")
    table = Table(
        *(_said(each, language) for each in ("milestone", "planned", "expected", "reached"))
    )
    for each in found["milestones"]:
        style = "bold" if each["critical"] else ""
        table.add_row(
            escape(each["name"][language]),
            day(each["planned_on"]),
            day(each["expected_on"]),
            day(each["done_on"]),
            style=style,
        )
    console.print(table)
    for each in found["issues"]:
        if each["resolved_on"] is None:
            severity = _said(each["severity"], language)
            title = f"{severity}, {posts[each['post']]}, {day(each['due_on'])}: {each['title']}"
            console.print(f"{_said('issue', language)}: {escape(title)}")
    for each in found["actions"]:
        late = lateness(each, language)
        late = f" ({late})" if late else ""
        title = f"{posts[each['post']]}, {day(each['due_on'])}{late}: {each['title']}"
        style = "red" if each["days_beyond"] else ""
        console.print(f"{_said('action', language)}: {escape(title)}", style=style)
    for each in found["decisions"]:
        by = f"{posts[each['by']]}{_about(each, language)}"
        title = f"{day(each['decided_on'])}, {by}: {each['text']}"
        console.print(f"{_said('decision', language)}: {escape(title)}")


@click.command("changes")
@click.argument("code")
@click.option("--since", required=True, help="2026-07-01 or 2026-07-01T10:30 (India).")
@click.option("--until", help="The same; now, if it is not given.")
@language_option
@json_option
def changes_command(code: str, since: str, until: str | None, language: str, as_json: bool) -> None:
    """Show on one page what has changed of a project since a moment."""
    args = checked(Comparing(), {"code": code, "since": moment(since), "until": moment(until)})
    with answered(), sessions("warroom").begin() as session:
        found = projects.compare(session, args, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"{found['code']}  {found['name'][language]}")
    for line in change_lines(found, language, posts_shown(posts_in(found), language)):
        click.echo(line)


def change_lines(found: Mapping[str, Any], language: str, posts: Posts) -> list[str]:
    """What has changed as a terminal shows it, every kind of it; ``found`` is as
    ``queries.views.changes_view`` has it."""
    if not found["any"]:
        return [_said("nothing", language)]
    lines = [_said("is_new", language)] if found["is_new"] else []
    if found["owner"] is not None:
        was, now = (posts[found["owner"][each]] for each in ("before", "now"))
        lines.append(f"{_said('owner', language)}: {was} → {now}")
    if found["standing"] is not None:
        stood = (_said(found["standing"][each], language) for each in ("before", "now"))
        lines.append(f"{_said('standing', language)}: {' → '.join(stood)}")
    if found["light"] is not None:
        before, now = (
            _said(found["light"][each] or "none", language) for each in ("before", "now")
        )
        lines.append(f"{_said('light', language)}: {before} → {now}")
    if found["planned_end"] is not None:
        was, now = (day(found["planned_end"][each]) for each in ("before", "now"))
        lines.append(f"{_said('planned_end', language)}: {was} → {now}")
    if found["budget"] is not None:
        was, now = (rupees(found["budget"][each]) for each in ("before_paise", "now_paise"))
        lines.append(f"{_said('budget', language)}: {was} → {now}")
    if found["spent_paise"]:
        lines.append(f"{_said('money', language)}: {rupees(found['spent_paise'])}")
    for section in _SECTIONS:
        if found[section]:
            lines.append(f"{_said(section, language)}:")
            lines += [f"  {_line(each, language)}" for each in found[section]]
    if found["withdrawn"]:
        lines.append(f"{_said('withdrawn', language)}:")
        gone = [each for listed in found["withdrawn"].values() for each in listed]
        lines += [f"  {_line(each, language)}" for each in gone]
    return lines


def _about(each: Mapping[str, Any], language: str) -> str:
    """What a decision of a review is about, with its day or amount."""
    if each["about"] is None:
        return ""
    said = [_said(f"about_{each['about']}", language)]
    if each["day"] is not None:
        said.append(day(each["day"]))
    if each["amount_paise"] is not None:
        said.append(rupees(each["amount_paise"]))
    return f" ({' '.join(said)})"


def _line(each: Mapping[str, Any], language: str) -> str:
    """A fact on one line."""
    if "what" in each:
        was, now = (each[name] or "–" for name in ("value_before", "value_now"))
        part = _said("plan_" + each["what"], language)
        return f"{each['name'][language]}: {part} {was} → {now}"
    if "was" in each:
        return f"{each['name'][language]}: {day(each['was'])} → {day(each['now'])}"
    if "promised" in each:
        sign = "✓" if each["done"] else "✗"
        return f"{sign} {each['promised']}{': ' + each['reason'] if each['reason'] else ''}"
    if "name" in each:
        return f"{each['name'][language]} ({day(each['done_on'] or each['planned_on'])})"
    if "taken_on" in each:
        return f"{day(each['taken_on'])} {each['caption'] or ''}".rstrip()
    if "amount_paise" in each and "kind" in each:
        kind = _said(f"money_{each['kind']}", language)
        return f"{day(each['on'])} {kind}: {rupees(each['amount_paise'])}"
    if "category" in each:
        place = " ".join(filter(None, (each["code"], each["ward"], each["category"])))
        return f"{_said('link_' + each['kind'], language)}: {place}"
    return str(each.get("title") or each["text"])


def _said(word: str, language: str) -> str:
    mr, en = _WORDS[word]
    return mr if language == "mr" else en


def moment(given: str | None) -> str | None:
    """A moment as a call has it; a time without a zone is of India."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        fail(f"{given!r} is no moment like 2026-07-01 or 2026-07-01T10:30", WRONG_INPUT)
    return (found if found.tzinfo else found.replace(tzinfo=INDIA)).isoformat()


def checked(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the schema of a call has them; ends with 2 where they are wrong."""
    said = {name: value for name, value in given.items() if value is not None}
    try:
        found: dict[str, Any] = schema.load(said)
    except ValidationError as error:
        fail(str(Invalid("wrong options", error.normalized_messages())), WRONG_INPUT)
    return found


@contextmanager
def answered() -> Iterator[None]:
    """End with 2 and the reason, where the rules refuse."""
    with database_told():
        try:
            yield
        except (Invalid, NotFound) as error:
            fail(str(error), WRONG_INPUT)
