"""The portal's application in this process, on a database of its own, with a clock that a test
moves; and browsers that use it as people do, by its pages and forms."""

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7
from werkzeug.test import TestResponse

from palika.auth import Identity
from palika.config import settings
from palika.errors import Unavailable
from palika.local import Postgres
from services.portal.accounts import looks
from services.portal.app import create_app
from services.portal.asking import Asking
from services.portal.commands.ask_posts import Rest
from services.portal.commands.hold_session import begin_session
from services.portal.domain import totp
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import Keeping, hash_password
from services.portal.models import Account, Citizen
from services.portal.store import Store
from tests.support.databases import service_database

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
SITE = "https://city.example"
PASSWORD = "a kettle under the neem"
PHONE = "+919812345610"
SECRET = b"12345678901234567890"
POSTS = {
    "clerk": ("roads-clerk", 1),
    "officer": ("roads-je", 2),
    "supervisor": ("roads-ce", 4),
    "admin": ("information-technology-head", 4),
    "helpdesk": ("tax-civic", 1),
}
"""A post for each role, by ``data/roles.yaml``."""
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


def post(code: str, level: int = 2) -> dict[str, Any]:
    """A post as the e-office tells it."""
    names = {"mr": code, "en": code}
    return {"code": code, "department": "roads", "level": level, "capacity": "regular", **names}


@dataclass
class Asked:
    """Services in the place of the city's: what each method answers, and what was asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[Identity, str, dict[str, Any]]] = field(default_factory=list)
    tell: Any = None
    waits: list[float | None] = field(default_factory=list)
    """How long an answer was waited for, each time; None: as long as the settings say."""

    @contextmanager
    def as_(
        self, identity: Identity, timeout_s: float | None = None, call: str | None = None
    ) -> Iterator["_Services"]:
        """As ``Calls.as_``."""
        self.waits.append(timeout_s)
        yield _Services(self, identity)

    def call(self, identity: Identity, service: str, method: str, given: dict[str, Any]) -> Any:
        """A call; of what no test has said, the service is away."""
        name = f"{service}.{method}"
        self.asked.append((identity, name, given))
        if name not in self.answers:
            raise Unavailable(f"{name}: the service is not running")
        found = self.answers[name]
        answer = found(**given) if callable(found) else found
        if self.tell is not None:
            self.tell(identity, service, method)
        return answer

    def told(self, identity: Identity, service: str, method: str) -> None:
        """As ``Calls.told``: an answer is used again."""
        if self.tell is not None:
            self.tell(identity, service, method)


class _Services:
    def __init__(self, asked: Asked, identity: Identity, service: str = "") -> None:
        self._asked, self._identity, self._service = asked, identity, service

    def __getattr__(self, name: str) -> Any:
        if not self._service:
            return _Services(self._asked, self._identity, name)
        return lambda **given: self._asked.call(self._identity, self._service, name, given)


@dataclass
class House:
    """The application, its clock and its database."""

    app: Flask
    services: Asked
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.parts.now = lambda: self.now

    @property
    def parts(self) -> Any:
        """What its accounts are made of."""
        return self.app.extensions["accounts"]

    @property
    def keeping(self) -> Keeping:
        """Its keys."""
        found: Keeping = self.parts.keeping
        return found

    def begin(self) -> Any:
        """A transaction."""
        return self.parts.store.begin()

    def wait(self, **length: float) -> None:
        """Let time pass."""
        self.now += timedelta(**length)

    def browser(self, address: str = "203.0.113.7") -> "Browser":
        """A browser without a cookie."""
        return Browser(self, self.app.test_client(), address)

    def account(
        self,
        person: str = "a.jadhav2",
        posts: Sequence[dict[str, Any]] = (),
        *,
        enrolled: bool = True,
    ) -> Account:
        """An officer's account with ``PASSWORD`` and the second factor ``SECRET``."""
        with self.begin() as session:
            account = Account(
                id=uuid7(),
                person=person,
                names={"mr": "अभय जाधव", "en": "Abhay Jadhav"},
                created_at=self.now,
                created_by="tests",
                language="mr",
                password=hash_password(PASSWORD),
                password_at=self.now,
                totp=self.keeping.seal({"secret": SECRET.hex()}) if enrolled else None,
                totp_at=self.now if enrolled else None,
                posts=list(posts or [post("roads-je")]),
                posts_asked_at=self.now,
            )
            session.add(account)
        return account

    def holds(self, *codes: str, person: str = "a.jadhav2") -> None:
        """From now on the e-office answers that the officer holds these posts."""
        self.services.answers["eoffice.my_posts"] = {
            "person": {"code": person, "mr": "अभय जाधव", "en": "Abhay Jadhav"},
            "items": [post(code) for code in codes],
        }

    def code(self) -> str:
        """The code that the officer's telephone shows now."""
        return totp.code_at(SECRET, totp.step_of(self.now))

    def signed_in(self, role: str) -> "Browser":
        """A browser of somebody of that role, who has signed in already."""
        with self.begin() as session:
            whose: Account | Citizen
            if role == "citizen":
                whose = self._citizen(session)
            else:
                code, level = POSTS[role]
                whose = session.scalar(
                    select(Account).where(Account.person == f"person-{role}")
                ) or Account(
                    id=uuid7(),
                    person=f"person-{role}",
                    names={"mr": "अधिकारी", "en": "Officer"},
                    created_at=self.now,
                    created_by="tests",
                    language="mr",
                    totp_at=self.now,
                    posts=[],
                )
                whose.posts, whose.posts_asked_at = [post(code, level)], self.now
                session.add(whose)
                session.flush()
            client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Linux")
            way = Way.CODE if role == "citizen" else Way.PASSWORD
            begun = begin_session(session, self.keeping, whose, client, Stage.WHOLE, way, self.now)
        browser = self.browser()
        browser.client.set_cookie("__Host-palika", begun.token, domain="city.example", secure=True)
        return browser

    def _citizen(self, session: Session) -> Citizen:
        digest = self.keeping.of_phone(PHONE)
        found = session.scalar(
            select(Citizen).where(Citizen.phone_digest == digest, Citizen.ended_at.is_(None))
        )
        if found is None:
            found = Citizen(
                id=uuid7(),
                phone_digest=digest,
                phone=self.keeping.sealed_phone(PHONE),
                language="mr",
                created_at=self.now,
                seen_at=self.now,
            )
            session.add(found)
            session.flush()
        return found


