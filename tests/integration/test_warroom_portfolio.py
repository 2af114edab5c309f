"""The sample portfolio: taken in whole, or not at all, and its life in the demo."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Invalid
from palika.events import Event
from palika.local import Postgres
from palika.store import Folder
from palika.tables import outbox
from services.warroom import seed as demo
from services.warroom.cli import portfolio, showing
from services.warroom.commands.import_projects import import_projects
from services.warroom.commands.set_packs import set_packs
from services.warroom.models import Change, Project, ReviewChange
from services.warroom.queries import forecasts, projects, review_views
from services.warroom.queries.reviews import actions_at, is_pending, review_at
from services.warroom.queries.states import NOW, all_ids, states
from services.warroom.schemas.reading import Judging, Listing, Reading
from services.warroom.schemas.reviewing import ListingActions, ListingReviews, ReadingReview
from tests.support.databases import service_database
from tests.support.part import ROOT
from tests.support.warroom import ADMIN, Room, emptied

SAMPLE = ROOT / "services" / "warroom" / "data" / "sample"
LATER = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
PROJECTS = (SAMPLE / "projects.csv").read_text("utf-8")
MILESTONES = (SAMPLE / "milestones.csv").read_text("utf-8")


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Of the demo's packs."""
    return Folder(tmp_path_factory.mktemp("demo") / "store")


@pytest.fixture(scope="module")
def lived(postgres: Postgres, store: Folder) -> Iterator[sessionmaker[Session]]:
    """The demo's fifty projects."""
    with service_database(postgres, "warroom") as sessions:
        assert demo.seed(sessions, 50, 1, LATER, store=store) == 50
        yield sessions


def take_in(room: Room, tables: Any, **options: Any) -> dict[str, Any]:
    with room.sessions.begin() as session:
        return import_projects(session, ADMIN, tables, LATER, **options)


def count(room: Room) -> int:
    with room.sessions() as session:
        return session.scalar(select(func.count()).select_from(Project)) or 0


# ---- taking in


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
        ("projects", 4, "starts_on"),
        ("projects", 5, "sanctioned_rupees"),
        ("milestones", 2, "weight"),
        ("milestones", 3, "project"),
        *[("milestones", 4, column) for column in ("stage", "after", "planned_on", "done_on")],
    ]


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


# ---- the demo


def test_the_demo_has_projects_of_every_colour(lived):
    with lived() as session:
        found = projects.page(session, Listing().load({}), LATER)["items"]
    colours = Counter(each["health"]["light"] for each in found)
    assert set(colours) >= {"green", "amber", "red"}
    assert min(colours.values()) >= 2
    assert any(each["forecasts"]["pace"]["finish_on"] for each in found)
    assert any(each["forecasts"]["pace"]["cannot"] for each in found)


def test_nothing_of_the_demo_is_later_than_now(lived):
    with lived() as session:
        assert session.scalar(select(func.max(Change.at))) <= LATER
        assert session.scalar(select(func.max(ReviewChange.at))) <= LATER
        told = [Event.from_json(each) for each in session.scalars(select(outbox.c.body))]
    assert max(each.time for each in told) <= LATER
    by_subject: dict[str, list[Event]] = {}
    for each in told:
        by_subject.setdefault(each.subject, []).append(each)
    for events in by_subject.values():
        events.sort(key=lambda each: each.sequence or 0)
        assert [each.time for each in events] == sorted(each.time for each in events)


def reviews(lived: sessionmaker[Session], **asked: Any) -> list[dict[str, Any]]:
    with lived() as session:
        args = ListingReviews().load(asked)
        return review_views.list_reviews(session, args, LATER)["items"]


def review(lived: sessionmaker[Session], key: str, **asked: Any) -> dict[str, Any]:
    with lived() as session:
        args = ReadingReview().load({"review_id": key, **asked})
        return review_views.get_review(session, args, LATER)


