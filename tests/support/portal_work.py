"""A city whose officers work at the portal's desk: campaigns, values entered by hand, the war room;
real services with sample work, and officers who are signed in already."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from sqlalchemy import select
from uuid6 import uuid7

from palika.auth import Identity
from services.kpi import seed as kpi_seed
from services.notify import seed as notify_seed
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping
from services.portal.models import Account
from services.portal.queries.signed_in import signed_in
from services.tax import seed as tax_seed
from services.warroom import seed as warroom_seed
from tests.support.backbone import Backbone
from tests.support.portal import Portal
from tests.support.portal_accounts import post
from tests.support.portal_grievances import TOKEN, text_of

CLERK, HEAD = ("water-clerk", 1), ("water-ce", 4)
CHAIR, SECRETARY = ("commissioner", 6), ("addl-commissioner", 5)
PLANNER = ("public-relations-clerk", 1)
COOKIE = "palika"
WAIT_S = 60


def portal_of(backbone: Backbone) -> Portal:
    """The portal with its database, running."""
    backbone.migrate("portal")
    part = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    part.wait_ready(90)
    return Portal(backbone, part)


def with_projects(backbone: Backbone, count: int = 50) -> None:
    """The war room with its sample projects and reviews; it answers."""
    backbone.migrate("warroom")
    warroom_seed.seed(backbone.sessions("warroom"), count, 7, datetime.now(UTC))
    backbone.service("warroom").wait_ready(90)


def with_kpis(backbone: Backbone, departments: int = 3) -> None:
    """The KPI service, with what some departments have entered; it answers."""
    backbone.migrate("kpi")
    if departments:
        kpi_seed.seed(backbone.sessions("kpi"), departments, 7, datetime.now(UTC))
    backbone.service("kpi").wait_ready(90)


def with_messages(backbone: Backbone, properties: int = 120) -> None:
    """Notify, which sends to the log, and tax with owners who owe; both answer."""
    backbone.migrate("tax", "notify")
    tax_seed.seed(backbone.sessions("tax"), properties, 3, datetime.now(UTC))
    notify_seed.seed(backbone.sessions("notify"), 500, 1, datetime.now(UTC))
    for part in (backbone.service("tax"), backbone.service("notify")):
        part.wait_ready(90)


def key_of(backbone: Backbone, code: str, level: int) -> str:
    """The key of a session of who holds a post, and acts for it. (No e-office runs: what the portal
    knows of posts counts.)"""
    now, keeping = datetime.now(UTC), city_keeping()
    with backbone.sessions("portal").begin() as session:
        person = f"person-{code}"
        account = session.scalar(select(Account).where(Account.person == person))
        if account is None:
            account = Account(
                id=uuid7(),
                person=person,
                names={"mr": "अभय जाधव", "en": "Abhay Jadhav"},
                created_at=now,
                created_by="tests",
                language="mr",
                totp_at=now,
                posts=[post(code, level)],
            )
            session.add(account)
        account.posts_asked_at = now
        session.flush()
        client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Linux")
        return begin_session(
            session, keeping, account, client, Stage.WHOLE, Way.PASSWORD, now
        ).token


def second_post(backbone: Backbone, who: tuple[str, int], other: tuple[str, int]) -> str:
    """The key of another session of who holds a post: they hold a second one, and act for that."""
    key = key_of(backbone, *who)
    now, keeping = datetime.now(UTC), city_keeping()
    with backbone.sessions("portal").begin() as session:
        account = session.scalars(select(Account).where(Account.person == f"person-{who[0]}")).one()
        account.posts = [post(*who), post(*other)]
        account.posts_asked_at = now
        found = signed_in(session, keeping, key, now)
        assert found is not None
        found.row.post = other[0]
    return key


@dataclass
class Officer:
    """Somebody at the desk, with a browser that has no scripts."""

    portal: Portal
    key: str
    language: str = "en"

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.cookies.set(COOKIE, self.key)

    def open(self, path: str, **options: Any) -> requests.Response:
        """A page: ``open("/desk/campaigns")``."""
        return self.session.get(self._address(path), timeout=WAIT_S, **options)

    def says(self, path: str) -> str:
        """The words of a page that is there."""
        answer = self.open(path)
        assert answer.status_code == 200, (path, answer.status_code, text_of(answer)[:800])
        return text_of(answer)

    def submit(
        self, path: str, to: str | None = None, files: Any = None, **form: Any
    ) -> requests.Response:
        """Open a page and send a form of it, filled in so, to itself or to ``to``; it follows
        where it is sent."""
        shown = self.open(path)
        found = TOKEN.search(shown.text)
        assert found, (path, shown.status_code, text_of(shown)[:2_000])
        given = {"form_token": found[1], **form}
        address = self._address(path if to is None else to)
        return self.session.post(address, data=given, files=files, timeout=WAIT_S)

    def _address(self, path: str) -> str:
        if path.startswith("http"):
            return path
        return f"{self.portal.url}/{self.language}{path}"


def officer(portal: Portal, who: tuple[str, int], language: str = "en") -> Officer:
    """Somebody who holds a post."""
    return Officer(portal, key_of(portal.backbone, *who), language)


def identity(who: tuple[str, int]) -> Identity:
    """The same towards the services."""
    roles = ("officer", "supervisor") if who[1] >= 3 else ("officer",)
    return Identity.of(f"officer:{who[0]}", *roles)
