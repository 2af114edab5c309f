"""What is attached to a grievance: by whom, how much of it, and who is shown it."""

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.store import Folder
from services.grievance.attachments import Kind
from services.grievance.attachments.kinds import LIMITS
from services.grievance.commands import attach as attaching
from services.grievance.queries import attachments
from services.grievance.schemas import Attaching, Detaching, Locating, ShowingAttachment
from tests.support.attachments import AUDIO, HOSTILE, PDF, PUNE, exif, photo, picture
from tests.support.grievances import CITIZEN, HOUR, NOBODY, NOW, OFFICER, OTHER_CITIZEN

HERE = {"lat": 18.5204, "lon": 73.8567}
WITH_PLACE = photo(exif=exif(PUNE, {0x9003: "2026:06:30 05:30:00"}))


class Album:
    """The desk's attachments, in a folder."""

    def __init__(self, desk, folder: Path) -> None:
        self.desk = desk
        self.folder = folder
        self.store = Folder(folder)

    def attach(self, grievance, content=WITH_PLACE, caller=CITIZEN, now=NOW, **args):
        encoded = base64.b64encode(content).decode()
        asked = {"kind": "photo_before", "content_base64": encoded, **args}
        if "token" not in args:
            asked["id"] = str(grievance.id)
        loaded = Attaching().load(asked)
        return attaching.attach(self.desk.sessions.begin, self.store, caller, loaded, now)

    def detach(self, made, caller=OFFICER, reason="Shows a face", now=NOW, **args):
        asked = {"id": str(made.grievance.id), "attachment_id": str(made.attachment.id)}
        loaded = Detaching().load(asked | {"reason": reason} | args)
        with self.desk.sessions.begin() as session:
            return attaching.detach_attachment(session, caller, loaded, now)

    def show(self, made, caller: Identity = CITIZEN, *, thumbnail=False, **key):
        """The bytes and the headers."""
        asked = key or {"id": str(made.grievance.id)}
        asked |= {"attachment_id": str(made.attachment.id), "thumbnail": thumbnail}
        with self.desk.sessions.begin() as session:
            shown = attachments.shown_to(session, caller, ShowingAttachment().load(asked))
        answer = attachments.content(self.store, shown)
        return base64.b64decode(answer["content_base64"]), answer["headers"]

    def locate(self, grievance, caller: Identity = CITIZEN, **place):
        loaded = Locating().load({"id": str(grievance.id)} | HERE | place)
        with self.desk.sessions.begin() as session:
            return attaching.locate_grievance(session, caller, loaded, NOW)

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
def album(desk, tmp_path) -> Album:
    """An empty one."""
    return Album(desk, tmp_path / "attachments")


# ---- attaching


def test_a_photograph_is_kept_without_what_it_told(album):
    filed = album.desk.file(**HERE)
    made = album.attach(filed)
    assert b"camera" in WITH_PLACE
    stored = album.files()
    assert len(stored) == 2
    for path in stored:
        kept = Image.open(path)
        assert (kept.format, dict(kept.getexif())) == ("JPEG", {})
        for told in (b"camera", b"Exif", b"GPS", b"2026:06:30"):
            assert told not in path.read_bytes()
    content, headers = album.show(made)
    assert Image.open(io.BytesIO(content)).size == (64, 48)
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert filed.number in headers["Content-Disposition"]


def test_it_is_a_step_on_the_timeline_and_an_event(album):
    filed = album.desk.file()
    made = album.attach(filed)
    assert made.grievance.version == 2
    entry = album.desk.timeline(filed, CITIZEN)[-1]
    assert (entry["step"], entry["by"]) == ("attach", "citizen")
    assert entry["data"] == {"attachment": str(made.attachment.id), "kind": "photo_before"}
    event = album.desk.events(filed)[-1]
    assert (event.type, event.sequence) == ("grievance.attached.v1", 2)
    assert (event.data["kind"], event.data["by"]) == ("photo_before", "citizen")


