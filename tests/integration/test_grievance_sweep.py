"""What is kept for an attachment that nobody has is deleted, and nothing else ever is."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from palika.config import settings
from palika.errors import Conflict, NotFound, Unavailable
from palika.store import Folder, Store, key_of, open_store
from services.grievance.attachments import Kind, check_and_store
from services.grievance.cli import attachments as cli
from services.grievance.commands import attach as attaching
from services.grievance.commands.sweep import Swept, sweep
from services.grievance.queries import attachments
from tests.integration.test_grievance_attachments import Album
from tests.support.attachments import PDF, photo, picture
from tests.support.grievances import CITIZEN, NOW, OFFICER
from tests.support.object_store import BUCKET, S3Server

DAY = timedelta(days=1)
PAPERS = "application/pdf"
OLD_KEY = f"ab/{'c' * 62}.pdf"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """A running S3 server."""
    server = S3Server()
    yield server
    server.close()


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path, monkeypatch) -> Store:
    """Either store, empty."""
    if request.param == "folder":
        return Folder(tmp_path / "attachments")
    server = request.getfixturevalue("s3")
    for name, value in server.keys.items():
        monkeypatch.setenv(name, value)
    url = f"s3://{BUCKET}/{tmp_path.name}"
    return open_store(
        dataclasses.replace(settings(), attachments_url=url, attachments_endpoint=server.endpoint)
    )


@pytest.fixture
def album(desk, store, tmp_path) -> Album:
    """The desk's attachments, in that store."""
    album = Album(desk, tmp_path / "attachments")
    album.store = store
    return album


def swept(album: Album, now, **options) -> Swept:
    return sweep(album.desk.sessions.begin, album.store, now, **options)


def keys(album: Album) -> set[str]:
    return {each.key for page in album.store.pages() for each in page}


def leftover(album: Album, now=NOW, content=b"%PDF-1.4 left") -> str:
    """What an upload leaves whose transaction fails."""
    key = key_of(content, now, ".pdf")
    album.store.put(key, content, PAPERS)
    return key


def test_what_an_upload_leaves_that_failed_after_it_was_kept_is_deleted(album, monkeypatch):
    filed = album.desk.file()

    def full(*_):
        raise Conflict("has enough")

    with monkeypatch.context() as patched:
        patched.setattr(attaching, "check_room", full)
        with pytest.raises(Conflict):
            album.attach(filed)
    assert len(keys(album)) == 2
    assert swept(album, NOW + 3 * DAY).unused == 2
    assert keys(album) == set()


def test_what_a_grievance_has_stays_detached_or_not(album):
    filed = album.desk.file()
    made = album.attach(filed)
    gone = album.attach(filed, PDF, kind="document")
    album.detach(gone)
    kept = keys(album)
    assert len(kept) == 3
    left = leftover(album)
    assert swept(album, NOW + 3 * DAY) == Swept(4, 1, len(b"%PDF-1.4 left"))
    assert keys(album) == kept
    assert left not in kept
    assert album.show(made)[0]
    assert album.show(made, thumbnail=True)[0]
    assert album.show(gone, OFFICER)[0] == PDF


@pytest.mark.parametrize("hours", [0, 5, 24, 43])
def test_what_is_new_may_still_be_attached_and_is_left_alone(album, hours):
    # NOW is 04:30 in UTC: its day is over in 19.5 hours, and has been over for a day in 43.5.
    left = leftover(album)
    later = NOW + timedelta(hours=hours)
    assert swept(album, later) == swept(album, later, everything=True) == Swept()
    assert keys(album) == {left}
    assert swept(album, NOW + timedelta(hours=44)).unused == 1


def test_the_service_looks_at_the_last_days_and_the_command_at_all(album):
    leftover(album)
    assert swept(album, NOW + 30 * DAY) == Swept()
    assert swept(album, NOW + 30 * DAY, everything=True).unused == 1


def test_what_was_kept_before_keys_had_a_day_goes_by_when_it_was_written(album):
    filed = album.desk.file()
    made = album.attach(filed, PDF, kind="document")
    with album.desk.sessions.begin() as session:
        session.merge(made.attachment).key = OLD_KEY
    unused = f"cd/{'e' * 62}.pdf"
    for key in (OLD_KEY, unused):
        album.store.put(key, PDF, PAPERS)
    (written_at,) = {e.written_at for page in album.store.pages() for e in page if e.key == unused}
    assert swept(album, written_at + DAY / 2, everything=True).unused <= 1
    assert {OLD_KEY, unused} <= keys(album)
    swept(album, written_at + 2 * DAY, everything=True)
    assert keys(album) == {OLD_KEY}
    assert album.show(made)[0] == PDF


