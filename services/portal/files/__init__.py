"""Files (e-office) on the officers' desk: lists, one file and its note sheet, receipts, letters."""

from flask import Blueprint, Flask

from services.portal.files import (
    common,
    diarising,
    lists,
    many,
    noting,
    one,
    opening,
    papers,
    receipts,
    searching,
    steps,
)
from services.portal.files import letters as letters_
from services.portal.pages.languages import PREFIX


def register(app: Flask) -> None:
    """Add the pages to the application."""
    common.register(app)
    files = Blueprint("files", __name__, url_prefix=f"{PREFIX}/desk/files")
    files.url_value_preprocessor(papers.widen)
    # What has a name of its own goes before the numbers of files, which are paths.
    for room in (lists, searching, opening, many, noting, steps, letters_, papers):
        room.add_to(files)
    for room in (diarising, receipts, one):
        room.add_to(files)
    app.register_blueprint(files)
