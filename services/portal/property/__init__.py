"""What citizens do about property tax: find a property, see what it owes, pay it, estimate a tax;
and, signed in, all about their own."""

from flask import Blueprint, Flask

from services.portal.pages.languages import PREFIX
from services.portal.property import estimating, finding, own, paying


def register(app: Flask) -> None:
    """Add the pages to the application."""
    pages = Blueprint("property", __name__, url_prefix=f"{PREFIX}/property")
    for room in (finding, paying, estimating, own):
        room.add_to(pages)
    app.register_blueprint(pages)
