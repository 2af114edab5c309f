"""A department changes its pages: drafts, four eyes, versions, roll-back, the folder of files."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from services.portal.content.loading import SHIPPED, load
from services.portal.models import SiteAct, SiteDraft, SiteVersion
from tests.support.portal_accounts import House, text_of
from tests.support.portal_editing import (
    DESK,
    NEW,
    PAGE,
    WORDS,
    Newsroom,
    made,
    newsroom_in,
)


@pytest.fixture
def room(house: House, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom_in(house, tmp_path / "edited") as made:
        yield made


def acts(room: Newsroom, page: str) -> list[tuple[str, str | None]]:
    kind, slug = page.split("/")
    with room.house.begin() as session:
        rows = session.scalars(
            select(SiteAct).where(SiteAct.kind == kind, SiteAct.slug == slug).order_by(SiteAct.id)
        )
        return [(each.what, each.hand and each.hand["person"]) for each in rows]


def test_a_new_page_is_written_looked_at_by_another_and_put_out(room: Newsroom) -> None:
    assert room.read(f"/en/{NEW}").status_code == 404
    made(room)
    assert room.read(f"/en/{NEW}").status_code == 404
    head = room.officer("head")
    assert "Fogging in Aundh" in head.says(DESK)
    assert "Dengue cases in the ward" in head.says(f"{DESK}/{NEW}/review")
    assert head.decide(NEW).location == f"{DESK}/{NEW}?told=published"
    shown = room.read(f"/mr/{NEW}")
    assert "औंधमध्ये धूरफवारणी" in shown.text
    assert "<h2>काय होणार</h2>" in shown.text
    for path in ("/en/notices", "/en/rss/notices.xml", "/en/search?q=fogging", "/sitemap.xml"):
        assert "fogging-in-aundh" in room.read(path).text, path
    file = room.folder / f"{NEW}.yaml"
    assert "from: 2026-11-28\n" in file.read_text()
    assert (room.folder / f"{NEW}.mr.md").read_text() == WORDS["mr"]
    assert acts(room, NEW) == [
        ("begun", "n.kale"),
        ("sent", "n.kale"),
        ("published", "v.deshmukh"),
    ]
    history = head.says(f"{DESK}/{NEW}")
    for words in ("Version 1", "Officer clerk", "Officer head", "Dengue cases in the ward"):
        assert words in history


def test_a_page_that_is_out_is_changed_and_taken_back(room: Newsroom) -> None:
    clerk, head = room.officer("clerk"), room.officer("head")
    before = room.read(f"/en/{PAGE}").text
    answer = clerk.edit(
        PAGE, "send", fee__paise="1,20.50", note="The fee of 2026", title__en="Birth certificates"
    )
    assert answer.location.endswith("told=sent"), text_of(answer)
    assert "Birth certificates" not in room.read(f"/en/{PAGE}").text
    assert "Birth certificates" in head.get(f"{DESK}/{PAGE}/review").text
    head.decide(PAGE)
    after = room.read(f"/en/{PAGE}").text
    assert "Birth certificates" in after
    assert "120.50" in after
    with room.house.begin() as session:
        first, second = session.scalars(select(SiteVersion).order_by(SiteVersion.seq))
    assert (first.number, first.origin, first.author) == (1, "files", None)
    assert (second.number, second.author["person"], second.reviewer["person"]) == (
        2,
        "n.kale",
        "v.deshmukh",
    )
    # Back again: who may put it out asks, somebody else decides.
    assert clerk.act(PAGE, "versions/1/back", reason="A slip").status_code == 403
    assert head.act(PAGE, "versions/1/back", reason="").status_code == 400
    assert head.act(PAGE, "versions/1/back", reason="A slip").location.endswith("told=sent")
    assert head.decide(PAGE).status_code == 403
    assert room.officer("publisher").decide(PAGE).location.endswith("told=published")
    again = room.read(f"/en/{PAGE}").text
    assert "Birth certificates" not in again
    assert again.count("<li>") == before.count("<li>")
    assert "Back to version 1" in head.says(f"{DESK}/{PAGE}")


def test_what_is_not_right_yet_is_kept_and_told_at_its_field(room: Newsroom) -> None:
    clerk = room.officer("clerk")
    answer = clerk.edit(
        PAGE,
        "save",
        title__mr="",
        fee__paise="twenty",
        updated="soon",
        text__en="# Too high\n\nA text with a heading of the first level, long enough.",
    )
    assert answer.location.endswith("told=saved")
    shown = clerk.get(answer.location).text
    assert 'value="twenty"' in shown
    for control in ("title.mr", "fee.paise", "updated", "text.en"):
        assert f'id="{control}-error"' in shown, control
    assert clerk.edit(PAGE, "send", note="x").status_code == 400
    assert room.read(f"/en/{PAGE}").status_code == 200
    assert list(room.folder.rglob("*.yaml")) == []


def test_two_who_write_at_once_lose_nothing(room: Newsroom) -> None:
    clerk, doctor = room.officer("clerk"), room.officer("doctor")
    path = f"{DESK}/{PAGE}/edit"
    one, other = clerk.fields(path), doctor.fields(path)
    assert clerk.send(path, one, title__en="By the clerk").location.endswith("told=saved")
    # Another field: both stay.
    answer = doctor.send(path, other, summary__en="By the doctor")
    assert answer.location.endswith("told=merged")
    fields = clerk.fields(path)
    assert (fields["title.en"], fields["summary.en"]) == ("By the clerk", "By the doctor")
    # The same field: the second one is told, and keeps what they have typed.
    other = doctor.fields(path)
    clerk.send(path, fields, title__en="By the clerk again")
    clash = doctor.send(path, other, title__en="By the doctor, too")
    assert clash.status_code == 409
    assert "By the clerk again" in clash.text
    assert "Officer clerk" in clash.text
    assert 'value="By the doctor, too"' in clash.text
    with room.house.begin() as session:
        assert session.scalar(select(SiteDraft)).typed["title.en"] == "By the clerk again"


def test_nobody_puts_out_what_they_have_written_and_no_other_department(room: Newsroom) -> None:
    made(room, "head")
    head, doctor, stranger = (room.officer(each) for each in ("head2", "doctor", "stranger"))
    assert doctor.decide(NEW).status_code == 403
    for path in (f"{DESK}/{NEW}", f"{DESK}/{NEW}/review", f"{DESK}/{PAGE}/edit"):
        assert stranger.get(path).status_code == 403
    assert stranger.decide(NEW).status_code == 403
    assert "Fogging" not in stranger.says(DESK)
    assert head.decide(NEW).location.endswith("told=published")


def test_who_has_written_a_word_of_it_does_not_put_it_out(room: Newsroom) -> None:
    made(room)
    head = room.officer("head")
    head.act(NEW, "withdraw")
    head.edit(NEW, "save", title__en="Fogging on Friday")
    head.edit(NEW, "send", note="As it was")
    assert head.decide(NEW).status_code == 403
    assert room.officer("clerk2").decide(NEW).status_code == 403
    assert room.read(f"/en/{NEW}").status_code == 404
    assert room.officer("publisher").decide(NEW).status_code == 303
    assert "Fogging on Friday" in room.read(f"/en/{NEW}").text


def test_a_page_that_is_given_to_another_department_is_put_out_by_who_publishes(
    room: Newsroom,
) -> None:
    clerk, head = room.officer("clerk"), room.officer("head")
    clerk.edit(PAGE, "send", department="roads", note="It is theirs")
    assert head.decide(PAGE).status_code == 403
    assert room.officer("publisher").decide(PAGE).status_code == 303
    assert head.get(f"{DESK}/{PAGE}").status_code == 403
    assert room.officer("stranger").get(f"{DESK}/{PAGE}/edit").status_code == 200


def test_it_is_sent_back_with_a_reason(room: Newsroom) -> None:
    clerk = made(room)
    head = room.officer("head")
    assert 'id="reason-error"' in head.decide(NEW, "back", reason=" ").text
    assert head.decide(NEW, "back", reason="Name the hour").status_code == 303
    assert "Name the hour" in clerk.says(f"{DESK}/{NEW}/edit")
    assert acts(room, NEW)[-1] == ("sent_back", "v.deshmukh")
    clerk.edit(NEW, "send", note="The hour is in it")
    assert head.decide(NEW).status_code == 303


def test_a_decision_is_about_what_was_looked_at(room: Newsroom) -> None:
    clerk = made(room)
    head = room.officer("head")
    clerk.act(NEW, "withdraw")
    clerk.edit(NEW, "send", title__en="Something else", note="Changed")
    assert head.decide(NEW, revision="1").status_code == 409
    assert room.read(f"/en/{NEW}").status_code == 404


def test_it_goes_out_at_its_moment(room: Newsroom) -> None:
    made(room)
    head = room.officer("head")
    for wrong in ("", "soon", "2026-03-31T10:00", "2029-01-01T10:00"):
        answer = head.decide(NEW, when="later", at=wrong)
        assert (answer.status_code, 'id="at-error"' in answer.text) == (400, True), wrong
    assert head.decide(NEW, when="later", at="2026-04-01T13:00").location.endswith("scheduled")
    room.spreader.watch()
    assert room.read(f"/en/{NEW}").status_code == 404
    room.house.now = datetime(2026, 4, 1, 7, 30, 1, tzinfo=UTC)
    room.spreader.watch()
    assert room.read(f"/en/{NEW}").status_code == 200
    assert acts(room, NEW)[-2:] == [("scheduled", "v.deshmukh"), ("published", "v.deshmukh")]


def test_what_cannot_go_out_at_its_moment_comes_back_as_a_draft(room: Newsroom) -> None:
    clerk = made(room)
    clerk.act(NEW, "withdraw")
    link = "[this](/news/portal-in-two-languages)"
    clerk.edit(NEW, "send", text__en=WORDS["en"] + link, note="With a link")
    head, publisher = room.officer("head"), room.officer("publisher")
    head.decide(NEW, when="later", at="2026-04-01T13:00")
    publisher.act("news/portal-in-two-languages", "take-down", reason="Old")
    # Nobody has put that link out yet, so the page can go.
    answer = room.officer("publisher2").decide("news/portal-in-two-languages")
    assert answer.status_code == 303, text_of(answer)
    room.house.now = datetime(2026, 4, 1, 7, 30, 1, tzinfo=UTC)
    room.spreader.watch()
    assert room.read(f"/en/{NEW}").status_code == 404
    clerk = room.officer("clerk")
    assert "there is no page /news/portal-in-two-languages" in clerk.says(f"{DESK}/{NEW}")
    assert acts(room, NEW)[-1] == ("held", None)
    assert clerk.get(f"{DESK}/{NEW}/edit").status_code == 200


def test_a_page_is_taken_down_unless_others_lead_to_it_and_comes_back(room: Newsroom) -> None:
    clerk, head = room.officer("clerk"), room.officer("head")
    answer = clerk.act(PAGE, "take-down", reason="It has moved")
    assert answer.status_code == 400
    assert "site.yaml leads to /services/birth-certificate" in text_of(answer)
    page = "services/child-vaccination"
    told = text_of(clerk.act(page, "take-down", reason="It has moved"))
    assert "site.yaml" in told
    made(room)
    head.decide(NEW)
    assert clerk.act(NEW, "take-down", reason=" ").status_code == 400
    assert clerk.act(NEW, "take-down", reason="It is over").location.endswith("told=sent")
    assert clerk.get(f"{DESK}/{NEW}/edit").status_code == 303
    head.decide(NEW)
    assert room.read(f"/en/{NEW}").status_code == 404
    assert (room.folder / "notices/fogging-in-aundh.gone").exists()
    assert "Taken down" in clerk.says(f"{DESK}?state=gone")
    assert head.act(NEW, "versions/1/back", reason="Again").location.endswith("told=sent")
    assert room.officer("publisher").decide(NEW).status_code == 303
    assert room.read(f"/en/{NEW}").status_code == 200


def test_what_was_changed_in_the_files_underneath_is_not_lost_unseen(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(SHIPPED, tmp_path / "own"))
    monkeypatch.setattr(room.spreader.shelf, "_folder", own)
    room.spreader.shelf.look_now()
    clerk, head = room.officer("clerk"), room.officer("head")
    clerk.edit(PAGE, "send", title__en="Certificates of birth", note="Shorter")
    file = own / f"{PAGE}.yaml"
    file.write_text(file.read_text().replace("days: 3", "days: 5"))
    room.spreader.shelf.look_now()
    answer = head.decide(PAGE)
    assert (answer.status_code, "changed in its files" in answer.text) == (409, True)
    clerk.act(PAGE, "withdraw")
    shown = clerk.get(f"{DESK}/{PAGE}/edit")
    assert "The page was changed in its files since this draft was begun" in shown.text
    digest = re.search(r'name="digest" value="(\w+)"', shown.text)
    assert digest
    clerk.act(PAGE, "take-over", digest=digest[1])
    clerk.edit(PAGE, "send", limit__days="5", note="With the days of the file")
    assert head.decide(PAGE).status_code == 303
    assert "Certificates of birth" in room.read(f"/en/{PAGE}").text


def test_who_saves_what_waits_for_review_keeps_what_they_have_typed(room: Newsroom) -> None:
    clerk, doctor = room.officer("clerk"), room.officer("doctor")
    fields = doctor.fields(f"{DESK}/{PAGE}/edit")
    clerk.edit(PAGE, "send", title__en="Certificates", note="Shorter")
    answer = doctor.send(f"{DESK}/{PAGE}/edit", fields, summary__en="My long summary")
    assert answer.status_code == 409
    assert "My long summary" in answer.text
    assert "in another state by now" in answer.text


def test_names_that_are_taken_or_none_are_refused(room: Newsroom) -> None:
    clerk = room.officer("clerk")
    for slug in ("birth-certificate", "Birth", "", "archive", "a b", "../x", "x" * 90):
        answer = clerk.submit(f"{DESK}/new", kind="services", slug=slug)
        assert (answer.status_code, 'id="slug-error"' in answer.text) == (400, True), slug
    assert clerk.submit(f"{DESK}/new", kind="pages", slug="own-policy").status_code == 400
    made(room)
    again = room.officer("doctor").submit(f"{DESK}/new", kind="notices", slug="fogging-in-aundh")
    assert again.status_code == 400
    clerk.act(NEW, "withdraw")
    assert clerk.act(NEW, "discard").location == f"{DESK}?told=discarded"
    assert clerk.get(f"{DESK}/{NEW}").status_code == 404


def test_the_database_is_the_truth_of_every_portals_folder(room: Newsroom, tmp_path: Path) -> None:
    made(room)
    room.officer("head").decide(NEW)
    # Another portal, on another machine, with a folder of its own.
    room.spreader.shelf.edited = other = tmp_path / "other"
    room.spreader._laid = -1
    room.spreader.watch()
    assert (other / f"{NEW}.yaml").read_text() == (room.folder / f"{NEW}.yaml").read_text()
    # Whatever happens to the files there, they are put right.
    (other / f"{NEW}.en.md").write_text("torn")
    (other / "services").mkdir()
    (other / "services/stray.yaml").write_text("x: [")
    room.spreader._laid = -1
    room.spreader.watch()
    assert (other / f"{NEW}.en.md").read_text() == WORDS["en"]
    assert not (other / "services/stray.yaml").exists()
    assert NEW.split("/")[1] in load(room.spreader.shelf.folder, other).documents["notices"]


def test_the_site_stands_while_the_database_is_away(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(room)
    room.officer("head").decide(NEW)
    monkeypatch.setattr(room.house.parts.store, "_away_until", 1e12)
    room.spreader.watch()
    assert room.read(f"/en/{NEW}").status_code == 200


def test_what_was_put_out_and_by_whom_is_never_changed(room: Newsroom) -> None:
    made(room)
    for table in ("site_act", "site_version"):
        with pytest.raises(DBAPIError, match="is only added to"), room.house.begin() as session:
            session.execute(text(f"DELETE FROM {table}"))


def test_what_leads_nowhere_is_told_before_it_is_sent(room: Newsroom) -> None:
    clerk = room.officer("clerk")
    answer = clerk.edit(
        PAGE,
        "send",
        related__1="no-such-service",
        online__url="/services/nowhere",
        online__title__mr="भरा",
        online__title__en="Pay",
        text__mr=WORDS["mr"] + "[दुवा](/news/nowhere)",
        note="Links",
    )
    assert answer.status_code == 400
    for control in ("related.1", "online.url", "text.mr"):
        assert f'id="{control}-error"' in answer.text, control
