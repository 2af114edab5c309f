"""A new city's folder, from the template beside this module; and the end of one."""

import json
import shutil
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from palika import keystore
from palika.cities.folder import IDENTITY, REMOVED, SECRETS, CityError, CityFolder, all_cities
from palika.config import KEY_FILES, variable_of
from palika.keys import make_key_file

_TEMPLATE: Final = Path(__file__).parent / "template"
_FIRST_PORT: Final = 8081
_SHORT: Final = 40
"""Characters of the short name that a site has."""


def make(city: CityFolder, name_mr: str, name_en: str) -> bool:
    """The folder of a city with its settings, data and secret keys; what is there stays.

    Args:
        name_mr: the corporation's name in Marathi.
        name_en: the same in English.

    Returns:
        Whether it was made now.

    Raises:
        CityError: a city of this name was removed and its folder kept.
        OSError: a file cannot be made.
    """
    kept = city.folder / REMOVED / city.slug
    if kept.exists() and not city.exists:
        raise CityError(
            f"{city.slug} was removed, and its data are kept: mv {kept} {city.path} brings the "
            "folder back, with the keys that its data are sealed with"
        )
    made = not city.exists
    if made:
        _from_template(city, name_mr or city.slug, name_en or city.slug)
    for setting in KEY_FILES:
        make_key_file(city.secrets / setting.replace("_", "-"))
    keystore.make(city.secrets / IDENTITY, keystore.signers())
    city.secrets.chmod(0o700)
    return made


def keep_away(city: CityFolder) -> Path:
    """Take a city's folder out of the installation, with all that is in it; where it is now."""
    place = city.folder / REMOVED
    place.mkdir(mode=0o700, exist_ok=True)
    kept = place / city.slug
    if kept.exists():
        kept = place / f"{city.slug}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    city.path.rename(kept)
    return kept


def _from_template(city: CityFolder, name_mr: str, name_en: str) -> None:
    """Made beside and moved, so that half a city is none."""
    new = city.folder / f".{city.slug}.new"
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700, parents=True)
    names = {"mr": name_mr, "en": name_en}
    names |= {"mr_short": name_mr[:_SHORT].strip(), "en_short": name_en[:_SHORT].strip()}
    # In the template they stand between double quotes, where YAML reads as JSON does.
    said = {key: json.dumps(name, ensure_ascii=False)[1:-1] for key, name in names.items()}
    said |= {"slug": city.slug, "port": str(_free_port(city))}
    for file in sorted(each for each in _TEMPLATE.rglob("*") if each.is_file()):
        to = new / file.relative_to(_TEMPLATE)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(string.Template(file.read_text("utf-8")).safe_substitute(said), "utf-8")
    (new / SECRETS).mkdir(mode=0o700)
    # Whatever else lies in its folder already stays there.
    city.path.mkdir(mode=0o700, exist_ok=True)
    for part in sorted(new.iterdir(), key=lambda each: each.name == "palika.yaml"):
        if not (city.path / part.name).exists():
            part.rename(city.path / part.name)
    shutil.rmtree(new)


def _free_port(city: CityFolder) -> int:
    """The first port of pages that no other city has."""
    variable = variable_of("portal_http_port")
    taken = {other.variables.get(variable) for other in all_cities(city.folder)}
    return next(port for port in range(_FIRST_PORT, 65_536) if str(port) not in taken)
