"""Importing an organisation, on the real database."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.eoffice_organisation import organisation
from palika.auth import Identity
from palika.errors import Forbidden, Invalid
from palika.india import day_of
from palika.local import Postgres
from palika.spreadsheets import csv_text
from services.eoffice.commands.import_organisation import import_organisation
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.root import begin_record
from services.eoffice.domain.organisation_lines import COLUMNS
from services.eoffice.models import Act, Holding, Person, Post
from services.eoffice.organisation_store import ORGANISATION, actor, current, shipped
from services.eoffice.schemas import Opening
from services.eoffice.sealing.keys import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.databases import service_database
from tests.support.eoffice import NOW, emptied
from tests.support.organisation_files import city, edited

ADMIN = Identity.of("admin:palika", "admin")
TODAY = day_of(NOW)
POSTS = len(shipped("posts"))
_TOP = {"commissioner"}


@pytest.fixture
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        database = emptied(found)
        with database.begin() as session:
            begin_record(session, NOW)
        yield database


def imported(database, texts, day=None, **options) -> dict[str, Any]:
    with database.begin() as session:
        return import_organisation(session, ADMIN, None, texts, day, NOW, **options)


def shipped_files() -> dict[str, str]:
    folder = Path(str(resources.files("services.eoffice"))) / "data" / "organisation"
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.csv")}


def length(database) -> int:
    with database() as session:
        acts = select(func.count()).where(Act.chain_id == ORGANISATION)
        return session.scalar(acts) or 0


def findings(database) -> list[str]:
    found: list[Any] = []
    with database() as session:
        verify(session, city_keys_of_record(), found.append)
    return [str(each) for each in found]


def test_the_shipped_one_again_changes_nothing_and_is_no_act(database):
    before = length(database)
    told = imported(database, shipped_files())
    assert (told["added"], told["changed"], told["ended"]) == ({}, {}, {})
    assert told["unchanged"]["posts"] == POSTS
    assert length(database) == before


def test_another_city_takes_its_place_from_a_day_on_in_one_act(database):
    before, day = length(database), TODAY + timedelta(days=31)
    dry = imported(database, city(), day, dry_run=True)
    assert length(database) == before
    told = imported(database, city(), day)
    assert dry | {"dry_run": False} == told
    assert length(database) == before + 1
    assert [each["code"] for each in told["added"]["posts"]] == [
        *("clerk", "engineer", "chief", "lawyer")
    ]
    assert len(told["ended"]["posts"]) == POSTS
    with database() as session:
        city_now = current(session)
        assert city_now.holder("clerk", day) == "a.more1"
        assert city_now.holder("clerk", TODAY) is None
        assert city_now.holder("roads-je", TODAY) == "a.jadhav2"
        assert city_now.holder("roads-je", day) is None
        person = session.get(Person, "a.more1")
        assert (person.phone, person.email) == ("+919812345610", "a.more@example.org")
        order = select(Holding.order_ref).where(Holding.person == "a.more1")
        assert session.scalar(order) == "GAD/1"
    assert imported(database, city(), day)["unchanged"]["holdings"] == 4
    assert length(database) == before + 1
    assert findings(database) == []


def test_in_which_language_an_officer_is_written_to_is_imported_and_stays_where_nothing_is_said(
    database,
):
    def languages() -> list[str]:
        with database() as session:
            some = select(Person.language).where(
                Person.code.in_(["a.more1", "b.kale2", "c.joshi3"])
            )
            return list(session.scalars(some.order_by(Person.code)))

    english = edited("people", "Kale,,,", "Kale,,,en")
    imported(database, english)
    assert languages() == ["mr", "en", "mr"]
    lines = city()["people"].splitlines()
    at = lines[0].split(",").index("language")
    without = "\n".join(",".join(_but(each.split(","), at)) for each in lines)
    assert imported(database, city() | {"people": without})["changed"] == {}
    assert languages() == ["mr", "en", "mr"]
    told = imported(database, city())["changed"]["people"]
    assert told[0]["changes"] == {"language": ["en", "mr"]}
    with pytest.raises(Invalid) as refused:
        imported(database, edited("people", "Kale,,,", "Kale,,,hi"))
    (wrong,) = refused.value.fields["people"]
    assert (wrong["column"], wrong["rule"], wrong["value"]) == (
        *("language", "must be one of: mr, en"),
        "hi",
    )
    assert findings(database) == []


def _but(cells: list[str], at: int) -> list[str]:
    return cells[:at] + cells[at + 1 :]


def test_who_begins_acts_from_that_day_on(database):
    day = TODAY + timedelta(days=10)
    imported(database, city(), day)
    more = Identity.of("officer:a.more1", "officer")
    with database() as session:
        assert actor(session, more, None, NOW + timedelta(days=10)).post.code == "clerk"
        with pytest.raises(Forbidden, match="holds no post"):
            actor(session, more, None, NOW)


def test_mistakes_are_told_and_nothing_is_written(database):
    before = length(database)
    texts = edited("posts", "Clerk,1,", "Clerk,one,")
    texts = edited("holdings", "engineer,b.kale2", "engineer,nobody", texts)
    with pytest.raises(Invalid, match="2 mistakes") as caught:
        imported(database, texts)
    assert caught.value.fields == {
        "posts": [
            {
                "file": "posts.csv",
                "line": 2,
                "column": "level",
                "rule": "must be a number from 1 (the lowest) to 20",
                "value": "one",
            }
        ],
        "holdings": [
            {
                "file": "holdings.csv",
                "line": 3,
                "column": "person",
                "rule": "there is no officer of this code in people.csv",
                "value": "nobody",
            }
        ],
    }
    assert length(database) == before
    with database() as session:
        assert session.get(Post, "clerk") is None
    with pytest.raises(Invalid, match="past"):
        imported(database, city(), TODAY - timedelta(days=1))


def test_a_post_with_work_does_not_end(database):
    je = Identity.of("officer:roads-je", "officer")
    with database.begin() as session:
        open_file(session, je, Opening().load({"subject": "Estimate"}), NOW)
    before = length(database)
    for dry_run in (True, False):
        with pytest.raises(Invalid) as caught:
            imported(database, city(), dry_run=dry_run)
        (told,) = caught.value.fields["posts"]
        assert (told["line"], told["value"]) == (None, "roads-je")
        assert told["rule"].startswith("has 1 file: vacate it, and give them to another post")
    assert length(database) == before


def test_a_correction_of_names_is_told_with_what_was_there(database):
    imported(database, city())
    texts = edited("posts", "लिपिक,Clerk", "लेखनिक,Scribe")
    texts = edited("people", "9812345610", "9812345611", texts)
    told = imported(database, texts)
    (post,) = told["changed"]["posts"]
    assert post["changes"] == {"mr": ["लिपिक", "लेखनिक"], "en": ["Clerk", "Scribe"]}
    with database() as session:
        assert current(session).posts["clerk"].en == "Scribe"
        newest = select(Act.data).where(Act.chain_id == ORGANISATION).order_by(Act.position.desc())
        data = session.scalars(newest.limit(1)).one()
    assert {each["table"]: each["changes"] for each in data["changed"]} == {
        "posts": {"mr": ["लिपिक", "लेखनिक"], "en": ["Clerk", "Scribe"]},
        "people": {"phone": None},
    }
    assert findings(database) == []


def test_a_whole_corporation_is_imported_and_its_record_is_whole(database):
    tables = organisation(2_500, 1)
    texts = {
        table: csv_text(
            [COLUMNS[table], *([each[name] for name in COLUMNS[table]] for each in rows)]
        )
        for table, rows in tables.items()
    }
    told = imported(database, texts)
    assert {table: len(rows) for table, rows in told["added"].items()} == {
        table: len(rows) - len(shipped(table))
        for table, rows in tables.items()
        if len(rows) > len(shipped(table))
    }
    with database() as session:
        city = current(session)
        assert len(city.posts) == 2_500
        assert all(city.holder(post, TODAY) for post in city.posts)
        assert all(city.above(post)[-1] == "commissioner" for post in city.posts.keys() - _TOP)
    assert imported(database, texts)["added"] == {}
    assert findings(database) == []


def test_a_section_and_a_department_that_are_over_number_no_more_files(database):
    imported(database, city())
    more = Identity.of("officer:a.more1", "officer")
    for said, field in (({"section": "est"}, "section"), ({"department": "roads"}, "department")):
        asked = Opening().load({"subject": "x", **said})
        with (
            pytest.raises(Invalid, match=f"no such {field}") as caught,
            database.begin() as session,
        ):
            open_file(session, more, asked, NOW)
        assert list(caught.value.fields) == [field]
