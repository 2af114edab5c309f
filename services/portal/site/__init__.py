"""The public site: pages made of the content, and of what the services tell everybody."""

from flask import Flask

from services.portal.asking import Asking
from services.portal.site import helpers, lists, machines, microsites, views

# A blueprint is whole before any application has it.
lists.add_to(views.site)
microsites.add_to(views.site)
machines.add_to(views.root, views.site)


def register(app: Flask, asking: Asking) -> None:
    """Add the pages to the application."""
    helpers.register(app)
    app.extensions["asking"] = asking
    app.register_blueprint(views.root)
    app.register_blueprint(views.site)