@dataclass
class Browser:
    """What a person uses; it follows nothing by itself."""

    house: House
    client: FlaskClient
    address: str = "203.0.113.7"

    def get(self, path: str, **options: Any) -> TestResponse:
        """A page."""
        return self.client.get(path, **self._sent(options))

    def post(self, path: str, form: dict[str, Any], **options: Any) -> TestResponse:
        """A form as it is given, with no token of itself."""
        return self.client.post(path, data=form, **self._sent(options))

    def submit(self, page: str, path: str | None = None, **form: Any) -> TestResponse:
        """Open a page, fill its form in and send it: to itself, or to ``path``."""
        shown = self.get(page)
        token = FORM_TOKEN.search(shown.text)
        assert token, f"{page} has no form: {shown.status} {shown.text[:2_000]}"
        return self.post(path or page, {"form_token": token[1], **form})

    def sign_in(self, person: str = "a.jadhav2", password: str = PASSWORD) -> TestResponse:
        """Login, password, and the code of the telephone where it is asked for."""
        answer = self.submit("/en/account/sign-in", login=person, password=password)
        if answer.status_code == 303 and "/second" in answer.location:
            # A code stands for half a minute and is taken once.
            self.house.wait(seconds=30)
            answer = self.submit(answer.location, code=self.house.code())
        return answer

    def cookie(self, name: str) -> str | None:
        """The value of a cookie that is kept."""
        found = self.client.get_cookie(f"__Host-{name}", domain="city.example")
        return found.value if found else None

    def says(self, path: str) -> str:
        """What a page says that is there, without marks."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status, answer.text[:500])
        return text_of(answer)

    def _sent(self, options: dict[str, Any]) -> dict[str, Any]:
        base = {"REMOTE_ADDR": self.address}
        return {"base_url": SITE, "environ_base": base, **options}


def text_of(answer: TestResponse) -> str:
    """The words of a page."""
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


@cache
def _application() -> Flask:
    """Made once a process: reading the site's content takes its time."""
    return create_app(replace(settings("portal"), amqp_uri="amqp://127.0.0.1:1/"))


@contextmanager
def house_on(postgres: Postgres, **changes: Any) -> Iterator[House]:
    """The application on a database of its own; ``changes`` are of settings that accounts read.
    Of two at a time only the second one is there."""
    with service_database(postgres, "portal") as sessions:
        url = sessions.kw["bind"].url.set(drivername="postgresql")
        app = _application()
        parts = app.extensions["accounts"]
        before = replace(parts)
        services = Asked(tell=looks.answered)
        parts.config = replace(
            parts.config, database_url=url.render_as_string(hide_password=False), **changes
        )
        parts.store, parts.calls = Store(parts.config), services
        parts.rest = Rest()
        asking, app.extensions["asking"] = app.extensions["asking"], Asking(services, 4)
        app.extensions.pop("oidc", None)
        yield House(app, services)
        parts.store.engine.dispose()
        app.extensions["asking"] = asking
        parts.config, parts.store, parts.calls = before.config, before.store, before.calls


@pytest.fixture
def house(postgres: Postgres) -> Iterator[House]:
    """The application, on a fresh database."""
    with house_on(postgres) as made:
        yield made
