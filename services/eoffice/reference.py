"""What the city edits (``data/``), read once a process."""

from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml

from palika import city_data
from services.eoffice.domain.diary import Diary, diary
from services.eoffice.domain.letters import Templates, templates
from services.eoffice.domain.linking import Linking, linking
from services.eoffice.domain.numbering import Numbering, numbering
from services.eoffice.domain.phrases import Phrase, phrases
from services.eoffice.domain.powers import Powers, powers
from services.eoffice.domain.reporting import Reporting, reporting
from services.eoffice.domain.retention import Schedule, schedule
from services.eoffice.domain.routes import CityRoute, city_routes
from services.eoffice.domain.standing_in import LongestLeave, longest_leave
from services.eoffice.domain.vouching import Vouchers, vouchers

_Found = TypeVar("_Found")


@cache
def city_numbering() -> Numbering:
    """How files are numbered.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("numbering.yaml", numbering)


@cache
def city_reporting() -> Reporting:
    """How reports count and what acts are called.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("reports.yaml", reporting)


@cache
def city_powers() -> Powers:
    """Who may sanction what, up to how much.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("powers.yaml", powers)


@cache
def city_retention() -> Schedule:
    """How long closed files and receipts are kept, and who weeds them.

    Raises:
        ValueError: the file is not as it should be.
    """
    heads, categories = city_numbering().heads, city_diary().categories
    return _read("retention.yaml", lambda raw: schedule(raw, heads, categories))


@cache
def city_diary() -> Diary:
    """How receipts are numbered and what they may be.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("receipts.yaml", diary)


@cache
def routes_of_city() -> dict[str, CityRoute]:
    """The routes of the whole city, by code.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("routes.yaml", city_routes)


@cache
def city_phrases() -> tuple[Phrase, ...]:
    """The standard phrases of notes, in their order.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("phrases.yaml", phrases)


def _read(name: str, build: Callable[[Any], _Found]) -> _Found:
    try:
        return build(read_data(name))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"services/eoffice/data/{name}: {error}") from error


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = Path(str(resources.files("services.eoffice"))) / "data" / name
    return yaml.safe_load(city_data.own(path).read_text(encoding="utf-8"))


@cache
def volume_pages() -> int:
    """How many pages of correspondence a volume has before the next may begin.

    Raises:
        ValueError: the file is not as it should be.
    """
    pages = read_data("filing.yaml")["volume_pages"]
    if not isinstance(pages, int) or pages < 1:
        raise ValueError("services/eoffice/data/filing.yaml: volume_pages must be a number from 1")
    return pages


@cache
def lowering_level() -> int:
    """From which level on posts make a file less secret, or public.

    Raises:
        ValueError: the file is not as it should be.
    """
    level = read_data("filing.yaml").get("lowered_from_level", 4)
    if not isinstance(level, int) or level < 1:
        raise ValueError(
            "services/eoffice/data/filing.yaml: lowered_from_level must be a number from 1"
        )
    return level


@cache
def city_longest_leave() -> LongestLeave:
    """How long one leave may be.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("leave.yaml", longest_leave)


@cache
def city_vouchers() -> Vouchers:
    """Who agrees to an archive that nothing proves.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("archives.yaml", vouchers)


@cache
def city_linking() -> Linking:
    """Who may be a linked officer, and what they decide.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("leave.yaml", linking)


@cache
def city_letters() -> Templates:
    """The templates of letters.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("letters.yaml", templates)
