"""The portal's process: its health, its outages, its end; and settings that change what it says."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.part import ROOT, wait_for
from tests.support.portal import HOLE, WAIT_S, Portal


@pytest.fixture(scope="module")
def service(backbone):
    """The grievance service."""
    backbone.migrate("grievance")
    return backbone.service("grievance")


@pytest.fixture
def start(backbone, service):
    """Starts a portal with these settings; it ends with the test, in order."""
    started = []

    def begin(**options):
        part = backbone.service("portal", **({"PALIKA_PORTAL_HTTP_PORT": "0"} | options))
        started.append(part)
        part.wait_ready()
        service.wait_ready()
        return Portal(backbone, part)

    yield begin
    for part in started:
        if part.pid is not None:
            assert part.stop() == 0, part.said


def refusal_to_start(backbone, **options):
    part = backbone.service("portal", **({"PALIKA_PORTAL_HTTP_PORT": "0"} | options))
    wait_for(lambda: part.exit_code is not None, WAIT_S)
    assert "Traceback" not in part.said
    return part.exit_code, part.said


def test_it_is_ready_counts_its_requests_and_ends_in_order(start, backbone):
    portal = start()
    assert portal.part.checks().keys() == {"broker", "database"}
    assert portal.part.get("/healthz")[0] == 200
    portal.json("services")
    portal.refused(portal.get("nothing.json"), 404)
    counted = {
        (route, status): portal.part.metric(
            "palika_http_requests_total", route=route, status=status
        )
        for route, status in (("/open311/v2/services.<form:form>", "200"), ("none", "404"))
    }
    assert set(counted.values()) == {1}

    taken = portal.url.rpartition(":")[2]
    code, said = refusal_to_start(backbone, PALIKA_PORTAL_HTTP_PORT=taken)
    assert (code, f"127.0.0.1:{taken} cannot be listened on" in said) == (1, True)

    assert portal.part.stop() == 0
    with pytest.raises(requests.ConnectionError):
        portal.get("services.json")


def test_what_a_request_says_of_itself_is_in_nobody_s_page(start):
    portal = start()
    path = "/en/services"
    said = {"SCRIPT_NAME": "//evil.example", "X-Forwarded-Proto": "https"}
    session = requests.Session()
    asked = requests.Request("GET", portal.url, headers=said).prepare()
    for asked.url in (f"{portal.url}//evil.example{path}", f"{portal.url}{path}"):
        session.send(asked, timeout=WAIT_S)
    page = requests.get(f"{portal.url}{path}", timeout=WAIT_S)
    assert page.status_code == 200
    assert f'hreflang="en" href="{portal.url}{path}"' in page.text
    assert "evil.example" not in page.text


def test_a_service_that_is_away_is_told_and_found_again(start, service):
    portal = start(PALIKA_WORKERS="1", PALIKA_RPC_TIMEOUT_S="5")
    portal.json("services")
    service.kill()
    # One waits for the service that does not answer; the others in vain for their turn.
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: portal.get("requests.xml"), range(3)))
    told = sorted((answer.status_code, answer.headers["Retry-After"]) for answer in answers)
    assert told == [(429, "1"), (429, "1"), (503, "5")]
    for answer in answers:
        (line,) = portal.refused(answer, answer.status_code)
        assert "again" in line
    assert portal.part.is_ready(), "it is the service that is away, not the portal"
    service.start()
    wait_for(lambda: portal.get("services.json").status_code == 200, WAIT_S)


def test_a_city_may_want_to_be_named_and_let_anybody_file(start):
    portal = start(
        PALIKA_OPEN311_JURISDICTION="city.example",
        PALIKA_OPEN311_JURISDICTION_REQUIRED="yes",
        PALIKA_OPEN311_POST_WITHOUT_KEY="yes",
        PALIKA_PORTAL_URL="https://city.example/",
    )
    assert portal.json("services", jurisdiction_id="city.example")
    for path in ("services", "services/pothole", "requests", "requests/1", "tokens/1"):
        (line,) = portal.refused(portal.get(f"{path}.xml"), 400)
        assert line == "jurisdiction_id: is missing"
        (line,) = portal.refused(portal.get(f"{path}.json", jurisdiction_id="other.example"), 404)
        assert "jurisdiction_id" in line
    form = HOLE | {"jurisdiction_id": "other.example"}
    portal.refused(requests.post(f"{portal.open311}/requests.xml", form, timeout=WAIT_S), 404)
    assert portal.post(api_key=None, jurisdiction_id="city.example").status_code == 200
    (endpoint,) = portal.json("discovery")["endpoints"]
    assert endpoint["url"] == "https://city.example/open311/v2"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"PALIKA_OPEN311_KEYS": str(ROOT / "docs/asyncapi.yaml")}, "must have a list `keys`"),
        ({"PALIKA_OPEN311_JURISDICTION_REQUIRED": "yes"}, "must name the jurisdiction"),
        ({"PALIKA_PORTAL_HTTP_PORT": "http"}, "PALIKA_PORTAL_HTTP_PORT is 'http'"),
    ],
)
def test_a_wrong_setting_ends_it_with_a_line(backbone, options, why):
    code, said = refusal_to_start(backbone, **options)
    assert (code, why in said) == (2, True), said
