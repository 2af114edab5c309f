"""A holding that ends today was held until then: the register keeps it."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Forbidden
from palika.india import day_of
from palika.local import Postgres
from services.eoffice.commands.import_organisation import import_organisation
from services.eoffice.commands.root import begin_record
from services.eoffice.domain.chaining import digest
from services.eoffice.models import Act, Holding
from services.eoffice.organisation_store import ORGANISATION, actor, current
from services.eoffice.queries import directory
from services.eoffice.queries.organisation_files import organisation_files
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.record import adopted
from services.eoffice.sealing.verify import verify
from tests.integration.test_eoffice_organisation_changes import ADMIN, do
from tests.support.databases import service_database
from tests.support.eoffice import NOW, emptied

JADHAV = Identity.of("officer:a.jadhav2", "officer")
TODAY = day_of(NOW)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        database = emptied(found)
        with database.begin() as session:
            begin_record(session, NOW)
        yield database


def findings(database) -> list[str]:
    found: list = []
    with database() as session:
        verify(session, city_keys_of_record(), found.append)
    return [each.row for each in found]


def register(database, post: str) -> list[tuple[str, str, str | None, bool]]:
    """Who holds a post, since when, until when, and whether that was in the course of a day."""
    with database() as session:
        items = directory.holders(session, post)["items"]
    return [
        (each["holder"]["code"], each["since"], each["until"], each["ended_at"] is not None)
        for each in items
    ]


def acts_for(database, post: str | None = None) -> str:
    with database() as session:
        return actor(session, JADHAV, post, NOW).post.code


def files_of(database) -> dict[str, str]:
    with database() as session:
        tables = organisation_files(session)
    return {
        name: "".join(
            ",".join("" if cell is None else f'"{cell}"' for cell in row) + "\n" for row in rows
        )
        for name, rows in tables.items()
    }


def imported(database, texts: dict[str, str]) -> dict:
    with database.begin() as session:
        return import_organisation(session, ADMIN, None, texts, TODAY, NOW)


def test_a_post_that_was_held_for_an_hour_keeps_its_holder_in_the_register(database):
    do(database, "vacate", code="law")
    do(database, "transfer", person="a.jadhav2", to="law", since=TODAY)
    assert acts_for(database) == "law"
    told = do(database, "transfer", person="a.jadhav2", to="roads-je", since=TODAY)
    (ended,) = told["ended"]
    assert (ended["withdrawn"], ended["until"], ended["ended_at"]) == (False, TODAY, NOW)
    day = str(TODAY)
    assert ("a.jadhav2", day, day, True) in register(database, "law")
    assert register(database, "roads-je")[0] == ("a.jadhav2", day, None, False)
    # He acts for the one post alone, and the other is free.
    assert acts_for(database) == "roads-je"
    with pytest.raises(Forbidden):
        acts_for(database, "law")
    do(database, "transfer", person="m.deshpande18", to="law")
    assert findings(database) == []


def test_what_ends_today_was_held_this_morning_and_not_until_yesterday_alone(database):
    do(database, "vacate", code="law")
    ((_, since, until, in_the_day),) = register(database, "law")
    assert (until, in_the_day) == (str(TODAY), True)
    assert date.fromisoformat(since) < TODAY
    with database() as session:
        assert current(session).holder("law", TODAY) is None
        assert current(session).holder("law", TODAY - timedelta(days=1)) == "m.deshpande18"
    assert do(database, "vacate", code="law")["ended"] == []
    assert findings(database) == []


def test_what_is_exported_is_imported_again_without_a_change(database):
    do(database, "vacate", code="law")
    do(database, "transfer", person="a.jadhav2", to="law", since=TODAY)
    do(database, "transfer", person="a.jadhav2", to="roads-je", since=TODAY)
    told = imported(database, files_of(database))
    assert [told[each] for each in ("added", "changed", "ended", "withdrawn")] == [{}, {}, {}, {}]


def test_an_import_of_today_ends_what_began_this_morning_and_keeps_it(database):
    do(database, "vacate", code="law")
    before = files_of(database)
    do(database, "transfer", person="a.jadhav2", to="law", since=TODAY)
    told = imported(database, before)
    assert told["withdrawn"] == {}
    (ended,) = told["ended"]["holdings"]
    assert (ended["post"], ended["person"], ended["until"]) == ("law", "a.jadhav2", str(TODAY))
    day = str(TODAY)
    assert ("a.jadhav2", day, day, True) in register(database, "law")
    # What was ended today and is not to end, goes on.
    assert register(database, "roads-je")[0][2:] == (None, False)
    assert acts_for(database) == "roads-je"
    assert findings(database) == []


def test_what_was_written_down_before_says_the_same_and_nobody_ends_one_unseen(database):
    with database.begin() as session:
        row = session.scalars(select(Holding).where(Holding.post == "law")).one()
        columns = {each.name: getattr(row, each.name) for each in Holding.__table__.columns}
        before = {name: each for name, each in columns.items() if name != "ended_at"}
        adopted(session, [row])
        at = act(session, ORGANISATION, "organisation", "renamed", None, NOW)
        rows = session.get_one(Act, (ORGANISATION, at)).rows
        key = row.id
    assert rows[f"holding:{key}"] == [1, digest(before)]
    with database.begin() as session:
        said = "UPDATE holding SET until = CURRENT_DATE, ended_at = now() WHERE id = %s"
        session.connection().exec_driver_sql(said, (key,))
    assert findings(database) == [f"holding:{key}"]