def test_a_dry_run_counts_and_deletes_nothing(album):
    left = leftover(album)
    assert swept(album, NOW + 3 * DAY, dry_run=True).unused == 1
    assert keys(album) == {left}


def test_who_stops_leaves_the_rest_for_the_next_time(album):
    left = leftover(album)
    assert swept(album, NOW + 3 * DAY, stopping=lambda: True) == Swept()
    assert keys(album) == {left}


def test_the_same_content_again_days_later_is_another_and_no_sweep_takes_it(album):
    """The bytes of a failed upload lie there, and are swept while they are uploaded anew."""
    filed = album.desk.file()
    left = leftover(album, NOW, PDF)
    made = album.attach(filed, PDF, kind="document", now=NOW + 3 * DAY)
    assert swept(album, NOW + 3 * DAY).unused == 1
    assert keys(album) == {made.attachment.key}
    assert made.attachment.key != left
    assert album.show(made)[0] == PDF


def test_several_sweeps_beside_uploads_take_what_is_left_and_lose_nothing(album, monkeypatch):
    monkeypatch.setattr("palika.store._AT_ONCE", 5)
    later = NOW + 3 * DAY
    filed = [album.desk.file() for _ in range(4)]
    contents = [photo(image=picture(64 + n, 48)) for n in range(4)]
    for n in range(30):
        leftover(album, NOW, b"%PDF-1.4 " + bytes([n]))
    for content in contents:
        # The same photographs were kept three days ago, in vain.
        check_and_store(album.store, Kind.PHOTO_BEFORE, content, NOW)
    start = threading.Barrier(7)

    def sweeper(_):
        start.wait(30)
        return swept(album, later)

    def upload(n):
        start.wait(30)
        return album.attach(filed[n], contents[n], CITIZEN, later)

    with ThreadPoolExecutor(7) as pool:
        uploads = [pool.submit(upload, n) for n in range(4)]
        sweeps = [pool.submit(sweeper, n) for n in range(3)]
        made = [each.result(60) for each in uploads]
        assert sum(each.result(60).unused for each in sweeps) >= 38
    assert len(keys(album)) == 8
    assert keys(album) == {k for m in made for k in (m.attachment.key, m.attachment.thumbnail_key)}
    for each in made:
        assert album.show(each)[0]


def test_a_store_that_is_away_ends_the_sweep_and_nothing_is_lost(desk, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable):
        sweep(desk.sessions.begin, Folder(tmp_path / "file"), NOW, everything=True)


def test_half_written_files_of_a_crash_go_too(desk, tmp_path):
    folder = tmp_path / "2026-07-01"
    folder.mkdir()
    (folder / f".new-{'0' * 16}").write_bytes(b"half")
    (folder / "something-else").write_bytes(b"of somebody else")
    assert sweep(desk.sessions.begin, Folder(tmp_path), NOW + 3 * DAY).unused == 1
    assert [path.name for path in folder.iterdir()] == ["something-else"]


# ---- the command


@pytest.fixture
def command(desk, tmp_path: Path, monkeypatch):
    """``palika grievance attachments sweep``, on a folder and the tests' database."""
    monkeypatch.setattr(cli, "sessions", lambda _: desk.sessions)
    folder = Folder(tmp_path)
    monkeypatch.setattr(cli, "store", lambda: folder)

    def run(*options: str):
        result = CliRunner().invoke(cli.group, ["sweep", *options], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return folder, run


def test_the_command_counts_then_deletes(command):
    folder, run = command
    key = key_of(PDF, NOW, ".pdf")
    folder.put(key, PDF, PAPERS)
    assert "1 looked at, 1 that nobody uses would be deleted" in run("--dry-run")
    assert folder.get(key) == PDF
    told = json.loads(run("--json"))
    assert told == {"looked_at": 1, "unused": 1, "bytes": len(PDF), "deleted": 1}
    with pytest.raises(NotFound):
        folder.get(key)
    assert "0 looked at, 0 that nobody uses deleted" in run()


def test_the_command_uses_the_services_own_store():
    assert cli.store is attachments.store
