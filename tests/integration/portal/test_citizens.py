"""Citizens sign in by a code, see who looked at their data, have a copy of it, are forgotten."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text

from services.portal.commands.sign_in_citizen import ANOTHERS_AFTER
from services.portal.domain import codes
from services.portal.domain.limits import RULES, Limit
from services.portal.models import Citizen, OneTimeCode
from tests.support.portal_accounts import FORM_TOKEN, NOW, PHONE, Browser, House, text_of

ASK, TELL, OWN = "/en/account/citizen", "/en/account/citizen/code", "/en/account/"


@pytest.fixture
def sent(house: House) -> list[dict[str, Any]]:
    """What notify was asked to send."""
    found: list[dict[str, Any]] = []

    def send(**given: Any) -> dict[str, Any]:
        found.append(given)
        return {"id": given["id"], "state": "sent"}

    house.services.answers["notify.send"] = send
    return found


def signs_in(house: House, sent: list[dict[str, Any]]) -> Browser:
    browser = house.browser()
    assert browser.submit(ASK, phone=PHONE).status_code == 303
    assert browser.submit(TELL, code=sent[-1]["fields"]["code"]).location == OWN
    return browser


def subject(browser: Browser) -> str:
    """As whom the citizen's own calls are made."""
    browser.submit("/en/account/data", "/en/account/data/export")
    asked = browser.house.services.asked
    return next(who.subject for who, name, _ in reversed(asked) if name == "grievance.mine")


@pytest.mark.parametrize("number", ["98123 45610", "०९८१२३४५६१०", "+91-9812345610"])
def test_a_code_comes_to_the_number_and_signs_in(
    house: House, sent: list[dict[str, Any]], number: str
) -> None:
    browser = house.browser()
    browser.submit(ASK, phone=number)
    ((who, name, given),) = house.services.asked
    assert (who.subject, name) == ("service:portal", "notify.send")
    code = given["fields"].pop("code")
    assert given.pop("id")
    assert given == {
        "template": "login.code",
        "contact": {"phone": PHONE, "language": "en"},
        "fields": {"minutes": 10},
    }
    answer = browser.submit(TELL, code=f" {code[:3]} {code[3:]} ")
    assert (answer.status_code, answer.location) == (303, OWN)
    assert browser.get(OWN).status_code == 200


@pytest.mark.parametrize("number", ["", "12345", "+14155550100", "02025501000", "9812345610 or so"])
def test_what_is_no_mobile_of_india_is_refused_at_its_field(
    house: House, sent: list[dict[str, Any]], number: str
) -> None:
    answer = house.browser().submit(ASK, phone=number)
    assert answer.status_code == 400
    assert 'id="phone-error"' in answer.text
    assert sent == []


def test_a_code_is_good_once_for_ten_minutes_and_five_tries(
    house: House, sent: list[dict[str, Any]]
) -> None:
    signs_in(house, sent)
    used = house.browser()
    used.submit(ASK, phone=PHONE)
    code = sent[-1]["fields"]["code"]
    with house.begin() as session:
        session.execute(text("UPDATE one_time_code SET used_at = now() WHERE used_at IS NULL"))
    assert used.submit(TELL, code=code).status_code == 400

    old = house.browser()
    old.submit(ASK, phone=PHONE)
    code = sent[-1]["fields"]["code"]
    house.wait(minutes=10)
    assert "this code is over" in text_of(old.submit(TELL, code=code))

    guessing = house.browser()
    house.wait(minutes=15)
    guessing.submit(ASK, phone=PHONE)
    code = sent[-1]["fields"]["code"]
    wrong = "000000" if code != "000000" else "111111"
    said = [text_of(guessing.submit(TELL, code=wrong)) for _ in range(codes.TRIES)]
    assert ["this code is over" in each for each in said] == [False] * (codes.TRIES - 1) + [True]
    assert "this code is over" in text_of(guessing.submit(TELL, code=code))


def test_a_code_that_a_stranger_asks_for_does_not_end_the_citizens_own(
    house: House, sent: list[dict[str, Any]]
) -> None:
    first, second = house.browser(), house.browser("198.51.100.2")
    first.submit(ASK, phone=PHONE)
    second.submit(ASK, phone=PHONE)
    assert second.submit(TELL, code=sent[0]["fields"]["code"]).status_code == 400
    assert first.submit(TELL, code=sent[0]["fields"]["code"]).status_code == 303


def test_a_stranger_does_not_use_up_the_codes_that_a_number_has_for_a_day(
    house: House, sent: list[dict[str, Any]]
) -> None:
    stranger = house.browser("198.51.100.2")
    statuses = []
    for _ in range(RULES[Limit.CODES_FROM_HERE].most + 1):
        statuses.append(stranger.submit(ASK, phone=PHONE).status_code)
        house.wait(minutes=15)
    assert statuses[-1] == 429
    assert statuses[:-1] == [303] * RULES[Limit.CODES_FROM_HERE].most
    assert signs_in(house, sent).get(OWN).status_code == 200


def test_who_signs_in_twice_at_once_for_the_first_time_is_one_citizen(
    house: House, sent: list[dict[str, Any]]
) -> None:
    browsers = [house.browser(), house.browser()]
    forms = []
    for each in browsers:
        each.submit(ASK, phone=PHONE)
        token = FORM_TOKEN.search(each.get(TELL).text)
        assert token
        forms.append({"form_token": token[1], "code": sent[-1]["fields"]["code"]})
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda browser, form: browser.post(TELL, form), browsers, forms))
    assert [each.status_code for each in told] == [303, 303]
    with house.begin() as session:
        assert len(session.scalars(select(Citizen)).all()) == 1


