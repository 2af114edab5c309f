"""The folder of a city: ``palika.yaml`` with its settings, ``secrets/`` with a file for each.

``<cities>/<slug>/palika.yaml`` has the names of ``defaults.yaml``. In ``secrets/`` a file has the
name of a variable (``AMQP_URI``, ``TAX_DATABASE_URL``, ``PALIKA_WHATSAPP_TOKEN``) and its value, or
the name of a setting of keys (``portal-keys``). ``site/``, ``brand/`` and ``data/<service>/`` stand
over what is shipped, ``var/`` is what the city has of its own on this machine.
"""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from palika.local.city import ROOT, database_names
from palika.local.processes import LocalError

SETTINGS: Final = "palika.yaml"
SECRETS: Final = "secrets"
REMOVED: Final = ".removed"
SERVERS: Final = ".servers"
IDENTITY: Final = "identity"
"""In its secrets: the keys that vouch for callers (``palika/keystore.py``)."""
SLUG_RULE: Final = (
    "2 to 30 small letters, digits and hyphens, a letter first, no hyphen last and no two together"
)
_SLUG: Final = re.compile(r"[a-z](?:-?[a-z0-9]){1,29}")
_LONGEST: Final = 30
RESERVED: Final = frozenset({"all", "cities", "default", "guest", "operator", "palika", "servers"})
"""Names that mean something else, at the broker, in PostgreSQL or on the command line."""
_DATA: Final = ("grievance_data", "notify_data")
_FOLDERS: Final = {"portal_site": "site", "portal_brand": "brand", "city_data": "data"}


class CityError(LocalError):
    """A city's name, folder or settings are wrong; the message names it and the rule."""

    exit_code = 2


@dataclass(frozen=True)
class CityFolder:
    """One city of an installation.

    Attributes:
        folder: where the cities are.
        slug: its name in addresses, at the broker and in PostgreSQL.

    Raises:
        CityError: the slug is none.
    """

    folder: Path
    slug: str

    def __post_init__(self) -> None:
        refuse_bad_slug(self.slug)

    @property
    def path(self) -> Path:
        """Its own folder."""
        return self.folder / self.slug

    @property
    def var(self) -> Path:
        """What a process of it keeps on this machine."""
        return self.path / "var"

    @property
    def secrets(self) -> Path:
        """Its secrets."""
        return self.path / SECRETS

    @property
    def exists(self) -> bool:
        """Whether there is such a city."""
        return (self.path / SETTINGS).is_file()

    @property
    def underscored(self) -> str:
        """The slug as a part of a database's name."""
        return self.slug.replace("-", "_")

    def database(self, service: str) -> str:
        """The name of a service's database, and of the role that owns it."""
        return database_of(self.slug, service)

    def broker_user(self, service: str | None = None) -> str:
        """The name at the broker of a service, or of the city's operator."""
        return f"palika.{self.slug}" + (f".{service}" if service else "")

    def secret(self, name: str) -> str:
        """What a file of ``secrets/`` says; empty without one."""
        path = self.secrets / name
        try:
            return path.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise CityError(f"{self.slug}: {path} cannot be read ({error})") from error

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """All that the folder says, as the variables of a process that looks after the whole city.

        Raises:
            CityError: there is no such city, or a file of it cannot be used.
        """
        from palika.config import KEY_FILES, variable_of

        if not self.exists:
            raise CityError(_no_such_city(self.folder, self.slug))
        found = {variable_of(name): value for name, value in self._settings().items()}
        for setting, name in _FOLDERS.items():
            if (self.path / name).is_dir():
                found.setdefault(variable_of(setting), str(self.path / name))
        for setting in _DATA:
            if (data := self.path / "data" / setting.removesuffix("_data")).is_dir():
                found.setdefault(variable_of(setting), str(data))
        for setting in KEY_FILES:
            if (keys := self.secrets / setting.replace("_", "-")).is_file():
                found.setdefault(variable_of(setting), str(keys))
        if (identity := self.secrets / IDENTITY).is_dir():
            found.setdefault(variable_of("identity_keystore"), str(identity))
        for name in self._secret_names():
            if name in found and found[name] != self.secret(name):
                raise CityError(f"{self.slug}: {name} stands in {SETTINGS} and in {SECRETS}/, too")
            found[name] = self.secret(name)
        return found | {"PALIKA_CITY": self.slug, "PALIKA_VAR": str(self.var)}

    def of_service(self, service: str) -> dict[str, str]:
        """What a process of one service has instead: its own user at the broker, its database."""
        found = dict(self.variables)
        if own := self.secret(f"{service.upper()}_AMQP_URI"):
            found["AMQP_URI"] = own
        for other in database_names():
            if other != service:
                found.pop(f"{other.upper()}_DATABASE_URL", None)
        return found

    def allowed(self, variable: str) -> frozenset[str]:
        """The values that a variable of this city's processes may have: the city's, a service's."""
        values = {self.variables.get(variable, "")}
        if variable == "AMQP_URI":
            values |= {self.secret(f"{name.upper()}_AMQP_URI") for name in database_names()}
        return frozenset(values - {""})

    def _secret_names(self) -> list[str]:
        if not self.secrets.is_dir():
            return []
        names = (path.name for path in self.secrets.iterdir() if path.is_file())
        return sorted(name for name in names if _VARIABLE.fullmatch(name))

    def _settings(self) -> dict[str, str]:
        from palika.config import defaults
        from palika.yaml_files import Lines, Unusable, loaded, text_of

        path = self.path / SETTINGS
        try:
            text = text_of(path)
            raw = loaded(text)
        except Unusable as error:
            raise CityError(f"{path}, line {error.line}: {error.rule}") from error
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            raise CityError(f"{path}, line 1: must have settings and their values")
        known = defaults().keys() - {"city"}
        for name, value in raw.items():
            line = Lines(text).of([str(name)])
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise CityError(f"{path}, line {line}: there is no setting {name}{hint}")
            if isinstance(value, dict):
                raise CityError(f"{path}, line {line}: {name}: must be one value")
        return {name: _plain(value) for name, value in raw.items()}


