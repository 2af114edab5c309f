"""The portal's own files (styles, scripts, pictures), read once: each at an address with a part of
its hash, so that a browser keeps it for good and still has the new one at once.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from services.portal.pages.brand import Brand
from services.portal.pages.keeping import Kept, kept

FOLDER: Final = Path(__file__).parent.parent / "static"
PREFIX: Final = "/static/"
_SHEETS: Final = {"css/desk/": "desk.css", "css/": "site.css"}
"""What of the folder is one style sheet. A citizen's telephone need not have the desk's."""
_FOREVER: Final = "public, max-age=31536000, immutable"


class Statics:
    """The files of a folder. The style sheets of ``css/`` are one file, ``site.css``, in the order
    of their names, and those of ``css/desk/`` another, ``desk.css``, which comes after it."""

    def __init__(self, folder: Path = FOLDER, brand: Brand | None = None) -> None:
        """Read them; what a city has for its brand stands in their place, or comes after them."""
        found = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        for within, sheet in _SHEETS.items():
            names = [name for name in found if name.startswith(within)]
            found[sheet] = b"\n".join(found.pop(name) for name in names)
        if brand is not None:
            if brand.style:
                found["site.css"] += b"\n" + brand.style.encode()
            if brand.emblem is not None:
                found["img/emblem.svg"] = brand.emblem
        self._urls: dict[str, str] = {}
        self._answers: dict[str, Kept] = {}
        for name, body in found.items():
            stem, dot, ending = name.rpartition(".")
            url = f"{PREFIX}{stem}.{hashlib.sha256(body).hexdigest()[:10]}{dot}{ending}"
            self._urls[name] = url
            self._answers[url] = kept(body, _headers(name), "static")

    def url(self, name: str) -> str:
        """The address of a file: ``url("icons.svg")``. Raises KeyError: there is none."""
        return self._urls[name]

    @property
    def answers(self) -> Mapping[str, Kept]:
        """What is answered, by address."""
        return self._answers


def _headers(name: str) -> dict[str, str]:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return {
        "Content-Type": kind,
        "Cache-Control": _FOREVER,
        "X-Content-Type-Options": "nosniff",
    }
