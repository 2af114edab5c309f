"""Reads of the KPI service, a question a module."""

from services.kpi.queries.dashboard import dashboard, kpi, measures

__all__ = ["dashboard", "kpi", "measures"]
