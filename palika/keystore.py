"""The keys that vouch for callers: a pair of each who vouches, the public ones in one file.

A folder has ``identity-public.json`` (a JSON Web Key Set, RFC 7517, whose keys name their
``signer``) and ``identity-<signer>.pem`` (PKCS #8) of each who vouches. A process needs the public
file and its own key, and is given no other.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from palika.config import ConfigError, settings, var_directory, variable_of
from palika.keys import write_whole
from palika.local.city import service_names, web_names

_log = logging.getLogger(__name__)

OPERATOR: Final = "operator"
"""Who vouches where no service does: the command line."""

SETTING: Final = "identity_keystore"
PUBLIC: Final = "identity-public.json"
_LOOK_EVERY_S: Final = 5.0
_CURVE: Final = "Ed25519"


def signers() -> list[str]:
    """Everybody who vouches in this city, sorted."""
    return sorted({*service_names(), *web_names(), OPERATOR})


def file_of(signer: str) -> str:
    """The name of the file of a signer's private key."""
    return f"identity-{signer}.pem"


def make(folder: Path, names: Iterable[str]) -> list[Path]:
    """Make the pairs of these signers that are not there; which files were made.

    A private key is for its owner alone (mode 600). What is there stays.

    Raises:
        OSError: a file cannot be written.
        ConfigError: the public file is there and cannot be understood.
    """
    with _alone(folder):
        known = _read_public(folder / PUBLIC)["keys"] if (folder / PUBLIC).exists() else []
        made = []
        for name in sorted(names):
            if not (folder / file_of(name)).exists():
                known.append(_make_pair(folder, name))
                made.append(folder / file_of(name))
        if made or not (folder / PUBLIC).exists():
            _write_public(folder, known)
        return made


def renew(folder: Path, signer: str) -> None:
    """Another pair for a signer. What the key before has signed is believed until ``drop_old``.

    Raises:
        OSError, ConfigError: as ``make``.
    """
    with _alone(folder):
        known = _read_public(folder / PUBLIC)["keys"]
        # The public half first: nobody is to meet a key that no file knows.
        made = OKPKey.generate_key(_CURVE)
        entry = _public_entry(made, signer)
        _write_public(folder, [*known, entry])
        _write_private(folder, signer, made)


def drop_old(folder: Path, signer: str) -> int:
    """Believe of a signer only the key that it has now; how many public keys went.

    Raises:
        OSError, ConfigError: as ``make``; also where the signer has no key here.
    """
    with _alone(folder):
        known = _read_public(folder / PUBLIC)["keys"]
        current = _read_private(folder, signer).thumbprint()
        kept = [each for each in known if each["signer"] != signer or each["kid"] == current]
        _write_public(folder, kept)
        return len(known) - len(kept)


