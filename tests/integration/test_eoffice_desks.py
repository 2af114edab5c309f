"""What is on a desk, and what is overdue there."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Invalid
from palika.india import day_of
from services.eoffice.commands.clock import BATCH, tell_overdue
from services.eoffice.organisation_store import current
from services.eoffice.queries import desk
from services.eoffice.service import EofficeService
from tests.support.eoffice import ACCOUNTS, CE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import DAY, HOUR, TODAY, listed, opened, take, told, verbs

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


# ---- priority and due dates


def test_the_inbox_has_the_most_urgent_first_then_who_came_first_page_by_page(sessions):
    files = [opened(sessions, now=NOW + n * HOUR) for n in range(6)]
    take(sessions, "priority", files[4], priority="most_urgent")
    take(sessions, "priority", files[2], CE, priority="urgent")
    take(sessions, "priority", files[5], priority="urgent")
    expected = [str(files[n].id) for n in (4, 2, 5, 0, 1, 3)]
    for limit in (1, 2, 4, 6):
        found, cursor = [], None
        while True:
            page = listed(
                sessions,
                desk.inbox,
                "roads-je",
                limit=limit,
                **({"cursor": cursor} if cursor else {}),
            )
            found += [each["id"] for each in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == expected
    only = listed(sessions, desk.inbox, "roads-je", priority="urgent")["items"]
    assert [each["id"] for each in only] == expected[1:3]
    with pytest.raises(Invalid):
        listed(sessions, desk.inbox, "roads-je", cursor="nonsense")


def test_what_is_sent_and_what_is_parked_is_walked_page_by_page(sessions):
    files = [opened(sessions) for _ in range(5)]
    for n, file in enumerate(files):
        take(sessions, "forward", file, now=NOW + (n // 2) * HOUR, to="accounts")
    for n, file in enumerate(files):
        day = str(TODAY + (1 + n % 2) * DAY)
        take(sessions, "park", file, ACCOUNTS, wake_on=day, reason="Awaits")
    for which, post in ((desk.sent, "roads-je"), (desk.parked, "accounts")):
        found, cursor = [], None
        while True:
            page = listed(sessions, which, post, limit=2, **({"cursor": cursor} if cursor else {}))
            found += [each["id"] for each in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(found) == 5
        assert set(found) == {str(each.id) for each in files}


def test_an_overdue_file_is_told_once_a_due_date_and_desk(sessions):
    file = opened(sessions, due_on="2026-07-03")

    def overdue(days: int) -> int:
        with sessions.begin() as session:
            return tell_overdue(session, NOW + days * DAY)

    assert overdue(2) == 0
    assert (overdue(3), overdue(3), overdue(9)) == (1, 0, 0)
    take(sessions, "forward", file, now=NOW + 9 * DAY, to="accounts")
    assert (overdue(9), overdue(9)) == (1, 0)
    put_off = {"due_on": "2026-07-12", "remark": "The survey is late"}
    take(sessions, "due", file, CE, NOW + 9 * DAY, **put_off)
    assert (overdue(10), overdue(20)) == (0, 1)
    take(sessions, "due", file, CE, NOW + 20 * DAY, due_on=None, remark="No day is set")
    assert overdue(30) == 0
    said = told(sessions, "file_overdue")
    assert [(each["held_by"], each["due_on"], each["against"]) for each in said] == [
        ("roads-je", "2026-07-03", "file"),
        ("accounts", "2026-07-03", "file"),
        ("accounts", "2026-07-12", "file"),
    ]
    with pytest.raises(Invalid):
        take(sessions, "due", file, ACCOUNTS, NOW + 20 * DAY, due_on="2026-07-12")


def test_a_desk_is_counted(sessions):
    files = [opened(sessions, ACCOUNTS, due_on="2026-07-01") for _ in range(4)]
    for file in files[:3]:
        take(sessions, "forward", file, ACCOUNTS, to="roads-je")
    take(sessions, "priority", files[0], priority="urgent")
    take(sessions, "park", files[1], wake_on="2026-07-09", reason="Awaits")
    take(sessions, "mark", files[3], ACCOUNTS, posts=["roads-je"], question="How much?")
    with sessions() as session:
        assert desk.counts(session, current(session).posts["roads-je"], TODAY + DAY) == {
            "inbox": 2,
            "unseen": 1,
            "urgent": 1,
            "overdue": 2,
            "parked": 1,
            "marked": 1,
            "unsent": 0,
        }


def test_one_tick_of_the_clock_wakes_and_tells_all_that_is_due_however_much(sessions):
    past = datetime.now(UTC) - 5 * DAY
    for _ in range(BATCH + 5):
        file = opened(sessions, now=past, due_on=str(day_of(past)))
    until = day_of(past + DAY)
    take(sessions, "park", file, now=past, wake_on=str(until), reason="Awaits")
    service = EofficeService()
    service.db = sessions
    service.tell_time(lambda: False)
    assert len(told(sessions, "file_overdue")) == BATCH + 5
    assert verbs(sessions, file) == ["opened", "parked", "woken", "overdue"]
    service.tell_time(lambda: False)
    assert len(told(sessions, "file_overdue")) == BATCH + 5


def test_a_clock_that_is_to_stop_does_nothing_more(sessions):
    past = datetime.now(UTC) - 5 * DAY
    opened(sessions, now=past, due_on=str(day_of(past)))
    service = EofficeService()
    service.db = sessions
    service.tell_time(lambda: True)
    assert told(sessions, "file_overdue") == []
