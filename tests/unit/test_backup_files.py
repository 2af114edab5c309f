"""What a backup has beside the databases: stores and keys, and a folder that is whole or none."""

import hashlib
import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from palika.backup import BackupError, files
from palika.backup.folder import coming, manifest_of, seal, verified
from palika.config import STORES, settings
from palika.keys import make_key_file
from palika.local import LocalError, Postgres
from palika.store import key_of, open_store

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data of a city, and settings that are read anew."""
    yield _use(tmp_path / "var", monkeypatch)
    settings.cache_clear()


def _use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder.mkdir()
    monkeypatch.setenv("PALIKA_VAR", str(folder))
    settings.cache_clear()
    return folder


def test_what_the_stores_keep_comes_back(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {setting: f"of {setting}".encode() * 1000 for setting in STORES}
    for setting, content in contents.items():
        open_store(settings(), setting).put(key_of(content, NOW, ".txt"), content, "text/plain")
    found = files.copy_stores(tmp_path / "stores")
    assert found == {s: {"contents": 1, "bytes": len(c)} for s, c in contents.items()}
    _use(tmp_path / "other", monkeypatch)
    assert files.put_stores_back(tmp_path / "stores") == dict.fromkeys(STORES, 1)
    for setting, content in contents.items():
        assert open_store(settings(), setting).get(key_of(content, NOW, ".txt")) == content


def test_keys_are_copied_apart_and_come_back_where_they_were(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key_file(var / "notify-keys")
    make_key_file(var / "eoffice-keys")
    (var / "eoffice-keystore").mkdir()
    (var / "eoffice-keystore" / "je-water.p12").write_bytes(b"a key")
    marks = files.marks_of_keys()
    assert sorted(marks) == ["eoffice_keys", "eoffice_keystore/je-water.p12", "notify_keys"]
    assert marks["notify_keys"] == hashlib.sha256((var / "notify-keys").read_bytes()).hexdigest()
    copied = files.copy_keys(tmp_path / "keys")
    assert copied == sorted(marks)
    for name in copied:
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="is there already"):
        files.copy_keys(tmp_path / "keys")

    other = _use(tmp_path / "other", monkeypatch)
    assert files.missing_keys(marks) == sorted(marks)
    assert sorted(files.put_keys_back(tmp_path / "keys", marks)) == sorted(marks)
    assert files.missing_keys(marks) == []
    assert (other / "notify-keys").read_bytes() == (var / "notify-keys").read_bytes()
    assert files.put_keys_back(tmp_path / "keys", marks) == []


def test_keys_of_another_city_are_never_written_over(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key_file(var / "notify-keys")
    make_key_file(var / "portal-keys")
    marks = files.marks_of_keys()
    files.copy_keys(tmp_path / "keys")
    other = _use(tmp_path / "other", monkeypatch)
    make_key_file(other / "portal-keys")
    before = (other / "portal-keys").read_bytes()
    with pytest.raises(BackupError, match="portal-keys has other keys: move it away"):
        files.put_keys_back(tmp_path / "keys", marks)
    assert (other / "portal-keys").read_bytes() == before
    assert not (other / "notify-keys").exists()
    (tmp_path / "keys" / "notify_keys").write_text("wrong")
    with pytest.raises(BackupError, match="notify_keys is not the key file"):
        files.put_keys_back(tmp_path / "keys", marks)


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    target = tmp_path / "backup"

    def half() -> None:
        with coming(target) as folder:
            (folder / "half.dump").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert list(tmp_path.iterdir()) == []
    with coming(target) as folder:
        (folder / "whole.dump").write_bytes(b"whole")
        seal(folder, {"kind": "dumps", "version": "1"})
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert list(verified(target)["files"]) == ["whole.dump"]
    with pytest.raises(BackupError, match="is there already and not empty"), coming(target):
        pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, r"its format is 2; this release reads 1.*release that made it \(7\.1\)"),
        ({"kind": "tape"}, "kind is 'tape'; must be one of"),
        ({"files": []}, "it lists no files"),
    ],
)
def test_a_manifest_says_what_it_is_of(tmp_path: Path, change: dict, said: str) -> None:
    seal(tmp_path, {"kind": "dumps", "version": "7.1"})
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BackupError, match=said):
        manifest_of(tmp_path)


def test_a_manifest_that_was_changed_is_noticed(tmp_path: Path) -> None:
    seal(tmp_path, {"kind": "dumps", "version": "7.1", "one_moment": False})
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace("false", "true"))
    with pytest.raises(BackupError, match=r"manifest\.json is damaged"):
        verified(tmp_path)


def test_an_archive_whose_name_a_shell_would_take_apart_is_refused(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", archive=tmp_path / "a$(b)")
    with pytest.raises(LocalError, match=r"PALIKA_WAL_ARCHIVE: .* a shell is given it"):
        server.start()
    assert list(tmp_path.iterdir()) == []
