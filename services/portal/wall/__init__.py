"""The war room: projects, reviews, actions of one's post, and the screen on its wall."""

from flask import Blueprint, Flask

from services.portal.pages.languages import PREFIX
from services.portal.wall import actions, projects, reviews, screen, sitting


def register(app: Flask) -> None:
    """Add the pages to the application."""
    wall = Blueprint("wall", __name__, url_prefix=PREFIX)
    for room in (projects, reviews, sitting, actions, screen):
        room.add_to(wall)
    app.register_blueprint(wall)
