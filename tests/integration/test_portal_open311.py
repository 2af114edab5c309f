"""Open311 over real HTTP: from gunicorn over RabbitMQ to the grievance service and back."""

import re
from datetime import datetime, timedelta

import pytest
import requests

from tests.support.portal import HOLE, KEY, OFFICER, OTHER_KEY, READ_KEY, WAIT_S

NUMBER = re.compile(r"PMC-\d{4}-\d{6}")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
PRIVATE = "money-for-garbage"
CONTACT = {
    "first_name": "Asha",
    "last_name": "Patil",
    "email": "asha@example.org",
    "phone": "9822012345",
}


def take(portal, step, number, **args):
    """An officer's step."""
    with portal.backbone.client(OFFICER) as city:
        found = city.grievance.get(number=number)
        return getattr(city.grievance, step)(id=found["id"], **args)


def ids(found):
    return [each["service_request_id"] for each in found]


# ---- what there is


def test_the_discovery_document_leads_to_the_endpoint(portal):
    known = portal.json("discovery")
    (endpoint,) = known["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert datetime.fromisoformat(known["changeset"]).tzinfo is not None
    reached = requests.get(f"{endpoint['url']}/services.json", timeout=WAIT_S)
    assert reached.status_code == 200
    assert portal.xml("discovery").findtext("endpoints/endpoint/url") == endpoint["url"]


def test_services_are_the_same_in_xml_and_json(portal):
    listed = portal.json("services", locale="en")
    assert len(listed) >= 120
    hole = next(each for each in listed if each["service_code"] == "pothole")
    assert (hole["service_name"], hole["metadata"], hole["type"]) == ("Pothole", True, "realtime")
    written = [
        {field.tag: field.text for field in service}
        for service in portal.xml("services", locale="en")
    ]
    assert written == [each | {"metadata": str(each["metadata"]).lower()} for each in listed]


def test_a_service_tells_what_it_asks(portal):
    definition = portal.json("services/road-not-reinstated", locale="en")
    assert definition.keys() == {"service_code", "attributes"}
    asked = {each["code"]: each for each in definition["attributes"]}
    assert asked["dug_by"]["required"] is True
    assert asked["dug_by"]["datatype"] == "singlevaluelist"
    assert asked["since_days"]["datatype"] == "number"
    root = portal.xml("services/road-not-reinstated", locale="en")
    assert root.tag == "service_definition"
    written = [each.findtext("code") for each in root.iterfind("attributes/attribute")]
    assert written == [each["code"] for each in definition["attributes"]]


def test_the_language_is_that_of_the_locale_the_header_or_the_city(portal):
    def name(header=None, **params):
        answer = requests.get(
            f"{portal.open311}/services.json",
            params=params,
            headers={"Accept-Language": header} if header else None,
            timeout=WAIT_S,
        )
        return answer.json()[0]["service_name"]

    assert name() == name(locale="mr_IN") == name("fr") == "रस्त्यावरील खड्डे"
    assert name(locale="en") == name("en-GB,en;q=0.9") == name("mr", locale="en") == "Pothole"


# ---- filing


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_request_is_filed_and_found_again(portal, form):
    answer = portal.post(form, locale="en", address_string="12 Baner Road 411 045", **CONTACT)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    number = NUMBER.search(answer.text)[0]
    assert "Pothole: put right within 24 working hours" in answer.text
    (shown,) = portal.json(f"requests/{number}", locale="en")
    assert shown == {
        "service_request_id": number,
        "status": "open",
        "status_notes": "Registered",
        "service_name": "Pothole",
        "service_code": "pothole",
        "description": "A deep hole",
        "agency_responsible": "Roads",
        "service_notice": "Pothole: put right within 24 working hours",
        "requested_datetime": shown["requested_datetime"],
        "updated_datetime": shown["requested_datetime"],
        "expected_datetime": shown["expected_datetime"],
        "address": "12 Baner Road 411 045",
        "address_id": None,
        "zipcode": "411045",
        "lat": 18.5204,
        "long": 73.8567,
        "media_url": None,
    }
    assert shown["requested_datetime"].endswith("+05:30")
    (request,) = portal.xml(f"requests/{number}", locale="en")
    written = {field.tag: field.text for field in request}
    assert written == {name: each and str(each) for name, each in shown.items()}


def test_the_office_knows_whom_to_answer_and_the_public_does_not(portal):
    number = portal.filed(**CONTACT, device_id="device-7", account_id="account-7")
    row = portal.row(number)
    assert (row["channel"], row["anonymous"]) == ("open311", False)
    with portal.backbone.client() as city:
        (contact,) = city.grievance.contacts(ids=[row["id"]])
    assert (contact["name"], contact["phone"]) == ("Asha Patil", "+919822012345")
    told = portal.get(f"requests/{number}.xml").text
    for secret in ("Asha", "9822012345", "asha@", "device-7", "account-7", row["id"]):
        assert secret not in told


def test_answers_to_the_services_questions_come_as_text(portal):
    number = portal.filed(
        service_code="road-not-reinstated",
        **{"attribute[dug_by]": "power", "attribute[since_days]": "3"},
    )
    assert portal.row(number)["attributes"] == {"dug_by": "power", "since_days": 3}


def test_several_choices_of_one_question_are_all_taken(portal):
    (question,) = [
        each
        for each in portal.json("services/low-pressure")["attributes"]
        if each["datatype"] == "multivaluelist"
    ]
    first, second = [each["key"] for each in question["values"]][:2]
    required = {
        f"attribute[{each['code']}]": "1"
        for each in portal.json("services/low-pressure")["attributes"]
        if each["required"] and each is not question
    }
    for name in (f"attribute[{question['code']}]", f"attribute[{question['code']}][]"):
        number = portal.filed(service_code="low-pressure", **required, **{name: [second, first]})
        assert portal.row(number)["attributes"][question["code"]] == [first, second]


def test_who_leaves_no_trace_is_anonymous_and_follows_by_the_token(portal):
    answer = portal.post(description=None)
    (filed,) = answer.json()
    number, token = filed["service_request_id"], answer.headers["Palika-Token"]
    assert portal.row(number)["anonymous"] is True
    assert portal.json(f"tokens/{token}") == [{"service_request_id": number, "token": token}]
    request = portal.xml(f"tokens/{token}").find("request")
    assert request.findtext("service_request_id") == number
    portal.refused(portal.get("tokens/nothing.json"), 404)


def test_a_kind_that_takes_nobody_says_what_it_needs(portal):
    (line,) = portal.refused(portal.post(service_code="tree-felling-permission"), 400)
    assert line.startswith("email or phone: ")


def test_the_same_filing_sent_again_is_filed_once(portal):
    def send(key, api_key=KEY, **other):
        return requests.post(
            f"{portal.open311}/requests.json",
            data={
                "service_code": "pothole",
                "address_string": "Here",
                "api_key": api_key,
                **CONTACT,
                **other,
            },
            headers={"Idempotency-Key": key},
            timeout=WAIT_S,
        )

    first, again = send("once"), send("once")
    assert first.json() == again.json()
    assert "Palika-Token" in first.headers
    assert "Palika-Token" not in again.headers
    # What is another filing is not swallowed.
    for other in ({"description": "Another hole"}, {"phone": "9822054321"}):
        (line,) = portal.refused(send("once", **other), 409)
        assert line.startswith("Idempotency-Key 'once' is taken by another request")
    # The keys of one system are no business of another's.
    assert (
        len({str(send(*each).json()) for each in (("once",), ("twice",), ("once", OTHER_KEY))}) == 3
    )


def test_a_filing_carries_the_trace_of_its_request(portal):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = requests.post(
        f"{portal.open311}/requests.json",
        data=HOLE,
        headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"},
        timeout=WAIT_S,
    )
    key = portal.row(answer.json()[0]["service_request_id"])["id"]
    (body,) = portal.backbone.query(
        "grievance", "SELECT body FROM outbox WHERE body::jsonb->>'subject' = %s", key
    )[0]
    assert trace in body


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "roads"}, 404, "roads"),
        ({"service_code": "a\0b"}, 400, "service_code"),
        ({"lat": None, "long": None}, 400, "address_string"),
        ({"lat": "51.5", "long": "-0.1"}, 400, "lat"),
        ({"lat": "73.8", "long": "18.5"}, 400, "long"),
        ({"lat": "19.07", "long": "72.87"}, 400, "lat: is outside the city"),
        ({"lat": "19.07", "long": "72.87"}, 400, "long: is outside the city"),
        ({"phone": "12345"}, 400, "phone"),
        ({"email": "asha"}, 400, "email"),
        ({"description": "x" * 4001}, 400, "description"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"attribute[how_many]": "some"}, 400, "attribute[how_many]"),
        ({"attribute[colour]": "red"}, 400, "attribute[colour]"),
        ({"description": "a\0b"}, 400, "description"),
        ({"description": "\u200b"}, 400, "description: must not be empty"),
        ({"description": b"\xff\xfe"}, 400, "description: must be text in UTF-8"),
        ({"api_key": None}, 403, "missing"),
        ({"api_key": "guess"}, 403, "not known"),
        ({"api_key": READ_KEY}, 403, "may not file"),
        ({"description": "x" * 300_000}, 413, ""),
    ],
)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_wrong_request_is_refused_in_the_standards_form(portal, form, fields, status, named):
    before = portal.backbone.value("grievance", "SELECT count(*) FROM grievance")
    lines = portal.refused(portal.post(form, **fields), status)
    assert any(named in line for line in lines), lines
    assert portal.backbone.value("grievance", "SELECT count(*) FROM grievance") == before