_VARIABLE: Final = re.compile(r"AMQP_URI|([A-Z]+_)?DATABASE_URL|PALIKA_[A-Z0-9_]+|AWS_[A-Z0-9_]+")


def refuse_bad_slug(slug: str) -> None:
    """Raises CityError: the name of a city is no slug, or means something else."""
    if not is_slug(slug):
        raise CityError(f"{slug!r} is no name of a city: accepted are {SLUG_RULE}")
    if slug in RESERVED:
        raise CityError(f"{slug!r} is no name of a city: it means something else")


def is_slug(text: str) -> bool:
    """Whether it has the form of a city's name."""
    return len(text) <= _LONGEST and bool(_SLUG.fullmatch(text))


def database_of(slug: str, service: str) -> str:
    """The name of a service's database: that of a city, or the only one's without a slug."""
    return f"palika_{slug.replace('-', '_')}_{service}" if slug else f"palika_{service}"


def cities_folder() -> Path | None:
    """Where the cities are: ``cities/``, or what PALIKA_CITIES names. None, if that is empty: the
    environment of each process says all, as in a container."""
    named = os.environ.get("PALIKA_CITIES")
    if named == "":
        return None
    return Path(named).resolve() if named else ROOT / "cities"


def needed_folder() -> Path:
    """Where the cities are.

    Raises:
        CityError: PALIKA_CITIES is empty.
    """
    folder = cities_folder()
    if folder is None:
        raise CityError("PALIKA_CITIES is empty: it names the folder with the cities")
    return folder


def all_cities(folder: Path) -> list[CityFolder]:
    """The cities of a folder, by their names; what is no city's is left out."""
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        if _SLUG.fullmatch(path.name) and (path / SETTINGS).is_file():
            found.append(CityFolder(folder, path.name))
    return found


def _no_such_city(folder: Path, slug: str) -> str:
    known = ", ".join(each.slug for each in all_cities(folder)) or "none"
    return (
        f"there is no city {slug!r} in {folder}; there are: {known} (PALIKA_CITIES names another "
        "folder; empty, it says that the environment has all)"
    )


def _plain(value: Any) -> str:
    # YAML 1.1 takes a bare yes for a truth.
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    return "" if value is None else str(value)
