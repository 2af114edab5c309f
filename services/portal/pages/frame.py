"""What every page stands in: the layout and what it needs, error pages, headers, files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, current_app, make_response, render_template, request
from markupsafe import Markup

from palika.config import Settings
from palika.india import day_of
from services.portal.content import Shelf
from services.portal.errors import Problem
from services.portal.pages import formats, headers, languages, rules, squeezing, words
from services.portal.pages.brand import read_brand
from services.portal.pages.keeping import Front
from services.portal.pages.statics import Statics
from services.portal.pages.words import N_, gettext

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_HTML: Final = "text/html"
_MACHINES: Final = ("/webhooks/", "/open311/", "/openapi.json", "/api/")

MENU: Final = (
    ("site.home", N_("Home")),
    ("site.services", N_("Services")),
    ("site.departments", N_("Departments")),
    ("site.notices", N_("Notices")),
    ("site.tenders", N_("Tenders")),
    ("site.documents", N_("Documents")),
    ("site.news", N_("News")),
    ("transparency.start", N_("How the city does")),
    ("site.contacts", N_("Contacts")),
)
"""The rooms of the public site, in the order in which people look for them."""

_TITLES: Final = {
    400: N_("Something in what you sent is not right"),
    401: N_("Sign in first"),
    403: N_("You may not see this page"),
    404: N_("This page is not here"),
    405: N_("This cannot be done here"),
    409: N_("This cannot be done now"),
    413: N_("What you sent is too large"),
    414: N_("The address is too long"),
    429: N_("Too many requests at once"),
    500: N_("Something has gone wrong on our side"),
    503: N_("This is not available just now"),
}
_HELP: Final = {
    400: N_("Go back, put right what is named here, and send it again."),
    401: N_("Nobody is signed in here any more. Sign in, and do it again."),
    403: N_("Sign in with an account that may see it, or ask the office that sent you here."),
    404: N_("It may have moved, or its address is mistyped. Search, or begin on the home page."),
    405: N_("Go back to the page before and use the buttons there."),
    409: N_("It has changed meanwhile. Look at it again, and decide anew."),
    413: N_("Send a smaller file: a photograph with fewer pixels is enough."),
    414: N_("Begin on the home page and go on from there."),
    429: N_("Wait a few seconds and try again."),
    500: N_("It will be looked into. Try again in a while; if it is urgent, call the helpline."),
    503: N_("Try again in a few seconds. If it is urgent, call the helpline."),
}  # fmt: skip


class Frame:
    """What the layout needs of the application."""

    def __init__(self, config: Settings, shelf: Shelf) -> None:
        """Read the files. Raises ConfigError: those of the city's brand cannot be used."""
        self.shelf = shelf
        self.brand = read_brand(config.portal_brand)
        self.statics = Statics(brand=self.brand)
        self._url = config.portal_url.rstrip("/")

    @property
    def root(self) -> str:
        """The address of the portal as people reach it, without a slash at its end."""
        return self._url or request.url_root.rstrip("/")

    def version(self) -> Any:
        """Of all that pages are made of: the content, and the day, for notices run out by it."""
        return self.shelf.content.version, day_of(datetime.now(UTC))


def register(app: Flask, config: Settings, shelf: Shelf) -> None:
    """Put the application's pages into the frame."""
    frame = Frame(config, shelf)
    app.extensions["frame"] = frame
    languages.register(app)
    words.register(app)
    formats.register(app, lambda: bool(shelf.content.city["devanagari_digits"]))
    rules.register(app)
    headers.register(app, config)
    squeezing.register(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=frame.statics.url, icon=_icon)
    app.context_processor(_context)
    app.wsgi_app = Front(app.wsgi_app, frame.statics.answers, frame.version)  # type: ignore[method-assign]


def frame() -> Frame:
    """That of the application which answers now."""
    found: Frame = current_app.extensions["frame"]
    return found


def wanted() -> bool:
    """Whether who asks reads pages: a browser, or anybody at the address of a page."""
    if request.path.startswith(_MACHINES):
        return False
    if request.path[1:3] in languages.LANGUAGES and request.path[3:4] in ("", "/"):
        return True
    return _HTML in request.headers.get("Accept", "")


def answer_problem(told: Problem) -> Response:
    """An error as a page, in the reader's language, with what to do."""
    if told.stale_form:
        return _answered(told, _stale_form())
    status = told.status if told.status in _TITLES else (400 if told.status < 500 else 500)
    page = render_template(
        "errors/page.html",
        status=told.status,
        heading=gettext(_TITLES[status]),
        help=gettext(_HELP[status]),
        lines=told.lines if status in (400, 409, 500) else (),
    )
    return _answered(told, page)


def _stale_form() -> str:
    # Here, as accounts are made of pages.
    from services.portal.accounts.forms import typed_words

    return render_template("errors/stale_form.html", page=_page_of_form(), written=typed_words())


def _answered(told: Problem, page: str) -> Response:
    answer = make_response(page, told.status, dict(told.headers))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page_of_form() -> str | None:
    """The address of the page that a form was on, if it is the one that it was sent to: whoever has
    to sign in for it is led there first, and back."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not adapter.test(request.path, "GET"):
        return None
    query = request.query_string.decode("ascii", "replace")
    return f"{request.path}?{query}" if query else request.path


def _context() -> dict[str, Any]:
    here = frame()
    return {
        "city": here.shelf.content.city,
        "content": here.shelf.content,
        "language": languages.current(),
        "other_language": languages.other(),
        "language_names": languages.NAMES,
        "in_language": languages.in_language,
        "root": here.root,
        "theme": here.brand.theme,
        "menu": [each for each in MENU if each[0] in current_app.view_functions],
        "today": day_of(datetime.now(UTC)),
    }


def _icon(name: str) -> Markup:
    """A sign of the sprite; it says nothing that the words beside it do not say."""
    sprite = frame().statics.url("icons.svg")
    return Markup(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>'
    ).format(sprite, name)