def test_a_file_is_refused_and_not_lost_in_silence(portal):
    answer = requests.post(
        f"{portal.open311}/requests.json",
        data={"service_code": "pothole", "address_string": "Here", "api_key": KEY},
        files={"media": ("hole.jpg", b"\xff\xd8\xff", "image/jpeg")},
        timeout=WAIT_S,
    )
    (line,) = portal.refused(answer, 400)
    assert line.startswith("media: ")
    assert "media_url" in line


# ---- reading


def test_a_request_is_closed_when_it_is_put_right_and_open_again_when_it_is_not(portal):
    number = portal.filed()

    def stands():
        (shown,) = portal.json(f"requests/{number}", locale="en")
        return shown["status"], shown["status_notes"]

    take(portal, "assign", number, officer="roads-je")
    assert stands() == ("open", "Given to an officer")
    take(portal, "resolve", number, remark="Filled; call 98220 12345")
    assert stands() == ("closed", "Put right: Filled; call •••")
    take(portal, "reopen", number, reason="Still there")
    assert stands()[0] == "open"
    take(portal, "reject", number, rejection="not_responsible", remark="The highway's")
    status, notes = stands()
    assert status == "closed"
    assert notes.startswith("Rejected: ")


def test_a_private_request_is_shown_to_its_own_system_alone(portal):
    number = portal.filed(service_code=PRIVATE, **CONTACT)
    for key in (None, OTHER_KEY, READ_KEY):
        params = {"api_key": key} if key else {}
        portal.refused(portal.get(f"requests/{number}.json", **params), 404)
        assert portal.json("requests", service_request_id=number, **params) == []
        assert number not in ids(portal.json("requests", **params))
    assert ids(portal.json(f"requests/{number}", api_key=KEY)) == [number]
    assert number in ids(portal.json("requests", api_key=KEY))
    portal.refused(portal.get(f"requests/{number}.json", api_key="guess"), 403)


