"""Whatever is sent to the portal, the answer is one that its document knows, and never a 500."""

import json
import socket
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from palika.auth import Identity
from palika.errors import Forbidden
from tests.support.portal import HOLE, KEY, WAIT_S

CITIZEN = Identity.of("citizen:9", "citizen")
BOUNDED = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
KNOWN = {200, 400, 403, 404, 405, 409, 413}
FIELDS = (
    *("service_code", "lat", "long", "address_string", "address_id", "description", "email"),
    *("first_name", "last_name", "phone", "media_url", "device_id", "account_id", "locale"),
    *("jurisdiction_id", "attribute[how_many]", "attribute[x]", "attribute[", "attribute[a][]"),
)
FILTERS = (
    *("service_request_id", "service_code", "start_date", "end_date", "status"),
    *("page", "page_size", "locale", "api_key", "jurisdiction_id"),
)
NASTY = [
    *("", " ", "\0", "a\0b", "\x1b[0m", "\ufffe", "\U0010ffff", "खड्डा", "x" * 5_000),
    *("NaN", "inf", "-0", "1e999", "9" * 40, "१२", "true", "null", "[]", "{}"),
    *("<x>&amp;", "]]>", "' OR 1=1 --", "../../etc/passwd", "%s%n", "${7*7}", "{{7*7}}"),
    *("javascript:alert(1)", "https://a.example/" + "x" * 3_000, "2026-13-01", "9999-12-31"),
    *("2026-07-01T00:00:00+99:99", "0001-01-01", ",", ",,,", "a," * 1_500, "pothole"),
]
TEXT = st.sampled_from(NASTY) | st.text(max_size=40)


@pytest.fixture(scope="module")
def document(portal):
    """The OpenAPI document as it is served."""
    served = requests.get(f"{portal.url}/openapi.json", timeout=WAIT_S).json()
    schema = schemathesis.openapi.from_dict(served)
    schema.config.update(base_url=portal.url)
    return schema


OPERATIONS = [
    *(f"get {path}.{{form}}" for path in ("discovery", "services", "services/{service_code}")),
    *(f"get {path}.{{form}}" for path in ("requests", "requests/{service_request_id}")),
    *("get tokens/{token}.{form}", "post requests.{form}"),
]


def test_every_operation_is_tried(document):
    found = {
        f"{method} {path.removeprefix('/open311/v2/')}"
        for path, operations in document.raw_schema["paths"].items()
        if path.startswith("/open311/")
        for method in operations
        if method in ("get", "post", "put", "patch", "delete")
    }
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
@BOUNDED
@given(data=st.data())
def test_every_operation_answers_as_its_document_says(document, operation, data):
    method, _, path = operation.partition(" ")
    case = data.draw(document[f"/open311/v2/{path}"][method].as_strategy())
    # A schema does not say which ids there are, or where a city ends.
    case.call_and_validate(excluded_checks=[positive_data_acceptance], timeout=WAIT_S)


def understood(answer):
    """It is in the form that was asked for, and of the city's own making."""
    assert answer.status_code in KNOWN | {414}, (answer.status_code, answer.text[:300])
    assert "Traceback" not in answer.text
    assert "palika." not in answer.text
    if answer.status_code == 414:
        return  # an address so long does not reach the application
    if answer.headers["Content-Type"].startswith("text/xml"):
        ElementTree.fromstring(answer.content)
    else:
        json.loads(answer.content)


@pytest.mark.parametrize("field", FILTERS)
def test_no_filter_takes_a_nasty_value_badly(portal, field):
    with requests.Session() as session:
        for nasty in NASTY:
            params = {"page_size": "1", field: nasty}
            understood(session.get(f"{portal.open311}/requests.xml", params=params))


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_takes_a_nasty_value_badly(portal, field):
    # Half of them each, in turn: every value is met by nine fields.
    half = NASTY[FIELDS.index(field) % 2 :: 2]
    with requests.Session() as session:
        for nasty in half:
            data = HOLE | {field: nasty.encode("utf-8", "replace")}
            understood(session.post(f"{portal.open311}/requests.xml", data=data))


