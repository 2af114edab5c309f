"""What citizens do here: file a grievance, follow it, rate the work, open it again."""

from flask import Blueprint, Flask

from services.portal.citizen import filing, following
from services.portal.pages.languages import PREFIX


def register(app: Flask) -> None:
    """Add the pages to the application."""
    citizen = Blueprint("citizen", __name__, url_prefix=f"{PREFIX}/grievances")
    citizen.url_value_preprocessor(filing.widen)
    for room in (filing, following):
        room.add_to(citizen)
    app.register_blueprint(citizen)
