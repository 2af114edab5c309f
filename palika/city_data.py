"""What a city among several has in the place of what is shipped: its name, and its files.

A file of ``PALIKA_CITY_DATA`` stands for the one of that name in ``services/<service>/data``. For
grievance and notify their own settings say the same (``PALIKA_GRIEVANCE_DATA``), and these come
first.
"""

from pathlib import Path
from typing import Any, Final

from palika.config import settings
from palika.reading import Reading
from palika.text import Name

_PLACE: Final = "{corporation}"


def own(shipped: Path) -> Path:
    """The file that is in use.

    Args:
        shipped: one below ``services/<service>/data``; any other is in use itself.
    """
    folder = settings().city_data
    parts = shipped.parts
    if not folder or "data" not in parts:
        return shipped
    at = parts.index("data", parts.index("services") if "services" in parts else 0)
    found = Path(folder, parts[at - 1], *parts[at + 1 :])
    return found if found.is_file() else shipped


def corporation(otherwise: Name) -> Name:
    """The corporation's name: as the settings say it, or ``otherwise``."""
    config = settings()
    if not config.city_name_mr:
        return otherwise
    return Name(config.city_name_mr, config.city_name_en)


def with_corporation(raw: Any) -> Any:
    """The content of a file whose texts, by language, say ``{corporation}``: with its name there.

    The file may say at its top how the corporation is called where the settings do not say it:
    ``corporation: {mr: …, en: …}``, which is taken out of it.

    Raises:
        Mistakes: it says it otherwise.
    """
    if not isinstance(raw, dict):
        return raw
    # Where nobody says it, whoever reads the texts finds the blank that nothing fills.
    otherwise = Name(_PLACE, _PLACE)
    if "corporation" in raw:
        reading = Reading()
        said = raw["corporation"]
        otherwise = reading.name("corporation", said if isinstance(said, dict) else {})
        reading.stop_if_wrong()
    name = corporation(otherwise)
    return {key: _said(value, name, "") for key, value in raw.items() if key != "corporation"}


def _said(value: Any, name: Name, language: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _said(each, name, key if key in ("mr", "en") else language)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_said(each, name, language) for each in value]
    if isinstance(value, str) and language in ("mr", "en"):
        return value.replace(_PLACE, name.mr if language == "mr" else name.en)
    return value
