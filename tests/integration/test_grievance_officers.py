"""Posts and their leaves on a real database, and a city's list of them."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from palika.errors import Conflict, Invalid, NotFound
from services.grievance import cli as plugin
from services.grievance.cli import officers as officers_cli
from services.grievance.commands.officers import cancel_leave, set_leave, set_officer
from services.grievance.domain.routing import Place, Post, choose
from services.grievance.files import city as files
from services.grievance.files import posts
from services.grievance.models import Leave, Officer
from services.grievance.queries import officers
from services.grievance.reference import city, matrix
from services.grievance.schemas import Officers, SettingLeave, SettingOfficer
from tests.support.grievances import CENTRE, NOW

DAY = timedelta(days=1)
SAMPLE = files.SHIPPED / "posts.yaml"


def set_post(desk, code: str, **args) -> dict:
    with desk.sessions.begin() as session:
        set_officer(
            session, CENTRE, SettingOfficer().load({"code": code, "department": "roads"} | args)
        )
        return officers.one(session, code, NOW)


def leave(desk, officer: str, from_at=NOW, to_at=NOW + DAY, substitute=None) -> Leave:
    given = {"officer": officer, "from_at": from_at, "to_at": to_at, "substitute": substitute}
    with desk.sessions.begin() as session:
        return set_leave(session, CENTRE, SettingLeave().load(given), NOW)


def show(desk, **args) -> dict:
    with desk.sessions() as session:
        return officers.show(session, Officers().load(args), NOW)


def test_a_post_is_made_and_changed_and_keeps_what_it_has(desk):
    made = set_post(desk, "je", wards=["aundh-baner"], capacity=4)
    assert (made["open"], made["active"], made["leaves"]) == (0, True, [])
    filed = desk.file()
    assert filed.officer == "je"
    changed = set_post(desk, "je", capacity=8, active=False)
    assert (changed["wards"], changed["open"], changed["load"]) == ([], 1, 0.125)
    assert desk.file().officer is None
    assert desk.stored(filed).officer == "je"


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"department": "magic"}, "department"),
        ({"wards": ["aundh-baner", "riverton:7"]}, "wards"),
        ({"categories": ["magic"]}, "categories"),
        ({"level": 4}, "level"),
    ],
)
def test_a_post_is_of_what_the_city_has(desk, args, field):
    with pytest.raises(Invalid) as caught:
        set_post(desk, "je", **args)
    assert list(caught.value.fields) == [field]
    assert show(desk)["items"] == []


def test_posts_are_listed_by_code_with_load_and_leaves_a_page_at_a_time(desk):
    for code, options in (
        ("a", {"wards": ["aundh-baner"], "capacity": 2}),
        ("b", {"wards": ["bibwewadi"]}),
        ("c", {"level": 1}),
        ("d", {"active": False}),
        ("e", {"department": "drainage"}),
    ):
        set_post(desk, code, **options)
    desk.file()
    leave(desk, "a", NOW + DAY, NOW + 2 * DAY, "c")
    first = show(desk, limit=3)
    assert [item["code"] for item in first["items"]] == ["a", "b", "c"]
    assert first["items"][0]["load"] == 0.5
    assert first["items"][0]["leaves"][0]["substitute"] == "c"
    assert first["items"][0]["leaves"][0]["from_at"] == "2026-07-02T04:30:00Z"
    rest = show(desk, limit=3, cursor=first["next"])
    assert ([item["code"] for item in rest["items"]], rest["next"]) == (["d", "e"], None)
    found = {
        "ward": show(desk, ward="aundh-baner", department="roads", active=True),
        "level": show(desk, level=1),
        "active": show(desk, active=False),
    }
    codes = {name: [item["code"] for item in page["items"]] for name, page in found.items()}
    assert codes == {"ward": ["a", "c"], "level": ["c"], "active": ["d"]}


def test_a_leave_is_the_posts_only_one_then_and_its_substitute_of_the_department(desk):
    for code, options in (
        ("a", {}),
        ("b", {}),
        ("gone", {"active": False}),
        ("drains", {"department": "drainage"}),
    ):
        set_post(desk, code, **options)
    leave(desk, "a", substitute="b")
    leave(desk, "a", NOW + DAY, NOW + 2 * DAY)
    with pytest.raises(Conflict, match="a is on leave from 1 Jul 2026"):
        leave(desk, "a", NOW + DAY / 2, NOW + DAY)
    with pytest.raises(NotFound):
        leave(desk, "nobody")
    for name in ("gone", "drains", "nobody", "b"):
        with pytest.raises(Invalid) as caught:
            leave(desk, "b", substitute=name)
        assert "substitute" in caught.value.fields


def test_of_two_leaves_at_once_one_is_kept_and_two_may_stand_in_for_each_other(desk):
    set_post(desk, "a")
    set_post(desk, "b")
    start = threading.Barrier(4)

    def ask(officer: str, substitute: str) -> str:
        start.wait(timeout=20)
        try:
            leave(desk, officer, substitute=substitute)
        except Conflict:
            return "refused"
        return officer

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(ask, "abab", "baba"))
    assert sorted(outcomes) == ["a", "b", "refused", "refused"]


def test_a_leave_is_taken_back_or_ended_and_what_is_over_stays(desk):
    set_post(desk, "a")
    running, coming = leave(desk, "a"), leave(desk, "a", NOW + DAY, NOW + 2 * DAY)
    assert desk.file().officer is None
    with desk.sessions.begin() as session:
        assert cancel_leave(session, CENTRE, coming.id, NOW) is None
        left = cancel_leave(session, CENTRE, running.id, NOW + DAY / 4)
        assert left is not None
        assert left.to_at == NOW + DAY / 4
    assert desk.file(now=NOW + DAY / 4).officer == "a"
    for key, error in ((coming.id, NotFound), (running.id, Conflict)):
        with desk.sessions.begin() as session, pytest.raises(error):
            cancel_leave(session, CENTRE, key, NOW + DAY / 2)


@pytest.fixture
def import_(desk, monkeypatch) -> Callable[..., Result]:
    """Runs the command as its users do, on the tests' database."""
    monkeypatch.setattr(officers_cli, "sessions", lambda _: desk.sessions)
    group = click.Group("palika")
    plugin.register(group)

    def run(file: Path, *options: str) -> Result:
        return CliRunner().invoke(group, ["grievance", "officers", "import", str(file), *options])

    return run


