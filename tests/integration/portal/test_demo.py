"""Trying the city out: the accounts for it, and what pages say of them; nothing of either is there
in any city but that of sample work."""

import csv
import html
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from palika.config import settings
from palika.demo import CITIZEN, CITIZEN_LOGIN, Phones
from services.portal import demo
from services.portal.cli.demo import demo_command
from services.portal.commands import enrol
from services.portal.commands.keep_account import disable, set_password
from services.portal.commands.make_demo import make_demo
from services.portal.commands.sign_in_citizen import end_citizen
from services.portal.domain import totp
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Ended
from services.portal.models import Account, Citizen, WebSession
from services.portal.reference import city_roles, demo_people, editing_rules
from tests.support.commands import ROOT
from tests.support.demo import demo_city
from tests.support.portal_accounts import PASSWORD, House, post

PHONE = CITIZEN.removeprefix("+91")
PAGES = ("/", "/account/sign-in", "/account/citizen")
LEVELS = {
    "commissioner": 6,
    "roads-ce": 4,
    "public-relations-head": 4,
    "information-technology-head": 4,
}
POSTS = {
    "v.gaikwad20": "commissioner",
    "v.deshpande4": "roads-ce",
    "a.jadhav2": "roads-je",
    "s.kulkarni1": "roads-clerk",
    "p.bhosale21": "registry-clerk",
    "u.phadke26": "tax-bills",
    "p.kale22": "tax-civic",
    "h.thorat86": "public-relations-head",
    "n.chavan60": "information-technology-head",
}


def told(person: str) -> dict:
    code = POSTS[person]
    names = {"code": person, "mr": f"नाव {person}", "en": f"Name {person}"}
    return {"person": names, "items": [post(code, LEVELS.get(code, 1))]}


