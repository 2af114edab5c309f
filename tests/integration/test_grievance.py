"""The grievance service's commands and queries on a real database."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import event as sqlalchemy_events
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika import events
from palika.auth import SYSTEM, Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.tables import outbox
from services.grievance.commands.assign import assign_grievance
from services.grievance.commands.attach import locate_grievance
from services.grievance.commands.file import Draft, file_grievance, file_many
from services.grievance.commands.reopen import reopen_grievance
from services.grievance.commands.resolve import resolve_grievance
from services.grievance.commands.transfer import transfer_grievance
from services.grievance.models import Base, Grievance
from services.grievance.queries import contacts, one, search
from services.grievance.schemas import (
    Assigning,
    Filing,
    Getting,
    Locating,
    Reopening,
    Resolving,
    Searching,
    Transferring,
)
from tests.support.databases import service_database

CITIZEN = Identity.of("citizen:9", "citizen")
OFFICER = Identity.of("officer:roads-je", "officer")
NOW = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
FILING = {"category": "pothole", "ward": "aundh-baner", "description": "A hole"}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "grievance") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, empty."""
    with database.begin() as session:
        session.execute(text("TRUNCATE grievance, outbox CASCADE"))
        for year in (1969, 2025, 2026):
            session.execute(text(f"DROP SEQUENCE IF EXISTS grievance_serial_{year}"))
    return database


KEY = {"source": CITIZEN.subject, "source_id": "a1"}


def file(sessions, caller=CITIZEN, now=NOW, **args: Any) -> Grievance:
    with sessions.begin() as session:
        return file_grievance(session, caller, Filing().load(FILING | args), now).grievance


def assign(sessions, grievance, caller=OFFICER, now=NOW, **args: Any) -> Grievance:
    loaded = Assigning().load({"id": str(grievance.id), "officer": "roads-je", **args})
    with sessions.begin() as session:
        return assign_grievance(session, caller, loaded, now)


def resolve(sessions, grievance, caller=OFFICER, now=NOW, **args: Any) -> Grievance:
    loaded = Resolving().load({"id": str(grievance.id), "remark": "Done", **args})
    with sessions.begin() as session:
        return resolve_grievance(session, caller, loaded, now)


def reopen(sessions, grievance, caller=CITIZEN, now=NOW, **args: Any) -> Grievance:
    loaded = Reopening().load({"id": str(grievance.id), "reason": "Still there", **args})
    with sessions.begin() as session:
        return reopen_grievance(session, caller, loaded, now)


def recorded(sessions) -> list[events.Event]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        return [events.Event.from_json(body) for body in bodies]


def listed(sessions, **filters: Any) -> dict[str, Any]:
    with sessions() as session:
        return search.page(session, Searching().load(filters), NOW)


