"""Clients as others have written them work unchanged: georeport (PyPI), FixMyStreet, three."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
import requests
from georeport import GeoReport

from tests.support.portal import KEY, OFFICER, WAIT_S

CITY = "city.example"


@pytest.fixture(scope="module", params=["json", "xml"])
def georeport(request, portal):
    """The client of PyPI, in each of its forms."""
    return GeoReport(f"{portal.open311}/", CITY, KEY, output_format=request.param)


def text(value):
    """As XML has it."""
    return str(value).lower() if isinstance(value, bool) else value and str(value)


def test_georeport_lists_the_services_and_what_they_ask(georeport):
    services = georeport.get_service_list()
    assert len(services) >= 120
    asking = next(each for each in services if each["service_code"] == "pothole")
    assert text(asking["metadata"]) == "true"
    definition = georeport.get_service_definition("pothole")
    attributes = definition["attributes"]
    (question,) = attributes if isinstance(attributes, list) else [attributes["attribute"]]
    assert question["code"] == "how_many"


def test_georeport_finds_what_was_filed(georeport, portal):
    filed = [portal.filed(), portal.filed()]
    shown = georeport.get_service_request(filed[0])
    assert (shown["service_request_id"], shown["status"]) == (filed[0], "open")
    assert float(shown["lat"]) == 18.5204
    found = georeport.get_service_requests(service_request_id=",".join(filed))
    assert [each["service_request_id"] for each in found] == filed[::-1]
    at = shown["requested_datetime"]
    found = georeport.get_service_requests(
        service_code="pothole", start_date=at, end_date=at, status="open,closed"
    )
    assert filed[0] in [each["service_request_id"] for each in found]


def fixmystreet_get(portal, path, **params):
    """As FixMyStreet's Open311.pm asks: XML, its jurisdiction always there."""
    answer = requests.get(
        f"{portal.open311}/{path}.xml", params=params | {"jurisdiction_id": CITY}, timeout=WAIT_S
    )
    assert answer.status_code == 200, answer.text
    return ElementTree.fromstring(answer.content)


def test_fixmystreet_reads_the_services_with_their_attributes(portal):
    root = fixmystreet_get(portal, "services")
    metadata = {each.findtext("service_code"): each.findtext("metadata") for each in root}
    assert set(metadata.values()) == {"true", "false"}
    code = next(code for code, asked in metadata.items() if asked == "true")
    asked = fixmystreet_get(portal, f"services/{code}").findall("attributes/attribute")
    assert asked
    for each in asked:
        assert int(each.findtext("order")) > 0
        assert each.findtext("required") in ("true", "false")


def test_fixmystreet_files_follows_and_fetches(portal):
    # A whole form as it sends it: the last name may be empty, the attributes are its extra fields.
    answer = requests.post(
        f"{portal.open311}/requests.xml",
        data={
            "jurisdiction_id": CITY,
            "api_key": KEY,
            "service_code": "pothole",
            "lat": "18.520400",
            "long": "73.856700",
            "description": "title: खड्डा\n\ndetail: Deep\n\nurl: https://fms.example/report/1\n\n"
            "Submitted via FixMyStreet\n",
            "email": "asha@example.org",
            "first_name": "Asha",
            "last_name": "",
            "media_url": "https://fms.example/photo/1.0.full.jpeg?abc",
            "attribute[how_many]": "2",
        },
        timeout=WAIT_S,
    )
    number = ElementTree.fromstring(answer.content).findtext("request/service_request_id")
    assert portal.row(number)["attributes"] == {"how_many": 2}
    # It asks for the state of all of its own at once.
    (shown,) = fixmystreet_get(portal, "requests", service_request_id=f"{number},0")
    assert shown.findtext("status") == "open"
    assert shown.findtext("media_url") == "https://fms.example/photo/1.0.full.jpeg?abc"
    assert shown.findtext("description").startswith("title: खड्डा\n\ndetail: Deep")
    for needed in ("lat", "long", "requested_datetime", "updated_datetime"):
        assert shown.findtext(needed)


def test_fixmystreet_is_told_why_it_was_refused(portal):
    answer = requests.post(
        f"{portal.open311}/requests.xml",
        data={"jurisdiction_id": CITY, "api_key": "old", "service_code": "pothole", "lat": "18"},
        timeout=WAIT_S,
    )
    assert answer.status_code >= 400
    for error in ElementTree.fromstring(answer.content):
        assert error.findtext("code")
        assert error.findtext("description")


def test_three_files_and_asks_with_its_own_keywords(portal):
    # `three` on Python 3 does not import any more: these are the requests that it makes.
    session = requests.Session()
    params = {"jurisdiction_id": CITY}
    assert session.get(f"{portal.open311}/discovery.json", params=params).json()["endpoints"]
    filed = session.post(
        f"{portal.open311}/requests.json",
        data={
            "service_code": "pothole",
            "address_string": "123 Any St",
            "first_name": "Zach",
            "last_name": "Williams",
            "phone": "9822012345",
            "description": "My issue description.",
            "jurisdiction_id": CITY,
            "api_key": KEY,
        },
    ).json()
    number = filed[0]["service_request_id"]
    (shown,) = session.get(f"{portal.open311}/requests/{number}.json", params=params).json()
    assert shown["address"] == "123 Any St"
    # It is written with India's offset; the client asks by the day of UTC.
    day = datetime.fromisoformat(shown["requested_datetime"]).astimezone(UTC).date()
    between = {"start_date": f"{day}T00:00:00Z", "end_date": f"{day}T23:59:59Z"}
    asked = params | between | {"page_size": 5, "service_code": "pothole"}
    found = session.get(f"{portal.open311}/requests.json", params=asked).json()
    assert 1 <= len(found) <= 5


def test_a_resolved_grievance_is_closed_for_every_client(georeport, portal):
    number = portal.filed()
    with portal.backbone.client(OFFICER) as city:
        key = city.grievance.get(number=number)["id"]
        city.grievance.assign(id=key, officer="roads-je")
        city.grievance.resolve(id=key, remark="Filled")
    assert georeport.get_service_request(number)["status"] == "closed"