def test_no_event_tells_where_a_photograph_was_taken_or_by_whom(album):
    filed = album.desk.file()
    made = album.attach(filed)
    album.locate(filed)
    album.detach(made, reason="Shows Asha's house")
    told = album.desk.events(filed)
    assert [event.name for event in told][1:] == ["grievance.attached", "grievance.detached"]
    for event in told:
        body = event.to_json()
        assert [s for s in ("18.52", "73.85", "citizen:9", "Asha", "camera") if s in body] == []


def test_the_same_again_gives_the_first_and_is_no_step(album):
    filed = album.desk.file()
    first, again = album.attach(filed), album.attach(filed, now=NOW + HOUR)
    assert again.attachment.id == first.attachment.id
    assert album.desk.stored(filed).version == 2
    # For another purpose it is another one, and so it is after it was taken away.
    album.desk.take("assign", filed)
    after = album.attach(filed, caller=OFFICER, kind="photo_after")
    assert after.attachment.id != first.attachment.id
    album.detach(first)
    assert album.attach(filed).attachment.id not in (first.attachment.id, after.attachment.id)


@pytest.mark.parametrize("kind", Kind)
def test_a_grievance_has_so_many_of_a_kind(album, kind, monkeypatch):
    most = LIMITS[kind].count
    filed = album.desk.file()
    start = threading.Barrier(most + 2)

    def sample(number: int) -> bytes:
        if kind.is_photo:
            return photo(image=picture(64 + number, 48))
        return (
            PDF.replace(b"1 0 obj", b"%d 0 obj" % number)
            if kind is Kind.DOCUMENT
            else (AUDIO["WAV"] + bytes(number))
        )

    def one(number: int) -> bool:
        start.wait(timeout=20)
        try:
            album.attach(filed, sample(number), OFFICER, kind=str(kind))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(most + 2) as pool:
        assert sum(pool.map(one, range(most + 2))) == most
    assert len(album.desk.get(filed)["attachments"]) == most


def test_what_is_hostile_is_refused_and_leaves_nothing(album):
    filed = album.desk.file()
    polyglot = photo() + HOSTILE["a page"]
    for kind in Kind:
        for content in HOSTILE.values():
            with pytest.raises(Invalid):
                album.attach(filed, content, OFFICER, kind=str(kind))
    with pytest.raises(Invalid, match="is JPEG"):
        album.attach(filed, polyglot, kind="document")
    assert album.files() == []
    assert album.desk.stored(filed).version == 1
    # As a photograph the picture is taken and the page behind it is not.
    content, _ = album.show(album.attach(filed, polyglot))
    assert b"<script>" not in content


def test_a_paper_is_downloaded_and_never_shown_in_a_page(album):
    made = album.attach(album.desk.file(), PDF, kind="document")
    content, headers = album.show(made)
    assert content == PDF
    assert headers["Content-Disposition"].startswith("attachment;")
    with pytest.raises(NotFound, match="only photographs have a thumbnail"):
        album.show(made, thumbnail=True)


def test_a_photograph_has_a_small_picture_of_itself(album):
    made = album.attach(album.desk.file(), photo(image=picture(1_000, 750)))
    content, headers = album.show(made, thumbnail=True)
    assert max(Image.open(io.BytesIO(content)).size) == 320
    assert headers["Content-Type"] == "image/jpeg"


def test_whoever_may_not_attach_costs_no_work(album, monkeypatch):
    filed = album.desk.file()
    other = album.desk.file()
    album.desk.take("merge", other, into=str(filed.id))

    def never(*_args):
        raise AssertionError("the content was looked at")

    monkeypatch.setattr(attaching, "check_and_store", never)
    with pytest.raises(NotFound):
        album.attach(filed, caller=OTHER_CITIZEN)
    with pytest.raises(NotFound):
        album.attach(filed, caller=ANONYMOUS, token="of nothing")
    with pytest.raises(Conflict, match="cannot attach a grievance that is merged"):
        album.attach(other)
    with pytest.raises(Conflict, match="at version 1, not 7"):
        album.attach(filed, version=7)


