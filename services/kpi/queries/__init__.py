"""Reads of the KPI service, a question a module."""

from services.kpi.queries.dashboard import dashboard
from services.kpi.queries.measures import measures
from services.kpi.queries.one import kpi

__all__ = ["dashboard", "kpi", "measures"]
