"""Where attachments are kept. What every store promises is tested on both: a folder, and S3.

The last part is about a crash between the store and the row, and about a store that is slow
while others want to get on.
"""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from palika.blocking import off_hub
from palika.config import Settings, settings
from palika.errors import NotFound, Unavailable
from palika.india import INDIA
from palika.store import Folder, ObjectStore, Store, key_of, open_store
from tests.support.object_store import BUCKET, S3Server
from tests.support.part import ROOT

CONTENT = bytes(range(256)) * 4_000
NOW = datetime(2026, 7, 1, 20, tzinfo=UTC)
KEY = key_of(CONTENT, NOW, ".pdf")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """A running S3 server."""
    server = S3Server()
    yield server
    server.close()


@pytest.fixture
def keys(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's keys, in the environment."""
    for name, value in s3.keys.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def s3_settings(s3: S3Server, keys: None) -> Settings:
    """Settings that name the server."""
    return dataclasses.replace(
        settings(),
        attachments_url=f"s3://{BUCKET}/photos/{uuid4()}",
        attachments_endpoint=s3.endpoint,
    )


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Either store, opened as the settings say."""
    if request.param == "s3":
        kept = open_store(request.getfixturevalue("s3_settings"))
    else:
        url = f"file://{tmp_path}/a%20folder"
        kept = open_store(dataclasses.replace(settings(), attachments_url=url))
    return kept


# ---- what every store promises


def test_what_is_put_can_be_got(store: Store) -> None:
    store.put(KEY, CONTENT, "application/pdf")
    assert store.get(KEY) == CONTENT


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="not in the store"):
        store.get(KEY)


def test_putting_twice_does_no_harm(store: Store) -> None:
    for _ in range(2):
        store.put(KEY, CONTENT, "application/pdf")
    assert store.get(KEY) == CONTENT


@pytest.mark.parametrize(
    "key", ["", "x", "../../etc/passwd", f"/{KEY}", f"../{KEY}", f"{KEY}/..", f"{KEY}\n", "ab/.."]
)
def test_no_key_leads_out_of_the_store(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        store.get(key)
    with pytest.raises(ValueError, match="is no key"):
        store.put(key, b"x", "application/pdf")
    with pytest.raises(ValueError, match="is no key"):
        store.delete([key])


def test_the_same_bytes_have_one_key_and_others_another() -> None:
    assert key_of(CONTENT, NOW.astimezone(INDIA), ".pdf") == KEY
    assert key_of(CONTENT[1:], NOW, ".pdf") != KEY


def test_a_key_of_another_day_is_another(store: Store) -> None:
    later = key_of(CONTENT, NOW + timedelta(hours=4), ".pdf")
    assert (KEY[:10], later[:10], later[10:]) == ("2026-07-01", "2026-07-02", KEY[10:])
    store.put(KEY, CONTENT, "application/pdf")
    with pytest.raises(NotFound):
        store.get(later)


OLD_KEY = f"ab/{'c' * 62}.jpg"
"""As keys were before they had a day."""


def kept_in(store: Store, day: date | None = None) -> dict[str, int]:
    """Keys and sizes, as the store lists them."""
    return {each.key: each.size for page in store.pages(day) for each in page}


def test_what_is_kept_is_listed_all_of_it_or_a_days(store: Store) -> None:
    assert (kept_in(store), kept_in(store, NOW.date())) == ({}, {})
    later = key_of(b"later", NOW + timedelta(hours=4))
    for key, content in ((KEY, CONTENT), (later, b"later"), (OLD_KEY, b"old")):
        store.put(key, content, "application/pdf")
    assert kept_in(store) == {KEY: len(CONTENT), later: 5, OLD_KEY: 3}
    assert kept_in(store, NOW.date()) == {KEY: len(CONTENT)}
    (page,) = store.pages(NOW.date())
    assert page[0].day == NOW.date()
    assert abs(page[0].written_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert [each.day for page in store.pages() for each in page].count(None) == 1


def test_a_long_list_comes_some_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("palika.store._AT_ONCE", 2)
    keys = {key_of(bytes([n]), NOW) for n in range(5)}
    for key in keys:
        store.put(key, b"x", "application/pdf")
    pages = list(store.pages(NOW.date()))
    assert {each.key for page in pages for each in page} == keys
    assert max(map(len, pages)) <= 2


def test_what_is_deleted_is_gone_and_deleting_again_does_no_harm(store: Store) -> None:
    other = key_of(b"other", NOW)
    store.put(KEY, CONTENT, "application/pdf")
    store.put(other, b"other", "application/pdf")
    for _ in range(2):
        store.delete([KEY, OLD_KEY])
        assert kept_in(store) == {other: 5}
    store.delete([])
    store.put(KEY, CONTENT, "application/pdf")
    assert store.get(KEY) == CONTENT


def all_refuse(store: Store) -> None:
    """Each step says that the store is away."""
    with pytest.raises(Unavailable):
        store.get(KEY)
    with pytest.raises(Unavailable):
        store.put_file(KEY, Path(__file__), "application/pdf")
    with pytest.raises(Unavailable):
        store.part(KEY, 0, 1)
    with pytest.raises(Unavailable):
        store.put(KEY, CONTENT, "application/pdf")
    with pytest.raises(Unavailable):
        list(store.pages())
    with pytest.raises(Unavailable):
        store.delete([KEY])


def test_what_is_in_a_file_is_kept_too(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "large"
    content = bytes(range(256)) * 80_000
    path.write_bytes(content)
    for _ in range(2):
        store.put_file(KEY, path, "application/pdf")
        assert store.get(KEY) == content


def test_a_part_of_what_is_kept_can_be_had(store: Store) -> None:
    store.put(KEY, CONTENT, "application/pdf")
    assert store.part(KEY, 0, 4) + store.part(KEY, 4, len(CONTENT)) == CONTENT
    assert store.part(KEY, len(CONTENT), 4) == b""
    with pytest.raises(NotFound):
        store.part(OLD_KEY, 0, 4)


# ---- a folder


def test_a_relative_folder_is_within_the_citys_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    assert settings().attachments_url == "file:attachments"
    open_store(settings()).put(KEY, CONTENT, "application/pdf")
    assert (tmp_path / "attachments" / KEY).read_bytes() == CONTENT


def test_a_folder_on_a_broken_disk_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    all_refuse(Folder(tmp_path / "file"))


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable):
        Folder(tmp_path).put(KEY, CONTENT, "application/pdf")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# ---- S3


def test_s3_knows_the_content_type_and_the_prefix(s3: S3Server, s3_settings: Settings) -> None:
    store = open_store(s3_settings)
    store.put(KEY, CONTENT, "application/pdf")
    prefix = s3_settings.attachments_url.removeprefix(f"s3://{BUCKET}/")
    assert s3.content_type(f"{prefix}/{KEY}") == "application/pdf"


def test_s3_that_is_away_is_unavailable(keys: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    all_refuse(ObjectStore(BUCKET, "", endpoint=f"http://127.0.0.1:{port}", timeout_s=5))


def test_s3_that_stalls_is_unavailable_in_time(keys: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        all_refuse(ObjectStore(BUCKET, "", endpoint=endpoint, timeout_s=0.5))
    # Four steps of at most two attempts each.
    assert time.monotonic() - started < 4 * 2 * 0.5 + 10


def test_s3_with_wrong_keys_is_unavailable_and_tells_the_caller_nothing(
    s3_settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    store = open_store(s3_settings)
    all_refuse(store)
    with pytest.raises(Unavailable) as error:
        off_hub(store.get, KEY)
    assert str(error.value) == "the store does not answer; try again"
    assert "privileges" in caplog.text
    assert "not-the-secret" not in caplog.text


def test_a_bucket_that_is_not_there_is_no_answer_about_a_key(s3_settings: Settings) -> None:
    store = open_store(dataclasses.replace(s3_settings, attachments_url="s3://nobodys-bucket"))
    with pytest.raises(Unavailable):
        store.get(KEY)
    with pytest.raises(Unavailable):
        store.put(KEY, CONTENT, "application/pdf")


# ---- crashes, and others that want to get on

_DIE_IN_THE_MIDST = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from palika.store import Folder, key_of
setattr(os, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
content, now = bytes(1_000_000), datetime(2026, 7, 1, tzinfo=UTC)
Folder(Path(sys.argv[1])).put(key_of(content, now), content, "application/pdf")
"""


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_killed_in_the_midst_of_a_write_the_key_is_not_there_and_can_be_put_again(
    tmp_path: Path, moment: str
) -> None:
    command = [sys.executable, "-c", _DIE_IN_THE_MIDST, str(tmp_path), moment]
    assert subprocess.run(command, cwd=ROOT, timeout=60).returncode == -signal.SIGKILL
    content = bytes(1_000_000)
    store = Folder(tmp_path)
    key = key_of(content, NOW)
    with pytest.raises(NotFound):
        store.get(key)
    # What is half written is listed, so that the sweep finds it.
    (left,) = kept_in(store)
    assert left.startswith("2026-07-01/.new-")
    store.put(key, content, "application/pdf")
    assert store.get(key) == content
    store.delete([left])
    assert kept_in(store) == {key: len(content)}


_BESIDE_A_SLOW_STORE = """
import eventlet
eventlet.monkey_patch()
import sys, time
from datetime import UTC, datetime
from palika.blocking import off_hub
from palika.errors import Unavailable
from palika.store import ObjectStore, key_of
store = ObjectStore("city", "", endpoint=sys.argv[1], timeout_s=2)
waiting, longest = True, 0.0
def others():
    global longest
    while waiting:
        before = time.monotonic()
        eventlet.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
def slow():
    try:
        off_hub(store.get, key_of(b"x", datetime.now(UTC)))
    except Unavailable as error:
        return "unavailable"
beside = eventlet.spawn(others)
started = time.monotonic()
answers = [each.wait() for each in [eventlet.spawn(slow) for _ in range(8)]]
took = time.monotonic() - started
waiting = False
beside.wait()
print(*answers, longest / took)
"""


def test_a_store_that_stalls_holds_up_neither_others_nor_its_own_kind(keys: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-W", "ignore", "-c", _BESIDE_A_SLOW_STORE, endpoint]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    *answers, share = done.stdout.split()
    assert answers == ["unavailable"] * 8, done.stderr
    # On the hub, the longest pause would be the whole of eight waits; it is a part of one.
    assert float(share) < 0.5


_BESIDE_PHOTOS = """
import eventlet
eventlet.monkey_patch()
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from palika.blocking import off_hub
from palika.errors import Invalid
from services.grievance.attachments import Kind, check_and_store
from palika.store import Folder
from tests.support.attachments import exif, photo, picture, PUNE
store, now = Folder(Path(sys.argv[1])), datetime.now(UTC)
good = photo(image=picture(2400, 1800), exif=exif(PUNE))
waiting, longest = True, 0.0
def others():
    global longest
    while waiting:
        before = time.monotonic()
        eventlet.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
def attach(content):
    try:
        return off_hub(check_and_store, store, Kind.PHOTO_AFTER, content, now).latitude
    except Invalid:
        return "invalid"
beside = eventlet.spawn(others)
started = time.monotonic()
todo = [good, good[:5000], good[:300]] * 3
answers = [each.wait() for each in [eventlet.spawn(attach, each) for each in todo]]
took = time.monotonic() - started
waiting = False
beside.wait()
print(*answers, longest / took)
"""


def test_photos_good_and_broken_at_once_hold_up_nobody(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", _BESIDE_PHOTOS, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    *answers, share = done.stdout.split()
    assert answers == ["18.5204", "invalid", "invalid"] * 3, done.stderr
    # On the hub, the longest pause would be all of it.
    assert float(share) < 0.5