def test_the_filters_of_the_standard(portal):
    first, second = portal.filed(), portal.filed(service_code="street-light")
    done = portal.filed(service_code="street-light")
    take(portal, "assign", done, officer="lights-je")
    take(portal, "resolve", done, remark="New lamp")
    assert ids(portal.json("requests"))[:3] == [done, second, first]
    assert ids(portal.json("requests", service_code="street-light", status="open"))[0] == second
    assert done in ids(portal.json("requests", status="closed", service_code="street-light,none"))
    asked = {"service_request_id": f"{first},none,{done}", "status": "open"}
    assert ids(portal.json("requests", **asked)) == [done, first]
    written = portal.xml("requests", service_request_id=first)
    assert [each.findtext("service_request_id") for each in written] == [first]
    assert portal.get("requests.xml", service_code="none").text.endswith("<service_requests />")


def test_both_ends_of_the_dates_are_included(portal):
    number = portal.filed()
    (shown,) = portal.json(f"requests/{number}")
    moment = datetime.fromisoformat(shown["requested_datetime"])
    at = shown["requested_datetime"]

    def between(start, end):
        return number in ids(portal.json("requests", start_date=start, end_date=end))

    assert between(at, at)
    assert not between(
        (moment - timedelta(days=1)).isoformat(), (moment - timedelta(seconds=1)).isoformat()
    )
    assert not between(
        (moment + timedelta(seconds=1)).isoformat(), (moment + timedelta(days=1)).isoformat()
    )
    start = (moment - timedelta(days=91)).isoformat()
    (line,) = portal.refused(portal.get("requests.json", start_date=start, end_date=at), 400)
    assert "90 days" in line


