"""The web application: ``create_app()`` wires it; gunicorn serves it (``palika run portal``)."""

import time
from contextlib import ExitStack
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, request
from flask_smorest import Api

from palika import spans, tracing
from palika.config import Settings, settings
from palika.errors import PalikaError
from palika.metrics import HTTP_DURATION, HTTP_REQUESTS
from services.portal import (
    accounts,
    api,
    campaigns,
    citizen,
    counter,
    dashboards,
    desk,
    editing,
    entry,
    files,
    messages,
    messaging,
    open311,
    pages,
    site,
    tax,
    wall,
)
from services.portal.accounts.wiring import behind_proxies
from services.portal.asking import Asking
from services.portal.calls import Calls
from services.portal.content import Shelf
from services.portal.content.layers import edited_folder
from services.portal.errors import Problem, problem
from services.portal.property import register as register_property
from services.portal.refusals import for_reader

_LARGEST_BODY = 256 * 1024
_NOT_HTTP = "no request of HTTP; in an address all that is not ASCII is written with %"
_UNREADABLE = {
    414: "the address is too long",
    417: "no such Expect is met",
    431: "the headers are too long",
    501: "no such Transfer-Encoding is read",
}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class _Api(Api):
    """Documents; the errors are the application's."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: see ``_answer_error``."""


def create_app(config: Settings | None = None) -> Flask:
    """Make the application; it connects to nothing yet.

    Raises:
        ConfigError: a file that the settings name is not as it should be.
    """
    config = config or settings("portal")
    app = Flask("palika-portal", static_folder=None, template_folder=str(pages.TEMPLATES))
    app.config.update(
        API_TITLE="Palika",
        API_VERSION=api.VERSION,
        API_SPEC_OPTIONS=api.SPEC_OPTIONS,
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=_LARGEST_BODY,
    )
    app.url_map.strict_slashes = False
    # What has two slashes in a row is not there: it would be answered with HTML that leads on.
    app.url_map.merge_slashes = False
    app.before_request(_begin)
    app.after_request(_count)
    app.teardown_request(_end)
    app.register_error_handler(Exception, _answer_error)
    calls = Calls(config)
    calls.word(for_reader)
    pages.register(app, config, Shelf(config.portal_site, edited=edited_folder(config)))
    site.register(app, Asking(calls, config.workers))
    documented = _Api(app)
    open311.register(documented, app, config, calls)
    api.register(documented, app, calls)
    tax.register(app, calls)
    messaging.register(app, calls)
    citizen.register(app)
    register_property(app)
    messages.register(app)
    campaigns.register(app)
    entry.register(app)
    wall.register(app)
    desk.register(app)
    files.register(app)
    dashboards.register(app)
    counter.register(app)
    accounts.register(app, config, calls, _answer_error)
    editing.register(app)
    app.wsgi_app = behind_proxies(app.wsgi_app, config.portal_proxies)  # type: ignore[method-assign]
    return app


def unreadable(status: int, said: str) -> tuple[bytes, str]:
    """What is answered to what is not HTTP, and its content type: the standard's error.

    Args:
        status: of HTTP.
        said: what was wrong, with the line that the client sent, if it sent one.
    """
    told = Problem(status, (_UNREADABLE.get(status, _NOT_HTTP),))
    return open311.written_problem(told, "json" if ".json" in said else "xml")


def _begin() -> None:
    g.begun = time.perf_counter()
    g.open = ExitStack()
    route = request.url_rule.rule if request.url_rule else None
    method = request.method if request.method in _METHODS else "_OTHER"
    g.open.enter_context(
        tracing.span(
            request.headers.get(tracing.HEADER),
            f"{method} {route}" if route else method,
            kind="server",
            attributes=spans.http_request(method, route, request.scheme),
            # Whether it is recorded is the city's to say.
            trusted=False,
        )
    )


def _end(_: BaseException | None) -> None:
    if "open" in g:
        g.open.close()


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else "other"
    HTTP_REQUESTS.labels(method, route, str(response.status_code)).inc()
    HTTP_DURATION.labels(route).observe(time.perf_counter() - g.begun)
    tracing.note({"http.response.status_code": response.status_code})
    if response.status_code >= 500:
        tracing.fail(str(response.status_code))
    return response


def _answer_error(error: Exception) -> Any:
    # The portal's own, too.
    told = problem(for_reader(error) if isinstance(error, PalikaError) else error)
    accounts.is_problem()
    if request.path.startswith(open311.PREFIX):
        return open311.answer_problem(told)
    if pages.wanted():
        return pages.answer_problem(told)
    answer = jsonify(told.to_dict())
    answer.content_type = "application/problem+json"
    return make_response(answer, told.status, dict(told.headers))
