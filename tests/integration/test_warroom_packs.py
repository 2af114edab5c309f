"""Briefing packs and minutes as files: frozen, in both languages, with nothing cut off."""

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pptx import Presentation
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika import metrics
from palika.errors import Conflict, NotFound, Unavailable
from palika.local import Postgres
from services.warroom import seed
from services.warroom.cli import reviewing as cli
from services.warroom.commands.add_photo import add_photo
from services.warroom.commands.assess_risk import add_risk
from services.warroom.commands.follow_actions import answer_action
from services.warroom.commands.hold_reviews import hold_reviews
from services.warroom.commands.raise_issue import raise_issue
from services.warroom.commands.record_money import record_money
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.set_agenda import change_agenda
from services.warroom.commands.set_packs import (
    FIRST_DELAY,
    LONGEST_DELAY,
    _take,
    delay,
    measure,
    set_packs,
)
from services.warroom.commands.sweep import sweep
from services.warroom.commands.take_minutes import (
    add_addendum,
    assign,
    attend,
    close,
    minute,
    open_review,
)
from services.warroom.documents.briefing import rendered
from services.warroom.documents.minutes import minutes_pdf
from services.warroom.queries.packs import find_pack, pack_content
from services.warroom.queries.review_views import get_minutes
from services.warroom.queries.unset_packs import unset_packs
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.databases import service_database
from tests.support.warroom import OWNER, emptied
from tests.support.warroom_reviews import FIRST, SECOND, TAKER, ReviewRoom


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    """A road in trouble, with all that a page shows."""
    room = ReviewRoom(emptied(database), tmp_path / "store")
    added = room.add()
    room.milestone(added.id)
    room.milestone(added.id, key="work", stage="execution", planned_on="2026-12-01")
    on = {"id": str(added.id)}
    issue = {"title": "Trees are to be cut", "severity": "high", "post": "garden-head"}
    room.do(raise_issue, asking.RaisingIssue, {**on, **issue, "due_on": "2026-06-03"})
    risk = {"title": "पावसाळा", "likelihood": 4, "impact": 5, "owner": "roads-ce"}
    room.do(add_risk, asking.AddingRisk, {**on, **risk, "mitigation": "काम आधी"})
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(picture, "JPEG")
    photo = {
        "content_base64": base64.b64encode(picture.getvalue()).decode(),
        "taken_on": "2026-05-30",
        "caption": "खड्डा",
    }
    args = asking.AddingPhoto().load({**on, **photo})
    add_photo(room.sessions.begin, room.store, OWNER, args, room.now)
    return room


def content(room: ReviewRoom, form: str, language: str = "mr", **given: str) -> bytes:
    asked = {"review_id": str(FIRST), "form": form, "language": language, **given}
    with room.sessions() as session:
        found = find_pack(session, schemas.ReadingPack().load(asked), room.now)
    return base64.b64decode(pack_content(room.store, *found)["content_base64"])


def words_of(pdf: bytes) -> str:
    return " ".join(
        " ".join(each.extract_text().split()) for each in PdfReader(io.BytesIO(pdf)).pages
    )


def test_a_pack_has_a_page_for_a_project_with_all_that_the_review_needs(room):
    room.freeze()
    pdf = content(room, "pdf", "en")
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 2
    told = words_of(pdf)
    for each in (
        *("RD-01", "A road", "Red", "Critical path", "clear the issue: Trees are to be cut"),
        *("Photographs", "Promises of earlier reviews", "Decisions asked", "30-05-2026"),
    ):
        assert each in told
    deck = Presentation(io.BytesIO(content(room, "pptx", "mr")))
    shown = [shape.text for each in deck.slides for shape in each.shapes if shape.has_text_frame]
    assert any("आढावा टिपणी" in each for each in shown)
    assert any("अपेक्षित निर्णय" in each for each in shown)
    assert len(deck.slides) == 8
    snapshot = json.loads(content(room, "json"))
    assert snapshot["projects"][0]["code"] == "RD-01"
    assert sorted(snapshot["projects"][0]["latest_photos"][0]) == ["caption", "id", "taken_on"]


def test_later_changes_do_not_alter_a_frozen_pack(room):
    frozen = room.freeze()
    before = {form: content(room, form) for form in ("json", "pdf", "pptx")}
    room.later(hours=1)
    key = str(json.loads(before["json"])["projects"][0]["id"])
    given = {"id": key, "name": {"mr": "नवा", "en": "Another"}}
    room.do(revise_project, asking.Revising, given)
    assert {form: content(room, form) for form in before} == before
    # Frozen anew it is another; the one before is still there as of then.
    then = room.now
    room.later(hours=1)
    again = room.freeze()
    assert b"Another" in content(room, "json")
    assert content(room, "pdf", as_of=then.isoformat()) == before["pdf"]
    assert frozen.meeting.frozen_at < again.meeting.frozen_at


