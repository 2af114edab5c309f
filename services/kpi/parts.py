"""The projector of the city's catalogue: which parts of the measures its events feed."""

from functools import cache

from services.kpi.domain.projection import Projector
from services.kpi.reference import city_catalogue


@cache
def city_projector() -> Projector:
    """The rules, with the parts that `data/measures` and `data/departments` define.

    Raises:
        WrongData: the catalogue has mistakes.
    """
    return Projector(city_catalogue().parts())
