"""What no two cities may have in common, and what a city must have."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from palika import keystore
from palika.cities.folder import CityError, CityFolder, all_cities
from palika.config import (
    KEY_FILES,
    STORES,
    ConfigError,
    defaults,
    named_servers_only,
    settings,
    variable_of,
)
from palika.local.city import database_names, web_names

_OPEN: Final = stat.S_IRWXG | stat.S_IRWXO
_ACCOUNTS: Final = (
    "notify_sender",
    "open311_keys",
    "portal_edited",
    "portal_url",
    "razorpay_key_id",
    "razorpay_webhook_secrets",
    "sms_callback_secrets",
    "voice_from",
    "whatsapp_phone_number_id",
    "whatsapp_verify_token",
)
"""Settings that say who speaks, is paid or is reached: with the same, one city would act as the
other."""


def refuse_shared(city: CityFolder) -> None:
    """Refuse a city that has something in common with another one, before anything of it starts.

    Another one whose folder cannot be read keeps nobody from starting: `palika cities check` tells.

    Raises:
        CityError: names both cities, and what they share.
    """
    for other in all_cities(city.folder):
        if other.slug == city.slug:
            continue
        try:
            theirs = _own(other)
        except CityError:
            continue
        for what, value in _own(city).items():
            if told := _clash(what, value, theirs):
                raise CityError(f"the cities {city.slug} and {other.slug} {told}")


def mistakes(folder: Path) -> Iterator[str]:
    """What is wrong with the cities of a folder, a line each; nothing if all is well."""
    read: dict[str, Mapping[str, str]] = {}
    for city in all_cities(folder):
        try:
            read[city.slug] = _own(city)
        except CityError as error:
            yield str(error)
            continue
        yield from _of_one(city)
    slugs = sorted(read)
    for number, one in enumerate(slugs):
        for other in slugs[number + 1 :]:
            for what, value in read[one].items():
                if told := _clash(what, value, read[other]):
                    yield f"the cities {one} and {other} {told}"


def _of_one(city: CityFolder) -> Iterator[str]:
    with as_city(city), named_servers_only():
        for service in (None, *database_names()):
            try:
                settings(service)
            except ConfigError as error:
                yield from (f"{city.slug}: {line}" for line in str(error).splitlines())
                break
    for path in (city.secrets, *sorted(city.secrets.glob("*"))):
        if path.exists() and path.stat().st_mode & _OPEN:
            yield f"{city.slug}: {path} may be read by others: chmod go-rwx {path}"


@contextmanager
def as_city(city: CityFolder) -> Iterator[None]:
    """While this lasts the process has the environment of a city, and nothing of another's."""
    from palika.cities.entering import owned

    before = dict(os.environ)
    for name in owned() & os.environ.keys():
        del os.environ[name]
    os.environ |= {"PALIKA_CITY": city.slug, "PALIKA_CITIES": str(city.folder)}
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def _own(city: CityFolder) -> dict[str, str]:
    """What a city has for itself, by what it is."""
    said = dict(city.variables)
    found: dict[str, str] = {}
    for name in ("AMQP_URI", *(f"{each.upper()}_AMQP_URI" for each in database_names())):
        if uri := said.get(name) or city.secret(name):
            found[f"broker {name}"] = _place(uri)
    for service in database_names():
        if url := said.get(f"{service.upper()}_DATABASE_URL"):
            found[f"database {service}"] = _place(url)
    for store in STORES:
        place = said.get(variable_of(store), str(defaults()[store]))
        relative = urlsplit(place).scheme == "file" and not place.startswith("file:/")
        found[f"store {store}"] = f"file:{city.var}/{place[5:]}" if relative else place.rstrip("/")
    for web in web_names():
        port = said.get(variable_of(f"{web}_http_port"))
        if port and port != "0":
            host = said.get(variable_of(f"{web}_http_host"), str(defaults()[f"{web}_http_host"]))
            found[f"address {web}"] = f"{host}:{port}"
    for setting in KEY_FILES:
        if named := said.get(variable_of(setting)):
            found[f"keys {setting}"] = _digest(Path(named), city)
    if named := said.get(variable_of(keystore.SETTING)):
        found[f"keys {keystore.SETTING}"] = _digest(Path(named) / keystore.PUBLIC, city)
    for setting in _ACCOUNTS:
        if value := said.get(variable_of(setting)):
            found[f"setting {setting}"] = value
    return found


def _clash(what: str, value: str, theirs: Mapping[str, str]) -> str:
    kind, _, name = what.partition(" ")
    if kind == "broker":
        same = [each for each in theirs if each.startswith("broker ") and theirs[each] == value]
        return f"have the same virtual host, {value}" if same else ""
    if kind == "database":
        same = [each for each in theirs if each.startswith("database ") and theirs[each] == value]
        return f"have the same database, {value}" if same else ""
    if kind == "store":
        for each, other in theirs.items():
            if each.startswith("store ") and f"{value}/".startswith(f"{other}/"):
                return f"keep files in the same place, {value} ({variable_of(name)})"
            if each.startswith("store ") and f"{other}/".startswith(f"{value}/"):
                return f"keep files in the same place, {other} ({variable_of(each[6:])})"
        return ""
    if theirs.get(what) != value:
        return ""
    if kind == "keys":
        shared = f"have the same secret keys ({variable_of(name)})"
        return f"{shared}: what one has sealed the other opens"
    if kind == "address":
        return f"are served at the same address, {value}"
    return f"have the same {variable_of(name)}: one would act as the other"


def _place(address: str) -> str:
    """Where it is, without who goes there."""
    parts = urlsplit(address)
    query = f"?{parts.query}" if not parts.hostname else ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or ''}{port}/{unquote(parts.path.removeprefix('/'))}{query}"


def _digest(path: Path, city: CityFolder) -> str:
    try:
        return hashlib.sha256(path.read_bytes().strip()).hexdigest()
    except OSError as error:
        raise CityError(f"{city.slug}: {path} cannot be read: {error.strerror}") from error
