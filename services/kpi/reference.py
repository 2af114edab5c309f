"""What the city edits (``data/``), read once a process."""

from functools import cache

from services.kpi import files
from services.kpi.domain.indicators import Catalogue


@cache
def city_catalogue() -> Catalogue:
    """The city's measures and KPIs.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read(files.paths())
