"""The editor of the site on a portal of a test's own: its folder, and officers of several
departments who use it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

from sqlalchemy import select
from uuid6 import uuid7
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from services.portal.commands.edit_page import draft_of
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.editing.spreading import Spreader
from services.portal.keeping import Keeping
from services.portal.models import Account
from tests.support.portal_accounts import FORM_TOKEN, SITE, Browser, House, text_of

DESK = "/en/desk/site"
CLIENT = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Linux")
OFFICERS = {
    "clerk": ("n.kale", "health", 1),
    "doctor": ("s.rao", "health", 2),
    "head": ("v.deshmukh", "health", 4),
    "head2": ("r.pawar", "health", 3),
    "clerk2": ("k.more", "health", 1),
    "publisher": ("m.sathe", "public-relations", 4),
    "publisher2": ("u.joshi", "public-relations", 3),
    "stranger": ("a.jadhav2", "roads", 4),
}
"""A person, their department and the level of their post."""


PAGE = "services/birth-certificate"
NEW = "notices/fogging-in-aundh"
WORDS = {
    "mr": "## काय होणार\n\nऔंधमध्ये शुक्रवारी धूरफवारणी होईल. खिडक्या बंद ठेवा.\n",
    "en": "## What happens\n\nAundh is fogged on Friday. Keep the windows shut.\n",
}
NOTICE: dict[str, Any] = {
    "title__mr": "औंधमध्ये धूरफवारणी",
    "title__en": "Fogging in Aundh",
    "summary__mr": "शुक्रवारी सकाळी धूरफवारणी होईल.",
    "summary__en": "There is fogging on Friday morning.",
    "kind": "health",
    "from": "2026-11-28",
    "until": "2099-12-31",
    "text__mr": WORDS["mr"],
    "text__en": WORDS["en"],
    "note": "Dengue cases in the ward",
}


def account_of(who: str, now: Any) -> Account:
    """The account of an officer of these."""
    person, department, level = OFFICERS[who]
    post = {
        "code": f"{department}-{who}",
        "department": department,
        "level": level,
        "capacity": "regular",
        "mr": f"पद {who}",
        "en": f"Post {who}",
    }
    return Account(
        id=uuid7(),
        person=person,
        names={"mr": f"अधिकारी {who}", "en": f"Officer {who}"},
        created_at=now,
        created_by="tests",
        language="mr",
        totp_at=now,
        posts=[post],
        posts_asked_at=now,
    )


def key_of(session: Any, keeping: Keeping, who: str, now: Any) -> str:
    """An account, and the key of a session of theirs."""
    account = session.scalar(select(Account).where(Account.person == OFFICERS[who][0]))
    if account is None:
        account = account_of(who, now)
        session.add(account)
        session.flush()
    account.posts_asked_at = now
    return begin_session(session, keeping, account, CLIENT, Stage.WHOLE, Way.PASSWORD, now).token


class Officer(Browser):
    """Somebody who edits pages with a browser without scripts."""

    def fields(self, path: str) -> MultiDict[str, str]:
        """The form of a page as it stands there."""
        shown = self.get(path)
        assert shown.status_code == 200, (path, shown.status, shown.text[:800])
        return fields_in(shown.text)

    def edit(self, page: str, do: str = "save", **changed: Any) -> TestResponse:
        """Open the form of a page (``news/slug``), change some fields, and send it."""
        path = f"{DESK}/{page}/edit"
        return self.send(path, self.fields(path), do, **changed)

    def send(
        self, path: str, fields: MultiDict[str, str], do: str = "save", **changed: Any
    ) -> TestResponse:
        """Send a form that was opened before, with some fields changed."""
        form = MultiDict(fields)
        for name, value in changed.items():
            form.setlist(name.replace("__", "."), value if isinstance(value, list) else [value])
        form["do"] = do
        return self.post(path, form)

    def decide(self, page: str, do: str = "publish", **form: Any) -> TestResponse:
        """Look at a draft and decide."""
        path = f"{DESK}/{page}/review"
        kind, slug = page.split("/")
        with self.house.begin() as session:
            draft = draft_of(session, kind, slug)
            revision = str(draft.revision) if draft else "0"
        given = {"form_token": self.token(), "revision": revision, "do": do}
        return self.post(path, {**given, "when": "now", **form})

    def act(self, page: str, what: str, **form: Any) -> TestResponse:
        """One of the buttons of a page: ``discard``, ``withdraw``, ``take-down`` …"""
        return self.post(f"{DESK}/{page}/{what}", {"form_token": self.token(), **form})

    def token(self) -> str:
        """That of the forms of who is signed in."""
        found = FORM_TOKEN.search(self.get(f"{DESK}/new").text)
        assert found
        return found[1]


def fields_in(text: str) -> MultiDict[str, str]:
    """What a browser would send of the editor's form."""
    form = text[text.index('id="editor"') :]
    form = form[: form.index("</form>")]
    found: MultiDict[str, str] = MultiDict()
    for each in re.finditer(r"<input\b([^>]*)>", form):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', each[1]))
        if said.get("type") in ("checkbox", "radio") and " checked" not in each[1]:
            continue
        if said.get("type") != "file" and "name" in said:
            found.add(unescape(said["name"]), unescape(said.get("value", "")))
    for name, inner in re.findall(
        r'<textarea\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S
    ):
        found.add(unescape(name), unescape(inner))
    for name, inner in re.findall(
        r'<select\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', form, re.S
    ):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found.add(unescape(name), unescape(chosen[1]) if chosen else "")
    return found


class Newsroom:
    """A portal whose site is edited."""

    def __init__(self, house: House, folder: Path) -> None:
        """``folder`` is where what is put out is written."""
        self.house = house
        self.folder = folder
        self.spreader: Spreader = house.app.extensions["editing"]

    def officer(self, who: str) -> Officer:
        """Somebody of ``OFFICERS``, signed in."""
        with self.house.begin() as session:
            token = key_of(session, self.house.keeping, who, self.house.now)
        browser = Officer(self.house, self.house.app.test_client())
        browser.client.set_cookie("__Host-palika", token, domain="city.example", secure=True)
        return browser

    def read(self, path: str) -> TestResponse:
        """A page of the site, as anybody sees it."""
        return self.house.app.test_client().get(path, base_url=SITE)


def made(room: Newsroom, who: str = "clerk") -> Any:
    """A notice, sent for review."""
    clerk = room.officer(who)
    kind, slug = NEW.split("/")
    answer = clerk.submit(f"{DESK}/new", kind=kind, slug=slug)
    assert answer.location == f"{DESK}/{NEW}/edit", text_of(answer)
    answer = clerk.edit(NEW, "send", **NOTICE)
    assert answer.location == f"{DESK}/{NEW}?told=sent", text_of(answer)
    return clerk


@contextmanager
def newsroom_in(house: House, folder: Path) -> Iterator[Newsroom]:
    """The editor of the application, with a folder of the test's own; after it all is as before."""
    spreader: Spreader = house.app.extensions["editing"]
    before, spreader.shelf.edited = spreader.shelf.edited, folder
    spreader._laid, spreader._rest_until = -1, 0.0
    spreader.spread()
    try:
        yield Newsroom(house, folder)
    finally:
        spreader.shelf.edited = before
        spreader.shelf.look_now()
        spreader._laid, spreader._rest_until = -1, 0.0
