"""The editor of the site: a department writes, somebody else looks at it and puts it out.

Drafts and versions lie in the portal's database; what is out is files, in a folder of this portal's
own that stands above that of the site, so that all pages are made as before.
"""

from flask import Blueprint, Flask

from services.portal.accounts.parts import EXTENSION as PARTS
from services.portal.editing import deciding, lists, writing
from services.portal.editing.places import Place
from services.portal.editing.spreading import EXTENSION, Spreader
from services.portal.editing.wording import ACTS, CHOICES, KINDS
from services.portal.pages.frame import Frame
from services.portal.pages.languages import PREFIX
from services.portal.reference import editing_rules

__all__ = ["Place", "register"]


def register(app: Flask) -> None:
    """Add the pages to the application, which has its frame and its accounts.

    Raises:
        ValueError: ``data/editing.yaml`` is not as it should be.
    """
    frame: Frame = app.extensions["frame"]
    spreader = Spreader(app.extensions[PARTS], frame.shelf, editing_rules())
    app.extensions[EXTENSION] = spreader
    app.extensions["watching"] = (spreader.watch,)
    editing = Blueprint("editing", __name__, url_prefix=f"{PREFIX}/desk/site")
    editing.url_value_preprocessor(writing.widen)
    for room in (lists, writing, deciding):
        room.add_to(editing)
    app.register_blueprint(editing)
    app.jinja_env.globals.update(edited_kinds=KINDS, editing_acts=ACTS, edited_choices=CHOICES)