def test_only_the_office_shows_the_work_and_keeps_things_to_itself(album):
    filed = album.desk.file()
    for args in ({"kind": "photo_after"}, {"public": False}):
        with pytest.raises(Forbidden):
            album.attach(filed, **args)
        album.attach(filed, caller=OFFICER, **args)


def test_a_store_that_is_away_leaves_no_row(album):
    filed = album.desk.file()
    album.folder.write_text("no folder")
    with pytest.raises(Unavailable):
        album.attach(filed)
    assert album.desk.get(filed)["attachments"] == []


# ---- who is shown what


def test_the_citizen_sees_their_own_by_login_or_token_and_nobody_else(album):
    filed = album.desk.file_with_token(CITIZEN)
    made = album.attach(None, caller=ANONYMOUS, token=filed.token)
    for caller, key in ((CITIZEN, {}), (OFFICER, {}), (ANONYMOUS, {"token": filed.token})):
        assert album.show(made, caller, **key)[0][:2] == b"\xff\xd8"
    for caller, key in ((OTHER_CITIZEN, {}), (ANONYMOUS, {}), (ANONYMOUS, {"token": "wrong"})):
        with pytest.raises(NotFound):
            album.show(made, caller, **key)
    # Nor by way of a grievance of one's own.
    own = album.desk.file(OTHER_CITIZEN)
    with pytest.raises(NotFound):
        album.show(made, OTHER_CITIZEN, id=str(own.id))


def test_what_the_office_keeps_the_citizen_neither_sees_nor_hears_of(album):
    filed = album.desk.file_with_token(CITIZEN)
    kept = album.attach(filed.grievance, caller=OFFICER, public=False)
    assert album.show(kept, OFFICER)
    for caller, key in ((CITIZEN, {}), (ANONYMOUS, {"token": filed.token})):
        with pytest.raises(NotFound):
            album.show(kept, caller, **key)
    shown = album.desk.get(filed.grievance, CITIZEN)
    assert shown["attachments"] == []
    assert [entry["step"] for entry in shown["timeline"]] == ["file"]
    assert len(album.desk.get(filed.grievance)["attachments"]) == 1


def test_the_list_tells_the_citizen_what_it_is_and_the_desks_the_rest(album):
    filed = album.desk.file()
    album.attach(filed, caller=OFFICER)
    (to_citizen,) = album.desk.get(filed, CITIZEN)["attachments"]
    assert to_citizen.keys() == {
        "id", "kind", "media_type", "size", "width", "height", "added_at", "by", "thumbnail",
    }  # fmt: skip
    assert (to_citizen["by"], to_citizen["thumbnail"]) == ("office", True)
    (to_desk,) = album.desk.get(filed)["attachments"]
    assert (to_desk["lat"], to_desk["lon"], to_desk["added_by"]) == (
        18.5204,
        73.8567,
        OFFICER.subject,
    )


# ---- taking away


def test_what_was_taken_away_is_a_record_with_its_reason(album):
    filed = album.desk.file()
    made = album.attach(filed)
    album.detach(made)
    assert album.desk.get(filed, CITIZEN)["attachments"] == []
    with pytest.raises(NotFound):
        album.show(made)
    (record,) = album.desk.get(filed)["attachments"]
    assert (record["detached_by"], record["detach_reason"]) == (OFFICER.subject, "Shows a face")
    assert album.show(made, OFFICER)
    entry = album.desk.timeline(filed, CITIZEN)[-1]
    assert (entry["step"], entry["note"]) == ("detach", "Shows a face")
    with pytest.raises(NotFound):
        album.detach(made)


def test_it_is_taken_away_by_the_office_and_from_its_own_grievance(album):
    filed = album.desk.file()
    made = album.attach(filed)
    with pytest.raises(Forbidden):
        album.detach(made, CITIZEN)
    for args in ({"id": str(album.desk.file().id)}, {"attachment_id": NOBODY}):
        with pytest.raises(NotFound):
            album.detach(made, **args)
    assert album.desk.stored(filed).version == 2