@pytest.fixture
def trial(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The portal of the city of sample work, with its accounts."""
    config = settings("portal")
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    demo_city(tmp_path, amqp_uri=config.amqp_uri, database_url=config.database_url)
    house.services.answers["eoffice.my_posts"] = lambda person: told(person)
    house.services.answers["notify.send"] = lambda **given: {"id": given["id"], "state": "sent"}
    made(house)
    return house


def made(house: House) -> int:
    known = {person: told(person) for person in demo_people().officers}
    with house.begin() as session:
        return make_demo(session, house.keeping, known, house.now)


def real_city(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From now on the same database is a real city's: `palika up` has nothing to do with it."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "nothing"))


def account(house: House, person: str = "a.jadhav2") -> Account:
    with house.begin() as session:
        return session.scalars(select(Account).where(Account.person == person)).one()


def word(house: House) -> str:
    return demo.password(house.keeping)


def shown_code(page: str) -> str:
    found = re.search(r"<code>(\d{6})</code>", page)
    assert found, page
    return found[1]


def test_there_is_an_account_for_each_role(trial: House) -> None:
    roles = {
        person: city_roles().of(demo.Post.of(account(trial, person).posts[0])) for person in POSTS
    }
    assert set(POSTS) == set(demo_people().officers)
    assert {each for found in roles.values() for each in found} == {
        *("officer", "supervisor", "helpdesk", "admin")
    }
    assert roles["n.chavan60"] >= {"admin"}
    assert roles["p.kale22"] == {"helpdesk"}


def test_somebody_of_them_puts_out_what_any_department_has_written() -> None:
    posts = {row["code"]: row for row in _organisation("posts")}
    held = {(row["person"], row["post"]) for row in _organisation("holdings")}
    assert set(POSTS.items()) <= held
    rules = editing_rules()
    publishers = [
        person
        for person, code in POSTS.items()
        if posts[code]["department"] in rules.publishing
        and int(posts[code]["level"]) >= rules.publishing_level
    ]
    assert publishers == ["h.thorat86"]


def _organisation(name: str) -> list[dict[str, str]]:
    with (ROOT / f"services/eoffice/data/organisation/{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["mr", "en"])
def test_pages_say_who_can_be_tried_and_how(trial: House, page: str, language: str) -> None:
    said = html.unescape(trial.browser().get(f"/{language}{page}").text)
    for person in POSTS:
        assert f"<code>{person}</code>" in said
    assert f"<code>{word(trial)}</code>" in said
    assert f"<code>{PHONE}</code>" in said


def test_an_officer_comes_in_with_what_the_pages_show(trial: House) -> None:
    for person in POSTS:
        browser = trial.browser()
        half = browser.submit("/en/account/sign-in", login=person, password=word(trial))
        assert "/second" in half.location
        code = shown_code(browser.get(half.location).text)
        assert browser.submit(half.location, code=code).status_code == 303
        assert f"Name {person}" in browser.says("/en/account/")


def test_several_come_in_within_half_a_minute_each_with_a_code_of_its_own(trial: House) -> None:
    codes = []
    for _ in range(2):
        browser = trial.browser()
        half = browser.submit("/en/account/sign-in", login="a.jadhav2", password=word(trial))
        codes.append(shown_code(browser.get(half.location).text))
        assert browser.submit(half.location, code=codes[-1]).status_code == 303
    assert codes[0] != codes[1]
    third = trial.browser()
    half = third.submit("/en/account/sign-in", login="a.jadhav2", password=word(trial))
    assert "demo city" not in third.says(half.location)
    trial.wait(seconds=30)
    assert "demo city" in third.says(half.location)


@pytest.mark.parametrize("phone", [PHONE, Phones(usable=True).of(294025135)])
def test_a_citizen_comes_in_with_what_the_pages_show(trial: House, phone: str) -> None:
    browser = trial.browser()
    asked = browser.submit("/en/account/citizen", phone=phone)
    said = browser.get(asked.location).text
    assert phone.removeprefix("+91") in said
    assert browser.submit(asked.location, code=shown_code(said)).status_code == 303
    assert browser.get("/en/account/").status_code == 200


def test_the_citizen_is_whom_the_sample_work_names(trial: House) -> None:
    assert made(trial) == len(POSTS), "twice is as once"
    browser = trial.browser()
    asked = browser.submit("/en/account/citizen", phone=PHONE)
    browser.submit(asked.location, code=shown_code(browser.get(asked.location).text))
    with trial.begin() as session:
        [login] = session.scalars(select(Citizen.id).where(Citizen.ended_at.is_(None)))
    assert str(login) == CITIZEN_LOGIN


def test_who_had_themselves_forgotten_is_not_made_anew(trial: House) -> None:
    with trial.begin() as session:
        [citizen] = session.scalars(select(Citizen))
        end_citizen(session, citizen, Ended.ERASED, trial.now)
    made(trial)
    with trial.begin() as session:
        assert [each.phone for each in session.scalars(select(Citizen))] == [None]


def test_a_citizens_own_number_shows_no_code(trial: House) -> None:
    browser = trial.browser()
    asked = browser.submit("/en/account/citizen", phone="9822012345")
    said = browser.get(asked.location).text
    assert "9822012345" in said
    assert "demo city" not in said


def test_in_another_city_the_same_number_shows_no_code(trial: House, monkeypatch, tmp_path) -> None:
    real_city(monkeypatch, tmp_path)
    browser = trial.browser()
    asked = browser.submit("/en/account/citizen", phone=PHONE)
    assert "demo city" not in browser.get(asked.location).text


def test_no_code_of_an_account_of_its_own_is_shown(trial: House) -> None:
    trial.account("x.patil99")
    browser = trial.browser()
    half = browser.submit("/en/account/sign-in", login="x.patil99", password=PASSWORD)
    assert "/second" in half.location
    assert "demo city" not in browser.says(half.location)


def test_what_somebody_has_changed_is_put_back_at_the_next_start(trial: House) -> None:
    with trial.begin() as session:
        row = session.get_one(Account, account(trial).id)
        set_password(session, row, PASSWORD, trial.now)
        enrol.reset(session, row, trial.now)
        disable(session, row, trial.now)
    assert made(trial) == len(POSTS)
    browser = trial.browser()
    half = browser.submit("/en/account/sign-in", login="a.jadhav2", password=word(trial))
    assert "/second" in half.location


def test_an_account_that_was_made_otherwise_is_left_alone(house: House) -> None:
    house.account()
    assert made(house) == len(POSTS) - 1
    assert account(house).created_by == "tests"


# ---- every other city


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["mr", "en"])
def test_no_page_of_another_city_says_anything_of_it(
    trial: House, monkeypatch, tmp_path, page: str, language: str
) -> None:
    real_city(monkeypatch, tmp_path)
    said = html.unescape(trial.browser().get(f"/{language}{page}").text)
    told = [*POSTS, word(trial), PHONE, "telephone would show", "demo"]
    # The hint of the field is there in every city.
    said = said.replace("a.jadhav2", "", 1) if page == "/account/sign-in" else said
    assert [each for each in told if each in said] == []


def test_in_another_city_nobody_signs_in_to_them(trial: House, monkeypatch, tmp_path) -> None:
    real_city(monkeypatch, tmp_path)
    answer = trial.browser().submit("/en/account/sign-in", login="a.jadhav2", password=word(trial))
    assert answer.status_code == 400
    assert "do not belong together" in answer.text


def test_in_another_city_who_is_half_way_in_goes_no_further(
    trial: House, monkeypatch, tmp_path
) -> None:
    browser = trial.browser()
    half = browser.submit("/en/account/sign-in", login="a.jadhav2", password=word(trial))
    secret = bytes.fromhex(trial.keeping.open(account(trial).totp)["secret"])
    real_city(monkeypatch, tmp_path)
    assert browser.get(half.location).status_code == 303, "nobody's page is shown"
    with trial.begin() as session:
        row = session.scalars(select(WebSession)).one()
    shown = totp.code_at(secret, totp.step_of(trial.now))
    client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Windows")
    assert trial.parts.officers.with_second_factor(row, shown, client, trial.now) is None


def test_in_another_city_whoever_was_signed_in_is_not_any_more(
    trial: House, monkeypatch, tmp_path
) -> None:
    browser = trial.browser()
    half = browser.submit("/en/account/sign-in", login="a.jadhav2", password=word(trial))
    browser.submit(half.location, code=shown_code(browser.get(half.location).text))
    assert browser.get("/en/account/").status_code == 200
    real_city(monkeypatch, tmp_path)
    assert "/sign-in" in browser.get("/en/account/").location


def test_in_another_city_the_command_makes_none(monkeypatch, tmp_path) -> None:
    real_city(monkeypatch, tmp_path)
    ended = CliRunner().invoke(demo_command)
    assert ended.exit_code == 1
    assert "city of sample work alone" in ended.output
