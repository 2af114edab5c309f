"""Who may enter where: one entry for each route, looked at before the route is.

A view says it with a decorator, a blueprint of which all is alike in ``BLUEPRINTS``. A route
without an entry is for nobody; ``tests/integration/portal/test_doors.py`` walks all of them as
every role.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask, redirect, request, url_for

from palika.auth import NOBODY
from palika.errors import Forbidden
from palika.roles import ROLES
from services.portal.accounts import forms
from services.portal.accounts.present import Present, act_as, program, who
from services.portal.domain.scopes import SCOPES, covers
from services.portal.errors import SignInNeeded, StaleForm
from services.portal.pages.languages import LANGUAGES

_log = logging.getLogger(__name__)

SOMEBODY: Final = "somebody"
"""Whoever is signed in, whatever they may do."""
_PEOPLE: Final = ROLES - {"service"}
_ATTRIBUTE: Final = "palika_door"
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Door:
    """Who may enter.

    Attributes:
        roles: one of them is needed; with ``anonymous`` among them nobody is asked.
        scope: what a program's token has to be good for; None: programs come by no token.
        machine: whoever comes has no session and no forms of ours: a signature, a key of its own,
            or nothing at all. Cookies say nothing there.
        programs: only programs enter, by their token; a session is none.
    """

    roles: frozenset[str]
    scope: str | None = None
    machine: bool = False
    programs: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked who they are."""
        return NOBODY in self.roles

    def lets_in(self, present: Present) -> bool:
        """Whether somebody may enter."""
        if self.is_open or not self.roles.isdisjoint(present.roles):
            return True
        return SOMEBODY in self.roles and present.is_somebody


ANYBODY: Final = Door(_PEOPLE)
MACHINES: Final = Door(_PEOPLE, machine=True)

BLUEPRINTS: Final[dict[str, Door]] = {
    "open311": MACHINES,
    "api-docs": MACHINES,
    "messaging": MACHINES,
    "webhooks": MACHINES,
    "tax": ANYBODY,
    "root": ANYBODY,
    "site": ANYBODY,
}
"""Blueprints of which every route is alike. What carriers and gateways send is signed; Open311 has
keys of its own for filing."""


def door(*roles: str, scope: str | None = None, programs: bool = False) -> Callable[[View], View]:
    """Say of a view who may enter: ``@door("officer", "supervisor")``, ``@door("anonymous")``,
    ``@door(SOMEBODY)``; with ``scope`` programs come by a token that is good for it, too, and with
    ``programs`` nobody else does.

    Raises:
        ValueError: no role, or one that does not exist; a scope that does not.
    """
    unknown = set(roles) - _PEOPLE - {SOMEBODY}
    if unknown or not roles:
        raise ValueError(f"a door is for roles that there are, not {sorted(unknown)}")
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"there is no scope {scope}")
    known = frozenset(roles)
    return marked(Door(_PEOPLE if NOBODY in known else known, scope, programs=programs))


def marked(made: Door) -> Callable[[View], View]:
    """Say it with an entry that is made already."""

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, made)
        return view

    return mark


def door_of(app: Flask, endpoint: str) -> Door | None:
    """The entry of a route; None: it has none."""
    found = getattr(app.view_functions.get(endpoint), _ATTRIBUTE, None)
    return found or BLUEPRINTS.get(endpoint.rpartition(".")[0])


def guard(app: Flask) -> Any:
    """Before a request: whether it may enter; an answer in its place, where there is one.

    Raises:
        Forbidden: it may not, or its form is not ours; ``StaleForm``, where nobody is signed in.
        SignInNeeded: somebody has to be signed in, and who asks is a program.
        TooMany: too many forms.
        Unavailable: it cannot be found out for now.
    """
    if request.endpoint is None:
        return None
    here = door_of(app, request.endpoint)
    if here is None:
        _log.error("the route %s has no entry in the table of doors", request.url_rule)
        raise Forbidden("nobody may enter here")
    if here.machine:
        return None
    present = program() if here.scope is not None else None
    if present is not None:
        act_as(present)
        assert present.scopes is not None
        if not covers(present.scopes, str(here.scope)):
            raise Forbidden(f"this token is not good for {here.scope}")
    elif here.programs:
        raise SignInNeeded("send a token: Authorization: Bearer palika_…")
    else:
        if here.is_open:
            if request.method in _CHANGING:
                forms.check(required=False)
            return None
        present = who()
    if not present.is_somebody:
        return _to_sign_in(here)
    if not here.lets_in(present):
        if present.scopes is None:
            raise Forbidden("this is not for you")
        roles, post = ", ".join(sorted(here.roles)), present.post
        holder = post.code if post is not None else "none"
        raise Forbidden(
            f"the scope {here.scope} is there, but this is for who has a role of {roles}; the post "
            f"of this token is {holder}"
        )
    if request.method in _CHANGING and present.scopes is None:
        # Only now: a form is read whole to find its token, and may be as large as a paper.
        forms.check(required=True)
    return None


def _to_sign_in(here: Door) -> Any:
    program = here.scope is not None and not _is_of_a_person()
    if program:
        raise SignInNeeded("sign in first")
    if request.method in _CHANGING:
        # Its session is over, as a rule: the page of that leads to the form, and so to signing in.
        raise StaleForm(forms.STALE)
    room = "accounts.citizen" if "citizen" in here.roles else "accounts.officer"
    return redirect(url_for(room, next=request.full_path.rstrip("?")), 303)


def _is_of_a_person() -> bool:
    """Whether a page was asked for, and no token was shown."""
    return request.path[1:3] in LANGUAGES and "Authorization" not in request.headers