def test_what_was_taken_away_makes_room_for_another(album):
    filed = album.desk.file()
    made = [
        album.attach(filed, photo(image=picture(64 + number, 48)))
        for number in range(LIMITS[Kind.PHOTO_BEFORE].count)
    ]
    with pytest.raises(Conflict, match="at most 5 attachments of kind photo_before"):
        album.attach(filed)
    album.detach(made[0])
    assert album.attach(filed)


# ---- evidence


def test_a_resolution_that_must_be_shown_needs_a_photograph_of_the_work(album):
    filed = album.desk.file(category="road-damage")
    album.desk.take("assign", filed)
    album.attach(filed)
    album.attach(filed, PDF, OFFICER, kind="document")
    with pytest.raises(Conflict, match="without a photograph"):
        album.desk.take("resolve", filed)
    first = album.attach(filed, photo(), OFFICER, kind="photo_after")
    album.detach(first)
    with pytest.raises(Conflict, match="without a photograph"):
        album.desk.take("resolve", filed)
    album.attach(filed, photo(), OFFICER, kind="photo_after")
    assert album.desk.take("resolve", filed).state == "resolved"


def test_the_photograph_of_a_resolution_taken_back_shows_nothing_of_the_next(album):
    filed = album.desk.file(category="road-damage")
    album.desk.take("assign", filed)
    album.attach(filed, photo(), OFFICER, kind="photo_after")
    album.desk.take("resolve", filed)
    album.desk.take("reopen", filed, CITIZEN, NOW + HOUR)
    # The same picture once more is not a new one.
    album.attach(filed, photo(), OFFICER, NOW + 2 * HOUR, kind="photo_after")
    with pytest.raises(Conflict, match="without a photograph"):
        album.desk.take("resolve", filed, now=NOW + 2 * HOUR)
    another = photo(image=picture(70, 48))
    album.attach(filed, another, OFFICER, NOW + 2 * HOUR, kind="photo_after")
    assert album.desk.take("resolve", filed, now=NOW + 3 * HOUR).state == "resolved"


def test_the_photograph_that_a_resolution_stands_on_stays(album):
    filed = album.desk.file(category="road-damage")
    album.desk.take("assign", filed)
    hidden = album.attach(filed, photo(), OFFICER, kind="photo_after", public=False)
    with pytest.raises(Conflict, match="that the citizen may see"):
        album.desk.take("resolve", filed)
    shown = album.attach(filed, photo(image=picture(70, 48)), OFFICER, kind="photo_after")
    album.desk.take("resolve", filed)
    album.detach(hidden)
    with pytest.raises(Conflict, match="stands on this photograph"):
        album.detach(shown)
    album.attach(filed, photo(image=picture(72, 48)), OFFICER, kind="photo_after")
    album.detach(shown)


# ---- the place that a photograph tells


def test_the_place_of_a_photograph_is_offered_to_a_grievance_that_has_none(album):
    filed = album.desk.file()
    assert album.attach(filed).offered_place == (18.5204, 73.8567)
    assert album.desk.stored(filed).lat is None
    placed = album.locate(filed, lat=18.5204, lon=73.8567)
    assert (placed.lat, placed.lon) == (18.5204, 73.8567)
    assert placed.cell == album.desk.file(**HERE).cell
    assert album.desk.timeline(filed, CITIZEN)[-1]["step"] == "locate"
    another = photo(image=picture(70, 48), exif=exif(PUNE))
    assert album.attach(filed, another).offered_place is None


def test_a_place_is_taken_once_from_its_citizen_or_the_office_and_in_the_country(album):
    filed = album.desk.file()
    with pytest.raises(NotFound):
        album.locate(filed, OTHER_CITIZEN)
    with pytest.raises(Invalid):
        album.locate(filed, lat=73.8567, lon=18.5204)
    album.locate(filed, SYSTEM("portal"))
    with pytest.raises(Conflict, match="has a position already"):
        album.locate(filed)
