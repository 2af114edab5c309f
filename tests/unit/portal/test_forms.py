"""XML and JSON as the standard's own examples have them."""

import json
from xml.etree import ElementTree

import pytest
from flask import Flask

from services.portal.errors import Problem
from services.portal.open311 import xml
from services.portal.open311.answers import answer, answer_problem

SERVICE = {
    "service_code": "001",
    "service_name": "Cans left out 24x7",
    "description": "Garbage or recycling cans that have been left out.",
    "metadata": True,
    "type": "realtime",
    "keywords": "lorem, ipsum, dolor",
    "group": "sanitation",
}
DEFINITION = {
    "service_code": "DMV66",
    "attributes": [
        {
            "variable": True,
            "code": "WHISHETN",
            "datatype": "singlevaluelist",
            "required": True,
            "datatype_description": None,
            "order": 1,
            "description": "What is the ticket/tag/DL number?",
            "values": [{"key": 123, "name": "Ford"}, {"key": 124, "name": "Chrysler"}],
        }
    ],
}
DISCOVERY = {
    "changeset": "2011-02-03 14:18",
    "endpoints": [
        {
            "url": "http://open311.mycity.gov/v2",
            "formats": ["text/xml", "application/json"],
        }
    ],
}
FILED = [{"service_request_id": 293944, "service_notice": "Soon", "account_id": None}]

EXAMPLES = [
    (
        "services",
        [SERVICE],
        "<services><service><service_code>001</service_code>"
        "<service_name>Cans left out 24x7</service_name>"
        "<description>Garbage or recycling cans that have been left out.</description>"
        "<metadata>true</metadata><type>realtime</type>"
        "<keywords>lorem, ipsum, dolor</keywords><group>sanitation</group></service></services>",
    ),
    (
        "service_definition",
        DEFINITION,
        "<service_definition><service_code>DMV66</service_code><attributes><attribute>"
        "<variable>true</variable><code>WHISHETN</code><datatype>singlevaluelist</datatype>"
        "<required>true</required><datatype_description /><order>1</order>"
        "<description>What is the ticket/tag/DL number?</description><values>"
        "<value><key>123</key><name>Ford</name></value>"
        "<value><key>124</key><name>Chrysler</name></value>"
        "</values></attribute></attributes></service_definition>",
    ),
    (
        "service_requests",
        FILED,
        "<service_requests><request><service_request_id>293944</service_request_id>"
        "<service_notice>Soon</service_notice><account_id /></request></service_requests>",
    ),
    (
        "discovery",
        DISCOVERY,
        "<discovery><changeset>2011-02-03 14:18</changeset><endpoints><endpoint>"
        "<url>http://open311.mycity.gov/v2</url><formats><format>text/xml</format>"
        "<format>application/json</format></formats></endpoint></endpoints></discovery>",
    ),
]


@pytest.mark.parametrize(("root", "value", "written"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_the_standards_examples_are_written_as_it_writes_them(root, value, written):
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    assert xml.document(root, value).decode() == head + written


def test_what_people_wrote_cannot_break_out_of_its_element():
    hostile = "</request><script>alert(1)</script> & <!ENTITY x> ]]>"
    (root,) = ElementTree.fromstring(xml.document("services", [{"description": hostile}]))
    assert [each.tag for each in root] == ["description"]
    assert root[0].text == hostile


@pytest.mark.parametrize("character", ["\0", "\x08", "\x1f", "\ufffe", "\uffff", "\udc00"])
def test_a_character_that_xml_cannot_hold_is_replaced(character):
    document = xml.document("errors", [{"description": f"a{character}b"}])
    assert ElementTree.fromstring(document)[0][0].text == "a\ufffdb"


def test_marathi_is_utf_8_in_both_forms():
    app = Flask(__name__)
    for form, kind in (("json", "application/json"), ("xml", "text/xml")):
        with app.test_request_context(f"/open311/v2/services.{form}"):
            response = answer("services", [{"service_name": "खड्डे"}])
        assert response.content_type == f"{kind}; charset=utf-8"
        assert "खड्डे".encode() in response.data


def test_an_error_has_a_code_and_a_description_for_each_thing_that_is_wrong():
    app = Flask(__name__)
    told = Problem(503, ("not now", "nor later"), {"Retry-After": "5"})
    with app.test_request_context("/open311/v2/requests.json"):
        as_json = answer_problem(told)
    assert (as_json.status_code, as_json.headers["Retry-After"]) == (503, "5")
    assert json.loads(as_json.data) == [
        {"code": 503, "description": "not now"},
        {"code": 503, "description": "nor later"},
    ]
    with app.test_request_context("/open311/v2/requests"):
        as_xml = answer_problem(told)
    assert as_xml.data.decode().endswith(
        "<errors><error><code>503</code><description>not now</description></error>"
        "<error><code>503</code><description>nor later</description></error></errors>"
    )