class Keystore:
    """A folder of keys as a process uses it."""

    def __init__(self, folder: Path, *, own: bool) -> None:
        """``own``: the folder is the city's in ``var/``, where what is missing is made."""
        self._folder = folder
        self._own = own
        self._private: dict[str, OKPKey] = {}
        self._public: dict[str, tuple[str, OKPKey]] = {}
        self._seen: tuple[int, int] | None = None
        self._looked = 0.0
        self._version = 0

    def private(self, signer: str) -> OKPKey:
        """The key by which a signer vouches; its ``thumbprint`` is its name.

        Raises:
            ConfigError: it is not there, or cannot be read.
        """
        if signer not in self._private:
            if self._own and not (self._folder / file_of(signer)).exists():
                try:
                    make(self._folder, {*signers(), signer})
                except OSError as error:
                    raise _unreadable(self._folder, error) from error
            self._private[signer] = _read_private(self._folder, signer)
        return self._private[signer]

    def public(self, key_id: str) -> tuple[str, OKPKey] | None:
        """Whose key has this name, and the key; None when nobody's.

        Raises:
            ConfigError: the file was never read, and cannot be.
        """
        if key_id not in self._public:
            self._look_again()
        return self._public.get(key_id)

    def version(self) -> int:
        """One more each time that the public file is found to be another.

        It is looked at every few seconds: a key that was taken out of it is believed no longer.

        Raises:
            ConfigError: the file was never read, and cannot be.
        """
        if time.monotonic() - self._looked > _LOOK_EVERY_S:
            self._look_again()
        return self._version

    def _look_again(self) -> None:
        try:
            self.look()
        except ConfigError as error:
            if self._seen is None:
                raise
            # Half of a change of files, or a disk that is away: those that are known stay so.
            _log.error("the keys of before stay in use: %s", error)
            self._looked = time.monotonic()

    def look(self) -> None:
        """Take the public file as it is now.

        Raises:
            ConfigError: it cannot be read.
        """
        path = self._folder / PUBLIC
        try:
            if self._own and not path.exists():
                make(self._folder, signers())
            found = path.stat()
        except OSError as error:
            raise _unreadable(path, error) from error
        self._looked = time.monotonic()
        state = (found.st_mtime_ns, found.st_ino)
        if state == self._seen:
            return
        keys = _read_public(path)["keys"]
        self._public = {each["kid"]: (each["signer"], _key_of(each, path)) for each in keys}
        self._seen = state
        self._version += 1


def keystore() -> Keystore:
    """That of this process: the folder that ``identity_keystore`` names, else one in ``var/``."""
    # Each call asks: where var/ is, is found out once.
    return _keystore(settings().identity_keystore, os.environ.get("PALIKA_VAR"))


@cache
def _keystore(named: str, _var: str | None) -> Keystore:
    if named:
        return Keystore(Path(named).resolve(), own=False)
    return Keystore(var_directory() / SETTING.replace("_", "-"), own=True)


def _make_pair(folder: Path, signer: str) -> dict[str, Any]:
    made = OKPKey.generate_key(_CURVE)
    _write_private(folder, signer, made)
    return _public_entry(made, signer)


def _public_entry(key: OKPKey, signer: str) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "signer": signer}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time makes keys: the public file has those of all of them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_public(folder: Path, keys: list[dict[str, Any]]) -> None:
    text = json.dumps({"keys": keys}, indent=1) + "\n"
    write_whole(folder / PUBLIC, text.encode(), 0o644)


def _write_private(folder: Path, signer: str, key: OKPKey) -> None:
    write_whole(folder / file_of(signer), key.as_pem(private=True), 0o600)


def _read_private(folder: Path, signer: str) -> OKPKey:
    path = folder / file_of(signer)
    try:
        key = OKPKey.import_key(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error
    except (JoseError, ValueError) as error:
        raise ConfigError(f"{variable_of(SETTING)}: {path} is no private key in PEM") from error
    if not key.is_private or key.curve_name != _CURVE:
        raise ConfigError(f"{variable_of(SETTING)}: {path} is no private key for {_CURVE}")
    return key


def _read_public(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
        for each in found["keys"]:
            if not all(isinstance(each[name], str) for name in ("kid", "signer", "x")):
                raise ValueError("a key without its name, its signer or itself")
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{variable_of(SETTING)}: {path} is no set of keys that name their signers"
        ) from error
    return dict(found)


def _key_of(entry: dict[str, Any], path: Path) -> OKPKey:
    try:
        key = OKPKey.import_key({name: entry[name] for name in ("kty", "crv", "x")})
    except (JoseError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{variable_of(SETTING)}: {path}: the key of {entry['signer']} is none"
        ) from error
    if key.curve_name != _CURVE:
        raise ConfigError(f"{variable_of(SETTING)}: {path}: a key is for {_CURVE} only")
    return key


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{variable_of(SETTING)}: {path} cannot be read or made ({error.strerror}); "
        "`palika secrets init FOLDER` makes the keys of all who vouch for callers"
    )
