"""The pages of a frozen pack are set: once, by one process, and tried again."""

from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika import metrics
from palika.errors import Conflict, NotFound
from services.warroom.commands.set_packs import (
    FIRST_DELAY,
    LONGEST_DELAY,
    _take,
    delay,
    measure,
    set_packs,
)
from services.warroom.commands.take_minutes import (
    close,
    open_review,
)
from services.warroom.documents.briefing import rendered
from services.warroom.queries.unset_packs import unset_packs
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom_packs import in_trouble
from tests.support.warroom_reviews import FIRST, SECOND, TAKER, ReviewRoom


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    """A road in trouble, with all that a page shows."""
    return in_trouble(database, tmp_path / "store")


def unset(room: ReviewRoom) -> list[dict[str, Any]]:
    with room.sessions() as session:
        return unset_packs(session)


def test_a_pack_that_cannot_be_set_holds_up_no_other_and_is_tried_again_ever_later(
    room, monkeypatch
):
    room.snapshot()
    room.later(seconds=1)
    room.snapshot(SECOND)
    (broken,) = room.review(FIRST).packs.values()
    get = room.store.get

    def lost(key: str) -> bytes:
        if key == broken.key:
            raise NotFound("the store has lost it", {"key": key})
        return get(key)

    monkeypatch.setattr(room.store, "get", lost)
    # The room's clock stands still while packs are set.
    monkeypatch.setattr("services.warroom.commands.set_packs.monotonic", lambda: 0.0)
    assert set_packs(room.sessions.begin, room.store, room.now) == 1
    assert len(room.review(SECOND).packs) == 5
    (kept,) = unset(room)
    assert (kept["review_id"], kept["attempts"]) == (str(FIRST), 1)
    assert kept["reason"] == "NotFound: the store has lost it"
    measure(room.sessions.begin)
    assert metrics.WARROOM_PACKS.labels(state="failed")._value.get() == 1
    waits = []
    for _ in range(4):
        began = room.now
        room.now = datetime.fromisoformat(kept["next_at"])
        waits.append(room.now - began)
        # Before its time it is let alone.
        assert set_packs(room.sessions.begin, room.store, room.now - timedelta(seconds=1)) == 0
        assert unset(room) == [kept]
        assert set_packs(room.sessions.begin, room.store, room.now) == 0
        (kept,) = unset(room)
    assert waits == [timedelta(minutes=each) for each in (2, 4, 8, 16)]
    monkeypatch.undo()
    room.now = datetime.fromisoformat(kept["next_at"])
    assert set_packs(room.sessions.begin, room.store, room.now) == 1
    assert unset(room) == []
    measure(room.sessions.begin)
    assert metrics.WARROOM_PACKS.labels(state="failed")._value.get() == 0


def test_what_is_set_is_not_read_again_and_frozen_anew_it_is_tried_at_once(room, monkeypatch):
    room.freeze()
    monkeypatch.setattr("services.warroom.commands.set_packs.reviews_at", None)
    assert set_packs(room.sessions.begin, room.store, room.now) == 0
    room.snapshot(SECOND)
    monkeypatch.undo()
    monkeypatch.setattr("services.warroom.commands.set_packs.rendered", lambda *_: 1 / 0)
    assert set_packs(room.sessions.begin, room.store, room.now) == 0
    assert unset(room)[0]["reason"] == "ZeroDivisionError: division by zero"
    monkeypatch.undo()
    room.later(seconds=1)
    room.snapshot(SECOND)
    assert (unset(room)[0]["attempts"], unset(room)[0]["reason"]) == (0, None)
    assert set_packs(room.sessions.begin, room.store, room.now) == 1


def test_pages_that_are_set_meanwhile_do_not_refuse_who_has_read_the_review(room):
    room.freeze()
    room.later(hours=1)
    frozen = room.snapshot()
    room.later(minutes=1)
    assert set_packs(room.sessions.begin, room.store, room.now) == 1
    assert room.review().version > frozen.version
    room.at("2026-06-09")
    begun = room.on(open_review, schemas.WritingReview, TAKER, version=frozen.version)
    assert begun.meeting.phase == "open"
    # What somebody has changed is a conflict as before, and so is a version that is to come.
    for version in (frozen.version, begun.version + 1):
        with pytest.raises(Conflict, match="has changed since"):
            room.on(close, schemas.WritingReview, version=version)


