"""The officers' desk: what waits for them, grievances, acts on many of them, the help desk.

Other rooms of the office have blueprints of their own; ``frame.py`` is what all of them share.
"""

from flask import Blueprint, Flask

from palika.roles import post_of
from services.portal.desk import bulk, frame, grievance, helping, inbox, listing
from services.portal.pages.languages import PREFIX


def register(app: Flask) -> None:
    """Add the menu and the desk's own pages to the application."""
    frame.register(app)
    # What is in the reader's language has letters of it: what has none is English.
    app.jinja_env.filters["ascii"] = str.isascii
    app.jinja_env.filters["post"] = post_of
    desk = Blueprint("desk", __name__, url_prefix=f"{PREFIX}/desk")
    desk.url_value_preprocessor(grievance.widen)
    for room in (inbox, listing, grievance, bulk, helping):
        room.add_to(desk)
    app.register_blueprint(desk)
