"""The portal and the e-office behind it, running, and officers who use the desk's pages by their
forms, as people do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from uuid6 import uuid7

from palika.auth import Identity
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping
from services.portal.models import Account
from tests.support.backbone import Backbone
from tests.support.portal import Portal
from tests.support.portal_accounts import post

HELD = {
    "s.kulkarni1": ("roads-clerk", 1),
    "a.jadhav2": ("roads-je", 2),
    "m.shinde3": ("roads-de", 3),
    "v.deshpande4": ("roads-ce", 4),
}
"""Officers of the shipped organisation and their posts."""
CLERK, JE, DE, CE = HELD
WAIT_S = 60


@dataclass
class Form:
    """A form of a page: where it goes to, and what its fields have."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._area: str | None = None
        self._choice: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form begins, or a field of it."""
        has = dict(attrs)
        if tag == "form":
            self.found.append(Form(has.get("action") or ""))
        if not self.found:
            return
        fields, name = self.found[-1].fields, has.get("name") or ""
        if tag == "input" and name and has.get("type") in ("checkbox", "radio"):
            if "checked" in has and "disabled" not in has:
                fields[name] = has.get("value") or ""
        elif tag == "input" and name and has.get("type") != "file":
            fields[name] = has.get("value") or ""
        elif tag == "textarea" and name:
            self._area, fields[name] = name, ""
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice and ("selected" in has or self._choice not in fields):
            fields[self._choice] = has.get("value") or ""

    def handle_data(self, data: str) -> None:
        """What stands in a field of several lines."""
        if self._area is not None:
            self.found[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        """A field is over."""
        if tag == "textarea" and self._area is not None:
            fields = self.found[-1].fields
            fields[self._area] = fields[self._area].removeprefix("\n")
            self._area = None
        if tag == "select":
            self._choice = None


def forms_of(page: requests.Response) -> list[Form]:
    """The forms of a page."""
    reader = _Forms()
    reader.feed(page.text)
    return reader.found


class Officer(requests.Session):
    """An officer's browser, signed in; it has no script."""

    def __init__(self, site: Portal, person: str, key: str) -> None:
        """Sign in."""
        super().__init__()
        self.site, self.person = site, person
        self.key = key
        self.cookies.set("palika", key)

    def page(self, path: str, status: int = 200) -> requests.Response:
        """A page of the desk."""
        answer = self.get(f"{self.site.url}{path}", timeout=WAIT_S)
        assert answer.status_code == status, (path, answer.status_code, self._said(answer))
        return answer

    def form(self, path: str, ending: str) -> Form:
        """The form of a page whose address ends so."""
        found = [each for each in forms_of(self.page(path)) if each.action.endswith(ending)]
        assert found, f"{path} has no form for {ending}"
        return found[-1]

    def fill(self, form: Form, status: int = 200, **typed: Any) -> requests.Response:
        """Send a form with what is typed into it."""
        files = {name: each for name, each in typed.items() if isinstance(each, tuple)}
        given = {**form.fields, **{name: typed[name] for name in typed if name not in files}}
        answer = self.post(
            f"{self.site.url}{form.action}", data=given, files=files or None, timeout=WAIT_S
        )
        assert answer.status_code == status, (answer.status_code, self._said(answer))
        return answer

    def step(self, path: str, ending: str, status: int = 200, **typed: Any) -> requests.Response:
        """Open a page, fill one of its forms in, and send it."""
        form = self.form(path, ending)
        form.action = form.action or path
        return self.fill(form, status, **typed)

    def _said(self, page: requests.Response) -> str:
        """What a page says in its middle; of an error of the portal's own what it has logged."""
        if page.status_code >= 500:
            return self.site.part.said[-1_500:]
        return page.text.partition("<main")[2].partition("</main>")[0][:2_000]

    def opens(self, subject: str, **typed: str) -> str:
        """Open a file; the address of its page, without the language."""
        answer = self.step("/en/desk/files/new", "", subject=subject, **typed)
        return answer.url.partition("?")[0].removeprefix(f"{self.site.url}/en")


@dataclass
class Office:
    """The running parts, and who is signed in."""

    site: Portal
    officers: dict[str, Officer]

    def eoffice(self, post_code: str) -> Any:
        """The e-office as a post calls it."""
        return self.site.backbone.client(Identity.of(f"officer:{post_code}", "officer"))


def sign_in(backbone: Backbone, person: str, posts: list[dict[str, Any]]) -> str:
    """The key of a session of an officer's."""
    now = datetime.now(UTC)
    client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Windows")
    with backbone.sessions("portal").begin() as session:
        account = Account(
            id=uuid7(),
            person=person,
            names={"mr": person, "en": person},
            created_at=now,
            created_by="tests",
            language="en",
            totp_at=now,
            posts=posts,
            posts_asked_at=now,
        )
        session.add(account)
        session.flush()
        begun = begin_session(
            session, city_keeping(), account, client, Stage.WHOLE, Way.PASSWORD, now
        )
    return begun.token


def run_office(backbone: Backbone) -> Office:
    """Start the e-office and the portal, and let some officers sign in."""
    backbone.migrate("eoffice", "portal")
    parts = [
        backbone.service("eoffice"),
        backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0"),
    ]
    for part in parts:
        part.wait_ready(120)
    with backbone.client(Identity.of("officer:commissioner", "admin")) as asking:
        asking.eoffice.directory(limit=1)
    site = Portal(backbone, parts[1])
    officers = {
        person: Officer(site, person, sign_in(backbone, person, [post(code, level)]))
        for person, (code, level) in HELD.items()
    }
    return Office(site, officers)


@pytest.fixture(scope="module")
def office(backbone: Backbone) -> Office:
    """The office of a module."""
    return run_office(backbone)
