"""The cash counter of property tax: a cashier's session, payments with their receipts, the count of
the drawer, the bank."""

from flask import Blueprint, Flask

from services.portal.counter import closing, finding, sessions, taking
from services.portal.pages.languages import PREFIX


def register(app: Flask) -> None:
    """Add the pages to the application."""
    counter = Blueprint("counter", __name__, url_prefix=f"{PREFIX}/desk/counter")
    for room in (finding, taking, sessions, closing):
        room.add_to(counter)
    app.register_blueprint(counter)
