"""Acts on many grievances, with the grievance service running: agreed to first, done once at each,
nothing told by halves."""

import re
from typing import Any
from uuid import UUID

import pytest
import requests

from palika.auth import Identity
from services.portal.commands import bulk
from services.portal.models import BulkAct
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.portal_desk import JUNIOR, DeskCity, desk_city, text_of

JE = Identity.of("officer:roads-je", "officer")


@pytest.fixture(scope="module")
def city(backbone: Backbone) -> DeskCity:
    """All parts."""
    return desk_city(backbone)


def stands(city: DeskCity, number: str) -> dict[str, Any]:
    with city.backbone.client(JE) as asking:
        found: dict[str, Any] = asking.grievance.get(number=number)
    return found


def chosen(city: DeskCity, act: str, *numbers: str) -> requests.Response:
    """What the page of consent says."""
    rows = [stands(city, number) for number in numbers]
    row = [f"{each['id']} {each['version']} {each['number']}" for each in rows]
    return city.officer(JUNIOR).submit("/grievances", "/bulk", row=row, act=act)


def agreed(city: DeskCity, page: requests.Response, **form: str) -> requests.Response:
    path = "/bulk/" + page.url.partition("/bulk/")[2].partition("?")[0]
    return city.officer(JUNIOR).submit("/grievances", path, **form)


def steps(city: DeskCity, number: str, step: str) -> int:
    return [each["step"] for each in stands(city, number)["timeline"]].count(step)


def test_an_act_is_agreed_to_first_and_says_what_is_not_legal_and_why(city: DeskCity) -> None:
    numbers = [city.file()["number"] for _ in range(3)]
    with city.backbone.client(JE) as asking:
        asking.grievance.reject(
            id=stands(city, numbers[2])["id"], rejection="no_fault_found", remark="Nothing there"
        )
    page = chosen(city, "comment", *numbers)
    assert "3 of 3 will be done; 0 are left out." in text_of(page.text)
    page = chosen(city, "assign", *numbers)
    said = text_of(page.text)
    assert "2 of 3 will be done; 1 are left out." in said
    assert "not possible now: it is “Rejected”" in said
    assert steps(city, numbers[0], "assign") == steps(city, numbers[1], "assign")
    missing = agreed(city, page)
    assert missing.status_code == 400
    assert 'id="assign-officer-error"' in missing.text
    done = agreed(city, page, **{"assign-officer": "roads-ce"})
    assert "2 done, 0 refused, 1 left out." in text_of(done.text)
    assert [stands(city, each)["officer"] for each in numbers[:2]] == ["roads-ce"] * 2


def test_sent_twice_it_is_done_once_at_each(city: DeskCity) -> None:
    numbers = [city.file()["number"] for _ in range(3)]
    page = chosen(city, "comment", *numbers)
    for _ in range(2):
        told = agreed(city, page, **{"comment-text": "The contractor comes on Monday"})
        assert "3 done, 0 refused, 0 left out." in text_of(told.text)
    other = agreed(city, page, **{"comment-text": "Something else"})
    assert "3 done" in text_of(other.text)
    assert [steps(city, number, "comment") for number in numbers] == [1, 1, 1]


def test_an_answer_that_was_lost_is_known_again_by_its_call(city: DeskCity) -> None:
    """What was done, and is not in the portal's table, is done when it is sent again."""
    numbers = [city.file()["number"] for _ in range(2)]
    for act, form in (
        ("comment", {"comment-text": "Seen"}),
        ("assign", {"assign-officer": "roads-ce"}),
    ):
        page = chosen(city, act, *numbers)
        agreed(city, page, **form)
        key = UUID(page.url.partition("/bulk/")[2])
        with city.backbone.sessions("portal").begin() as session:
            session.get_one(BulkAct, key).outcomes = {}
        before = [stands(city, number)["version"] for number in numbers]
        told = agreed(city, page)
        assert "2 done, 0 refused, 0 left out." in text_of(told.text)
        assert [stands(city, number)["version"] for number in numbers] == before