def test_older_than_90_days_is_shown_only_when_it_is_asked_for(portal):
    number = portal.filed()
    portal.backbone.query(
        "grievance",
        "UPDATE grievance SET filed_at = filed_at - interval '100 days' WHERE number = %s",
        number,
    )
    assert number not in ids(portal.json("requests"))
    (shown,) = portal.json("requests", service_request_id=number)
    assert number in ids(portal.json("requests", end_date=shown["requested_datetime"]))
    day = shown["requested_datetime"][:10]
    assert number in ids(portal.json("requests", start_date=day, end_date=day))
    for said in (number.lower(), number.translate(DEVANAGARI)):
        assert ids(portal.json(f"requests/{said}")) == [number]
        assert ids(portal.json("requests", service_request_id=said)) == [number]


def test_pages_go_on_where_the_last_one_ended(portal):
    filed = [portal.filed() for _ in range(3)]
    pages = [ids(portal.json("requests", page=page, page_size=2)) for page in (1, 2)]
    assert [*pages[0], *pages[1]][:3] == filed[::-1]
    assert portal.json("requests", page=1000, page_size=1000) == []
    for wrong in ({"page": 0}, {"page_size": 1001}, {"status": "done"}, {"start_date": "soon"}):
        (line,) = portal.refused(portal.get("requests.json", **wrong), 400)
        assert line.startswith(f"{next(iter(wrong))}: ")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("services/nothing", 404),
        ("services/a%00b", 404),
        ("requests/PMC-1999-000001", 404),
        (f"requests/{'x' * 300}", 404),
        ("tokens/a%0eb", 404),
        ("requests/%F0%9F%A6%8A", 404),
        ("nothing", 404),
        ("services/..%2f..%2fetc%2fpasswd", 404),
    ],
)
def test_what_is_not_there_is_told_in_the_form_that_was_asked_for(portal, path, status):
    for form in ("json", "xml"):
        portal.refused(portal.get(f"{path}.{form}"), status)
    assert portal.get("services.html").status_code == 404


def test_a_method_that_is_not_there_names_those_that_are(portal):
    answer = requests.delete(f"{portal.open311}/requests.json", timeout=WAIT_S)
    portal.refused(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
