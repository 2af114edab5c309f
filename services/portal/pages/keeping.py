"""Pages that are the same for everybody, answered from memory before Flask is entered.

A view says so with ``keep(seconds)``. What it answers is kept whole, also compressed, until the
content of the site has another version, the day has changed, or the seconds are over. A request
with any cookie is nobody's page but its own: it goes to the application. So does one that says
where the portal is mounted.
"""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import request

from palika.metrics import HTTP_REQUESTS

_ENVIRON: Final = "palika.keep"
_MOST_BYTES: Final = 24_000_000
_LEAST_COMPRESSED: Final = 400
_PROXY_S: Final = 1
"""A proxy of the city's that keeps pages need not ask for so long (nginx: ``X-Accel-Expires``)."""
_SQUEEZED: Final = ("text/", "application/javascript", "image/svg+xml", "application/rss+xml",
                    "application/xml", "application/json")  # fmt: skip
_COOKIE: Final = "set-cookie"
_LEFT_OUT: Final = {"content-length", "etag", "content-encoding"}

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer of status 200: its headers and its body, as it is and compressed."""

    plain: bytes
    squeezed: bytes | None
    etag: str
    plain_headers: list[tuple[str, str]]
    squeezed_headers: list[tuple[str, str]]
    route: str

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return len(self.plain) + len(self.squeezed or b"") + 1_000

    def send(self, environ: Mapping[str, Any], start: Start) -> list[bytes]:
        """Answer a GET or HEAD: 200, or 304 to who has it."""
        squeezed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") and self.squeezed
        headers = self.squeezed_headers if squeezed else self.plain_headers
        if self.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start("304 Not Modified", [each for each in headers if each[0] != "Content-Length"])
            return []
        start("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [squeezed or self.plain]


def kept(body: bytes, headers: Mapping[str, str], route: str) -> Kept:
    """An answer made ready to be sent any number of times.

    Raises:
        ValueError: it sets a cookie, which is one browser's and nobody else's.
    """
    if any(name.lower() == _COOKIE for name in headers):
        raise ValueError(f"an answer of {route} that sets a cookie is for nobody else")
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    kind = headers.get("Content-Type", "")
    squeezed = None
    if len(body) >= _LEAST_COMPRESSED and kind.startswith(_SQUEEZED):
        squeezed = gzip.compress(body, 6, mtime=0)
    own = [(name, value) for name, value in headers.items() if name.lower() not in _LEFT_OUT]
    own.append(("ETag", etag))
    if squeezed is not None and "Vary" not in headers:
        own.append(("Vary", "Accept-Encoding"))
    packed = [*own, ("Content-Encoding", "gzip"), ("Content-Length", str(len(squeezed or b"")))]
    return Kept(body, squeezed, etag, [*own, ("Content-Length", str(len(body)))], packed, route)


def keep(seconds: float) -> None:
    """The page that is being made is the same for everybody; of what it is made may change after
    so many seconds."""
    route = request.url_rule.rule if request.url_rule else "none"
    request.environ[_ENVIRON] = (seconds, route)


def is_kept() -> bool:
    """Whether the page that is being made is the same for everybody."""
    return _ENVIRON in request.environ


def keep_nothing() -> None:
    """The page that is being made lacks a part: the next one may have it."""
    request.environ.pop(_ENVIRON, None)


class Front:
    """What stands before the application."""

    def __init__(
        self,
        application: Application,
        statics: Mapping[str, Kept],
        version: Callable[[], Any],
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        """Prepare.

        Args:
            application: who makes what is not kept.
            statics: answers by path, for good.
            version: of all that pages are made of; what was kept under another one is made anew.
            most_bytes: what is kept in memory at most; what was asked for longest ago goes first.
        """
        self._application = application
        self._statics = statics
        self._version = version
        self._most_bytes = most_bytes
        self._pages: OrderedDict[str, tuple[Kept, Any, float]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer from memory, or ask the application."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start)
        static = self._statics.get(environ["PATH_INFO"])
        if static is not None:
            return _counted(static, environ, start)
        # Where the portal is mounted is in every link of a page: one for who says so is theirs.
        if environ.get("HTTP_COOKIE") or environ.get("SCRIPT_NAME"):
            return self._application(environ, start)
        root = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}"
        key = f"{root} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        version = self._version()
        found = self._find(key, version)
        if found is not None:
            return _counted(found, environ, start)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self._application(environ, start)
        return self._make(key, version, environ, start)

    def _find(self, key: str, version: Any) -> Kept | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None:
                return None
            found, of, until = page
            if of != version or time.monotonic() >= until:
                del self._pages[key]
                self._bytes -= found.size
                return None
            self._pages.move_to_end(key)
            return found

    def _make(
        self, key: str, version: Any, environ: dict[str, Any], start: Start
    ) -> Iterable[bytes]:
        told: list[Any] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told[:] = [status, headers, exc_info]
            return lambda _: None

        made = self._application(environ, begin)
        status, headers, exc_info = told
        wanted = environ.get(_ENVIRON)
        sets_cookie = any(name.lower() == _COOKIE for name, _ in headers)
        if wanted is None or sets_cookie or not status.startswith("200"):
            start(status, headers, exc_info)
            return made
        try:
            body = b"".join(made)
        finally:
            close = getattr(made, "close", None)
            if close is not None:
                close()
        seconds, route = wanted
        # Before all others: after a Cache-Control nginx does not look at it any more.
        told_proxy = {"X-Accel-Expires": str(min(_PROXY_S, int(seconds)))}
        page = kept(body, told_proxy | dict(headers), route)
        self._put(key, page, version, time.monotonic() + seconds)
        # The application has counted it.
        return page.send(environ, start)

    def _put(self, key: str, page: Kept, version: Any, until: float) -> None:
        with self._lock:
            if key in self._pages:
                self._bytes -= self._pages.pop(key)[0].size
            self._pages[key] = (page, version, until)
            self._bytes += page.size
            while self._bytes > self._most_bytes and self._pages:
                _, (gone, *_) = self._pages.popitem(last=False)
                self._bytes -= gone.size


def _counted(page: Kept, environ: dict[str, Any], start: Start) -> list[bytes]:
    def begin(status: str, headers: list[tuple[str, str]]) -> Any:
        HTTP_REQUESTS.labels(environ["REQUEST_METHOD"], page.route, status[:3]).inc()
        return start(status, headers)

    return page.send(environ, begin)
