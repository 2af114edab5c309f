"""What a search answers."""

from services.portal.api.answers import Names, one, page_of, shape, table, text

_Address = shape("SearchAddress", mr=text(), en=text())
_Hit = shape("SearchHit", type=text(), title=one(Names), summary=one(Names), url=one(_Address))
Found = page_of(
    "SearchFound",
    _Hit,
    types=table(about="How many of each kind."),
    suggestion=text(none=True, about="The query with words that there are, if it found little."),
)
"""What was found, the best first."""
