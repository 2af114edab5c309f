"""The city's HTTP API with all services behind it, sample work in them, and programs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import requests
from werkzeug.routing import Map, Rule

from palika.auth import SYSTEM, Identity
from services.portal.api import ROOMS
from services.portal.api.answers import PROBLEM, Problem
from services.portal.api.operations import Operation, failures_of
from services.tax.gateway.loopback_server import LoopbackServer
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

SERVICES: Final = ("grievance", "eoffice", "tax", "kpi", "notify", "warroom")
POSTS: Final = {
    "engineer": ("a.jadhav2", "roads-je"),
    "head": ("v.deshpande4", "roads-ce"),
    "commissioner": ("v.gaikwad20", "commissioner"),
    "builder": ("i.agashe76", "building-works-head"),
}
"""Programs that act for a post: whose, and which."""
ADMIN: Final = Identity.of("officer:commissioner", "admin")
WAIT_S: Final = 60
PHONE: Final = "+919812345678"
MESSAGE: Final = "0196f3a0-2222-7000-8000-000000000901"
_AREAS: Final = ("grievance", "property", "files", "projects", "kpi", "messages")


@dataclass
class Program:
    """A program with a token; ``token`` is empty: it has none."""

    url: str
    token: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, same: str = "", **options: Any) -> requests.Response:
        """A request below ``/api/v1``; ``same`` is its Idempotency-Key. The answer is held to
        the document."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if same:
            headers["Idempotency-Key"] = same
        headers |= options.pop("headers", {})
        address = f"{self.url}/api/v1{path}"
        answer = self.session.request(method, address, headers=headers, timeout=WAIT_S, **options)
        check_documented(method, path, answer)
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """A good answer."""
        return _good(self.ask("GET", path, params=query))

    def post(self, path: str, same: str = "", **body: Any) -> Any:
        """The same, of what changes something."""
        return _good(self.ask("POST", path, same, json=body))


ANSWERED: set[str] = set()
"""The operations that have given a good answer."""


_RULES: Final = Map(
    [
        Rule(each.path, methods=[each.method], endpoint=each)
        for room in ROOMS
        for each in room.operations
    ]
)


def operation_of(method: str, path: str) -> Operation:
    """The operation of an address."""
    found, _ = _RULES.bind("city").match(path, method)
    assert isinstance(found, Operation)
    return found


def check_documented(method: str, path: str, answer: requests.Response) -> None:
    """Hold an answer to what the document says of it."""
    here = operation_of(method, path)
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code == 304:
        assert method == "GET"
        return
    if answer.status_code != here.status:
        known = failures_of(here)
        assert answer.status_code in known, (here.name, answer.status_code, answer.text[:600])
        assert kind == PROBLEM, (here.name, kind)
        wrong = Problem().validate(answer.json())
        assert not wrong, (here.name, wrong, answer.text)
        return
    if here.media:
        assert kind in here.media, (here.name, kind)
    else:
        assert here.answer is not None
        wrong = here.answer().validate(answer.json())
        assert not wrong, (here.name, wrong, answer.text[:2_000])
    ANSWERED.add(here.name)


def _good(answer: requests.Response) -> Any:
    assert answer.status_code in (200, 201), (answer.request.url, answer.status_code, answer.text)
    return answer.json()


@dataclass
class ApiCity:
    """The parts, and its programs by name."""

    backbone: Backbone
    parts: dict[str, Part]
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the portal is."""
        return self.parts["portal"].pages

    def __getitem__(self, name: str) -> Program:
        """A program: one of ``POSTS``, ``alone`` (of no post), ``nobody`` (without a token)."""
        return self.programs[name]

    def looked(self, name: str) -> list[str]:
        """Whose data the last look of a program of ``POSTS`` was at, as it was written down."""
        query = (
            "SELECT whose FROM data_read_of WHERE read_id = "
            "(SELECT id FROM data_read WHERE post = %s ORDER BY at DESC LIMIT 1) ORDER BY whose"
        )
        return [whose for (whose,) in self.backbone.query("portal", query, POSTS[name][1])]

    def token(self, name: str, *scopes: str, person: str = "", post: str = "") -> Program:
        """Another program."""
        given = [option for scope in scopes for option in ("--scope", scope)]
        whose = ["--for", person, "--post", post] if person else []
        made = self.backbone.palika("portal", "token", "add", name, *given, *whose, "--json")
        assert made.returncode == 0, made.stderr
        return Program(self.url, json.loads(made.stdout)["token"])


def api_city(backbone: Backbone, gateway: LoopbackServer) -> ApiCity:
    """Start it all, file sample work, and make the programs."""
    backbone.migrate(*SERVICES, "portal")
    pays = {
        "PALIKA_RAZORPAY_URL": gateway.url,
        "PALIKA_RAZORPAY_KEY_ID": gateway.key_id,
        "PALIKA_RAZORPAY_KEY_SECRET": gateway.key_secret,
    }
    parts = {name: backbone.service(name, **(pays if name == "tax" else {})) for name in SERVICES}
    parts["portal"] = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    for part in parts.values():
        part.wait_ready(240)
    stored = "SELECT count(*) FROM template_version"
    wait_for(lambda: backbone.value("notify", stored) > 0, WAIT_S, "the templates are stored")
    with backbone.client(ADMIN) as asking:
        asking.eoffice.directory(limit=1)
        asking.as_(SYSTEM("portal"))
        contact = {"phone": PHONE, "language": "en"}
        asking.notify.send(
            id=MESSAGE,
            template="login.code",
            contact=contact,
            fields={"code": "123456", "minutes": 10},
        )
    filed = {"grievances": 30, "files": 12, "entries": 2, "properties": 8, "projects": 3}
    wanted = [each for name, many in filed.items() for each in (f"--{name}", str(many))]
    seeded = backbone.palika("seed", *wanted, "--yes")
    assert seeded.returncode == 0, seeded.stderr
    city = ApiCity(backbone, parts)
    city.programs = {"nobody": Program(city.url)}
    scopes = [f"{area}:write" for area in _AREAS]
    city.programs["alone"] = city.token("alone", *scopes)
    for name, (person, post) in POSTS.items():
        added = backbone.palika("portal", "account", "add", person)
        assert added.returncode == 0, added.stderr
        city.programs[name] = city.token(name, *scopes, person=person, post=post)
    return city


@pytest.fixture(scope="module")
def api(backbone: Backbone) -> Iterator[ApiCity]:
    """The city of a module."""
    with LoopbackServer() as gateway:
        yield api_city(backbone, gateway)
