"""What a signed-in citizen is sent and agrees to, their grievances of all ways in one place, their
copy, and being forgotten: with the real services."""

import json
import re

import pytest
from sqlalchemy import text

from palika.auth import SYSTEM, Identity
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.portal_city import (
    OWNER,
    STRANGER,
    City,
    Visitor,
    city_running,
    text_of,
)

pytestmark = pytest.mark.slow

THIRD, FOURTH, FIFTH = "+919850011223", "+919850044556", "+919850055667"
"""One number is sent three codes in a quarter of an hour."""
FILING = {"category": "pothole", "ward": "aundh-baner", "description": "A deep hole"}


@pytest.fixture(scope="module")
def city(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory):
    """All of it, running."""
    with city_running(backbone, tmp_path_factory.mktemp("city")) as running:
        yield running


def filed(visitor: Visitor, words: str = "A deep hole by the school") -> str:
    """File a grievance while signed in; its token."""
    visitor.submit("/grievances/where/pothole", address="Ranade Road", ward="")
    visitor.submit("/grievances/words", description=words)
    answer = visitor.submit("/grievances/check", contact="me")
    found = re.search(r"<code>([A-Za-z0-9_-]{20,})</code>", answer.text)
    assert found, text_of(answer)
    return found[1]


def test_who_is_signed_in_files_and_finds_it_among_their_own(city: City) -> None:
    visitor = Visitor(city).sign_in(STRANGER)
    token = filed(visitor)
    with city.backbone.client() as rpc:
        number = rpc.grievance.track(token=token)["number"]
        row = rpc.grievance.get(number=number)
        (contact,) = rpc.as_(SYSTEM("tests")).grievance.contacts(ids=[row["id"]])
    filed_by = f"SELECT filed_by FROM grievance WHERE number = '{number}'"
    assert city.backbone.value("grievance", filed_by).startswith("citizen:")
    assert contact["phone"] == STRANGER
    mine = visitor.page("/grievances/mine")
    assert number in mine.text
    one = visitor.page(f"/grievances/mine/{number}")
    assert one.status_code == 200
    # It is nobody else's.
    other = Visitor(city).sign_in(THIRD)
    assert number not in other.page("/grievances/mine").text
    assert other.page(f"/grievances/mine/{number}").status_code == 404


def test_what_was_filed_over_whatsapp_from_the_number_is_among_them_and_can_be_acted_on(
    city: City,
) -> None:
    visitor = Visitor(city).sign_in(STRANGER)
    assert "Filed over WhatsApp" not in visitor.page("/grievances/mine").text
    with city.backbone.client(SYSTEM("portal")) as rpc:
        assert rpc.notify.citizen_of(recipient=STRANGER) == {"subject": None}
    # The chatbot has heard of the number: WhatsApp has made sure of it.
    with city.backbone.client(SYSTEM("portal")) as rpc:
        sent = rpc.notify.deliveries(recipient=STRANGER)["deliveries"][0]["id"]
    key = city.backbone.value("notify", f"SELECT recipient_key FROM delivery WHERE id = '{sent}'")
    with city.backbone.sessions("notify").begin() as session:
        session.execute(
            text(
                "INSERT INTO conversation (recipient_key, began_at, heard_at) "
                "VALUES (:key, now(), now())"
            ),
            {"key": key},
        )
    with city.backbone.client(SYSTEM("portal")) as rpc:
        subject = rpc.notify.citizen_of(recipient=STRANGER)["subject"]
    assert subject == f"citizen:whatsapp:{key}:1"
    with city.backbone.client(Identity.of(subject, "citizen", "helpdesk")) as rpc:
        made = rpc.grievance.file(
            **FILING, channel="whatsapp", source=subject, source_id="1", citizen_phone=STRANGER
        )
    mine = visitor.page("/grievances/mine")
    assert "Filed over WhatsApp from your number" in text_of(mine)
    assert made["number"] in mine.text
    assert visitor.page(f"/grievances/mine/{made['number']}").status_code == 200
    other = Visitor(city).sign_in(THIRD)
    assert other.page(f"/grievances/mine/{made['number']}").status_code == 404
    copy = visitor.submit("/account/data", "/account/data/export")
    told = json.loads(copy.text)
    assert [each["number"] for each in told["grievances_over_whatsapp"]] == [made["number"]]


