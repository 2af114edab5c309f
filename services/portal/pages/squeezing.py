"""Pages that are made for one reader, compressed on their way.

What is the same for everybody is compressed when it is kept (``keeping.py``). A page of who is
signed in has the token of its forms in it: compressed, it tells by its length what of its words is
in the token, too, to whoever puts words into its address and sees how long the answer is (BREACH,
2013). Whoever does that is another site; so pages that another site has led to are sent as they
are.
"""

import gzip
from typing import Final

from flask import Flask, Response, request

from services.portal.pages.keeping import is_kept

_LEAST: Final = 8_000
_LEVEL: Final = 5
_OWN: Final = frozenset({"same-origin", "none"})
"""Of ``Sec-Fetch-Site``: a link of our own pages, or an address that the reader has typed."""


def register(app: Flask) -> None:
    """Compress the pages of the application that may be."""
    app.after_request(squeeze)


def squeeze(response: Response) -> Response:
    """The answer, compressed if it is a page that is worth it and may be."""
    if response.mimetype != "text/html" or is_kept() or response.direct_passthrough:
        return response
    response.headers.add("Vary", "Accept-Encoding")
    response.headers.add("Vary", "Sec-Fetch-Site")
    if (
        "gzip" not in request.headers.get("Accept-Encoding", "")
        or request.headers.get("Sec-Fetch-Site") not in _OWN
        or "Content-Encoding" in response.headers
    ):
        return response
    body = response.get_data()
    if len(body) >= _LEAST:
        response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