def test_the_demo_has_held_its_reviews_and_has_one_to_come(lived):
    held = reviews(lived, phase="closed")
    assert len(held) >= 6
    for each in held:
        told = review(lived, each["id"])
        assert len(told["agenda"]) >= 10
        assert told["minuted"]
        assert {one["presence"] for one in told["attendance"]} >= {"present"}
        assert "json" in [one["form"] for one in told["packs"]]
    decided = [one for each in held for one in review(lived, each["id"])["minuted"]]
    assert {one["about"] for one in decided} >= {None, "date", "escalation"}
    # The next is in the calendar, a rhythm after the last.
    coming = reviews(lived, phase="scheduled")
    first = date.fromisoformat(coming[-1]["occurs_on"])
    assert (first - date.fromisoformat(held[0]["occurs_on"])).days == 14
    assert datetime.fromisoformat(coming[-1]["starts_at"]) > LATER


def test_promises_of_the_demo_were_kept_kept_late_and_are_overdue(lived):
    with lived() as session:
        args = ListingActions().load({})
        counts = review_views.list_actions(session, args, LATER)["counts"]
        codes = {each.code for _, _, each in actions_at(session, NOW, is_pending())}
        shown = projects.get(session, Reading().load({"code": min(codes)}), LATER)
    for name in ("pending", "overdue", "kept", "late"):
        assert counts[name] >= 1, name
    assert counts["kept"] > counts["late"]
    assert shown["actions"]


def test_a_review_of_the_demo_has_looked_at_what_was_known_then(lived, store):
    last, before = reviews(lived, phase="closed")[:2]
    told = review(lived, last["id"])
    assert told["since"] == review(lived, before["id"])["frozen_at"]
    with lived() as session:
        (pack,) = review_at(session, UUID(last["id"])).packs.values()
        snapshot = json.loads(store.get(pack.key))
        asked = {"code": snapshot["projects"][0]["code"], "as_of": told["frozen_at"]}
        then = projects.get(session, Reading().load(asked), LATER)
    for name in ("version", "health", "spent_paise", "expected_end", "done_percent"):
        assert snapshot["projects"][0][name] == then[name]
    # While it was held its minutes were open, and nobody's action was assigned.
    middle = review(lived, last["id"], as_of=last["starts_at"])
    assert (middle["phase"], middle["actions"]) == ("open", [])


def test_a_pack_of_all_projects_has_a_page_for_each_and_is_small(lived, store):
    last = reviews(lived, phase="closed")[0]
    # The newest is set first.
    left = iter([False, True])
    assert set_packs(lived.begin, store, LATER, lambda: next(left)) == 1
    told = review(lived, last["id"])
    assert len(told["agenda"]) >= 40
    with lived() as session:
        packs = {
            (each.form, each.language): each
            for each in review_at(session, UUID(last["id"])).packs.values()
        }
    assert len(packs) == 5
    for language in ("mr", "en"):
        content = store.get(packs["pdf", language].key)
        pages = PdfReader(io.BytesIO(content)).pages
        first = len(pages) - len(told["agenda"])
        assert first <= 8
        shown = [each.extract_text().split()[0] for each in pages][first:]
        assert shown == [each["code"] for each in told["agenda"]]
        assert len(content) < 2_000_000
        assert packs["pptx", language].size < 2_000_000


def test_projects_that_are_added_to_others_have_no_part_in_past_reviews(room, tmp_path):
    store = Folder(tmp_path / "store")
    assert demo.seed(room.sessions, 2, 1, LATER, store=store) == 2
    with room.sessions() as session:
        before = session.scalar(select(func.count()).select_from(ReviewChange))
    assert demo.seed(room.sessions, 3, 1, LATER, store=store) == 1
    with room.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ReviewChange)) == before
        assert len(projects.page(session, Listing().load({}), LATER)["items"]) == 3


def test_owners_of_the_demo_are_optimistic_and_the_less_the_nearer_the_day(lived):
    with lived() as session:
        found = forecasts.optimism(session, Judging().load({"months": [1, 6]}))["items"]
    official = [each for each in found if each["basis"] == "official"]
    by = {
        months: sum(
            each["mean_days"] * each["count"] for each in official if each["months"] == months
        )
        / sum(each["count"] for each in official if each["months"] == months)
        for months in (1, 6)
    }
    assert 0 < by[1] < by[6]


def test_a_second_run_adds_nothing(lived):
    assert demo.seed(lived, 50, 1, LATER) == 0


# ---- at a terminal


@pytest.fixture
def run(room: Room, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for module in (portfolio, showing):
        monkeypatch.setattr(module, "sessions", lambda service: room.sessions)

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
