"""Open311 GeoReport v2: the standard's whole, in XML and JSON, under ``/open311/v2``."""

from services.portal.open311.answers import PREFIX, answer_problem, written_problem
from services.portal.open311.views import register

__all__ = ["PREFIX", "answer_problem", "register", "written_problem"]
