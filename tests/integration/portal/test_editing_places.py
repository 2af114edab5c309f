"""Nothing goes out that freezes the site: a page stays at the place where it was edited first, and
the loader reads the site as it would be before anything is put out."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine, event

from services.portal.commands import edit_page
from services.portal.commands.edit_page import Hand, draft_of
from services.portal.content.loading import SHIPPED, load
from services.portal.domain.editing import State
from services.portal.editing import folder
from services.portal.editing.places import Place
from services.portal.editing.uploads import names_of, put_in
from tests.support.portal_accounts import House, text_of
from tests.support.portal_editing import (
    DESK,
    NEW,
    NOTICE,
    PAGE,
    Newsroom,
    made,
    newsroom_in,
)

ELSEWHERE = "was taken down elsewhere on the site"
HAND = Hand("n.kale", {"mr": "क", "en": "Kale"}, "health-clerk", {"mr": "क", "en": "Clerk"})


@pytest.fixture
def room(house: House, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom_in(house, tmp_path / "edited") as made:
        yield made


@pytest.fixture
def own(room: Newsroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the site below what is edited, to be changed."""
    copied = Path(shutil.copytree(SHIPPED, tmp_path / "own"))
    monkeypatch.setattr(room.spreader.shelf, "_folder", copied)
    room.spreader.shelf.look_now()
    return copied


def test_a_page_that_was_taken_down_does_not_begin_anew_elsewhere(room: Newsroom) -> None:
    made(room)
    clerk, head = room.officer("clerk"), room.officer("head")
    head.decide(NEW)
    clerk.act(NEW, "take-down", reason="It is over")
    head.decide(NEW)
    kind, slug = NEW.split("/")
    answer = clerk.submit(f"{DESK}/new", kind=kind, slug=slug, site="health")
    assert (answer.status_code, ELSEWHERE in answer.text) == (400, True), text_of(answer)
    assert ELSEWHERE not in clerk.get(f"{DESK}/new").text
    # A draft that was begun so before is not put out either.
    typed = {**NOTICE, "title.mr": "अ", "department": "health"}
    with room.house.begin() as session:
        new = edit_page.New(kind, slug, "health", "health", typed, "")
        edit_page.begin(session, new, HAND, room.house.now).state = State.REVIEW
    answer = head.decide(NEW)
    assert (answer.status_code, ELSEWHERE in answer.text) == (409, True), text_of(answer)
    # Where it was it may be written anew.
    clerk.act(NEW, "withdraw")
    clerk.act(NEW, "discard")
    assert made(room)
    assert head.decide(NEW).status_code == 303
    assert load(room.spreader.shelf.folder, room.folder).documents[kind][slug].site is None


def test_what_the_loader_would_refuse_is_not_put_out(room: Newsroom, own: Path) -> None:
    health = own / "sites/health"
    (own / "sites/fever").mkdir()
    for name in ("site.yaml", "home.mr.md", "home.en.md"):
        shutil.copy(health / name, own / "sites/fever" / name)
    shutil.copytree(health / "photos", own / "sites/fever/photos")
    room.spreader.shelf.look_now()
    clerk, head = room.officer("clerk"), room.officer("head")
    kind, slug = NEW.split("/")
    assert clerk.submit(f"{DESK}/new", kind=kind, slug=slug, site="fever").status_code == 303
    assert clerk.edit(NEW, "send", **NOTICE).location.endswith("told=sent")
    # A release takes that micro-site away.
    shutil.rmtree(own / "sites/fever")
    room.spreader.shelf.look_now()
    answer = head.decide(NEW)
    assert (answer.status_code, "sites/fever/site.yaml" in answer.text) == (400, True)
    with room.house.begin() as session:
        draft = draft_of(session, kind, slug)
        assert draft is not None
        assert draft.state == State.REVIEW
    assert load(own, room.folder)
    assert not list(room.folder.rglob("*fogging*"))
    assert not (room.folder / ".would-be").exists()


def test_a_mistake_that_is_there_already_holds_up_no_other_page(room: Newsroom, own: Path) -> None:
    made(room)
    (own / "notices/stray.yaml").write_text("title: {mr: अ}\n")
    head = room.officer("head")
    answer = head.decide(NEW)
    assert answer.status_code == 303
    assert (room.folder / f"{NEW}.yaml").exists()
    # It is put out, and nobody is told that the site shows it.
    said = head.says(answer.location)
    assert "the site cannot show it yet" in said
    assert "within two seconds" not in said
    assert room.read(f"/en/{NEW}").status_code == 404
    (own / "notices/stray.yaml").unlink()
    room.spreader.shelf.look_now()
    assert room.read(f"/en/{NEW}").status_code == 200