def test_the_store_that_gives_other_bytes_is_not_believed(room, monkeypatch):
    room.freeze()
    with room.sessions() as session:
        args = schemas.ReadingPack().load({"review_id": str(FIRST)})
        review, pack = find_pack(session, args, room.now)
    monkeypatch.setattr(room.store, "get", lambda key: b"forged")
    with pytest.raises(Unavailable, match="other bytes"):
        pack_content(room.store, review, pack)


def test_a_pack_that_is_not_frozen_is_not_there(room):
    with pytest.raises(NotFound, match="not frozen"):
        content(room, "pdf")
    room.snapshot()
    assert json.loads(content(room, "json"))["format"] == 1
    with pytest.raises(NotFound, match="being set"):
        content(room, "pdf")
    assert set_packs(room.sessions.begin, room.store, room.now) == 1
    assert set_packs(room.sessions.begin, room.store, room.now) == 0
    assert content(room, "pdf").startswith(b"%PDF")


def test_a_review_that_was_changed_while_its_pack_was_made_is_frozen_again(room, monkeypatch):
    kept = room.store.put
    calls = []

    def meddle(key: str, given: bytes, kind: str) -> None:
        kept(key, given, kind)
        if not calls:
            calls.append(key)
            room.on(
                change_agenda,
                schemas.ChangingAgenda,
                what="move",
                item_id=item,
                place=1,
                reason="x",
            )

    room.freeze()
    item = str(next(iter(room.review().items)))
    monkeypatch.setattr(room.store, "put", meddle)
    with pytest.raises(Conflict, match="freeze it again"):
        room.freeze()


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


def test_the_sweep_leaves_packs_alone_even_those_of_the_past(room):
    room.freeze()
    old = content(room, "pdf")
    then = room.later(hours=1)
    room.later(hours=1)
    room.freeze()
    swept = sweep(room.sessions.begin, room.store, room.now + timedelta(days=3))
    assert swept.unused == 0
    assert content(room, "pdf", as_of=then.isoformat()) == old


def test_the_next_pack_begins_with_the_promises_and_whether_they_were_kept(room):
    room.at("2026-06-09", "05:30")
    room.promised(code="RD-01")
    room.at("2026-06-22")
    room.freeze(SECOND)
    told = words_of(content(room, "pdf", "en", review_id=str(SECOND)))
    assert "Shift the power line" in told
    assert "overdue by 3 days" in told
    assert "1 in all; kept 0; late 0; overdue 1; pending 1; dropped 0" in told


def minutes(room: ReviewRoom) -> bytes:
    with room.sessions() as session:
        args = schemas.ReadingReview().load({"review_id": str(FIRST)})
        return minutes_pdf(get_minutes(session, args, room.now), "en")


def test_the_minutes_say_whether_they_are_final_and_show_their_corrections(room):
    room.begin()
    room.on(attend, schemas.Attending, post="roads-ce", presence="represented", by="उप अभियंता")
    entry = {"kind": "decision", "text": "वृक्षतोडीस मंजुरी", "post": "commissioner"}
    room.on(minute, schemas.Minuting, TAKER, **entry, code="RD-01")
    action = {"title": "झाडे तोडणे", "post": "garden-head", "due_on": "2026-06-19"}
    room.on(assign, schemas.Assigning, TAKER, **action, code="RD-01")
    assert "Draft: the minutes are not final" in words_of(minutes(room))
    room.on(close, schemas.WritingReview)
    room.on(add_addendum, schemas.Adding, text="The fee is waived")
    final = words_of(minutes(room))
    for each in (
        "Final minutes",
        "represented by",
        "garden-head",
        "19-06-2026",
        "The fee is waived",
    ):
        assert each in final


