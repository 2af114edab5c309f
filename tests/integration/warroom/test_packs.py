"""Briefing packs: frozen, in both languages, with nothing cut off."""

import hashlib
import io
import json
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pptx import Presentation
from pypdf import PdfReader
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, NotFound, Unavailable
from palika.text import Name
from services.warroom import seed
from services.warroom.cli import reviewing as cli
from services.warroom.commands.freeze import freeze
from services.warroom.commands.hold_reviews import hold_reviews
from services.warroom.commands.record_money import record_money
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.set_agenda import change_agenda
from services.warroom.commands.set_packs import (
    set_packs,
)
from services.warroom.commands.sweep import sweep
from services.warroom.documents.briefing import pack
from services.warroom.queries.packs import find_pack, pack_content
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import emptied
from tests.support.warroom_packs import content, in_trouble, words_of
from tests.support.warroom_reviews import CHAIR, FIRST, SECOND, ReviewRoom


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    """A road in trouble, with all that a page shows."""
    return in_trouble(database, tmp_path / "store")


def test_a_pack_has_a_page_for_a_project_with_all_that_the_review_needs(room):
    room.freeze()
    pdf = content(room, "pdf", "en")
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 3
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
    assert len(deck.slides) == 7
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


def test_the_one_page_says_that_the_budget_has_changed(room):
    money = {"code": "RD-01", "kind": "sanctioned", "amount_paise": 10**9, "on": "2026-02-01"}
    room.do(record_money, asking.Entering, money)
    room.at("2026-06-09")
    room.promised()
    room.at("2026-06-12")
    revised = money | {
        "kind": "revised",
        "amount_paise": 5 * 10**9,
        "on": "2026-06-12",
        "reference": "P/1",
    }
    room.do(record_money, asking.Entering, revised)
    room.at("2026-06-22")
    room.freeze(SECOND)
    told = words_of(content(room, "pdf", "en", review_id=str(SECOND)))
    assert "budget ₹5.00 crore instead of ₹1.00 crore" in told


def test_a_pack_calls_posts_by_the_names_that_were_frozen_with_it(room):
    asked: list[set[str]] = []

    def name(codes: Collection[str]) -> dict[str, Name]:
        asked.append(set(codes))
        return {"roads-ce": Name("मुख्य अभियंता, पथ", "Chief Engineer, Roads")}

    args = schemas.WritingReview().load({"review_id": str(FIRST)})
    freeze(room.sessions.begin, room.store, CHAIR, args, room.now, name_posts=name)
    assert len(asked) == 1
    assert asked[0] >= {"roads-ce", "garden-head", "commissioner", "addl-commissioner"}
    for language, said in (("mr", "मुख्य अभियंता, पथ"), ("en", "Chief Engineer, Roads")):
        told = pack(json.loads(content(room, "json")), language)
        assert said in [value for _, value in told["projects"][0]["facts"]]
        # One that has no name is called by its code.
        assert "garden-head" in told["asked"][0]
    marathi = json.dumps(pack(json.loads(content(room, "json")), "mr"), ensure_ascii=False)
    assert "०३-०६-२०२६" in marathi
    assert "03-06-2026" not in marathi


def test_a_pack_that_was_frozen_without_names_is_set_with_them(room):
    room.snapshot()
    named = {"roads-ce": Name("मुख्य अभियंता, पथ", "Chief Engineer, Roads")}
    given = (room.sessions.begin, room.store, room.now)
    assert set_packs(*given, name_posts=lambda codes: named) == 1
    assert "Chief Engineer, Roads" in words_of(content(room, "pdf", "en"))


def test_a_pack_begins_with_what_has_changed_and_what_is_to_be_decided(room):
    room.begin()
    room.at("2026-06-20")
    room.freeze(SECOND)
    first = PdfReader(io.BytesIO(content(room, "pdf", "en", review_id=str(SECOND)))).pages[0]
    told = " ".join(first.extract_text().split())
    assert "In short" in told
    assert "RD-01: clear the issue: Trees are to be cut" in told
    assert "milestones reached 0; slipped 1" in told


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
    named = {each.code for each in review.items.values() if each.minutes}
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
    shown_day = f"{date.fromisoformat(day):%d-%m-%Y}"
    assert f"{shown_day} (fortnightly)  tried 1 times" in run(cli.packs_command).output
    assert run(cli.minutes_command, day, "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")
    counts = json.loads(run(cli.actions_command, "--json").output)["counts"]
    assert counts["all"] == 0
    unknown = run(cli.show_command, "2020-01-01")
    assert (unknown.exit_code, "no such review" in unknown.output) == (2, True)
