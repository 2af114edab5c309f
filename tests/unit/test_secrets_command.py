"""``palika secrets init``: the secret keys of an installation."""

import json
import os
import stat
from pathlib import Path

import pytest

from palika import config, keystore
from palika.config import KEY_FILES, ConfigError, settings, variable_of
from palika.keys import read_keys
from palika.keystore import PUBLIC, Keystore, file_of
from tests.support import commands

KEYS = [setting.replace("_", "-") for setting in KEY_FILES]


def init(folder: Path, *options: str, **variables: str) -> tuple[int, str, str]:
    done = commands.run(["secrets", "init", str(folder), *options], {**os.environ, **variables})
    return done.returncode, done.stdout, done.stderr


def test_it_makes_a_key_for_each_purpose_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    status, said, _ = init(folder)
    assert status == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    identities = folder / "identity"
    assert stat.S_IMODE(identities.stat().st_mode) == 0o700
    for signer in keystore.signers():
        assert stat.S_IMODE((identities / file_of(signer)).stat().st_mode) == 0o600
    assert f"export PALIKA_IDENTITY_KEYSTORE={identities}" in said.splitlines()
    assert sorted(each.name for each in folder.iterdir()) == sorted([*KEYS, "identity"])
    contents = set()
    for setting in KEY_FILES:
        path = folder / setting.replace("_", "-")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        (key,) = read_keys(path.read_text(), path, setting)
        assert len(key) == 32
        contents.add(key)
        assert f"export {variable_of(setting)}={path}" in said.splitlines()
    assert len(contents) == len(KEY_FILES)


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / "portal-keys").unlink()
    before = {str(path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert str(tmp_path / "identity" / "identity-tax.pem") in before
    status, said, told = init(tmp_path, "--json")
    assert status == 0
    assert told.split() == []
    assert {name: Path(name).read_text() for name in before} == before
    assert json.loads(said)["PALIKA_PORTAL_KEYS"] == str(tmp_path / "portal-keys")


@pytest.mark.parametrize("name", ["notify-keys", "identity/identity-notify.pem"])
@pytest.mark.parametrize(("text", "mode"), [("no key\n", 0o600), (None, 0o644)])
def test_what_is_no_key_or_may_be_read_by_others_is_told(
    tmp_path: Path, name: str, text: str | None, mode: int
) -> None:
    init(tmp_path)
    path = tmp_path / name
    path.write_text(text or path.read_text())
    path.chmod(mode)
    status, said, told = init(tmp_path)
    assert status == 1
    assert said == ""
    assert str(path) in told


def test_a_real_city_starts_with_all_keys_named_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, said, _ = init(tmp_path, "--json")
    named = json.loads(said)
    monkeypatch.setenv("PALIKA_PRODUCTION", "yes")
    monkeypatch.delenv("PALIKA_IDENTITY_KEYSTORE")
    settings.cache_clear()
    try:
        with pytest.raises(ConfigError) as caught:
            settings("kpi")
        assert set(named) <= set(str(caught.value).replace(",", "").replace(":", "").split())
        for variable, path in named.items():
            monkeypatch.setenv(variable, path)
        settings.cache_clear()
        assert settings("kpi").production == "yes"
    finally:
        settings.cache_clear()


def test_what_is_a_key_file_is_known_by_its_setting() -> None:
    keys = {name for name in config._SCHEMA.fields if name.endswith("_keys")} - {"open311_keys"}
    assert keys == set(KEY_FILES)


def test_a_key_that_vouches_is_renewed_without_a_moment_in_which_it_does_not(
    tmp_path: Path,
) -> None:
    init(tmp_path)
    folder = tmp_path / "identity"
    store = Keystore(folder, own=False)
    before = store.private("tax").thumbprint()

    def renew(*arguments: str) -> tuple[int, str]:
        command = ["secrets", "renew-identity", str(folder), *arguments]
        done = commands.run(command, dict(os.environ))
        return done.returncode, done.stderr

    assert renew("tax")[0] == 0
    after = Keystore(folder, own=False).private("tax").thumbprint()
    assert after != before
    assert [store.public(each)[0] for each in (before, after)] == ["tax", "tax"]
    status, told = renew("tax", "--drop-old")
    assert (status, told) == (0, "1 public keys of tax are not believed any more\n")
    store.look()
    assert (store.public(before), store.public(after)[0]) == (None, "tax")
    assert stat.S_IMODE((folder / file_of("tax")).stat().st_mode) == 0o600
    status, told = renew("nobody")
    assert status == 1
    assert "nobody is called nobody; there are" in told
    (folder / PUBLIC).write_text("{}")
    status, told = renew("tax")
    assert status == 1
    assert "no set of keys" in told