def test_a_code_is_good_in_the_browser_that_has_asked_for_it_alone(
    house: House, sent: list[dict[str, Any]]
) -> None:
    house.browser().submit(ASK, phone=PHONE)
    other = house.browser()
    other.submit(ASK, phone="9812345699")
    assert other.submit(TELL, code=sent[0]["fields"]["code"]).status_code == 400
    assert "/account/citizen?" in house.browser().get(TELL).location


def test_of_a_number_only_so_many_codes_are_sent(house: House, sent: list[dict[str, Any]]) -> None:
    most = RULES[Limit.CODES_OF_NUMBER].most
    for number in range(most + 1):
        answer = house.browser(f"198.51.100.{number}").submit(ASK, phone=PHONE)
    assert answer.status_code == 429
    assert "try again in 15 minutes" in text_of(answer)
    assert len(sent) == most
    house.wait(minutes=15)
    assert house.browser().submit(ASK, phone=PHONE).status_code == 303


def test_of_a_client_only_so_many_codes_are_sent(house: House, sent: list[dict[str, Any]]) -> None:
    most = RULES[Limit.CODES_OF_CLIENT].most
    browser = house.browser()
    for number in range(most + 1):
        answer = browser.submit(ASK, phone=f"98123456{number:02d}")
    assert answer.status_code == 429
    assert len(sent) == most


def test_while_notify_is_away_sign_in_says_so(house: House) -> None:
    answer = house.browser().submit(ASK, phone=PHONE)
    assert answer.status_code == 503
    assert "Signing in is not possible just now" in text_of(answer)


def test_a_citizen_is_the_same_one_each_time_until_the_number_may_be_anothers(
    house: House, sent: list[dict[str, Any]]
) -> None:
    house.services.answers["grievance.mine"] = {"items": [], "next": None}
    first = subject(signs_in(house, sent))
    assert first.startswith("citizen:")
    assert PHONE[-4:] not in first
    house.wait(days=ANOTHERS_AFTER.days - 1)
    assert subject(signs_in(house, sent)) == first
    house.wait(days=ANOTHERS_AFTER.days)
    assert subject(signs_in(house, sent)) != first


def test_a_copy_has_what_the_services_say_and_names_those_that_are_away(
    house: House, sent: list[dict[str, Any]]
) -> None:
    browser = signs_in(house, sent)
    pages = {None: {"items": [1], "next": "c"}, "c": {"items": [2], "next": None}}
    house.services.answers |= {
        "grievance.mine": lambda cursor, limit: pages[cursor],
        "notify.consent": {"purposes": {}},
        "notify.citizen_of": {"subject": "citizen:whatsapp:k:1"},
        "tax.kept_of": {"owner": [], "objections": 0, "erased": [], "stays": []},
    }
    answer = browser.submit("/en/account/data", "/en/account/data/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    found = json.loads(answer.text)
    assert found["portal"]["phone"] == PHONE
    assert len(found["portal"]["sessions"]) == 1
    assert found["grievances"] == [1, 2]
    assert found["grievances_over_whatsapp"] == [1, 2]
    assert found["property_tax"]["owner"] == []
    asked = [who.subject for who, name, _ in house.services.asked if name == "grievance.mine"]
    assert asked[2:] == ["citizen:whatsapp:k:1"] * 2
    assert found["consent"] == {"purposes": {}}
    assert found["messages"] == {"away": True}


def test_who_is_forgotten_is_signed_out_and_their_number_gone(
    house: House, sent: list[dict[str, Any]]
) -> None:
    browser = signs_in(house, sent)
    erase = "/en/account/data/erase"
    assert browser.submit(erase).status_code == 400
    why = {"mr": "कारण", "en": "the reason"}
    stays = [{"what": "owner", "count": 2, "why": why, "illustrative": True}]
    house.services.answers |= {
        "grievance.forget": {"erased": [{"what": "contact", "count": 3}], "stays": []},
        "notify.citizen_of": {"subject": "citizen:whatsapp:k:1"},
        "notify.forget": {"erased": [], "stays": []},
    }
    away = browser.submit(erase, sure="yes")
    assert away.status_code == 503
    assert "Your sign-in stays until they have" in text_of(away)
    assert browser.get(OWN).status_code == 200
    house.services.answers["tax.kept_of"] = {"owner": [], "erased": [], "stays": stays}
    told = browser.submit(erase, sure="yes")
    assert told.status_code == 200
    assert "the reason" in text_of(told)
    assert "3 grievances in which your name and number stood" in text_of(told)
    asked = [given for _, name, given in house.services.asked if name == "grievance.forget"]
    assert asked[-1]["phone"] == PHONE
    assert asked[-1]["subjects"][1] == "citizen:whatsapp:k:1"
    assert "/citizen" in browser.get("/en/account/looks").location
    with house.begin() as session:
        (row,) = session.scalars(select(Citizen))
        assert (row.phone, row.phone_digest, row.ended_at) == (None, None, NOW)
        assert session.scalars(select(OneTimeCode)).all() == []
    house.wait(minutes=15)
    signs_in(house, sent)
    with house.begin() as session:
        assert len(session.scalars(select(Citizen)).all()) == 2


def test_neither_the_number_nor_the_code_stands_in_the_database_in_clear(
    house: House, sent: list[dict[str, Any]]
) -> None:
    signs_in(house, sent)
    with house.begin() as session:
        for table in ("citizen", "one_time_code", "web_session", "taken", "failure"):
            for row in session.execute(text(f"SELECT t::text FROM {table} t")).scalars():
                assert "9812345610" not in row
                assert f"({sent[0]['fields']['code']}" not in row
