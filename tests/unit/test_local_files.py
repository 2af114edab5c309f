"""The files in which the local city keeps what it must not lose."""

import os
from pathlib import Path

import pytest

from palika import cli
from palika.local import Broker, Postgres
from palika.local.city import City
from palika.local.parts import lay_out
from palika.local.processes import Identity, LocalError, read_whole, write_whole


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.json"
    write_whole(file, {"kept": 1})
    assert file.stat().st_mode & 0o777 == 0o600

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, {"kept": 2})
    assert read_whole(file, "") == {"kept": 1}


@pytest.mark.parametrize("damage", ["", '{"port": 1', "[]", "\x00\x00", "{}"])
def test_a_damaged_identity_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    (tmp_path / "identity.json").write_text(damage)
    with pytest.raises(LocalError, match=r"identity\.json is damaged .*only copy of the password"):
        Identity(tmp_path, has_data=True).read()


def test_an_identity_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "identity.json").mkdir()
    with pytest.raises(LocalError, match=r"identity\.json cannot be read \(Is a directory\)"):
        Identity(tmp_path, has_data=False).read()


def test_an_identity_is_not_written_anew_at_every_start(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    uri = broker.uri()
    file = tmp_path / "identity.json"
    first = file.stat()
    again = Broker(tmp_path)
    assert again.uri() == uri
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    Identity(tmp_path, has_data=True).write({"ports": {}, "password": "other"})
    assert file.stat().st_ino != first.st_ino


def test_a_server_with_data_and_no_password_says_so(tmp_path: Path) -> None:
    (tmp_path / "rabbitmq" / "mnesia" / "palika@localhost").mkdir(parents=True)
    with pytest.raises(LocalError, match=r"rabbitmq/identity\.json is missing: it has the only"):
        Broker(tmp_path / "rabbitmq").start()
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("18\n")
    with pytest.raises(LocalError, match=r"postgres/identity\.json is missing: it has the only"):
        Postgres(tmp_path / "postgres").start()


def test_damaged_files_of_a_city_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    city = City()
    city.run.mkdir()
    city.state_file.write_text('{"phase": "u')
    for command in (["status"], ["down"], ["env"], ["queues", "list"]):
        assert cli.main(command) == 1
        assert capsys.readouterr().err.startswith(f"palika: {city.state_file} is damaged (")
    (city.run / "ports.json").write_text("")
    with pytest.raises(LocalError, match=r"ports\.json is damaged .*: remove it; other ports"):
        lay_out(city)
