"""A person who files and follows a grievance with a browser without scripts, over HTTP."""

import html
import re
from typing import Any

import requests

from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.portal import Portal

TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
_KEY = re.compile(r"<code>([A-Za-z0-9_-]{20,})</code>")
WHERE = {"address": "Ranade Road, near the school", "ward": ""}
WORDS = {"description": "A deep hole <b>since Monday</b>\nTwo have fallen"}
UNNAMED = {"contact": "anonymous"}


class Person:
    """Their browser; it keeps cookies and follows where it is sent."""

    def __init__(self, portal: Portal, language: str = "en") -> None:
        """Nothing is open yet."""
        self.session = requests.Session()
        self.room = f"{portal.url}/{language}/grievances"

    def open(self, path: str) -> requests.Response:
        """A page of the room."""
        return self.session.get(f"{self.room}{path}", timeout=60)

    def submit(
        self, path: str, to: str | None = None, photo: bytes | None = None, **form: Any
    ) -> requests.Response:
        """Open a page and send its form, filled in so; ``to`` another address of the room."""
        token = self.form_token(path)
        files = None if photo is None else {"photo": ("hole.jpg", photo, "image/jpeg")}
        given = {"form_token": token, **form}
        address = f"{self.room}{path if to is None else to}"
        return self.session.post(address, data=given, files=files, timeout=60)

    def form_token(self, path: str) -> str:
        """That of the forms of a page."""
        shown = self.open(path)
        found = TOKEN.search(shown.text)
        assert found, (path, shown.status_code, shown.url, shown.text[:3_000])
        return found[1]

    def up_to_check(self, category: str = "pothole", photo: bytes | None = None) -> None:
        """Fill in the first three of the four steps."""
        answer = self.submit(f"/where/{category}", **WHERE)
        assert answer.url.endswith("/words"), text_of(answer)
        answer = self.submit("/words", photo=photo, **WORDS)
        assert answer.url.endswith("/check"), text_of(answer)

    def filed(self, category: str = "pothole", photo: bytes | None = None, **contact: str) -> str:
        """All four steps; the token."""
        self.up_to_check(category, photo)
        return key_of(self.submit("/check", **(contact or UNNAMED)))


def key_of(answer: requests.Response) -> str:
    """The token that a page shows of what has just been filed."""
    found = _KEY.search(answer.text)
    assert found, (answer.status_code, text_of(answer))
    return found[1]


def text_of(answer: requests.Response) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def portal_with_grievances(backbone: Backbone) -> Portal:
    """A portal with its database, and the grievance service (``grievance``); both answer."""
    backbone.migrate("grievance", "portal")
    service = backbone.service("grievance")
    part = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    service.wait_ready(90)
    part.wait_ready(90)
    made = Portal(backbone, part)
    made.grievance = service
    wait_for(lambda: Person(made).open("/new").status_code == 200, 60)
    return made
