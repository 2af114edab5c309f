"""The desks' lists among many: by which plans they are read, and how many rows."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from palika.hits import MOST as MOST_HITS
from palika.paging import cursor_at
from services.grievance.queries import search
from services.grievance.schemas import Searching
from tests.support.desk_lists import counted, listed, walked
from tests.support.grievances import NOBODY, NOW, GrievanceDesk, fill

DAY = timedelta(days=1)
MANY = 20_000
FEW = MANY // 30


@pytest.fixture
def many(grievance_database):
    """Very many, filled in when they are not there yet: none of these tests changes any."""
    found = GrievanceDesk(grievance_database)
    if _value(found, "SELECT count(*) FROM grievance") != MANY:
        found.empty()
        fill(found.sessions, MANY)
    return found


WAYS: list[dict[str, Any]] = [
    {},
    {"order": "oldest"},
    {"department": "d3"},
    {"ward": "w3"},
    {"category": "c3"},
    {"open": True},
    {"status": "resolved"},
    {"open": True, "department": "d3"},
    {"open": True, "ward": "w3"},
    {"open": True, "order": "due"},
    {"open": True, "department": "d3", "order": "due"},
    {"officer": "o3", "order": "due"},
    {"status": "closed", "department": "d3"},
    {"ward": ["w1", "w2"]},
    {"category": "c3", "ward": "w3"},
    {"timing": "late"},
    {"filed_from_day": "2026-04-01", "filed_to_day": "2026-05-31"},
    {"text": "common"},
    {"text": "common", "ward": "w3"},
    {"text": "common", "open": True, "order": "due"},
    {"text": "tenth", "order": "oldest"},
]


def test_a_list_among_many_walks_an_index_on_every_page(many):
    """Whatever is asked: no table is read through, and a page reads and sorts few rows."""
    far = NOW - 100 * DAY, uuid.UUID(NOBODY)
    for way in WAYS:
        assert listed(many, **way, limit=20)["items"], way
        for cursor in (None, cursor_at(search.order_of_list(Searching().load(way)), far)):
            filters = {**way, "limit": 20, **({"cursor": cursor} if cursor else {})}
            plan = _plan(many, **filters)
            kinds = {node["Node Type"] for node in plan}
            assert "Seq Scan" not in kinds, (filters, plan)
            most = 2 * MOST_HITS if "text" in filters else FEW
            assert max(_rows(node) for node in plan) <= most, (filters, plan)


def test_a_search_for_rare_words_reads_those_only(many):
    plan = _plan(many, limit=20, text="seldom", ward="w3")
    assert "Bitmap Heap Scan" in {node["Node Type"] for node in plan}
    assert "Seq Scan" not in {node["Node Type"] for node in plan}
    assert max(_rows(node) for node in plan) <= MANY // 1000
    assert len(walked(many, text="seldom")) == MANY // 1000


def test_a_filter_that_hardly_anything_passes_does_not_walk_through_the_past(many):
    seen = _rows_read(many, lambda: listed(many, rating=1, limit=10))
    assert seen <= 10 * (4 + 20 + 100) * 3
    page = listed(many, rating=1, limit=10)
    # The last that was rated lies far behind: the page says where to go on.
    assert page == {"items": [], "next": page["next"]}
    assert page["next"] is not None
    found = walked(many, rating=1, limit=200)
    assert len(found) == _value(many, "SELECT count(*) FROM grievance WHERE rating = 1")
    assert len({each["id"] for each in found}) == len(found)


def test_a_count_is_exact_to_ten_thousand_and_then_says_that_there_are_more(many):
    assert counted(many) == {"count": 10_000, "more": True}
    assert counted(many, status="closed") == {"count": 10_000, "more": True}
    for filters, rule in (
        ({"open": True}, "state = 'assigned'"),
        ({"rating": 1}, "rating = 1"),
        ({"department": "d3", "timing": "late"}, "department = 'd3' AND NOT on_time"),
        ({"category": "c3"}, "category = 'c3'"),
    ):
        exact = _value(many, f"SELECT count(*) FROM grievance WHERE {rule}")
        assert counted(many, **filters) == {"count": exact, "more": False}
    assert counted(many, text="common") == {"count": MANY // 2, "more": False}
    assert counted(many, text="seldom") == {"count": MANY // 1000, "more": False}


def _value(desk, query: str) -> Any:
    with desk.sessions() as session:
        return session.scalar(text(query))


def _rows_read(desk, act) -> int:
    """How many rows of the table an act reads, by PostgreSQL's own count."""
    count = (
        "SELECT pg_stat_get_tuples_returned(c) + pg_stat_get_tuples_fetched(c)"
        " FROM (SELECT 'grievance'::regclass::oid AS c) t"
    )
    with desk.sessions() as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    before = _value(desk, count)
    act()
    with desk.sessions() as session:
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    return _value(desk, count) - before


def _plan(desk, **filters: Any) -> list[dict[str, Any]]:
    """The nodes of the plans by which a page was read."""
    asked: list[tuple[str, Any]] = []

    def remember(_connection, _cursor, statement, parameters, *_):
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    args = Searching().load(filters)
    nodes = []
    with desk.sessions() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", remember)
        try:
            search.rows(session, args, NOW)
        finally:
            event.remove(engine, "before_cursor_execute", remember)
        for statement, parameters in asked:
            found = session.connection().exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
            )
            nodes += _nodes(found.scalar_one()[0]["Plan"])
    return nodes


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """It and those below; without the marks of rows that an index leaves to the node above."""
    within = [node for each in plan.get("Plans", []) for node in _nodes(each)]
    return within if plan["Node Type"] == "Bitmap Index Scan" else [plan, *within]


def _rows(node: dict[str, Any]) -> int:
    gone = node.get("Rows Removed by Filter", 0)
    return round((node["Actual Rows"] + gone) * node["Actual Loops"])
