"""What the city has written for its documents, read once a process."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from palika import city_data
from palika.reading import Reading
from palika.text import Name
from services.tax.documents.upi import is_address
from services.tax.domain.notices import Ladder
from services.tax.domain.notices_file import ladder as ladder_of
from services.tax.files.yaml_file import parsed

_DATA: Final = Path(str(resources.files("services.tax"))) / "data"
NOTICES: Final = _DATA / "notices.yaml"
"""The shipped ladder of recovery."""
TEMPLATES: Final = _DATA / "documents"
"""The folder of the templates, the wording and the city's own particulars."""


@cache
def ladder() -> Ladder:
    """The city's ladder of recovery.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(NOTICES), ladder_of)


@dataclass(frozen=True, slots=True)
class City:
    """Whose documents these are: see ``data/documents/city.yaml``."""

    corporation: Name
    department: Name
    office: Name
    contact: Name
    upi_address: str
    upi_name: str
    upi_category: str
    upi_limit_paise: int
    objection_days: int
    objection_to: Name
    ways_to_pay: Name


@cache
def city() -> City:
    """The city's particulars.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    found = parsed(city_data.own(TEMPLATES / "city.yaml"), city_of)
    return replace(found, corporation=city_data.corporation(found.corporation))


@cache
def wording() -> Mapping[str, Name]:
    """The words of documents, by their code.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(TEMPLATES / "wording.yaml"), wording_of)


def city_of(raw: Any) -> City:
    """Check and build what a city wrote. Raises Mistakes."""
    reading = Reading()
    names = ("corporation", "department", "office", "contact", "ways_to_pay")
    top = reading.mapping("file", raw, (*names, "upi", "objection"))
    reading.stop_if_wrong()
    named = {key: _name(reading, key, top[key]) for key in names}
    upi = reading.mapping("upi", top["upi"], ("address", "name", "category", "limit_rupees"))
    objection = reading.mapping("objection", top["objection"], ("days", "to"))
    address = reading.text("upi, address", upi["address"])
    if address and not is_address(address):
        reading.wrong("upi, address", "must be an address like propertytax@bank")
    category = reading.text("upi, category", upi["category"])
    if category and not re.fullmatch("[0-9]{4}", category, re.ASCII):
        reading.wrong("upi, category", 'must be four digits in quotes, like "9311"')
    found = City(
        **named,
        upi_address=address,
        upi_name=reading.text("upi, name", upi["name"]),
        upi_category=category,
        upi_limit_paise=reading.rupees("upi, limit_rupees", upi["limit_rupees"]),
        objection_days=reading.whole("objection, days", objection["days"], 1, 365),
        objection_to=_name(reading, "objection, to", objection["to"]),
    )
    reading.stop_if_wrong()
    return found


def wording_of(raw: Any) -> Mapping[str, Name]:
    """Check the words of documents. Raises Mistakes."""
    reading = Reading()
    words = {
        code: _name(reading, place, each)
        for place, code, each in reading.entries(
            "words", reading.mapping("file", raw, ("words",))["words"]
        )
    }
    for code, name in words.items():
        if _blanks(name.mr) != _blanks(name.en):
            reading.wrong(f"words, {code}", "must have the same braces in mr and in en")
    reading.stop_if_wrong()
    return words


def _blanks(text: str) -> set[str]:
    return set(re.findall(r"\{[^}]*\}", text))


def _name(reading: Reading, place: str, raw: Any) -> Name:
    return reading.name(place, reading.mapping(place, raw, ("mr", "en")))
