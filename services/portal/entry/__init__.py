"""Values that people enter by hand, and the marks and evidence of scorecards."""

from flask import Blueprint, Flask

from services.portal.entry import batches, desks, files, forms, record, scorecards
from services.portal.pages.languages import PREFIX


def register(app: Flask) -> None:
    """Add the pages to the application."""
    entry = Blueprint("entry", __name__, url_prefix=f"{PREFIX}/desk/kpi-entry")
    entry.url_value_preprocessor(files.widen)
    for room in (desks, scorecards, batches, forms, files, record):
        room.add_to(entry)
    app.register_blueprint(entry)
