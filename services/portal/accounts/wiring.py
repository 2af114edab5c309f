"""Puts accounts into the application."""

import logging
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any, Final

from flask import Blueprint, Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from palika.config import Settings
from services.portal.accounts import (
    admin,
    citizens,
    cookies,
    doors,
    forms,
    looks,
    officers,
    oidc,
    own,
    tokens,
)
from services.portal.accounts.parts import EXTENSION, Parts
from services.portal.accounts.present import who_if_known
from services.portal.accounts.trying import demo_hints
from services.portal.calls import Calls
from services.portal.commands.tend import tend
from services.portal.pages.languages import PREFIX
from services.portal.store import Store

_FORWARDED: Final = frozenset({"HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR"})

_log = logging.getLogger(__name__)


def register(
    app: Flask, config: Settings, calls: Calls, problem: Callable[[Exception], Response]
) -> None:
    """Add the pages, and look at each request before its view does.

    Args:
        problem: how the application answers an error.

    Raises:
        ValueError: a file of ``data/`` is not as it should be.
    """
    here = Parts(config, Store(config), calls)
    _ = here.roles
    app.extensions[EXTENSION] = here
    app.extensions["engine"] = here.store.engine
    app.extensions["tending"] = (lambda: tend(here.store, here.now()),)
    calls.tell(looks.answered)
    app.before_request(looks.begin)
    app.before_request(partial(doors.guard, app))
    # The last that was added comes first: what is held back sets no cookies.
    app.after_request(cookies.send)
    app.after_request(looks.hold_back(problem))
    app.jinja_env.globals.update(
        form_token=forms.form_token, signed_in=who_if_known, demo_hints=demo_hints
    )
    # Made for this application: a blueprint knows its views.
    accounts = Blueprint("accounts", __name__, url_prefix=f"{PREFIX}/account")
    for room in (officers, citizens, own, oidc, admin, tokens):
        room.add_to(accounts)
    app.register_blueprint(accounts)


def behind_proxies(application: Any, count: int) -> Any:
    """The application, if so many proxies of the city's own stand before it: the outermost of them
    says whom it speaks for, and whether by https. Without any, it is said in the log, once, that
    one is there all the same: then all that it speaks for are one client to the limits."""
    if count:
        return ProxyFix(application, x_for=count, x_proto=count)
    told = Event()

    def listening(environ: dict[str, Any], start: Any) -> Any:
        if not told.is_set() and not _FORWARDED.isdisjoint(environ):
            told.set()
            _log.warning(
                "a request came through a proxy, and PALIKA_PORTAL_PROXIES is 0: if the proxy is "
                "the city's, whoever comes through it is one client to all limits"
            )
        return application(environ, start)

    return listening
