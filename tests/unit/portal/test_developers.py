"""The pages for who writes programs, made of the document."""

import re

import pytest
from flask import Flask

from palika.config import settings
from services.portal.api import ROOMS
from services.portal.app import create_app


@pytest.fixture(scope="module")
def app() -> Flask:
    """The application; nothing behind it is asked."""
    return create_app(settings("portal"))


@pytest.mark.parametrize("language", ["mr", "en"])
def test_the_guide_tells_scopes_limits_and_the_first_call(app: Flask, language: str) -> None:
    page = app.test_client().get(f"/{language}/developers/").get_data(as_text=True)
    for each in ("grievance:write", "/api/v1/grievances", "Idempotency-Key", "problem+json"):
        assert each in page
    assert ("minute" in page) == (language == "en")


def test_the_reference_has_every_operation_and_every_object_that_it_names(app: Flask) -> None:
    client = app.test_client()
    document = client.get("/openapi.json").get_json()
    listed = client.get("/en/developers/reference").get_data(as_text=True)
    for path in document["paths"]:
        assert path.replace("<", "&lt;") in listed, path
    for tag in document["tags"]:
        page = client.get(f"/mr/developers/reference/{tag['name']}").get_data(as_text=True)
        ids = set(re.findall(r'id="([^"]+)"', page))
        named = set(re.findall(r'href="#(schema-[^"]+)"', page))
        assert named <= ids, tag["name"]
    assert client.get("/en/developers/reference/nothing").status_code == 404


def test_the_document_says_of_each_operation_what_it_needs(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").get_json()
    for room in ROOMS:
        for each in room.operations:
            path = "/api/v1" + re.sub(r"<(?:uuid:)?(\w+)>", r"{\1}", each.path)
            told = document["paths"][path][each.method.lower()]
            assert told["x-scope"] == each.scope
            assert told["security"] == ([{"token": []}] if each.scope else [])
            assert told["tags"] == [room.tag]
            if each.scope:
                assert {"401", "403"} <= set(told["responses"])
    schemes = document["components"]["securitySchemes"]
    assert {"token", "razorpay", "meta", "plivo", "infobip", "twilio"} <= set(schemes)