def test_a_pack_is_frozen_anew_while_the_pages_of_the_one_before_are_set(room, monkeypatch):
    room.snapshot()
    kept = room.store.put
    done: list[int] = []

    def meanwhile(key: str, given: bytes, kind: str) -> None:
        kept(key, given, kind)
        if not done:
            done.append(0)
            done.append(set_packs(room.sessions.begin, room.store, room.now))

    room.later(minutes=1)
    monkeypatch.setattr(room.store, "put", meanwhile)
    room.snapshot()
    assert done == [0, 1]
    assert {each.form for each in room.review().packs.values()} == {"json"}


def test_two_processes_do_not_set_the_same_pack(room, monkeypatch):
    room.snapshot()
    inner: list[int] = []

    def slow(*given: Any) -> dict[str, bytes]:
        inner.append(set_packs(room.sessions.begin, room.store, room.now))
        return rendered(*given)

    monkeypatch.setattr("services.warroom.commands.set_packs.rendered", slow)
    assert set_packs(room.sessions.begin, room.store, room.now) == 1
    # One for each language.
    assert inner == [0, 0]


def test_two_processes_do_not_set_the_same_pack_though_those_before_it_took_long(room, monkeypatch):
    room.snapshot()
    room.snapshot(SECOND)
    start, passed = room.now, [0.0]
    elsewhere: list[Any] = []

    def slow(*given: Any) -> dict[str, bytes]:
        if passed[0] == 0:
            passed[0] = 180
            return rendered(*given)
        # While the second pack is set, another process comes by.
        passed[0] += 30
        with room.sessions.begin() as session:
            elsewhere.append(_take(session, start + timedelta(seconds=passed[0])))
        return rendered(*given)

    monkeypatch.setattr("services.warroom.commands.set_packs.rendered", slow)
    monkeypatch.setattr("services.warroom.commands.set_packs.monotonic", lambda: passed[0])
    monkeypatch.setattr("services.warroom.commands.set_packs.LANGUAGES", ("en",))
    assert set_packs(room.sessions.begin, room.store, start) == 2
    assert elsewhere == [None]


def test_a_pack_that_takes_longer_than_its_first_delay_is_set_by_one_process(room, monkeypatch):
    room.snapshot()
    start, passed = room.now, [0.0]
    elsewhere: list[Any] = []

    def slow(*given: Any) -> dict[str, bytes]:
        passed[0] += 110
        with room.sessions.begin() as session:
            elsewhere.append(_take(session, start + timedelta(seconds=passed[0])))
        return rendered(*given)

    monkeypatch.setattr("services.warroom.commands.set_packs.rendered", slow)
    monkeypatch.setattr("services.warroom.commands.set_packs.monotonic", lambda: passed[0])
    assert set_packs(room.sessions.begin, room.store, start) == 1
    assert elsewhere == [None, None]
    assert len(room.review().packs) == 5


def test_what_an_earlier_release_has_frozen_and_not_set_is_set_after_the_upgrade(room):
    room.freeze()
    room.snapshot(SECOND)
    migration = import_module("services.warroom.migrations.0004_packs_and_alerts")
    with room.sessions.begin() as session:
        session.execute(text("TRUNCATE unset_pack"))
        session.execute(text(migration.WAITING))
    (kept,) = unset(room)
    frozen_at = room.review(SECOND).meeting.frozen_at
    assert (kept["review_id"], kept["attempts"]) == (str(SECOND), 0)
    assert datetime.fromisoformat(kept["frozen_at"]) == frozen_at
    # Its time is that of the upgrade.
    assert set_packs(room.sessions.begin, room.store, datetime.fromisoformat(kept["next_at"])) == 1
    assert unset(room) == []


def test_the_longest_wait_is_bounded():
    assert delay(1) == FIRST_DELAY
    assert delay(10_000) == LONGEST_DELAY
