"""The e-office service's commands and queries on a real database."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika import events
from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.tables import outbox
from services.eoffice import queries
from services.eoffice.commands.close import close_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Base, File
from services.eoffice.organisation_store import current
from services.eoffice.schemas import Closing, Forwarding, Getting, Listing, Opening
from tests.support.eoffice import DE, JE, NOW, PORTAL, cleared, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, empty."""
    return emptied(database)


def opened(sessions, caller=JE, now=NOW, **args: Any) -> File:
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": "Estimate", **args}), now)


def forward(sessions, file, to, caller=JE, now=NOW, **args: Any) -> File:
    with sessions.begin() as session:
        loaded = Forwarding().load({"id": str(file.id), "to": to, **args})
        return forward_file(session, caller, loaded, now)


def close(sessions, file, caller=JE, now=NOW, **args: Any) -> File:
    with sessions.begin() as session:
        return close_file(session, caller, Closing().load({"id": str(file.id), **args}), now)


def desk(session: Session, post: str = "roads-je") -> Post:
    return current(session).posts[post]


def recorded(sessions) -> list[events.Event]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        return [events.Event.from_json(body) for body in bodies]


def test_the_models_are_what_the_migrations_build(sessions):
    own = Base.metadata.tables.keys()
    with sessions() as session:
        context = MigrationContext.configure(
            session.connection(),
            opts={"include_name": lambda name, kind, _: kind != "table" or name in own},
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_file_is_with_the_post_that_opens_it(sessions):
    file = opened(sessions)
    assert (file.number, file.department, file.held_by) == (
        "ROADS/EST/GENERAL/2026/0001",
        "roads",
        "roads-je",
    )
    (event,) = recorded(sessions)
    assert event.type == "eoffice.file_opened.v1"
    assert event.data == {
        "file_id": str(file.id),
        "number": "ROADS/EST/GENERAL/2026/0001",
        "department": "roads",
        "opened_at": "2026-07-01T04:30:00Z",
        "held_by": "roads-je",
    }


@pytest.mark.parametrize("secrecy", ["confidential", "secret", "top_secret"])
def test_the_number_of_a_file_of_a_grade_of_secrecy_is_not_told_to_all_who_listen(
    sessions, secrecy
):
    file = opened(sessions, PORTAL, secrecy=secrecy, post="commissioner")
    (event,) = recorded(sessions)
    assert (event.data["file_id"], event.data["number"]) == (str(file.id), "")
    assert file.number not in event.to_json()


def test_a_file_goes_from_post_to_post_until_it_is_closed(sessions):
    file = opened(sessions)
    forward(sessions, file, "roads-de", now=NOW + timedelta(hours=2), remark="For approval")
    forward(sessions, file, "accounts", caller=DE, now=NOW + timedelta(hours=5))
    done = close(sessions, file, caller=PORTAL, post="accounts", now=NOW + timedelta(days=1))
    told = recorded(sessions)
    assert [event.name for event in told] == [
        "eoffice.file_opened",
        "eoffice.file_moved",
        "eoffice.file_moved",
        "eoffice.file_closed",
    ]
    assert [event.sequence for event in told] == [1, 2, 3, 4]
    assert told[2].data == {
        "file_id": str(file.id),
        "department": "roads",
        "from_post": "roads-de",
        "to_post": "accounts",
        "moved_at": "2026-07-01T09:30:00Z",
        "minutes_held": 180,
        "kind": "forward",
    }
    assert told[3].data["minutes_open"] == 24 * 60
    assert told[3].data["moves"] == 2
    assert done.state == "closed"
    with sessions() as session:
        shown = queries.get(session, desk(session), Getting().load({"number": file.number}))
    assert shown["status"] == "closed"
    assert [move["to_post"] for move in shown["movements"]] == ["roads-de", "accounts"]
    assert shown["movements"][0]["remark"] == "For approval"


@pytest.mark.parametrize("typed", ["roads/est/general/2026/0001", "ROADS/EST/GENERAL/२०२६/०००१"])
def test_a_number_is_taken_however_it_was_typed(sessions, typed):
    file = opened(sessions)
    with sessions() as session:
        shown = queries.get(session, desk(session), Getting().load({"number": typed}))
    assert shown["id"] == str(file.id)


def test_a_file_is_not_opened_late(sessions):
    with pytest.raises(Invalid) as refused:
        opened(sessions, due_on="2026-06-30")
    assert refused.value.fields == {"due_on": ["must not be before 2026-07-01"]}
    assert opened(sessions, due_on="2026-07-01").number.endswith("/0001")


@pytest.mark.parametrize("turning", ["\u202e", "\u2067"])
def test_a_subject_has_no_characters_that_turn_the_order_of_letters(sessions, turning):
    with pytest.raises(ValidationError, match="turns the order of letters"):
        opened(sessions, subject=f"Estimate {turning}fdp.exe")


def test_what_is_refused_changes_nothing(sessions):
    file = opened(sessions)
    with pytest.raises(Forbidden):
        forward(sessions, file, "accounts", caller=DE)
    with pytest.raises(Forbidden):
        forward(sessions, file, "accounts", caller=DE, post="roads-je")
    with pytest.raises(Invalid):
        forward(sessions, file, "roads-je")
    with pytest.raises(Invalid):
        forward(sessions, file, "cashier")
    with pytest.raises(Conflict):
        forward(sessions, file, "accounts", version=7)
    with pytest.raises(NotFound):
        close(sessions, File(id=uuid.uuid4()))
    with pytest.raises(Invalid):
        opened(sessions, department="cinema")
    assert len(recorded(sessions)) == 1
    close(sessions, file)
    with pytest.raises(Conflict, match="it is closed"):
        close(sessions, file)


def test_numbers_given_at_once_have_no_gaps_and_refused_ones_leave_none(sessions):
    start = threading.Barrier(8)

    def once(number: int) -> str:
        start.wait(timeout=10)
        if number % 4 == 0:
            with sessions() as session:
                open_file(session, JE, Opening().load({"subject": "Lost"}), NOW)
                session.rollback()
            return ""
        return opened(sessions).number

    with ThreadPoolExecutor(8) as pool:
        numbers = {number for number in pool.map(once, range(8)) if number}
    assert numbers == {f"ROADS/EST/GENERAL/2026/{serial:04d}" for serial in range(1, 7)}


def test_each_department_and_each_year_in_india_has_its_own_serials(sessions):
    opened(sessions)
    of_drains = opened(sessions, Identity.of("officer:drainage-je", "officer"))
    assert of_drains.number == "DRAINAGE/DRN/GENERAL/2026/0001"
    new_year = datetime(2026, 12, 31, 18, 30, tzinfo=UTC)
    assert opened(sessions, now=new_year).number == "ROADS/EST/GENERAL/2027/0001"


def test_no_officer_numbers_a_file_in_the_series_of_another_department(sessions):
    for said, field, legal in (
        ({"department": "drainage"}, "department", "roads"),
        ({"section": "drn"}, "section", "est"),
    ):
        with pytest.raises(Invalid, match="another department numbers there") as caught:
            opened(sessions, **said)
        assert list(caught.value.fields) == [field]
        assert caught.value.fields[field][0].endswith(f"must be one of: {legal}")
    ours = opened(sessions, PORTAL, post="roads-je", department="drainage")
    assert ours.number == "DRAINAGE/GENERAL/2026/0001"


def test_of_two_who_forward_at_once_one_is_refused(sessions):
    file = opened(sessions)
    start = threading.Barrier(2)

    def send(to: str) -> str:
        start.wait(timeout=10)
        try:
            return forward(sessions, file, to).held_by
        except Forbidden:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(send, ["roads-de", "accounts"]))
    assert said.count("refused") == 1
    assert len(recorded(sessions)) == 2


