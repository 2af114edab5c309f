"""Every route of the application, walked as every role, against the table of doors."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, Rule, UUIDConverter
from werkzeug.test import TestResponse

from palika.local import Postgres
from palika.roles import ROLES
from services.portal.accounts import officers
from services.portal.accounts.doors import SOMEBODY, Door, door, door_of
from tests.support.portal_accounts import POSTS, Browser, House, house_on

PEOPLE = ("anonymous", "citizen", "helpdesk", "officer", "supervisor", "admin")
_HOLDS = {
    "anonymous": {"anonymous"},
    "citizen": {"citizen"},
    "helpdesk": {"helpdesk"},
    "officer": {"officer"},
    "supervisor": {"officer", "supervisor"},
    "admin": {"officer", "supervisor", "admin"},
}
"""The roles that somebody of a role has."""
_SOME_ID = "00000000-0000-7000-8000-000000000000"
_NOTHING: dict[str, str] = {}


@pytest.fixture(scope="module")
def city(postgres: Postgres) -> Iterator[House]:
    """The application; its services are all away."""
    with house_on(postgres) as made:
        yield made


@pytest.fixture(scope="module")
def people(city: House) -> dict[str, Browser]:
    """Somebody of each role."""
    return {
        role: city.browser() if role == "anonymous" else city.signed_in(role) for role in PEOPLE
    }


def walked(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route with each of its methods."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def path_of(app: Flask, rule: Rule) -> str:
    """An address of a route."""
    fixed = rule.defaults or {}
    values = {each: _value(rule, each) for each in rule.arguments if each not in fixed} | fixed
    with app.test_request_context():
        built = rule.build(values, append_unknown=False)
    assert built is not None, rule
    return str(built[1])


def _value(rule: Rule, name: str) -> str:
    converter = rule._converters[name]
    if isinstance(converter, UUIDConverter):
        return _SOME_ID
    if isinstance(converter, AnyConverter):
        return "en" if name == "language" else min(converter.items)
    return "1"


def refused(answer: TestResponse) -> bool:
    """Whether an answer is that one may not enter."""
    sent_away = answer.status_code == 303 and (
        "/account/sign-in" in answer.location or "/account/citizen?" in answer.location
    )
    return sent_away or answer.status_code in (401, 403)


def expected(here: Door, role: str) -> bool:
    """Whether somebody may enter, worked out without the code that decides it."""
    if here.programs:
        # They come by a token; nobody here has one.
        return False
    if "anonymous" in here.roles:
        return True
    return bool(here.roles & _HOLDS[role]) or (SOMEBODY in here.roles and role != "anonymous")


def test_every_route_has_an_entry(city: House) -> None:
    without = [
        str(rule) for rule, _ in walked(city.app) if door_of(city.app, rule.endpoint) is None
    ]
    assert without == []


def test_a_route_without_an_entry_is_for_nobody(
    city: House, people: dict[str, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = "Sign in for officers"
    for role, status in (("before", 200), ("anonymous", 403), ("admin", 403)):
        if role == "anonymous":
            monkeypatch.delattr(officers.sign_in, "palika_door")
        browser = people.get(role, city.browser())
        answer = browser.get("/en/account/sign-in")
        assert answer.status_code == status
        assert (shown in answer.text) == (status == 200)


@pytest.mark.parametrize("role", PEOPLE)
def test_every_route_lets_in_whom_its_door_names_and_nobody_else(
    city: House, people: dict[str, Browser], role: str
) -> None:
    wrong = []
    walked_through = 0
    for rule, method in walked(city.app):
        here = door_of(city.app, rule.endpoint)
        assert here is not None
        browser = _anew(city, people, role, rule)
        answer = _ask(city, browser, path_of(city.app, rule), method, machine=here.machine)
        may = expected(here, role)
        if rule.endpoint in _REFUSE_BY_THEMSELVES and may:
            continue
        walked_through += 1
        if refused(answer) == may:
            wrong.append(f"{role} {method} {rule}: {answer.status}")
    assert wrong == []
    assert walked_through > 60


_REFUSE_BY_THEMSELVES = frozenset(
    {
        # Whoever has no errand there is sent to the beginning; a signature or a post is missing.
        *("accounts.second", "accounts.enrol", "accounts.code", "accounts.oidc_back"),
        *("accounts.post", "messaging.whatsapp", "messaging.whatsapp_challenge"),
    }
)


def _anew(city: House, people: dict[str, Browser], role: str, rule: Rule) -> Browser:
    """The browser of a role; where the last route has ended its session, another one."""
    if role != "anonymous" and rule.endpoint in ("accounts.sign_out", "accounts.erase"):
        return city.signed_in(role)
    return people[role]


def _ask(city: House, browser: Browser, path: str, method: str, *, machine: bool) -> TestResponse:
    form: dict[str, Any] = _NOTHING
    if method != "GET" and not machine:
        # Who sends form after form is made to wait.
        city.wait(seconds=0.6)
        shown = browser.get("/en/account/sign-in").text
        form = {"form_token": shown.split('name="form_token" value="')[1][:64]}
    sent = browser._sent({"method": method, "data": form if method != "GET" else None})
    return browser.client.open(path, **sent)


def test_a_program_comes_by_no_token_where_no_scope_is_named(city: House) -> None:
    browser = city.browser()
    for path in ("/en/account/", "/en/account/admin/sessions"):
        answer = browser.get(path, headers={"Authorization": "Bearer palika_" + "x" * 43})
        assert refused(answer), path


def test_a_door_is_for_roles_and_scopes_that_there_are() -> None:
    for wrong in (("officers",), (), ("service",), ("officer", "anybody")):
        with pytest.raises(ValueError, match="a door is for roles"):
            door(*wrong)
    with pytest.raises(ValueError, match="there is no scope"):
        door("officer", scope="everything:write")
    assert set(POSTS) | {"citizen", "anonymous", "clerk"} >= ROLES - {"service"}