@pytest.mark.parametrize("form", ["json", "xml"])
@BOUNDED
@given(fields=st.dictionaries(st.sampled_from(FIELDS), TEXT | st.lists(TEXT, max_size=3)))
def test_no_form_is_a_bug_and_none_is_half_written(portal, form, fields):
    def counted():
        return [
            portal.backbone.value("grievance", f"SELECT count(*) FROM {table}")
            for table in ("grievance", "timeline", "search_words")
        ]

    before = counted()
    given_fields = {"api_key": KEY, "service_code": HOLE["service_code"], **fields}
    encoded = {
        name: [each.encode("utf-8", "replace") for each in values]
        for name, values in (
            (name, [each] if isinstance(each, str) else each) for name, each in given_fields.items()
        )
    }
    answer = requests.post(f"{portal.open311}/requests.{form}", data=encoded, timeout=WAIT_S)
    understood(answer)
    written = 1 if answer.status_code == 200 else 0
    assert counted() == [each + written for each in before]


@BOUNDED
@given(
    form=st.sampled_from(["json", "xml"]),
    params=st.dictionaries(st.sampled_from(FILTERS), TEXT | st.lists(TEXT, max_size=3)),
)
def test_no_filter_is_a_bug(portal, form, params):
    understood(requests.get(f"{portal.open311}/requests.{form}", params=params, timeout=WAIT_S))


@BOUNDED
@given(kind=st.sampled_from(["services", "requests", "tokens"]), key=TEXT)
def test_no_id_is_a_bug(portal, kind, key):
    path = quote(key, safe="", errors="replace")
    understood(requests.get(f"{portal.open311}/{kind}/{path}.json", timeout=WAIT_S))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"service_code": "pothole"}'),
        (
            "text/xml",
            b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
        ),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
        (
            "application/x-www-form-urlencoded",
            b"%ff%fe=%00&service_code=%c3%28&&&=&" + b"a=1&" * 9_999,
        ),
        ("application/x-www-form-urlencoded; charset=utf-7", b"service_code=+AGE-"),
        ("", b"\0\xff"),
    ],
)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_body_that_is_no_form_is_refused(portal, form, kind, body):
    answer = requests.post(
        f"{portal.open311}/requests.{form}",
        data=body,
        headers={"Content-Type": kind},
        timeout=WAIT_S,
    )
    understood(answer)
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/open311/v2/requests/क", 400),
        ("/open311/v2//requests", 404),
        ("/open311//v2/requests", 404),
        ("/open311/v2/" + "x" * 9_000, 414),
    ],
)
def test_an_address_that_is_none_is_refused_in_the_standards_form(portal, form, path, status):
    at = urlsplit(portal.url)
    with socket.create_connection((at.hostname, at.port), timeout=WAIT_S) as sent:
        sent.sendall(f"GET {path}.{form} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        told = b"".join(iter(lambda: sent.recv(65_536), b""))
    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    if b"application/json" in head:
        (error,) = json.loads(body)
    else:
        assert b"text/xml" in head
        (entry,) = ElementTree.fromstring(body)
        error = {each.tag: each.text for each in entry}
    assert str(error["code"]) == str(status)
    assert error["description"]
    assert status == 414 or (form == "json") == (b"application/json" in head)


def test_a_filter_that_cannot_be_is_told_by_the_standards_name(portal):
    for name in ("service_code", "service_request_id"):
        answer = requests.get(f"{portal.open311}/requests.json", {name: "\0"}, timeout=WAIT_S)
        assert all(line.startswith(f"{name}: ") for line in portal.refused(answer, 400))


@pytest.mark.parametrize("channel", ["open311", "counter"])
def test_no_citizen_claims_a_channel_of_others(portal, channel):
    filing = {"category": "pothole", "description": "A hole", "ward": "aundh-baner"}
    with portal.backbone.client(CITIZEN) as city:
        with pytest.raises(Forbidden, match=f"{channel} is not a channel"):
            city.grievance.file(**filing, channel=channel)
        assert city.grievance.file(**filing, channel="app")["token"]