def test_what_cannot_be_spread_is_measured(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    def stale() -> float | None:
        return REGISTRY.get_sample_value("palika_portal_content_stale")

    room.spreader.watch()
    assert stale() == 0
    made(room)
    room.officer("head").decide(NEW)
    with monkeypatch.context() as broken:
        broken.setattr(folder, "_write", _full)
        shutil.rmtree(room.folder / "notices")
        room.spreader._laid = -1
        room.spreader.watch()
        assert stale() == 1
    room.spreader._rest_until = 0.0
    room.spreader.watch()
    assert stale() == 0
    assert (room.folder / f"{NEW}.yaml").exists()


def _full(path: Path, content: bytes) -> None:
    raise OSError(28, "No space left on device", str(path))


def test_two_tabs_do_not_give_a_page_away_unseen(room: Newsroom) -> None:
    clerk, doctor = room.officer("clerk"), room.officer("doctor")
    path = f"{DESK}/{PAGE}/edit"
    one, other = clerk.fields(path), doctor.fields(path)
    clerk.send(path, one, department="roads")
    answer = doctor.send(path, other, "send", title__en="Certificates", note="Shorter")
    assert answer.location.endswith("told=sent"), text_of(answer)
    kind, slug = PAGE.split("/")
    with room.house.begin() as session:
        draft = draft_of(session, kind, slug)
        assert draft is not None
        assert (draft.typed["department"], draft.department) == ("roads", "roads")
        # As one was kept before.
        draft.department = "health"
    assert room.officer("head").decide(PAGE).status_code == 403
    assert room.officer("publisher").decide(PAGE).status_code == 303


def test_a_page_is_opened_without_the_texts_of_its_versions(room: Newsroom) -> None:
    made(room)
    head = room.officer("head")
    head.decide(NEW)
    asked: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert head.get(f"{DESK}/{NEW}/edit").status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert any("count(*)" in each and "site_version" in each for each in asked)
    assert not any("site_version.mr" in each for each in asked)


def test_files_are_laid_one_by_one(room: Newsroom) -> None:
    named = set()
    with room.house.begin() as session:
        for number in range(3):
            place = Place("documents", f"plan-{number}")
            content = b"%PDF-1.4\n" + bytes([number]) + b"\n%%EOF\n"
            named.add(("files", put_in(session, place, "plan.pdf", content, HAND, room.house.now)))
        asked: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            found = dict(folder.contents(session, named))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert sorted(found) == sorted("/".join(each) for each in named)
    with_content = [each for each in asked if "site_file.content" in each]
    assert len(with_content) == 3
    assert not any(" IN " in each for each in with_content)


def test_no_draft_names_what_another_department_has_not_put_out(room: Newsroom) -> None:
    roads, health = Place("documents", "road-plan"), Place("documents", "dengue-plan")
    secret = b"%PDF-1.4\nwhat is planned\n%%EOF\n"
    with room.house.begin() as session:
        name = put_in(session, roads, "plan.pdf", secret, HAND, room.house.now)
        assert names_of(session, health) == set()
        assert names_of(session, roads) == {name}
        # The same file for another page is that page's own.
        own = put_in(session, health, "plan.pdf", secret, HAND, room.house.now)
        assert own != name
        assert names_of(session, health) == {own}
    clerk, page = room.officer("clerk"), "documents/dengue-plan"
    clerk.submit(f"{DESK}/new", kind="documents", slug="dengue-plan")
    plan = {key: value for key, value in NOTICE.items() if key not in ("kind", "from", "until")}
    plan |= {"kind": "plan", "day": "2026-03-01", "languages": ["mr", "en"]}
    answer = clerk.edit(page, "send", file=name, **plan)
    assert (answer.status_code, 'id="file-error"' in answer.text) == (400, True)
    assert clerk.get(f"{DESK}/{page}/files/{name}").status_code == 404
    assert clerk.edit(page, "send", file=own, **plan).location.endswith("told=sent")
    assert clerk.get(f"{DESK}/{page}/files/{own}").data == secret
