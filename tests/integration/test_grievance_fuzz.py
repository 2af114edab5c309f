"""Whatever is said to the grievance service by RPC, it answers, or refuses and has done nothing.

``FUZZ_EXAMPLES`` and ``FUZZ_SEED`` ask for more than the suite's few, and for others.
"""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import PalikaError, Unavailable, Unexpected
from palika.store import Folder
from services.grievance.queries import attachments
from services.grievance.reference import city
from tests.support.attachments import PDF, photo
from tests.support.fuzzing import arguments
from tests.support.grievance_service import METHODS, Service
from tests.support.grievances import CITIZEN, OFFICER, OTHER_CITIZEN

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
SEED = int(os.environ.get("FUZZ_SEED", "20260701"))
SUPERVISOR = Identity.of("supervisor:roads-head", "supervisor")
CALLERS = [
    *(CITIZEN, OTHER_CITIZEN, ANONYMOUS, OFFICER, SUPERVISOR, SYSTEM("portal")),
    Identity.of("admin:it", "admin"),
    Identity.of("helpdesk:hall", "helpdesk"),
    Identity.of("officer:roads-je-2", "officer", "citizen"),
]
# Nothing of how the service is built, and no trace, is in an answer.
INSIDE = ("Traceback", "psycopg2", "sqlalchemy", "SELECT ", "INSERT ", ".py", "marshmallow")


