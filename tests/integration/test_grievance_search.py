"""The desks' lists: every filter and order, paging, full-text search, counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import text

from palika.errors import Conflict, Invalid, NotFound
from services.grievance.commands.views import MOST, delete_view, save_view
from services.grievance.models import Officer
from services.grievance.queries import saved_views, search
from services.grievance.schemas import SavingView, Searching
from tests.support.desk_lists import counted, listed
from tests.support.grievances import CITIZEN, HOUR, NOW, OFFICER

DAY = timedelta(days=1)


def ids(desk, now=NOW, **filters: Any) -> list[str]:
    return [each["id"] for each in listed(desk, now, **filters)["items"]]


def change(desk, grievance, **columns: Any) -> None:
    """What only the scheduler sets."""
    values = ", ".join(f"{name} = :{name}" for name in columns)
    with desk.sessions.begin() as session:
        session.execute(
            text(f"UPDATE grievance SET {values} WHERE id = :id"), {**columns, "id": grievance.id}
        )


def test_every_filter_finds_its_own_and_nothing_else(desk):
    first = desk.file(channel="phone")
    second = desk.file(category="no-water", ward="bibwewadi", now=NOW + HOUR)
    desk.take("assign", second, officer="water-je")
    change(desk, second, escalation_level=2, escalated_at=NOW - DAY)
    third = desk.resolved(NOW + 2 * HOUR, ward="bibwewadi")
    desk.take("rate", third, CITIZEN, NOW + 3 * HOUR, rating=4)
    fourth = desk.resolved(NOW + 4 * HOUR)
    desk.take("reopen", fourth, CITIZEN, NOW + 5 * HOUR)
    all_four = [str(each.id) for each in (fourth, third, second, first)]
    expected: list[tuple[dict[str, Any], list[Any]]] = [
        ({}, [fourth, third, second, first]),
        ({"status": "filed"}, [first]),
        ({"status": ["closed", "filed"]}, [third, first]),
        ({"open": True}, [fourth, second, first]),
        ({"open": False}, [third]),
        ({"ward": "bibwewadi"}, [third, second]),
        ({"ward": ["bibwewadi", "aundh-baner"], "open": True}, [fourth, second, first]),
        ({"department": "water-supply"}, [second]),
        ({"category": ["no-water", "pothole"]}, [fourth, third, second, first]),
        ({"category": "no-water"}, [second]),
        ({"parent_category": "roads"}, [fourth, third, first]),
        ({"officer": "water-je"}, [second]),
        ({"unassigned": True}, [first]),
        ({"unassigned": False, "open": True}, [fourth, second]),
        ({"priority": "emergency"}, []),
        ({"channel": "phone"}, [first]),
        ({"level_from": 1}, [second]),
        ({"level_from": 3}, []),
        ({"escalated_from_day": "today-1"}, [second]),
        ({"escalated_from_day": "today"}, []),
        ({"escalated_to_day": "today-1"}, [second]),
        ({"escalated_to_day": "today-2"}, []),
        ({"rating": [4, 5]}, [third]),
        ({"reopened": True}, [fourth]),
        ({"reopened": False}, [third, second, first]),
        ({"timing": "on_time"}, [third]),
        ({"timing": "late"}, []),
        ({"filed_from": "2026-07-01T05:30:00Z"}, [fourth, third, second]),
        ({"filed_before": "2026-07-01T05:30:00Z"}, [first]),
        ({"resolved_from_day": "today", "resolved_to_day": "today"}, [third]),
        ({"order": "oldest"}, [first, second, third, fourth]),
    ]  # fmt: skip
    for filters, found in expected:
        wanted = [str(each.id) for each in found]
        assert ids(desk, NOW + 6 * HOUR, **filters) == wanted, (filters, all_four)
        counting = {name: value for name, value in filters.items() if name != "order"}
        told = counted(desk, NOW + 6 * HOUR, **counting)
        assert told == {"count": len(wanted), "more": False}, filters


def test_what_is_overdue_runs_and_is_listed_the_oldest_due_first(desk):
    slow, quick, asked = (
        desk.file(category=each) for each in ("pothole", "manhole-cover", "no-water")
    )
    desk.take("assign", asked)
    desk.take("wait", asked)
    done = desk.resolved()
    late = NOW + 30 * DAY
    assert slow.due_at > quick.due_at
    assert ids(desk, late, timing="overdue", order="due") == [str(quick.id), str(slow.id)]
    assert ids(desk, NOW, timing="overdue") == []
    assert str(done.id) not in ids(desk, late, order="due")
    change(desk, slow, due_soon_at=NOW)
    assert ids(desk, NOW, timing="due_soon") == [str(slow.id)]
    assert ids(desk, late, timing="due_soon") == []
    change(desk, done, breached_at=NOW)
    assert ids(desk, NOW, timing="breached") == [str(done.id)]


def test_today_is_the_day_that_the_calendar_in_india_shows(desk):
    # 00:30 in India on 2 July is still 1 July in Greenwich.
    midnight = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    before = desk.file(now=midnight - timedelta(minutes=1))
    after = desk.file(now=midnight)
    now = midnight + timedelta(minutes=30)
    assert ids(desk, now, filed_from_day="today") == [str(after.id)]
    assert ids(desk, now, filed_to_day="today-1") == [str(before.id)]
    assert ids(desk, now, filed_from_day="2026-07-01", filed_to_day="2026-07-01") == [
        str(before.id)
    ]
    for wrong in ("tomorrow", "2026-02-30", "20260701", "9999-12-31", "today+1"):
        with pytest.raises(ValidationError, match=r"must be (a day|of the years)"):
            ids(desk, now, filed_from_day=wrong)


def test_filters_that_contradict_each_other_are_refused(desk):
    for contradiction in (
        {"status": "closed", "open": True},
        {"status": "resolved", "timing": "overdue"},
        {"open": False, "order": "due"},
    ):
        with pytest.raises(Invalid, match="no grievance can be all that"):
            listed(desk, **contradiction)


@pytest.mark.parametrize("order", ["newest", "oldest", "due"])
@pytest.mark.parametrize("filters", [{}, {"reopened": False}, {"text": "खड्डा"}])
def test_every_order_is_walked_without_loss_while_more_are_filed(desk, order, filters):
    # Some in the same instant: the position in the list must still be one.
    were = [desk.file(now=NOW + n * HOUR, description="मोठा खड्डा") for n in (0, 1, 1, 1, 2, 3, 3)]
    found, cursor = [], None
    while True:
        page = listed(
            desk, order=order, limit=2, **filters, **({"cursor": cursor} if cursor else {})
        )
        found += page["items"]
        desk.file(now=NOW - HOUR if order == "oldest" else NOW + 9 * HOUR, description="खड्डा")
        cursor = page["next"]
        if cursor is None:
            break
        assert len(found) < 30
    known = {str(each.id) for each in were}
    walked_once = [each["id"] for each in found if each["id"] in known]
    assert sorted(walked_once) == sorted(known)
    times = [each["due_at" if order == "due" else "filed_at"] for each in found]
    assert times == sorted(times, reverse=order == "newest")


def test_a_page_is_of_one_moment_whatever_is_filed_while_it_is_read(desk, monkeypatch):
    wanted = [
        desk.file(ward="hadapsar-mundhwa"),
        desk.file(ward="hadapsar-mundhwa", now=NOW + HOUR / 2),
    ]
    for minute in range(20):
        desk.file(now=NOW + minute * HOUR / 60)
    end_of = search.Listing.end_of

    def with_more_filed(self, position, window):
        for _ in range(10):
            desk.file(now=NOW + HOUR)
        return end_of(self, position, window)

    monkeypatch.setattr(search.Listing, "end_of", with_more_filed)
    args = Searching().load({"ward": "hadapsar-mundhwa", "category": "pothole", "limit": 2})
    with desk.sessions() as session:
        found, _ = search.rows(session, args, NOW + 2 * HOUR)
    assert sorted(each.id for each in found) == sorted(each.id for each in wanted)


def test_a_cursor_is_for_the_order_it_came_from(desk):
    for _ in range(3):
        desk.file()
    cursor = listed(desk, limit=1)["next"]
    for cursors in (cursor, "x", "!!!!", "é", "MjAyNnx4"):
        with pytest.raises(Invalid) as refused:
            listed(desk, order="due", cursor=cursors)
        assert list(refused.value.fields) == ["cursor"]


@pytest.mark.parametrize(
    ("said", "hits"),
    [("खड्डा", "ab"), ("खड्ड्यांमुळे", "ab"), ("pothole", "ab"), ("potholes रस्ता", "ab"),
     ("school", "b"), ("शाळेजवळ", "b"), ("pothole water", ""), ("पाणी", "c")],
)  # fmt: skip
def test_a_search_finds_words_in_both_languages_whatever_their_endings(desk, said, hits):
    made = {
        "a": desk.file(description="रस्त्यावर मोठे खड्डे पडले आहेत"),
        "b": desk.file(description="Potholes on the road", address="Behind the school"),
        "c": desk.file(category="no-water", description="दोन दिवस पाणी नाही"),
    }
    found = ids(desk, text=said)
    assert sorted(found) == sorted(str(made[each].id) for each in hits)
    assert counted(desk, text=said) == {"count": len(hits), "more": False}


def test_a_search_and_filters_hold_together(desk):
    for ward in ("aundh-baner", "bibwewadi"):
        desk.file(ward=ward, description="A deep pothole")
    (found,) = listed(desk, text="pothole", ward="bibwewadi", open=True)["items"]
    assert found["ward"] == "bibwewadi"
    assert listed(desk, text="pothole", ward="bibwewadi", open=False)["items"] == []


def test_a_number_is_found_exactly_in_either_digits(desk):
    one, other = desk.file(), desk.file()
    marathi = one.number.translate(str.maketrans("0123456789", "०१२३४५६७८९"))
    for said in (one.number, one.number.lower(), marathi, f" {one.number} "):
        assert ids(desk, text=said) == [str(one.id)], said
    assert ids(desk, text=one.number[:-1]) == []
    assert ids(desk, text=other.number, status="resolved") == []


def test_a_search_for_nothing_is_refused(desk):
    for said in ("!!!", "आहे", "the"):
        with pytest.raises(Invalid) as refused:
            listed(desk, text=said)
        assert list(refused.value.fields) == ["text"]


def test_a_view_is_ones_own_until_it_is_shared_with_a_department(desk):
    other = type(OFFICER).of("officer:water-je", "officer")
    with desk.sessions.begin() as session:
        session.execute(text("TRUNCATE saved_view"))
        session.add(Officer(code="water-je", department="roads"))

    def save(caller=OFFICER, **args):
        with desk.sessions.begin() as session:
            return save_view(session, caller, SavingView().load(args), NOW)

    def names(caller):
        with desk.sessions() as session:
            return [each["name"] for each in saved_views.saved(session, caller, None)]

    mine = save(name="Mine", filters={"open": True, "filed_from_day": "today-7", "order": "due"})
    shared = save(name="Ours", filters={"ward": "bibwewadi"}, department="roads", shared=True)
    assert names(OFFICER) == ["Mine", "Ours"]
    assert names(other) == ["Ours"]
    again = save(name="Mine", filters={"open": False})
    assert (again.id, again.filters) == (mine.id, {"open": False})
    with pytest.raises(ValidationError, match="filters"):
        save(name="Wrong", filters={"wards": "x"})
    with pytest.raises(Invalid, match="no such department"):
        save(name="Wrong", department="roadz", shared=True)
    with desk.sessions.begin() as session, pytest.raises(NotFound):
        delete_view(session, other, shared.id)
    with desk.sessions.begin() as session:
        delete_view(session, OFFICER, shared.id)
    assert names(other) == []
    for number in range(MOST - 1):
        save(name=f"View {number}")
    with pytest.raises(Conflict, match="take one away"):
        save(name="One too many")
    assert len(names(OFFICER)) == MOST
