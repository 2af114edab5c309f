"""One message to many: campaigns, from the wording to what became of each message."""

from flask import Blueprint, Flask

from services.portal.campaigns import one, planning, rejections
from services.portal.pages.languages import PREFIX


def register(app: Flask) -> None:
    """Add the pages to the application."""
    campaigns = Blueprint("campaigns", __name__, url_prefix=f"{PREFIX}/desk/campaigns")
    campaigns.url_value_preprocessor(planning.widen)
    for room in (planning, one, rejections):
        room.add_to(campaigns)
    app.register_blueprint(campaigns)
