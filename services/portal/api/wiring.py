"""Puts the API and its document into the application."""

from typing import Any, Final

from flask import Flask
from flask_smorest import Api

from services.portal.api import (
    developers,
    files,
    grievances,
    kpis,
    messages,
    projects,
    properties,
    receipts,
    search,
    webhooks,
)
from services.portal.api.operations import (
    EXTENSION,
    EXTENSION_OF_DOCUMENT,
    Room,
    blueprint_of,
)
from services.portal.calls import Calls

VERSION: Final = "1.0.0"
"""Of the document. ``/api/v1`` stays as it is: what is added makes the second figure one more."""

ROOMS: Final = (
    grievances.room,
    properties.room,
    files.room,
    receipts.room,
    kpis.room,
    projects.room,
    messages.room,
    search.room,
)
"""The resources, in the order of the document."""

SPEC_OPTIONS: Final[dict[str, Any]] = {
    "info": {
        "description": "What a city corporation does for its people, for programs. "
        "How to begin is told at /en/developers and /mr/developers.",
    },
}


def register(documented: Api, app: Flask, calls: Calls) -> None:
    """Add the operations to the application and its document."""
    app.extensions[EXTENSION] = calls
    app.extensions[EXTENSION_OF_DOCUMENT] = documented.spec
    documented.spec.components.security_scheme(
        "token",
        {
            "type": "http",
            "scheme": "bearer",
            "description": "`Authorization: Bearer palika_…`. Which scope is needed is said at "
            "each operation (`x-scope`); a token can do no more than its post may.",
        },
    )
    documented.spec.components.security_scheme(
        "open311",
        {
            "type": "apiKey",
            "in": "query",
            "name": "api_key",
            "description": "To file; it may also be a field of the form. Each system has its own.",
        },
    )
    for room in ROOMS:
        _add(room, documented, app)
    webhooks.document(documented.spec)
    app.register_blueprint(developers.pages)


def _add(room: Room, documented: Api, app: Flask) -> None:
    """As ``Api.register_blueprint``, but that the tag is the resource's name, not the blueprint's:
    pages have blueprints of these names."""
    made = blueprint_of(room)
    app.register_blueprint(made)
    made.register_views_in_doc(documented, app, documented.spec, name=made.name, parameters=None)
    documented.spec.tag({"name": room.tag, "description": room.description})