def test_the_models_are_what_the_migrations_build(sessions):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    ours = Base.metadata.tables.keys()
    with sessions() as session:
        context = MigrationContext.configure(
            session.connection(),
            opts={"include_name": lambda name, kind, _: kind != "table" or name in ours},
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_grievance_is_filed_with_number_department_and_due_date(sessions):
    filed = file(sessions)
    assert filed.number == "PMC-2026-000001"
    assert filed.department == "roads"
    # 24 working hours from Wednesday, 10:00 in India: 8.5 a day, from 9:45 to 18:15.
    assert filed.due_at == datetime(2026, 7, 3, 11, 30, tzinfo=UTC)
    assert (filed.promised_minutes, filed.parent_category) == (24 * 60, "roads")
    assert file(sessions).number == "PMC-2026-000002"


def test_filing_records_one_event_in_the_same_transaction(sessions):
    filed = file(sessions, citizen_name="Asha Kulkarni", citizen_phone="98220 12345")
    (event,) = recorded(sessions)
    assert event.type == "grievance.filed.v1"
    assert event.subject == str(filed.id)
    assert event.sequence == 1
    assert event.time == NOW
    assert event.data == {
        "grievance_id": str(filed.id),
        "number": filed.number,
        "department": "roads",
        "category": "pothole",
        "ward": "aundh-baner",
        "channel": "web",
        "filed_at": "2026-07-01T04:30:00Z",
        "due_at": "2026-07-03T11:30:00Z",
        "priority": "normal",
        "parent_category": "roads",
    }


@pytest.mark.parametrize("wrong", [{"category": "potholes"}, {"ward": "16"}])
def test_a_refused_filing_leaves_nothing_behind(sessions, wrong):
    with pytest.raises(Invalid):
        file(sessions, **wrong)
    assert recorded(sessions) == []
    assert listed(sessions)["items"] == []


def test_the_whole_life_of_a_grievance_is_told_by_its_events(sessions):
    filed = file(sessions)
    assign(sessions, filed, now=NOW + timedelta(hours=1))
    resolve(sessions, filed, now=NOW + timedelta(hours=80), remark="Filled")
    words = "Open again, call 98220 12345"
    reopen(sessions, filed, now=NOW + timedelta(hours=90), reason=words, code="came_back")
    done = resolve(sessions, filed, now=NOW + timedelta(hours=100))
    told = recorded(sessions)
    assert [event.name for event in told] == [
        "grievance.filed",
        "grievance.assigned",
        "grievance.due_soon",
        "grievance.breached",
        "grievance.escalated",
        "grievance.resolved",
        "grievance.reopened",
        "grievance.resolved",
    ]
    assert [event.sequence for event in told] == [1, 2, 3, 4, 5, 6, 7, 8]
    resolved, reopened = told[5].data, told[6].data
    assert resolved["on_time"] is False
    assert resolved["minutes_taken"] == 80 * 60
    taken_back = {key: reopened[key] for key in ("resolved_at", "on_time", "minutes_taken")}
    assert taken_back == {key: resolved[key] for key in taken_back}
    assert reopened["reason"] == "came_back"
    assert done.version == 8
    assert done.times_reopened == 1
    assert done.officer == "roads-je"
    assert done.reopen_reason == words


def test_an_illegal_step_changes_nothing(sessions):
    filed = file(sessions)
    with pytest.raises(Conflict, match="legal now: acknowledge, assign"):
        resolve(sessions, filed)
    with pytest.raises(Conflict, match="legal now: "):
        reopen(sessions, filed)
    assert len(recorded(sessions)) == 1
    with sessions() as session:
        assert session.get(Grievance, filed.id).version == 1


def test_a_step_on_nothing_is_not_found(sessions):
    with pytest.raises(NotFound):
        resolve(sessions, Grievance(id=uuid.uuid4()))


def test_of_two_officers_who_decide_on_one_version_the_second_is_refused(sessions):
    filed = file(sessions)
    start = threading.Barrier(2)

    def take(officer: str) -> str:
        start.wait(timeout=10)
        try:
            assign(sessions, filed, officer=officer, version=1)
        except Conflict as refused:
            return str(refused)
        return officer

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(take, ["roads-je", "roads-de"]))
    assert sum("at version 2, not 1" in each for each in said) == 1
    assert len(recorded(sessions)) == 2


def test_filing_what_a_source_has_filed_gives_the_first_one(sessions):
    first = file(sessions, **KEY)
    assert file(sessions, now=NOW + timedelta(hours=1), **KEY).id == first.id
    assert len(recorded(sessions)) == 1


@pytest.mark.parametrize("caller", [CITIZEN, OFFICER])
@pytest.mark.parametrize(
    "other",
    [
        {"description": "Another text"},
        {"category": "road-damage"},
        {"ward": "bibwewadi"},
        {"lat": 18.52, "lon": 73.85},
        {"citizen_phone": "9822012345"},
    ],
)
def test_a_key_that_is_used_for_something_else_swallows_nothing(sessions, caller, other):
    file(sessions, caller, **KEY)
    with pytest.raises(Conflict, match="is taken"):
        file(sessions, caller, **KEY | other)
    assert len(recorded(sessions)) == 1


def test_the_same_is_the_same_whatever_became_of_it(sessions):
    said = KEY | {"ward": None}
    first = file(sessions, **said)
    with sessions.begin() as session:
        transfer = Transferring().load({"id": str(first.id), "category": "road-damage"})
        transfer_grievance(session, OFFICER, transfer, NOW)
        place = Locating().load({"id": str(first.id), "lat": 18.5204, "lon": 73.8567})
        assert locate_grievance(session, OFFICER, place, NOW).ward == "kasba-vishrambagwada"
    assert file(sessions, **said).id == first.id
    with pytest.raises(Conflict, match="is taken"):
        file(sessions, **said | {"category": "road-damage"})


def test_nobody_takes_the_key_of_another_system(sessions):
    for source in ("app", "stlouis-csb", "open311:fixmystreet", "citizen:10"):
        with pytest.raises(Forbidden, match="'citizen:9'"):
            file(sessions, source=source, source_id="1")
    assert len(recorded(sessions)) == 0
    for caller in (OFFICER, SYSTEM("portal")):
        file(sessions, caller, source="app", source_id=caller.subject)
    for reserved in ("import", "seed"):
        with pytest.raises(ValidationError, match="is reserved"):
            file(sessions, OFFICER, source=reserved, source_id="1")


def test_a_sources_key_does_not_open_another_citizens_grievance(sessions):
    file(sessions, OFFICER, source="citizen:10", source_id="a1")
    with pytest.raises(Conflict, match="is taken"):
        file(sessions, Identity.of("citizen:10", "citizen"), source="citizen:10", source_id="a1")


