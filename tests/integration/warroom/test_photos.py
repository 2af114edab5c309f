"""Photographs of progress: checked, cleaned, kept with their day and place; for whom they are."""

import base64
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.store import Folder
from services.warroom.commands import add_photo as add_photo_module
from services.warroom.commands.add_photo import add_photo
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.sweep import sweep
from services.warroom.commands.withdraw import withdraw
from services.warroom.domain.facts import Photo, State
from services.warroom.domain.policy import policy
from services.warroom.queries import photos, views
from services.warroom.reference import read_data
from services.warroom.schemas import asking
from tests.support.attachments import PDF, PUNE, exif, photo
from tests.support.warroom import OTHER, OWNER, TODAY, Room, emptied


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


@pytest.fixture
def album(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def add(room: Room, album: Folder) -> Any:
    project = str(room.add().id)

    def add(content: bytes, caller: Any = OWNER, **given: Any) -> State:
        encoded = base64.b64encode(content).decode()
        asked = {"id": project, "content_base64": encoded, **given}
        args = asking.AddingPhoto().load(asked)
        return add_photo(room.sessions.begin, album, caller, args, room.now)

    add.project = project
    return add


def only(state: State) -> Photo:
    (found,) = state.photos.values()
    return found


TAKEN = photo(exif=exif(PUNE, {0x9003: "2026:05:20 11:00:00"}))


def test_day_and_place_are_the_cameras_and_nothing_else_of_it_is_kept(add, album):
    found = only(add(TAKEN, taken_on="2026-01-05", lat=1, lon=1, caption="Kerb"))
    assert (str(found.taken_on), found.taken_from) == ("2026-05-20", "camera")
    assert (found.lat, found.lon, found.place_from) == (18.5204, 73.8567, "camera")
    kept = Image.open(io.BytesIO(album.get(found.content_key)))
    assert (kept.format, dict(kept.getexif())) == ("JPEG", {})
    assert b"A camera that has a name" not in album.get(found.content_key)


def test_a_camera_that_tells_nothing_is_told_for(add):
    with pytest.raises(Invalid, match="does not tell when it was taken"):
        add(photo())
    with pytest.raises(Invalid, match="must be 2026-06-01 or earlier"):
        add(photo(), taken_on=str(TODAY + timedelta(days=1)))
    found = only(add(photo(), taken_on="2026-05-01", lat=18.5, lon=73.8))
    assert (found.taken_from, found.place_from, found.lat) == ("given", "given", 18.5)


@pytest.mark.parametrize(
    ("given", "field", "rule"),
    [
        ({"taken_on": "2019-01-01"}, "taken_on", "the project starts on 2026-01-01"),
        ({"lat": 28.6, "lon": 77.2}, "lat", "the place is outside the city"),
        ({"lat": 18.5, "lon": 77.2}, "lon", "the place is outside the city"),
    ],
)
def test_a_photograph_of_long_before_or_of_elsewhere_is_refused(add, given, field, rule):
    with pytest.raises(Invalid) as refusal:
        add(photo(), **{"taken_on": "2026-05-01"} | given)
    assert rule in refusal.value.fields[field][0]


def test_where_the_city_does_not_say_where_it_lies_no_place_is_refused(add, monkeypatch):
    raw = {key: each for key, each in read_data("policy.yaml").items() if key != "city"}
    monkeypatch.setattr(add_photo_module, "city_policy", lambda: policy(raw))
    assert only(add(photo(), taken_on="2026-05-01", lat=28.6, lon=77.2)).lat == 28.6


@pytest.mark.parametrize("content", [PDF, b"<svg/>", b"GIF89a", TAKEN[:200], b""])
def test_what_is_no_photograph_is_refused_and_nothing_is_kept(add, album, content):
    with pytest.raises(Invalid) as refusal:
        add(content, taken_on="2026-05-01")
    assert list(refusal.value.fields) == ["content"]
    assert list(album.pages()) == []


def test_who_does_not_answer_for_the_project_adds_none(add, album):
    with pytest.raises(Forbidden):
        add(TAKEN, OTHER)
    assert list(album.pages()) == []


def test_the_same_again_is_there_already(add):
    assert add(TAKEN).version == add(TAKEN).version == 2


def test_the_same_again_under_its_id_is_there_already_on_the_next_day_too(room, add):
    key = str(uuid4())
    room.later(hours=19, minutes=25)
    first = add(TAKEN, photo_id=key)
    room.later(minutes=10)
    assert add(TAKEN, photo_id=key).version == first.version
    with pytest.raises(Conflict) as refusal:
        add(TAKEN, photo_id=key, caption="another")
    assert refusal.value.details["differs"] == ["caption"]


def test_citizens_see_the_public_photographs_of_public_projects(room, add):
    state = add(TAKEN, public=True)
    (key,) = state.photos

    def seen(*, staff: bool) -> str:
        with room.sessions() as session:
            return photos.key_of(session, {"photo_id": key, "thumbnail": False}, staff=staff)

    assert seen(staff=False) == only(state).content_key
    assert "content_key" not in str(views.public(state, TODAY))
    room.do(revise_project, asking.Revising, {"id": add.project, "public": False})
    with pytest.raises(NotFound):
        seen(staff=False)
    room.do(revise_project, asking.Revising, {"id": add.project, "public": True})
    gone = {"id": add.project, "kind": "photo", "fact_id": str(key), "reason": "a face"}
    room.do(withdraw, asking.Withdrawing, gone)
    with pytest.raises(NotFound):
        seen(staff=False)
    # Of a past day it is still there.
    assert seen(staff=True) == only(state).content_key


def test_the_sweep_leaves_what_is_or_was_a_photograph(room, add, album):
    state = add(TAKEN)
    (key,) = state.photos
    with pytest.raises(Invalid):
        add(photo("PNG"))
    gone = {"id": add.project, "kind": "photo", "fact_id": str(key), "reason": "a face"}
    room.do(withdraw, asking.Withdrawing, gone)
    swept = sweep(room.sessions.begin, album, room.now + timedelta(days=3))
    assert (swept.looked_at, swept.unused) == (4, 2)
    assert album.get(only(state).content_key)
    assert album.get(only(state).thumbnail_key)
