"""From the bytes that came to what the row needs; nothing is kept of what is refused."""

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from palika.errors import Invalid, Unavailable
from palika.store import Folder
from services.grievance.attachments import Kind, check_and_store, from_base64
from services.grievance.attachments.kinds import LARGEST
from tests.support.attachments import AUDIO, HOSTILE, PDF, PUNE, exif, photo

NOW = datetime(2026, 7, 1, 6, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    """An empty folder."""
    return Folder(tmp_path)


def files(folder: Path) -> list[Path]:
    """All files in a folder and below."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_of_a_photo_the_new_one_and_its_thumbnail_are_kept(store: Folder) -> None:
    came = photo(exif=exif(PUNE, {0x9003: "2026:06:30 05:30:00"}))
    kept = check_and_store(store, Kind.PHOTO_BEFORE, came, NOW)
    assert (kept.kind, kept.media_type, kept.stored_at) == ("photo_before", "image/jpeg", NOW)
    assert (kept.width, kept.height) == (64, 48)
    assert (kept.latitude, kept.longitude) == (18.5204, 73.8567)
    assert kept.taken_at == datetime(2026, 6, 30, tzinfo=UTC)
    assert kept.received_sha256 == hashlib.sha256(came).hexdigest()
    content = store.get(kept.key)
    assert len(content) == kept.size
    assert b"camera" not in content
    assert kept.thumbnail_key is not None
    assert store.get(kept.thumbnail_key)[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("kind", "content", "media_type"),
    [(Kind.DOCUMENT, PDF, "application/pdf"), (Kind.AUDIO, AUDIO["AMR"], "audio/amr")],
)
def test_documents_and_recordings_are_kept_as_they_came(
    store: Folder, kind: Kind, content: bytes, media_type: str
) -> None:
    kept = check_and_store(store, kind, content, NOW)
    assert (kept.media_type, kept.size) == (media_type, len(content))
    assert store.get(kept.key) == content
    assert (kept.thumbnail_key, kept.width, kept.latitude, kept.taken_at) == (None,) * 4


def test_the_same_photo_twice_is_kept_once_and_noticed(store: Folder, tmp_path: Path) -> None:
    before = check_and_store(store, Kind.PHOTO_BEFORE, photo(), NOW)
    held = len(files(tmp_path))
    after = check_and_store(store, Kind.PHOTO_AFTER, photo(), NOW)
    assert after.received_sha256 == before.received_sha256
    assert after.key == before.key
    assert len(files(tmp_path)) == held


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_kept_of_what_is_refused(store: Folder, tmp_path: Path, kind: Kind) -> None:
    half = photo()[:400]
    for content in (*HOSTILE.values(), b"", half):
        with pytest.raises(Invalid):
            check_and_store(store, kind, content, NOW)
    assert files(tmp_path) == []


def test_a_store_that_is_away_is_no_fault_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable):
        check_and_store(Folder(tmp_path / "file"), Kind.DOCUMENT, PDF, NOW)


def test_a_call_carries_the_content_as_base64() -> None:
    for content in (b"", PDF, bytes(LARGEST)):
        assert from_base64(base64.b64encode(content).decode()) == content


@pytest.mark.parametrize("text", ["JVBERi0", "JVBE Ri0x", "JVBERi0=x", "<script>", "खड्डा", "===="])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not base64"):
        from_base64(text)


def test_what_is_too_large_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Invalid, match="is too large"):
        from_base64("!" * (LARGEST * 4 // 3 + 10))