def test_the_sample_of_posts_can_be_imported_twice(desk, import_):
    for _ in range(2):
        done = import_(SAMPLE, "--json")
        assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["departments"] == len(city().departments)
    with desk.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Officer)) == told["posts"]
    assert desk.file().officer == "roads-je-aundh"


def test_the_sample_has_a_post_of_every_level_for_every_place():
    sample = [Post(**asdict(entry)) for entry in posts.posts_in(SAMPLE)]
    for department in city().departments:
        own = [post for post in sample if post.department == department]
        for ward in city().wards:
            for level in range(matrix().top + 1):
                place = Place(department, ward)
                assert choose(own, place, level) is not None, (place, level)


def test_a_mistake_in_yaml_is_told_with_its_line_and_nothing_is_imported(desk, import_, tmp_path):
    file = tmp_path / "posts.yaml"
    file.write_text(
        "posts:\n  a: {department: roads}\n  b:\n    department: roads\n    wards: [elsewhere]\n"
    )
    done = import_(file)
    assert done.exit_code == 1
    assert done.stderr == "posts.yaml, line 5: posts, b, wards: not known: elsewhere\n"
    assert json.loads(import_(file, "--json").output)["mistakes"][0]["line"] == 5
    assert show(desk)["items"] == []


CSV = "code,department,wards,categories,level,capacity,active\n"


def test_posts_come_from_csv_too(desk, import_, tmp_path):
    file = tmp_path / "posts.csv"
    file.write_text(
        "\ufeff" + CSV + "a,roads,aundh-baner bibwewadi,pothole,,20,\nb,roads,,,1,,no\n", "utf-8"
    )
    done = import_(file)
    assert done.output == "All are in: 2 posts, 1 departments.\n"
    first, second = show(desk)["items"]
    assert (first["wards"], first["capacity"]) == (["aundh-baner", "bibwewadi"], 20)
    assert (second["level"], second["capacity"], second["active"]) == (1, 50, False)


def test_all_mistakes_of_a_csv_file_are_told_with_their_lines(desk, import_, tmp_path):
    file = tmp_path / "posts.csv"
    file.write_text(
        CSV + 'a,roads,,,,,\n\n"a",roads,,,,,\nb,magic,,,,,\nc,roads,,,x,,\nd,roads\n'
        "e,roads,,,,,maybe\n,roads,,,,,\nf,roads,,,,0,\n"
    )
    told = json.loads(import_(file, "--json").output)
    assert [(each["line"], each["rule"].partition(":")[0]) for each in told["mistakes"]] == [
        (4, "code"),
        (5, "department"),
        (6, "level"),
        (7, "has 2 values for 7 columns"),
        (8, "active"),
        (9, "code"),
        (10, "capacity"),
    ]
    assert show(desk)["items"] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1: columns missing: code, department"),
        (b"code,department\n", "line 2: there is no post"),
        (b"code,department,phone\na,roads,1\n", "line 1: columns not known: phone"),
        (b"code,department\n\xff,roads\n", "is not UTF-8"),
        (b'code,department\n"a,roads\n', "line 2: unexpected end of data"),
    ],
)
def test_a_file_that_is_no_list_of_posts_is_refused_in_a_line(import_, tmp_path, content, says):
    file = tmp_path / "posts.csv"
    file.write_bytes(content)
    done = import_(file)
    assert done.exit_code == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