def test_messages_are_listed_by_what_they_are_about(city: City) -> None:
    visitor = Visitor(city).sign_in(THIRD)
    page = visitor.page("/account/messages")
    said = text_of(page)
    assert "Your code to sign in" in said
    assert "Text message (SMS)" in said
    assert "Your code to sign in" not in text_of(Visitor(city).page("/account/messages"))


def test_consents_are_said_for_each_purpose_and_kept_with_their_words(city: City) -> None:
    visitor = Visitor(city, "mr").sign_in(FIFTH)
    offered = visitor.page("/account/consents").text
    assert 'value="whatsapp"' in offered
    assert 'value="email"' not in offered, "nobody has asked for an address"
    form = {"service": "yes", "tax": "yes", "reminder": "no", "news": "yes"}
    told = visitor.submit("/account/consents", **form, first="sms", language="mr")
    assert told.url.endswith("told=kept"), text_of(told)
    with city.backbone.client(SYSTEM("portal")) as rpc:
        now = rpc.notify.consent(recipient=FIFTH)
        words = rpc.notify.consent_history(recipient=FIFTH)["words"]
    assert {name: each["said"] for name, each in now["purposes"].items()} == {
        "service": None,
        "tax": None,
        "reminder": False,
        "news": True,
    }, "only what has changed is said"
    assert (now["channels"], now["language"]) == (["sms"], "mr")
    assert {each["purpose"]: each["wording"] for each in words} == {
        "reminder": "काही भरायचे असल्याची आठवण.",
        "news": "शहराच्या बातम्या.",
    }
    assert visitor.submit("/account/consents", **{**form, "tax": "perhaps"}).status_code == 400
    shown = text_of(visitor.page("/account/consents"))
    assert "काही भरायचे असल्याची आठवण." in shown
    visitor.submit("/account/consents", "/account/consents/none")
    with city.backbone.client(SYSTEM("portal")) as rpc:
        now = rpc.notify.consent(recipient=FIFTH)["purposes"]
    assert [each["told"] for each in now.values()] == [False] * 4


def test_a_copy_has_what_every_service_keeps(city: City) -> None:
    city.owned("P/9/0901")
    owner = Visitor(city).sign_in(OWNER)
    found = json.loads(owner.submit("/account/data", "/account/data/export").text)
    assert [each["number"] for each in found["property_tax"]["owner"]] == ["P/9/0901"]
    assert found["property_tax"]["owner"][0]["name"] == "Asha Kulkarni"
    assert found["messages"][0]["template"]
    assert found["consent_history"] == {"words": []}
    assert "missing" not in found


def test_who_is_forgotten_is_told_of_each_service_what_went_and_what_stays(city: City) -> None:
    visitor = Visitor(city).sign_in(FOURTH)
    token = filed(visitor)
    with city.backbone.client() as rpc:
        row = rpc.grievance.get(number=rpc.grievance.track(token=token)["number"])
    told = visitor.submit("/account/data/erase", sure="yes")
    assert told.status_code == 200
    said = text_of(told)
    assert "1 grievances that are being worked on" in said
    assert "the office has to be able to reach you" in said
    assert "/account/sign-in" in visitor.page("/account/").url
    with city.backbone.client() as rpc:
        (contact,) = rpc.as_(SYSTEM("tests")).grievance.contacts(ids=[row["id"]])
    assert contact["phone"] == FOURTH, "it is still worked on"


def test_while_a_service_is_away_the_sign_in_stays(city: City) -> None:
    visitor = Visitor(city).sign_in("+919850077889")
    city.parts["grievance"].kill()
    try:
        told = visitor.submit("/account/data/erase", sure="yes")
        assert told.status_code == 503
        assert "Your sign-in stays until they have" in text_of(told)
        assert visitor.page("/account/").status_code == 200
    finally:
        city.parts["grievance"].start()
    wait_for(
        lambda: visitor.submit("/account/data/erase", sure="yes").status_code == 200, 30, "erased"
    )
