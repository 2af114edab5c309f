"""The hits of a search: with what each filing stores, and page by page over the years."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select, text

from palika import hits
from palika.india import INDIA, end_of, start_of
from palika.paging import cursor_at
from palika.words import month_token, query_tokens, search_tokens
from services.grievance.models import Grievance, SearchWords
from services.grievance.queries import search
from services.grievance.schemas import Searching
from tests.support.grievances import CITIZEN, NOW, GrievanceDesk


def stored(desk):
    columns = SearchWords.grievance_id, SearchWords.filed_at, SearchWords.tokens
    with desk.sessions() as session:
        return session.execute(select(*columns).order_by(SearchWords.grievance_id)).all()


def test_with_its_words_are_stored_the_moment_and_the_month_of_a_filing(desk):
    filed = desk.file(CITIZEN, NOW, description="A deep pothole")
    (words,) = stored(desk)
    assert (words.grievance_id, words.filed_at) == (filed.id, NOW)
    assert words.tokens[0] == month_token(NOW) == "@2026-07"
    assert set(query_tokens("pothole")) < set(words.tokens)


def test_the_migration_and_its_trigger_store_what_a_filing_stores(desk):
    for days in range(0, 90, 9):
        desk.file(now=NOW.replace(hour=18, minute=30) - timedelta(days=days))
    written = stored(desk)
    assert len({words.tokens[0] for words in written}) == 4
    migration = import_module("services.grievance.migrations.0004_months")
    with desk.sessions.begin() as session:
        session.execute(text("ALTER TABLE search_words ALTER filed_at DROP NOT NULL"))
        session.execute(text("UPDATE search_words SET filed_at = NULL, tokens = tokens[2:]"))
        session.execute(text(migration.FILED))
        session.execute(text("ALTER TABLE search_words ALTER filed_at SET NOT NULL"))
    assert stored(desk) == written
    with desk.sessions.begin() as session:
        session.execute(delete(SearchWords))
        # As the release before this one files.
        session.execute(
            text("INSERT INTO search_words (grievance_id, tokens) VALUES (:id, :tokens)"),
            [{"id": each.grievance_id, "tokens": each.tokens[1:]} for each in written],
        )
    assert stored(desk) == written


# -- over the years -----------------------------------------------------------------------------

FIRST = datetime(2019, 3, 5, 4, tzinfo=UTC)
EMPTY = range(2020 * 12 + 5, 2021 * 12 + 9)
"""Months in which nothing was filed."""
WARDS = [f"w{number}" for number in range(4)]
FILTERS: list[dict[str, Any]] = [
    {},
    {"ward": "w1"},
    {"ward": ["w1", "w2"]},
    {"category": "c9"},
    {"open": True},
    {"open": True, "ward": "w3"},
    {"status": "resolved"},
    {"rating": 1},
    {"filed_from_day": "2021-12-31", "filed_to_day": "2022-02-28"},
    {"filed_before": "2022-01-15T10:00:00Z", "ward": "w2"},
]
# A word, and of which it is a word: of all, of some in every month, of one month, of a few.
WORDS = {
    "every": lambda rng, month: True,
    "third": lambda rng, month: rng.random() < 0.3,
    "tenth": lambda rng, month: rng.random() < 0.1,
    "monsoon": lambda rng, month: month % 12 in (6, 7) or rng.random() < 0.03,
    "seldom": lambda rng, month: rng.random() < 0.004,
    "never": lambda rng, month: False,
}


@pytest.fixture(scope="module")
def years(grievance_database):
    """Grievances of seven years, some in the first and the last instant of a month in India."""
    GrievanceDesk(grievance_database).empty()
    rng = random.Random(20260701)
    moments = [FIRST + timedelta(hours=40 * number + rng.random() * 9) for number in range(1_600)]
    for month in range(2019 * 12 + 3, 2026 * 12 + 6):
        start = start_of(date(month // 12, month % 12 + 1, 1))
        moments += [start, start, start - timedelta.resolution, start + timedelta.resolution]
    grievances, words = [], []
    for number, filed_at in enumerate(moments):
        month = filed_at.astimezone(INDIA).year * 12 + filed_at.astimezone(INDIA).month - 1
        if month in EMPTY:
            continue
        state = rng.choice(["closed"] * 8 + ["resolved", "assigned"])
        done = None if state == "assigned" else filed_at + timedelta(days=2)
        found = {
            "id": uuid.UUID(int=rng.getrandbits(128)),
            "number": f"X-{number}",
            "category": f"c{rng.randrange(10)}",
            "department": "d",
            "description": "",
            "ward": rng.choice(WARDS),
            "language": "mr",
            "channel": "web",
            "filed_by": "citizen:9",
            "state": state,
            "version": 1,
            "officer": "o",
            "filed_at": filed_at,
            "due_at": filed_at + timedelta(days=rng.randrange(1, 90)),
            "resolved_at": done,
            "closed_at": done if state == "closed" else None,
            "rating": 1 if state == "closed" and rng.random() < 0.02 else None,
            "times_reopened": 0,
        }
        grievances.append(found)
        has = [word for word, chosen in WORDS.items() if chosen(rng, month)]
        words.append(
            {
                "grievance_id": found["id"],
                "filed_at": filed_at,
                "tokens": [month_token(filed_at), *search_tokens(" ".join(has))],
            }
        )
    with grievance_database.begin() as session:
        session.execute(insert(Grievance.__table__), grievances)
        session.execute(insert(SearchWords.__table__), words)
        session.execute(text("ANALYZE"))
    tokens = {each["grievance_id"]: set(each["tokens"]) for each in words}
    return grievance_database, grievances, tokens


def expected(years, order, filters, said):
    """The ids of the list, one grievance looked at after the other, and their places."""
    _, grievances, tokens = years

    def passes(one):
        for name, value in filters.items():
            if name == "open":
                held = (one["state"] == "assigned") is value
            elif name == "filed_from_day":
                held = one["filed_at"] >= start_of(date.fromisoformat(value))
            elif name == "filed_to_day":
                held = one["filed_at"] < end_of(date.fromisoformat(value))
            elif name == "filed_before":
                held = one["filed_at"] < datetime.fromisoformat(value)
            else:
                key = "state" if name == "status" else name
                held = one[key] in (value if isinstance(value, list) else [value])
            if not held:
                return False
        is_due = order != "due" or one["state"] == "assigned"
        return is_due and set(query_tokens(said)) <= tokens[one["id"]]

    column = "due_at" if order == "due" else "filed_at"
    places = [(one[column], one["id"]) for one in grievances if passes(one)]
    return sorted(places, reverse=order == "newest")


def walked(years, args, pages=25):
    """So many pages of the list, and whether it went on then."""
    found, cursor = [], args.pop("cursor", None)
    for _ in range(pages):
        with years[0]() as session:
            loaded = Searching().load(args | ({"cursor": cursor} if cursor else {}))
            page = search.page(session, loaded, NOW)
        found.append([uuid.UUID(each["id"]) for each in page["items"]])
        cursor = page["next"]
        if cursor is None:
            break
    return found, cursor is not None


@given(
    said=st.sampled_from([*WORDS, "third tenth", "monsoon third", "every seldom"]),
    filters=st.sampled_from(FILTERS),
    order=st.sampled_from(["newest", "oldest", "due"]),
    limit=st.sampled_from([1, 4, 15, 60, 200]),
    most=st.sampled_from([5, 12, 40, hits.MOST]),
    many=st.sampled_from([4, 30, 500]),
    aim=st.sampled_from([3, 20, 500]),
    begin=st.none() | st.integers(0, 2_000),
)
@settings(max_examples=60, deadline=None)
def test_all_pages_of_a_search_are_the_list_in_its_order(
    years, said, filters, order, limit, most, many, aim, begin
):
    if order == "due" and filters.get("status"):
        return
    wanted = expected(years, order, filters, said)
    args: dict[str, Any] = {"text": said, "order": order, "limit": limit, **filters}
    if begin is not None:
        # After one of all, which may be of the list or not.
        column = "due_at" if order == "due" else "filed_at"
        one = years[1][begin % len(years[1])]
        place = one[column], one["id"]
        args["cursor"] = cursor_at(search.order_of_list(Searching().load(args)), place)
        wanted = [each for each in wanted if (each < place if order == "newest" else each > place)]
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((hits, "MOST"), (hits, "FEW"), (search, "MOST")):
            patch.setattr(module, name, most)
        patch.setattr(search, "_MANY_HITS", min(most, many))
        patch.setattr(hits, "_AIM", aim)
        found, more = walked(years, args)
    assert all(len(page) <= limit for page in found)
    shown = [each for page in found for each in page]
    assert shown == [key for _, key in wanted][: len(shown)]
    assert more or len(shown) == len(wanted)


@pytest.mark.parametrize("order", ["newest", "oldest", "due"])
@pytest.mark.parametrize("said", ["seldom", "never", "third seldom"])
def test_years_without_a_hit_are_one_page_of_few_statements(years, order, said):
    asked = []
    engine = years[0].kw["bind"]

    def remember(_connection, _cursor, statement, *_):
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    try:
        (found,), more = walked(years, {"text": said, "order": order, "limit": 200})
    finally:
        event.remove(engine, "before_cursor_execute", remember)
    assert len(found) == len(expected(years, order, {}, said)) < 20
    assert not more
    assert len(asked) <= 7


def test_a_filter_that_no_hit_passes_makes_pages_of_so_many_hits(years):
    passing = expected(years, "newest", {"rating": 1}, "every")
    assert 5 < len(passing) < 30
    found, more = walked(years, {"text": "every", "rating": 1, "limit": 10}, pages=100)
    assert not more
    assert [each for page in found for each in page] == [key for _, key in passing]
    # Of each page's 24 times its limit.
    assert len(found) >= len(expected(years, "newest", {}, "every")) // (24 * 10)
