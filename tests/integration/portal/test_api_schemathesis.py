"""Whatever is sent to the API or to a webhook, it is answered as the document says, and never by a
bug: schemathesis over the whole document, against a portal with all its services behind it."""

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from services.portal.api import ROOMS
from services.portal.app import create_app
from tests.support.portal_api import WAIT_S, ApiCity, Program, api

__all__ = ["api"]

pytestmark = pytest.mark.timeout(900)
"""Seven services are started, and sample work is filed."""

BOUNDED = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""A few for each operation: there are some hundred and forty."""
_UNSET = "/webhooks/whatsapp"
"""This city has no number there: all is answered with the 503 that the document has."""
_METHODS = ("get", "post", "put", "patch", "delete")
_AREAS = ("grievance", "property", "files", "projects", "kpi", "messages")


def documented() -> list[tuple[str, str]]:
    """Method and path of each operation, but for Open311's (``test_portal_hostile.py``)."""
    paths = create_app().test_client().get("/openapi.json").get_json()["paths"]
    return [
        (method, path)
        for path, operations in sorted(paths.items())
        if not path.startswith("/open311/")
        for method in operations
        if method in _METHODS
    ]


@pytest.fixture(scope="module")
def document(api: ApiCity) -> Any:
    """The document as it is served."""
    served = requests.get(f"{api.url}/openapi.json", timeout=WAIT_S).json()
    schema = schemathesis.openapi.from_dict(served)
    schema.config.update(base_url=api.url)
    return schema


@pytest.fixture(scope="module")
def programs(api: ApiCity) -> dict[str, Program]:
    """Programs of a supervisor's, by tag: a token may call so often a minute only."""
    scopes = [f"{area}:write" for area in _AREAS]
    made = [
        api.token(f"robot.{number}", *scopes, person="v.deshpande4", post="roads-ce")
        for number in (1, 2)
    ]
    return {room.tag: made[number % 2] for number, room in enumerate(ROOMS)}


@pytest.mark.parametrize(("method", "path"), documented())
@BOUNDED
@given(data=st.data())
def test_every_operation_answers_as_its_document_says(
    document: Any, programs: dict[str, Program], method: str, path: str, data: Any
) -> None:
    operation = document[path][method]
    case = data.draw(operation.as_strategy())
    tag = operation.definition.raw["tags"][0]
    headers = {}
    if tag in programs and operation.definition.raw.get("security"):
        headers["Authorization"] = f"Bearer {programs[tag].token}"
    # A schema does not say which ids there are, or what a city knows.
    unknown = [positive_data_acceptance]
    if path == _UNSET:
        unknown.append(not_a_server_error)
    answer = case.call_and_validate(headers=headers, excluded_checks=unknown, timeout=WAIT_S)
    assert answer.status_code != 500