@pytest.fixture(scope="module")
def world(grievance_database, tmp_path_factory) -> Iterator[tuple[Any, dict[str, list[Any]]]]:
    """A small city in all states, and what in it can be named, by the field that names it."""
    folder = Folder(tmp_path_factory.mktemp("attachments"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(attachments, "store", lambda: folder)
        yield grievance_database, _build(grievance_database)


def _build(sessions: sessionmaker[Session]) -> dict[str, list[Any]]:
    officer, boss = Service(sessions, OFFICER), Service(sessions, Identity.of("admin:it", "admin"))
    citizen = Service(sessions, CITIZEN)
    posts = {"roads-je": 0, "roads-je-2": 0, "roads-head": 2, "drainage-je": 0}
    for code, level in posts.items():
        boss.do("set_officer", code=code, department=code.partition("-")[0], level=level)
    filed = []

    def file(*steps: str, by: Service = citizen, **args: Any) -> dict[str, Any]:
        said = {"category": "pothole", "description": "मोठा खड्डा, Gandhi Road"} | args
        made = by.do("file", **said)
        filed.append(made)
        for step in steps:
            by_whom = citizen if step in ("rate", "withdraw", "appeal", "reopen") else officer
            # Of a department without posts.
            by_whom = boss if step == "acknowledge" else by_whom
            by_whom.do(step, id=made["id"], **_USUAL.get(step, {}))
        return made

    place = {"lat": 18.5204, "lon": 73.8567, "citizen_phone": "98220 12345"}
    original = file(**place)
    for steps in (
        *((), ("start",), ("wait",), ("resolve",), ("resolve", "appeal")),
        *(("resolve", "rate"), ("reject",), ("reject", "appeal"), ("withdraw",)),
        ("resolve", "reopen"),
    ):
        file(*steps, **place)
    file(ward="aundh-baner")
    file("acknowledge", category="encroachment")
    file(by=Service(sessions, OTHER_CITIZEN), category="encroachment")
    file(by=Service(sessions, ANONYMOUS), address="Sai temple")
    merged = file(**place)
    officer.do("merge", id=merged["id"], into=original["id"])
    officer.do("link", id=filed[1]["id"], other=filed[2]["id"])
    papers = [
        citizen.do(
            "attach",
            id=filed[0]["id"],
            kind=kind,
            content_base64=base64.b64encode(content).decode(),
        )
        for kind, content in (("photo_before", photo()), ("document", PDF))
    ]
    view = officer.do("save_view", name="Mine", filters={"open": True})
    now = datetime.now(UTC)
    leave = boss.do(
        "set_leave",
        officer="roads-je-2",
        from_at=(now + timedelta(days=9)).isoformat(),
        to_at=(now + timedelta(days=10)).isoformat(),
    )
    page = {order: officer.do("list", order=order, limit=2)["next"] for order in ("newest", "due")}
    ids = [each["id"] for each in filed]
    return {
        "id": [*ids, view["id"], ids[0], ids[0], ids[0]],
        "serial": [leave["id"], leave["id"] + 1],
        "other": ids,
        "into": ids,
        "token": [each["token"] for each in filed],
        "number": [each["number"] for each in filed],
        "attachment_id": [each["id"] for each in papers],
        "content_base64": [base64.b64encode(each).decode() for each in (photo(), PDF, b"GIF89a")],
        "cursor": [*page.values(), "roads-je"],
        "version": [1, 2, 3],
        **{name: list(posts) for name in ("officer", "substitute", "from_officer", "to_officer")},
        "category": ["pothole", "encroachment", "road-damage", *list(city().subcategories)[::40]],
        "categorie": ["pothole", "road-works"],
        "parent_category": list(city().categories)[:5],
        "department": ["roads", "drainage"],
        "ward": ["aundh-baner", "kasba-vishrambagwada"],
        "statuse": ["open", "closed"],
        "lat": [18.5204, 18.45, 19.07, 38.6],
        "lon": [73.8567, 73.95, 72.87, -90.2],
        "rejection": ["not_responsible", "duplicate", "not_found"],
        "filters": [{}, {"open": True, "ward": "aundh-baner"}, {"status": ["filed", "closed"]}],
        "attributes": [{}, {"how_many": 2}, {"how_many": "2"}, {"x": 1}],
    }


_USUAL: dict[str, dict[str, Any]] = {
    "wait": {"question": "Where?"},
    "resolve": {"remark": "Filled"},
    "appeal": {"grounds": "Nothing was done"},
    "rate": {"rating": 5},
    "reject": {"rejection": "not_responsible", "remark": "The highway's"},
    "withdraw": {"reason": "Put right"},
    "reopen": {"reason": "Still there"},
}


class Within(Session):
    """A session in a transaction that has begun: a query's own isolation would come too late."""

    def connection(self, bind_arguments: Any = None, execution_options: Any = None) -> Any:
        """The connection, as it is."""
        return super().connection(bind_arguments)


@contextmanager
def undone(sessions: sessionmaker[Session]) -> Iterator[sessionmaker[Session]]:
    """Sessions of which nothing stays: what they commit is a savepoint in one transaction."""
    engine = sessions.kw["bind"].execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        outer = connection.begin()
        yield sessionmaker(
            connection,
            class_=Within,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )
        outer.rollback()


def state(sessions: sessionmaker[Session]) -> list[Any]:
    """Every row of every table, by its place and the transaction that wrote it."""
    with sessions() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ).all()
        each = (
            f"SELECT '{table}', count(*), sum(hashtextextended(ctid::text || xmin::text, 0)) "
            f'FROM "{table}"'
            for table in tables
        )
        return [tuple(row) for row in session.execute(text(" UNION ALL ".join(each)))]


def check(service: Service, method: str, given_arguments: dict[str, Any]) -> str:
    """Call it; gives what came of it: ``ok``, or the code of the refusal."""
    before = state(service.db)
    try:
        answer = service.do(method, **given_arguments)
    except (Unexpected, Unavailable):
        raise
    except PalikaError as error:
        refusal = error
    else:
        json.dumps(answer, allow_nan=False)
        return "ok"
    told = json.dumps(refusal.to_dict(), allow_nan=False)
    assert not any(word in refusal.message for word in INSIDE), told
    assert state(service.db) == before, f"{method} was refused and has written: {told}"
    return refusal.code


@pytest.fixture(scope="module")
def outcomes() -> dict[str, set[str]]:
    """What came of the calls of each method, while the module's tests run."""
    return {}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_whatever_is_said_is_answered_or_refused_and_then_nothing_is_written(
    world, outcomes, method
):
    """Calls of any method, then of this one; the next example finds the city as it was."""
    sessions, known = world
    drawn = {name: arguments(each.schema, known) for name, each in METHODS.items()}

    def calls_of(names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
        return names.flatmap(
            lambda name: st.tuples(st.just(name), _callers(METHODS[name].roles), drawn[name])
        )

    before, this = calls_of(st.sampled_from(sorted(METHODS))), calls_of(st.just(method))

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(before, max_size=2), st.lists(this, min_size=2, max_size=2))
    def fuzz(first, then):
        with undone(sessions) as forgetting:
            for name, caller, said in [*first, *then]:
                outcome = check(Service(forgetting, caller), name, said)
                outcomes.setdefault(name, set()).add(outcome)

    print(f"FUZZ_SEED={SEED} FUZZ_EXAMPLES={EXAMPLES}")
    fuzz()


def test_the_calls_get_behind_the_door(outcomes):
    """Of the methods that the tests above have called, most were carried out, most refused some."""
    if len(outcomes) < len(METHODS):
        pytest.skip("needs the tests above")
    done = {name for name, codes in outcomes.items() if "ok" in codes}
    refused = {name for name, codes in outcomes.items() if codes - {"ok", "forbidden"}}
    assert len(done) > 0.5 * len(METHODS), METHODS.keys() - done
    assert len(refused) > 0.5 * len(METHODS), METHODS.keys() - refused
    assert {code for codes in outcomes.values() for code in codes} == {
        *("ok", "invalid", "forbidden", "not_found", "conflict")
    }


def _callers(roles: frozenset[str]) -> st.SearchStrategy[Identity]:
    """Anybody, and those more often who may call."""
    may = [caller for caller in CALLERS if caller.has_any(roles)]
    return st.sampled_from(may) | st.sampled_from(may) | st.sampled_from(CALLERS)
