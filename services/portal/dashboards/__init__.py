"""Figures: dashboards of the office, and what the city shows to everybody."""

from flask import Flask

from services.portal.dashboards import one as _one  # noqa: F401 - its views are the blueprint's
from services.portal.dashboards import public
from services.portal.dashboards.views import desk


def register(app: Flask) -> None:
    """Add the pages to the application."""
    app.register_blueprint(desk)
    app.register_blueprint(public.transparency)