def test_one_source_key_filed_many_times_at_once_is_filed_once(sessions):
    start = threading.Barrier(8)

    def once(_: int) -> uuid.UUID:
        start.wait(timeout=10)
        return file(sessions, **KEY).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(once, range(8)))) == 1
    assert len(recorded(sessions)) == 1


def test_numbers_of_a_new_year_given_at_once_are_all_different(sessions):
    start = threading.Barrier(8)

    def once(_: int) -> str:
        start.wait(timeout=10)
        return file(sessions).number

    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(once, range(8)))
    assert numbers == {f"PMC-2026-{serial:06d}" for serial in range(1, 9)}


def test_each_year_has_its_own_serials(sessions):
    file(sessions)
    assert file(sessions, now=datetime(2025, 5, 1, tzinfo=UTC)).number == "PMC-2025-000001"
    assert file(sessions, now=datetime(1969, 5, 1, tzinfo=UTC)).number == "PMC-1969-000001"


def test_many_are_filed_in_a_few_statements(sessions):
    drafts = [Draft(Filing().load(FILING), NOW) for _ in range(200)]
    statements = []
    engine = sessions.kw["bind"]

    def count(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    sqlalchemy_events.listen(engine, "before_cursor_execute", count)
    try:
        with sessions.begin() as session:
            assert len(file_many(session, CITIZEN, drafts)) == 200
    finally:
        sqlalchemy_events.remove(engine, "before_cursor_execute", count)
    assert len(statements) <= 5
    assert len(recorded(sessions)) == 200


def test_a_citizen_sees_only_their_own_and_never_whose_it_is(sessions):
    filed = file(sessions, citizen_name="Asha Kulkarni", citizen_phone="98220 12345")
    with sessions() as session:
        for key in ({"id": str(filed.id)}, {"number": filed.number}):
            shown = one.get(session, CITIZEN, Getting().load(key), NOW)
            assert shown["status"] == "filed"
            assert not [name for name in shown if "citizen" in name]
            with pytest.raises(NotFound):
                one.get(session, Identity.of("citizen:10", "citizen"), Getting().load(key), NOW)
    with pytest.raises(NotFound):
        reopen(sessions, filed, caller=Identity.of("citizen:10", "citizen"))


def test_contacts_are_given_for_known_ids(sessions):
    filed = file(sessions, citizen_name="Asha Kulkarni", citizen_phone="98220 12345")
    with sessions() as session:
        assert contacts.of(session, [filed.id, uuid.uuid4()]) == [
            {
                "id": str(filed.id),
                "name": "Asha Kulkarni",
                "phone": "+919822012345",
                "email": None,
                "language": "mr",
                "number": filed.number,
                "category_name": {"mr": "रस्त्यावरील खड्डे", "en": "Pothole"},
                "department_name": {"mr": "पथ विभाग", "en": "Roads"},
                "rejection_name": None,
                "appeal_outcome": None,
                "original_number": None,
                "reopen_until": None,
            }
        ]


def test_the_list_is_walked_page_by_page_without_loss_while_more_are_filed(sessions):
    # Some are filed in the same instant: the position in the list must still be one.
    for minute in (0, 1, 1, 1, 2, 3, 3):
        file(sessions, now=NOW + timedelta(minutes=minute))
    found, cursor = [], None
    while True:
        page = listed(sessions, limit=2, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        file(sessions, now=NOW + timedelta(hours=1))
        cursor = page["next"]
        if cursor is None:
            break
    assert [each["filed_at"] for each in found] == sorted(
        (each["filed_at"] for each in found), reverse=True
    )
    assert len({each["id"] for each in found}) == len(found) == 7


def test_the_list_is_filtered(sessions):
    first = file(sessions)
    second = file(sessions, category="no-water", ward="bibwewadi", now=NOW + timedelta(days=1))
    assign(sessions, second)

    def ids(**filters: Any) -> list[str]:
        return [each["id"] for each in listed(sessions, **filters)["items"]]

    assert ids() == [str(second.id), str(first.id)]
    assert ids(status="assigned") == [str(second.id)]
    assert ids(ward="aundh-baner") == [str(first.id)]
    assert ids(department="water-supply") == [str(second.id)]
    assert ids(category="pothole") == [str(first.id)]
    assert ids(filed_from="2026-07-02T04:30:00Z") == [str(second.id)]
    assert ids(filed_before="2026-07-02T10:00:00+05:30") == [str(first.id)]
    assert ids(status="resolved") == []


@pytest.mark.parametrize("cursor", ["x", "!!!!", "MjAyNnx4", "é"])
def test_a_cursor_of_ones_own_making_is_refused(sessions, cursor):
    with pytest.raises(Invalid) as refused:
        listed(sessions, cursor=cursor)
    assert list(refused.value.fields) == ["cursor"]
