"""What the city edits (``data/``), read once a process."""

from functools import cache

from services.kpi import files
from services.kpi.domain.indicators import Catalogue
from services.kpi.domain.programme import Programme


@cache
def city_catalogue() -> Catalogue:
    """The city's measures and KPIs.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read(files.paths())


@cache
def city_programmes() -> dict[str, Programme]:
    """The programmes that the city takes part in, by code.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_programmes(files.paths(), city_catalogue().indicators)
