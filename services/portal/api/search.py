"""Search in everything that the city's site says."""

from typing import Any, Final

from palika.errors import Invalid
from services.portal.api import arguments as a
from services.portal.api.operations import Room
from services.portal.api.shapes import search as shapes
from services.portal.pages.frame import frame
from services.portal.site.figures import today
from services.portal.site.searching import search_index

_A_PAGE: Final = 20
_MOST: Final = 100

room = Room("search", "", "The city's site, in both languages.")


def find(q: str, type: str = "", cursor: str = "0", limit: int = _A_PAGE) -> dict[str, Any]:
    """What the site says about words; ``cursor`` is how many have been told.

    Raises:
        Invalid: the cursor is none.
    """
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 6):
        raise Invalid("wrong arguments", {"cursor": ["must be the `next` of a page"]})
    here, begun = frame(), int(cursor)
    found = search_index(here.shelf.content, today()).find(q, type)
    shown = found.hits[begun : begun + limit]
    more = begun + limit < len(found.hits)
    return {
        "items": [
            {
                "type": each.kind,
                "title": {"mr": each.title.mr, "en": each.title.en},
                "summary": {"mr": each.summary.mr, "en": each.summary.en},
                "url": {
                    each_of: f"{here.root}/{each_of}{each.address}" for each_of in ("mr", "en")
                },
            }
            for each in shown
        ],
        "types": found.kinds,
        "suggestion": found.suggestion,
        "next": str(begun + limit) if more else None,
    }


room.read(
    "/search",
    find,
    "Services, notices, offices and whatever else is on the site, in either language.",
    shapes.Found,
    opened=True,
    q=a.words(200, required=True),
    type=a.code(50, about="Only of this kind: services, notices, tenders …"),
    cursor=a.code(5, about="The `next` of the page before."),
    limit=a.whole(1, _MOST),
)