def test_what_has_changed_since_it_was_chosen_is_refused_and_the_others_are_done(
    city: DeskCity,
) -> None:
    numbers = [city.file()["number"] for _ in range(2)]
    page = chosen(city, "comment", *numbers)
    with city.backbone.client(JE) as asking:
        asking.grievance.comment(id=stands(city, numbers[0])["id"], text="Somebody was quicker")
    told = text_of(agreed(city, page, **{"comment-text": "Seen"}).text)
    assert "1 done, 1 refused, 0 left out." in told
    assert "It has changed meanwhile." in told


def test_what_one_has_typed_wrong_is_told_before_anything_is_done(city: DeskCity) -> None:
    numbers = [city.file()["number"] for _ in range(2)]
    page = chosen(city, "transfer", *numbers)
    wrong = agreed(city, page, **{"transfer-category": "elephants"})
    assert wrong.status_code == 400, text_of(wrong.text)
    assert 'id="transfer-category-error"' in wrong.text
    done = agreed(city, page, **{"transfer-category": "garbage-not-collected"})
    if "2 done" not in text_of(done.text):
        assert done.status_code == 400, text_of(done.text)


def test_none_too_many_and_no_act_are_told_at_the_list(city: DeskCity) -> None:
    desk = city.officer(JUNIOR)
    none = desk.submit("/grievances", "/bulk", act="comment")
    assert none.status_code == 400
    assert "choose one at least" in none.text
    number = city.file()["number"]
    row = f"{stands(city, number)['id']} 1 {number}"
    assert "choose what to do" in desk.submit("/grievances", "/bulk", row=row, act="close").text
    many = [f"00000000-0000-7000-8000-{each:012} 1 {number}" for each in range(bulk.MOST + 1)]
    assert "choose at most 200" in desk.submit("/grievances", "/bulk", row=many, act="comment").text


def test_another_officers_choice_is_not_there(city: DeskCity) -> None:
    from tests.support.portal_desk import BOSS

    page = chosen(city, "comment", city.file()["number"])
    path = "/bulk/" + page.url.partition("/bulk/")[2]
    assert city.officer(BOSS).open(path).status_code == 404


def test_while_the_service_is_away_nothing_is_told_by_halves(city: DeskCity) -> None:
    numbers = [city.file()["number"] for _ in range(2)]
    page = chosen(city, "comment", *numbers)
    path = "/bulk/" + page.url.partition("/bulk/")[2]
    desk = city.officer(JUNIOR)
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', desk.page(path))
    assert token
    city.parts["grievance"].kill()
    given = {"form_token": token[1], "comment-text": "Seen"}
    away = desk.session.post(desk.url(path), data=given, timeout=90)
    assert away.status_code == 503
    city.parts["grievance"] = city.backbone.service("grievance")
    city.parts["grievance"].wait_ready(120)
    wait_for(lambda: desk.open("/grievances").status_code == 200, 60, "the service is back")
    told = agreed(city, page, **{"comment-text": "Seen"})
    assert "2 done, 0 refused, 0 left out." in text_of(told.text)
    assert [steps(city, number, "comment") for number in numbers] == [1, 1]


def test_two_hundred_at_once(city: DeskCity) -> None:
    numbers = [city.file(description=f"Hole {each}")["number"] for each in range(bulk.MOST)]
    with city.backbone.client(JE) as asking:
        items, cursor = [], None
        while len(items) < bulk.MOST:
            more = {"cursor": cursor} if cursor else {}
            found = asking.grievance.list(order="newest", limit=100, **more)
            items += found["items"]
            cursor = found["next"]
    wanted = [each for each in items if each["number"] in set(numbers)]
    row = [f"{each['id']} {each['version']} {each['number']}" for each in wanted]
    page = city.officer(JUNIOR).submit("/grievances", "/bulk", row=row, act="comment")
    told = agreed(city, page, **{"comment-text": "The monsoon team comes"})
    for _ in range(10):
        if "not done yet" not in text_of(told.text):
            break
        told = agreed(city, page)
    assert f"{len(row)} done, 0 refused, 0 left out." in text_of(told.text)
