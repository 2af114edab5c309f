"""Projects and milestones are taken in whole, or not at all."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Invalid, Unavailable
from services.warroom.cli import portfolio, showing
from services.warroom.commands.import_projects import import_projects, owners_in, read_tables
from services.warroom.models import Project
from services.warroom.queries.states import NOW, all_ids, states
from tests.support.part import ROOT
from tests.support.warroom import ADMIN, Room, emptied

SAMPLE = ROOT / "services" / "warroom" / "data" / "sample"
LATER = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
PROJECTS = (SAMPLE / "projects.csv").read_text("utf-8")
MILESTONES = (SAMPLE / "milestones.csv").read_text("utf-8")


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


def take_in(room: Room, tables: Any, **options: Any) -> dict[str, Any]:
    with room.sessions.begin() as session:
        return import_projects(session, ADMIN, read_tables(tables), LATER, **options)


def count(room: Room) -> int:
    with room.sessions() as session:
        return session.scalar(select(func.count()).select_from(Project)) or 0


def test_the_sample_is_taken_in_whole(room):
    done = take_in(room, {"projects": PROJECTS, "milestones": MILESTONES})
    assert (done["projects"], done["milestones"]) == (50, 500)
    with room.sessions() as session:
        found = states(session, all_ids(session), NOW)
    assert {len(each.milestones) for each in found} == {10}
    assert all(each.budget_paise for each in found)
    assert len(room.told("project_added")) == 50
    assert {each["action"] for each in room.told("project_changed")} == {"import"}


def test_a_trial_changes_nothing(room):
    assert take_in(room, {"projects": PROJECTS}, dry_run=True)["projects"] == 50
    assert (count(room), room.events()) == (0, [])


def test_a_workbook_says_the_same_as_csv(room, tmp_path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in (("Projects", PROJECTS), ("milestones", MILESTONES)):
        sheet = book.create_sheet(name)
        for row in portfolio_rows(text):
            sheet.append([_cell(each) for each in row])
    book.save(tmp_path / "p.xlsx")
    take_in(room, (tmp_path / "p.xlsx").read_bytes())
    with room.sessions() as session:
        from_book = [_plain(each) for each in states(session, all_ids(session), NOW)]
    emptied(room.sessions)
    take_in(room, {"projects": PROJECTS, "milestones": MILESTONES})
    with room.sessions() as session:
        assert [_plain(each) for each in states(session, all_ids(session), NOW)] == from_book


def portfolio_rows(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


def _cell(text: str) -> Any:
    """As Excel keeps it: days and numbers are no texts."""
    if text.isdecimal() and text.isascii():
        return int(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text or None


def _plain(state: Any) -> Any:
    milestones = sorted(
        (each.key, each.planned_on, each.weight, len(each.after))
        for each in state.milestones.values()
    )
    return state.project, milestones, state.budget_paise


HEAD = "code,name_mr,name_en,department,owner,starts_on,lat,lon,sanctioned_rupees,sanctioned_on"
STONES = "project,key,name_mr,name_en,stage,weight,planned_on,after,done_on"
GOOD = 'X-1,रस्ता,Road,roads,roads-ce,2026-01-01,18.5,73.8,"12,34,567.50",01-02-2026'


_AMOUNT = "sanctioned_rupees", "must be an amount in rupees, like 12,34,567.50"


def mistakes(room: Room, projects: str, milestones: str = "") -> list[tuple[Any, ...]]:
    tables = {"projects": f"{HEAD}\n{projects}\n"}
    if milestones:
        tables["milestones"] = f"{STONES}\n{milestones}\n"
    with pytest.raises(Invalid) as refusal:
        take_in(room, tables)
    assert (count(room), room.events()) == (0, [])
    return [
        (each["table"], each["row"], each["column"], each["rule"])
        for table in refusal.value.fields.values()
        for each in table
    ]


def test_money_is_rupees_as_people_write_them(room):
    take_in(room, {"projects": f"{HEAD}\n{GOOD}\n"})
    with room.sessions() as session:
        (found,) = states(session, all_ids(session), NOW)
    assert found.sanctioned_paise == 1_234_567_50


def test_every_mistake_is_told_at_once_with_its_place(room):
    found = mistakes(
        room,
        f"{GOOD}\n"
        "X-1,रस्ता,Road,roads,roads-ce,2026-01-01,,,,\n"
        "X-2,रस्ता,Road,moon,roads-ce,soon,,,,\n"
        "X-3,रस्ता,Road,moon,roads-ce,2026-01-01,18.5,,many,2026-02-01",
        "X-1,a,अ,A,dpr,ten,2026-03-01,,\n"
        "X-9,a,अ,A,dpr,10,2026-03-01,,\n"
        "X-1,b,अ,B,launch,10,2025-12-31,nothing,2027-01-01",
    )
    assert [each[:3] for each in found] == [
        ("projects", 3, "code"),
        *[("projects", 4, column) for column in ("starts_on", "department")],
        *[("projects", 5, column) for column in ("sanctioned_rupees", "lon", "department")],
        ("milestones", 2, "weight"),
        ("milestones", 3, "project"),
        *[("milestones", 4, column) for column in ("stage", "after", "planned_on", "done_on")],
    ]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ('X-1,रस्ता,Road,roads,roads-ce,2026-01-01,,,"1,2,3",2026-02-01,,', *_AMOUNT),
        ('X-1,रस्ता,Road,roads,roads-ce,2026-01-01,,,"12,34",2026-02-01,,', *_AMOUNT),
        ("X-1,abc,Road,roads,roads-ce,2026-01-01,,,,,,", "name_mr", "must be in Devanagari"),
        ("X-1,रस्ता,रस्ता,roads,roads-ce,2026-01-01,,,,,,", "name_en", "must be in English"),
        (
            "X-1,रस्ता,Road,roads,roads-ce,2026-01-01,,,100,2026-02-01,200,2026-02-01",
            "spent_rupees",
            "must be below 2 times what is sanctioned, ₹100.00",
        ),
    ],
)
def test_an_import_is_as_strict_as_that_of_indicators(room, row, column, rule):
    head = f"{HEAD},spent_rupees,spent_on"
    with pytest.raises(Invalid) as refusal:
        take_in(room, {"projects": f"{head}\n{row}\n"})
    (found,) = refusal.value.fields["projects"]
    assert (found["column"], found["rule"]) == (column, rule)


def test_owners_that_are_no_posts_are_refused_with_those_that_are_near(room):
    given = {"projects": f"{HEAD}\n{GOOD.replace('roads-ce', 'rods-ce')}\n"}
    assert owners_in(read_tables(given)) == {"rods-ce"}
    for dry_run in (True, False):
        with pytest.raises(Invalid) as refusal:
            take_in(room, given, dry_run=dry_run, unknown_posts={"rods-ce": ["roads-ce"]})
        (found,) = refusal.value.fields["projects"]
        wanted = ("owner", "there was never such a post; there is roads-ce")
        assert (found["column"], found["rule"]) == wanted
    assert count(room) == 0


def test_all_that_is_wrong_with_a_row_is_told_at_once(room):
    given = {"projects": f"{HEAD},spent_rupees\nX-1,Road,Road,rods,rods-ce,31-02-2026,,,ten,,\n"}
    with pytest.raises(Invalid) as refusal:
        take_in(room, given, unknown_posts={"rods-ce": ["roads-ce"]})
    found = [each["column"] for each in refusal.value.fields["projects"]]
    assert found == [*("starts_on", "sanctioned_rupees", "name_mr"), *("department", "owner")]
    assert owners_in(read_tables(given)) == {"rods-ce"}


def test_a_row_with_a_mistake_is_not_missed_by_others(room):
    found = mistakes(
        room,
        GOOD,
        "X-1,sanction,अ,A,dpr,ten,2026-03-01,,\nX-1,work,अ,B,dpr,10,2026-04-01,sanction,",
    )
    assert [each[:3] for each in found] == [("milestones", 2, "weight")]
    found = mistakes(
        room,
        "X-1,रस्ता,Road,roads,roads-ce,soon,,,,",
        "X-1,sanction,अ,A,dpr,10,2026-03-01,,",
    )
    assert [each[:3] for each in found] == [("projects", 2, "starts_on")]


def test_a_row_with_a_mistake_hides_no_other_mistake(room):
    # Of a project with a mistake, of a milestone with one, and of a project that there is not.
    found = mistakes(
        room,
        "X-1,रस्ता,Road,moon,roads-ce,2026-02-01,,,,",
        "X-1,a,अ,A,moon,10,2026-01-01,nothing,\n"
        "X-1,b,अ,B,moon,ten,2026-01-01,c,2026-01-05\n"
        "X-1,c,अ,C,dpr,10,2026-03-01,b,soon\n"
        "X-1,b,अ,B,dpr,10,2026-03-01,,\n"
        "X-9,d,अ,D,moon,10,2026-03-01,d,",
    )
    assert [each[:3] for each in found] == [
        ("projects", 2, "department"),
        *[("milestones", 2, column) for column in ("stage", "after", "planned_on")],
        # It is before the project begins, and before what it comes after.
        *[("milestones", 3, column) for column in ("weight", "stage", "planned_on", "done_on")],
        ("milestones", 3, "planned_on"),
        ("milestones", 4, "done_on"),
        ("milestones", 5, "key"),
        *[("milestones", 6, column) for column in ("project", "stage", "after")],
    ]


def test_a_project_whose_first_day_is_wrong_still_has_its_milestones_checked(room):
    found = mistakes(
        room,
        "X-1,रस्ता,Road,roads,roads-ce,soon,,,,",
        "X-1,a,अ,A,moon,10,2026-03-01,,2027-01-01\nX-1,b,अ,B,dpr,10,2026-02-01,a,",
    )
    assert [each[:3] for each in found] == [
        ("projects", 2, "starts_on"),
        *[("milestones", 2, column) for column in ("stage", "done_on")],
        ("milestones", 3, "planned_on"),
    ]


def test_what_is_reached_before_what_it_depends_on_is_refused_as_it_needs_a_reason(room):
    found = mistakes(
        room,
        GOOD,
        "X-1,a,अ,A,dpr,10,2026-02-01,,2026-02-20\n"
        "X-1,b,अ,B,dpr,10,2026-03-01,a,2026-02-19\n"
        "X-1,c,अ,C,dpr,10,2026-03-01,,\n"
        "X-1,d,अ,D,dpr,10,2026-03-01,c;a,2026-03-01",
    )
    rule = "is not reached by then; leave it empty and enter it in the war room, with the reason"
    assert [each[:4] for each in found] == [
        ("milestones", 3, "done_on", f"a, on which it depends, {rule}"),
        ("milestones", 5, "done_on", f"c, on which it depends, {rule}"),
    ]


def test_what_is_reached_is_not_expected_too(room):
    header = "project,key,name_mr,name_en,stage,weight,planned_on,forecast_on,done_on"
    row = "X-1,a,अ,A,dpr,10,2026-02-01,2026-12-20,2026-02-20"
    tables = {"projects": f"{HEAD}\n{GOOD}\n", "milestones": f"{header}\n{row}\n"}
    with pytest.raises(Invalid) as refusal:
        take_in(room, tables)
    (wrong,) = refusal.value.fields["milestones"]
    assert (wrong["row"], wrong["column"]) == (2, "forecast_on")


def test_what_an_administrator_has_brought_in_is_no_word_of_its_owner(room):
    take_in(room, {"projects": f"{HEAD}\n{GOOD}\n"})
    with room.sessions() as session:
        (state,) = states(session, all_ids(session), NOW)
    (silence,) = [each for each in state.health.reasons if each.code == "silence"]
    assert silence.text.en == "came in on 20-11-2026; nothing was recorded by its owner yet"


def test_milestones_in_a_circle_are_named_with_the_row(room):
    found = mistakes(
        room,
        GOOD,
        "X-1,a,अ,A,dpr,10,2026-03-01,c,\n"
        "X-1,b,अ,B,dpr,10,2026-03-01,a,\n"
        "X-1,c,अ,C,dpr,10,2026-03-01,b,\n"
        "X-1,d,अ,D,dpr,10,2026-03-01,d,",
    )
    assert found == [
        ("milestones", 2, "after", "a depends on itself in a circle: a → c → b → a"),
        ("milestones", 5, "after", "d depends on itself: d → d"),
    ]


def test_what_is_there_is_not_taken_in_again(room):
    take_in(room, {"projects": f"{HEAD}\n{GOOD}\n"})
    with pytest.raises(Invalid) as refusal:
        take_in(room, {"projects": f"{HEAD}\n{GOOD}\n"})
    assert refusal.value.fields["projects"][0]["rule"] == "is there already"
    stone = f"{STONES}\nX-1,a,अ,A,dpr,10,2026-03-01,,\n"
    assert take_in(room, {"milestones": stone})["milestones"] == 1
    with pytest.raises(Invalid) as refusal:
        take_in(room, {"milestones": stone})
    assert refusal.value.fields["milestones"][0]["rule"] == "the project has a already"


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no workbook", b"code,name\n", MILESTONES.encode()]
)
def test_what_is_no_workbook_is_refused(room, content):
    with pytest.raises(Invalid) as refusal:
        take_in(room, content)
    assert refusal.value.fields == {"file": ["is no workbook (.xlsx)"]}


# ---- at a terminal


@pytest.fixture
def run(room: Room, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def nobody(codes: Any, within_s: float | None = None) -> Any:
        return {"posts": {}, "unknown": {}}

    for module in (portfolio, showing):
        monkeypatch.setattr(module, "sessions", lambda service: room.sessions)
    monkeypatch.setattr(portfolio, "posts_of_city", nobody)

    def run(command: Any, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, env={"COLUMNS": "200"})

    return run


def test_the_sample_is_checked_taken_in_listed_and_shown(run, tmp_path):
    checked = run(portfolio.check_command, str(SAMPLE))
    assert (checked.exit_code, "50 projects, 500 milestones" in checked.output) == (0, True)
    tried = run(portfolio.import_command, str(SAMPLE), "--dry-run", "--json")
    assert json.loads(tried.output)["dry_run"] is True
    done = run(portfolio.import_command, str(SAMPLE))
    assert done.output == "50 projects and 500 milestones taken in\n"
    listed = run(showing.list_command, "--department", "drainage", "--language", "en")
    assert "Mundhwa sewage treatment plant" in listed.output
    assert "Sinhagad Road flyover" not in listed.output
    items = json.loads(run(showing.list_command, "--json").output)["items"]
    assert len(items) == 50
    shown = run(showing.show_command, "DR-01", "--language", "en")
    assert shown.exit_code == 0
    assert "Work order issued" in shown.output
    whole = json.loads(run(showing.show_command, "DR-01", "--json").output)
    assert len(whole["milestones"]) == 10
    changed = run(showing.changes_command, "DR-01", "--since", "2020-01-01", "--language", "en")
    assert "new milestones:" in changed.output
    page = json.loads(
        run(showing.changes_command, "DR-01", "--since", "2020-01-01", "--json").output
    )
    assert page["is_new"] is True


@pytest.mark.parametrize("language", ["mr", "en"])
def test_in_80_columns_names_are_whole_and_days_are_written_one_way(run, room, language):
    run(portfolio.import_command, str(SAMPLE))
    narrow = CliRunner().invoke(
        showing.list_command, ["--language", language], env={"COLUMNS": "80"}
    )
    assert "…" not in narrow.output
    words = {word for line in narrow.output.splitlines() for word in line.split()}
    with room.sessions() as session:
        found = states(session, all_ids(session), NOW)
    for each in found:
        assert each.project.code in words
        assert words >= set(each.project.name.in_(language).split()), each.project.name
    iso = re.compile(r"\d{4}-\d\d-\d\d")
    for command, *more in (
        (showing.list_command,),
        (showing.show_command, "DR-01"),
        (showing.changes_command, "DR-01", "--since", "2020-01-01"),
    ):
        shown = run(command, *more, "--language", language).output
        assert not iso.search(shown)
        assert re.search(r"\d\d-\d\d-\d{4}", shown)


def test_without_the_e_office_a_trial_names_whom_it_could_not_confirm(run, monkeypatch, tmp_path):
    def away(codes: Any, within_s: float | None = None) -> Any:
        raise Unavailable("eoffice.posts: the service is not running")

    monkeypatch.setattr(portfolio, "posts_of_city", away)
    known, unknown = GOOD, GOOD.replace("X-1", "X-2").replace("roads-ce", "roads-je-9")
    (tmp_path / "projects.csv").write_text(f"{HEAD}\n{known}\n{unknown}\n")
    tried = run(portfolio.import_command, str(tmp_path), "--dry-run")
    assert (tried.exit_code, "e-office is away: roads-je-9\n" in tried.output) == (0, True)
    assert run(portfolio.import_command, str(tmp_path)).exit_code == 1
    (tmp_path / "projects.csv").write_text(f"{HEAD}\n{known}\n")
    assert run(portfolio.import_command, str(tmp_path)).exit_code == 0


def test_a_terminal_tells_every_mistake_and_ends_with_2(run, tmp_path: Path):
    (tmp_path / "projects.csv").write_text(f"{HEAD}\nX-1,अ,A,moon,roads-ce,2026-01-01,,,,\n")
    for command in (portfolio.import_command, portfolio.check_command):
        refused = run(command, str(tmp_path))
        assert refused.exit_code == 2
        wanted = "  projects, row 2, department: is no department of the city (moon)"
        assert wanted in refused.output.splitlines()
        told = json.loads(run(command, str(tmp_path), "--json").output)
        assert told["details"]["projects"][0]["row"] == 2


@pytest.mark.parametrize("name", ["city_reviews", "city_days_off"])
def test_a_mistake_in_the_citys_reviews_or_calendar_is_found_without_a_database(
    run, monkeypatch, name
):
    def wrong() -> None:
        raise ValueError("series, fortnightly, at: must be as 11:00")

    monkeypatch.setattr(portfolio, name, wrong)
    refused = run(portfolio.check_command)
    assert (refused.exit_code, "must be as 11:00" in refused.output) == (2, True)


def test_a_table_is_checked_on_the_day_that_it_is_in_india(run, monkeypatch, tmp_path: Path):
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 6, 1, 20, tzinfo=UTC)

    monkeypatch.setattr(portfolio, "datetime", Clock)
    (tmp_path / "projects.csv").write_text(
        "code,name_mr,name_en,department,owner,starts_on,spent_rupees,spent_on\n"
        "X-1,अ,A,roads,roads-ce,2026-01-01,1,2026-06-02\n"
    )
    assert run(portfolio.check_command, str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        (showing.show_command, ["NO-1"], "there is no such project"),
        (showing.show_command, ["NO-1", "--as-of", "soon"], "is no moment like"),
        (showing.list_command, ["--light", "pink"], "light"),
        (showing.list_command, ["--as-of", "2199-01-01"], "must not be in the future"),
    ],
)
def test_what_cannot_be_answered_ends_with_2(run, command, arguments, said):
    refused = run(command, *arguments)
    assert (refused.exit_code, said in refused.output) == (2, True)