def test_the_list_is_filtered_and_walked_page_by_page(sessions):
    files = [opened(sessions, now=NOW + timedelta(minutes=n // 2)) for n in range(5)]
    forward(sessions, files[0], "accounts", now=NOW + timedelta(hours=1))
    close(sessions, files[1], now=NOW + timedelta(hours=1))

    def listed(**filters: Any) -> dict[str, Any]:
        with sessions() as session:
            return queries.page(session, desk(session), Listing().load(filters))

    found, cursor = [], None
    while True:
        page = listed(limit=2, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert {each["id"] for each in found} == {str(each.id) for each in files}
    assert len(found) == 5
    assert [each["number"] for each in listed(held_by="accounts")["items"]] == [files[0].number]
    assert [each["number"] for each in listed(status="closed")["items"]] == [files[1].number]
    assert listed(department="drainage")["items"] == []
    assert len(listed(opened_from="2026-07-01T04:31:00Z")["items"]) == 3
    with pytest.raises(Invalid):
        listed(cursor="nonsense")


def test_what_a_post_may_not_read_is_not_there_unless_it_has_to_do_with_it(sessions):
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        file = opened(sessions, secrecy="secret")

    def seen(post: str) -> tuple[bool, int]:
        with sessions() as session:
            reader = desk(session, post)
            try:
                queries.get(session, reader, Getting().load({"id": str(file.id)}))
                found = True
            except NotFound:
                found = False
            return found, len(queries.page(session, reader, Listing().load({}))["items"])

    assert seen("roads-je") == (True, 1)
    assert seen("roads-clerk") == (False, 0)
    assert seen("roads-ce") == (True, 1)
