"""What the city has sent to a signed-in citizen, and what it may send them."""

from flask import Blueprint, Flask

from services.portal.messages import consenting, listing
from services.portal.pages.languages import PREFIX


def register(app: Flask) -> None:
    """Add the pages to the application."""
    pages = Blueprint("messages", __name__, url_prefix=f"{PREFIX}/account")
    for room in (listing, consenting):
        room.add_to(pages)
    app.register_blueprint(pages)
