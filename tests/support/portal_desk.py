"""The officers' desk on the city's own parts: the portal with the e-office, grievances and property
tax behind it, and officers who are signed in."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from uuid6 import uuid7

from palika.auth import Identity
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping
from services.portal.models import Account
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for
from tests.support.portal import Portal

CHIEF = Identity.of("officer:commissioner", "admin", "supervisor", "officer")
JUNIOR, BOSS, CASHIER, HELPER = "a.jadhav2", "v.deshpande4", "u.phadke26", "p.kale22"
"""Of the shipped organisation: a junior engineer of roads, its chief engineer, the bill department
of property tax, the civic centre."""
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
WAIT_S = 60


@dataclass
class DeskCity:
    """The parts, running."""

    backbone: Backbone
    parts: dict[str, Part]
    portal: Portal
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, person: str) -> str:
        """The key of a session of an officer, who has an account of their own."""
        now, client = datetime.now(UTC), Client("203.0.113.7", "203.0.113.0/24", "Firefox, Linux")
        if person not in self.keys:
            with self.backbone.sessions("portal").begin() as session:
                account = Account(
                    id=uuid7(),
                    person=person,
                    names={"mr": "अभय जाधव", "en": "Abhay Jadhav"},
                    created_at=now,
                    created_by="tests",
                    language="mr",
                    totp_at=now,
                    posts=[],
                )
                session.add(account)
                session.flush()
                made = begin_session(
                    session, city_keeping(), account, client, Stage.WHOLE, Way.PASSWORD, now
                )
                self.keys[person] = made.token
        return self.keys[person]

    def officer(self, person: str, language: str = "en") -> "Desk":
        """Their browser."""
        return Desk(self, person, language)

    def file(self, category: str = "pothole", **said: Any) -> dict[str, Any]:
        """A grievance that somebody has filed; it has its ``token``."""
        given = {"ward": "aundh-baner", "description": "A deep hole", "address": "Baner Road"}
        with self.backbone.client(Identity.of("citizen:9", "citizen")) as city:
            found: dict[str, Any] = city.grievance.file(category=category, **(given | said))
        return found


@dataclass
class Desk:
    """An officer's browser without scripts; it follows where it is sent."""

    city: DeskCity
    person: str
    language: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.cookies.set("palika", self.city.key(self.person))

    def url(self, path: str) -> str:
        """The address of a page of the desk."""
        return f"{self.city.portal.url}/{self.language}/desk{path}"

    def open(self, path: str) -> requests.Response:
        """A page, whatever its status."""
        return self.session.get(self.url(path), timeout=WAIT_S)

    def page(self, path: str) -> str:
        """One that is there."""
        answer = self.open(path)
        assert answer.status_code == 200, (answer.url, answer.status_code, answer.text[-3_000:])
        return answer.text

    def submit(self, path: str, to: str, files: Any = None, **form: Any) -> requests.Response:
        """Open a page and send a form of it to an address of the desk."""
        shown = self.open(path).text
        token = FORM_TOKEN.search(shown)
        assert token, (path, shown[:2_000])
        given = {"form_token": token[1], **form}
        return self.session.post(self.url(to), data=given, files=files, timeout=WAIT_S)


def desk_city(backbone: Backbone) -> DeskCity:
    """All of it, ready; the posts of roads are those of the e-office."""
    backbone.migrate("grievance", "eoffice", "tax", "portal")
    parts = {name: backbone.service(name) for name in ("grievance", "eoffice", "tax")}
    parts["portal"] = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    for part in parts.values():
        part.wait_ready(120)
    city = DeskCity(backbone, parts, Portal(backbone, parts["portal"]))
    with backbone.client(CHIEF) as asking:
        for code, level in (("roads-je", 0), ("roads-ce", 2)):
            asking.grievance.set_officer(code=code, department="roads", level=level)
        asking.eoffice.directory(limit=1)
    desk = city.officer(JUNIOR)
    wait_for(lambda: desk.open("/").status_code == 200, WAIT_S, "the desk answers")
    return city


def text_of(page: str) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