def test_the_minutes_say_what_was_decided_to_the_day_and_the_paisa(room):
    room.begin()
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    by = {"kind": "decision", "post": "commissioner", "code": "RD-01"}
    for given in (
        {"text": "A revised budget is agreed", "about": "budget", "amount_paise": 123456750},
        {"text": "Work stops", "about": "hold", "day": "2026-08-01"},
        {"text": "Another day", "about": "date", "day": "2026-12-31"},
        {"text": "As proposed"},
    ):
        room.on(minute, schemas.Minuting, TAKER, **by, **given)
    room.on(close, schemas.WritingReview)
    told = words_of(minutes(room))
    for each in (
        "A revised budget is agreed (new budget, ₹12,34,567.50)",
        "Work stops (on hold, 01-08-2026)",
        "Another day (new date, 31-12-2026)",
        "As proposed",
    ):
        assert each in told
    assert "As proposed (" not in told


def test_the_one_page_says_that_the_budget_has_changed(room):
    money = {"code": "RD-01", "kind": "sanctioned", "amount_paise": 10**9, "on": "2026-02-01"}
    room.do(record_money, asking.Entering, money)
    room.at("2026-06-09")
    room.promised()
    room.at("2026-06-12")
    revised = money | {"kind": "revised", "amount_paise": 5 * 10**9, "on": "2026-06-12"}
    room.do(record_money, asking.Entering, revised)
    room.at("2026-06-22")
    room.freeze(SECOND)
    told = words_of(content(room, "pdf", "en", review_id=str(SECOND)))
    assert "budget ₹5.00 crore instead of ₹1.00 crore" in told


def test_what_becomes_of_an_action_does_not_alter_the_minutes_in_which_it_stands(room):
    action = room.promised(code="RD-01")
    before = minutes(room)
    room.later(days=3)
    extended = {"action_id": action, "answer": "extend", "due_on": "2026-08-01", "reason": "rain"}
    room.on(answer_action, schemas.AnsweringAction, **extended)
    assert minutes(room) == before


def test_every_project_on_the_agenda_has_one_page_in_both_languages(database, tmp_path):
    room = ReviewRoom(emptied(database), tmp_path / "store")
    seed.seed(room.sessions, 12, 1, room.now, store=room.store)
    with room.sessions.begin() as session:
        hold_reviews(session, room.now)
    room.snapshot()
    # The newest is set first; those of the demo's past are left.
    left = iter([False, True])
    assert set_packs(room.sessions.begin, room.store, room.now, lambda: next(left)) == 1
    review = room.review()
    named = {each.code for each in review.items.values()}
    assert len(named) >= 5
    for language in ("mr", "en"):
        pages = PdfReader(io.BytesIO(content(room, "pdf", language))).pages
        first = len(pages) - len(named)
        assert first <= 4
        shown = [" ".join(each.extract_text().split()) for each in pages][first:]
        assert {told.split()[0] for told in shown} == named


# ---- at a terminal


def test_a_review_is_held_frozen_shown_and_written_at_a_terminal(room, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "sessions", lambda service: room.sessions)
    monkeypatch.setattr(cli.photos, "store", lambda: room.store)

    def run(command: Any, *arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, env={"COLUMNS": "200"})

    held = json.loads(run(cli.hold_command, "--json").output)
    assert held["reviews"] >= 4
    listed = json.loads(run(cli.list_command, "--json").output)["items"]
    day = listed[0]["occurs_on"]
    assert "प्रकल्पांचा पाक्षिक आढावा" in run(cli.list_command).output
    frozen = json.loads(run(cli.freeze_command, day, "--json").output)["packs"]
    assert sorted((each["form"], each["language"] or "") for each in frozen) == [
        *(("json", ""), ("pdf", "en"), ("pdf", "mr"), ("pptx", "en"), ("pptx", "mr")),
    ]
    shown = run(cli.show_command, day, "--language", "en")
    assert "RD-01" in shown.output
    out = tmp_path / "pack.pdf"
    assert run(cli.pack_command, day, "--out", str(out)).exit_code == 0
    pack = next(each for each in frozen if (each["form"], each["language"]) == ("pdf", "mr"))
    assert hashlib.sha256(out.read_bytes()).hexdigest() == pack["sha256"]
    assert json.loads(run(cli.packs_command, "--json").output)["items"] == []
    monkeypatch.setattr("services.warroom.commands.set_packs.rendered", lambda *_: 1 / 0)
    failed = run(cli.freeze_command, day)
    assert (failed.exit_code, "division by zero" in failed.output) == (1, True)
    assert f"{day} (fortnightly)  tried 1 times" in run(cli.packs_command).output
    assert run(cli.minutes_command, day, "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")
    counts = json.loads(run(cli.actions_command, "--json").output)["counts"]
    assert counts["all"] == 0
    unknown = run(cli.show_command, "2020-01-01")
    assert (unknown.exit_code, "no such review" in unknown.output) == (2, True)
