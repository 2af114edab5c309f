"""The portal and the grievance service behind it, running, as the tests of its HTTP speak to it."""

import hashlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
import yaml

from palika.auth import Identity
from tests.support.backbone import Backbone
from tests.support.part import Part

KEY, OTHER_KEY, READ_KEY = "key-of-fixmystreet", "key-of-another", "key-that-only-reads"
OFFICER = Identity.of("officer:roads-je", "officer")
HOLE = {
    "service_code": "pothole",
    "lat": "18.5204",
    "long": "73.8567",
    "description": "A deep hole",
    "api_key": KEY,
}
WAIT_S = 30


def keys_file(path: Path) -> Path:
    """The keys, as a city writes them down."""
    named = {
        "fixmystreet": (KEY, ["file"]),
        "another": (OTHER_KEY, ["file"]),
        "map": (READ_KEY, []),
    }
    keys = [
        {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), "may": may}
        for name, (key, may) in named.items()
    ]
    path.write_text(yaml.safe_dump({"keys": keys}))
    return path


class Portal:
    """What it answers."""

    def __init__(self, backbone: Backbone, part: Part) -> None:
        """It must run."""
        self.backbone = backbone
        self.part = part
        self.url = part.pages
        self.open311 = f"{self.url}/open311/v2"

    def get(self, path: str, **params: Any) -> requests.Response:
        """An answer of Open311: ``get("services.xml")``."""
        return requests.get(f"{self.open311}/{path}", params=params, timeout=WAIT_S)

    def json(self, path: str, **params: Any) -> Any:
        """What a good answer says: ``json("services")``."""
        answer = self.get(f"{path}.json", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def xml(self, path: str, **params: Any) -> ElementTree.Element:
        """The same of the XML."""
        answer = self.get(f"{path}.xml", **params)
        assert answer.status_code == 200, answer.text
        return ElementTree.fromstring(answer.content)

    def post(self, form: str = "json", **fields: Any) -> requests.Response:
        """File a request: a pothole, unless the fields say otherwise; None leaves one out."""
        given = {name: value for name, value in (HOLE | fields).items() if value is not None}
        return requests.post(f"{self.open311}/requests.{form}", data=given, timeout=WAIT_S)

    def filed(self, **fields: Any) -> str:
        """File a request; its id."""
        answer = self.post(**fields)
        assert answer.status_code == 200, answer.text
        (filed,) = answer.json()
        number: str = filed["service_request_id"]
        return number

    def refused(self, answer: requests.Response, status: int) -> list[str]:
        """The descriptions of a refusal in the standard's form."""
        assert answer.status_code == status, answer.text
        if answer.headers["Content-Type"].startswith("text/xml"):
            errors = [
                {each.tag: each.text for each in error}
                for error in ElementTree.fromstring(answer.content)
            ]
        else:
            errors = answer.json()
        assert errors
        assert {str(each["code"]) for each in errors} == {str(status)}
        return [each["description"] for each in errors]

    def row(self, number: str) -> dict[str, Any]:
        """The grievance as an officer sees it."""
        with self.backbone.client(OFFICER) as city:
            found: dict[str, Any] = city.grievance.get(number=number)
        return found


@pytest.fixture(scope="module")
def portal(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """A portal of the module's own, with keys."""
    backbone.migrate("grievance")
    keys = keys_file(tmp_path_factory.mktemp("keys") / "keys.yaml")
    options = {"PALIKA_PORTAL_HTTP_PORT": "0", "PALIKA_OPEN311_KEYS": str(keys)}
    service = backbone.service("grievance")
    part = backbone.service("portal", **options)
    service.wait_ready()
    part.wait_ready()
    return Portal(backbone, part)
