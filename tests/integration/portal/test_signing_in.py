"""Officers sign in: password, second factor, devices, invitations."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text

from palika.errors import Conflict
from services.portal.commands import enrol, keep_account
from services.portal.commands.sign_in import SignIn
from services.portal.domain import totp
from services.portal.domain.clients import Client
from services.portal.domain.sessions import OFFICER
from services.portal.models import Account, Invitation, OneTimeCode, RecoveryCode, WebSession
from tests.support.portal_accounts import FORM_TOKEN, PASSWORD, SECRET, House, text_of

WRONG = "not the password at all"
OWN = "/en/account/"
BEGIN = "/en/account/begin"


def account(house: House) -> Account:
    with house.begin() as session:
        return session.scalars(select(Account)).one()


def test_password_and_second_factor_make_a_session_and_the_password_alone_does_not(
    house: House,
) -> None:
    house.account()
    browser = house.browser()
    half = browser.submit("/en/account/sign-in", login=" A.Jadhav2 ", password=PASSWORD)
    assert (half.status_code, half.location) == (303, "/en/account/second?next=")
    key = browser.cookie("palika")
    for path in (OWN, "/en/account/sessions", "/en/account/password"):
        assert "/sign-in" in browser.get(path).location, path
    whole = browser.submit("/en/account/second", code=house.code())
    assert (whole.status_code, whole.location) == (303, BEGIN)
    assert browser.get(BEGIN).location == "/en/desk/"
    assert browser.cookie("palika") not in (key, None)
    assert "roads-je" in browser.says(OWN)
    with house.begin() as session:
        (row,) = session.scalars(select(WebSession))
        assert (row.place, row.way) == ("203.0.113.0/24", "password")


def test_cookies_are_for_this_host_https_and_no_script(house: House) -> None:
    house.account()
    answer = house.browser().submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
    (set_,) = [each for each in answer.headers.getlist("Set-Cookie") if "palika=" in each]
    name, _, rest = set_.partition("=")
    assert name == "__Host-palika"
    assert {each.strip() for each in rest.split(";")[1:]} == {
        "Secure",
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
    }
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("login", "password"),
    [("a.jadhav2", WRONG), ("nobody", PASSWORD), ("a.jadhav2", ""), ("", ""), ("a\0b", "x\0")],
)
def test_what_does_not_belong_together_is_refused_in_the_same_words(
    house: House, login: str, password: str
) -> None:
    house.account()
    answer = house.browser().submit("/en/account/sign-in", login=login, password=password)
    assert answer.status_code == 400
    assert "the name and the password do not belong together" in text_of(answer)


def test_a_code_of_the_telephone_is_taken_once(house: House) -> None:
    house.account()
    code = house.code()
    for status in (303, 400):
        browser = house.browser()
        browser.submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
        assert browser.submit("/en/account/second", code=code).status_code == status


def test_a_code_on_paper_stands_for_it_once(house: House) -> None:
    made = house.account()
    with house.begin() as session:
        codes = enrol.new_recovery_codes(session, house.keeping, made)
    for status in (303, 400):
        browser = house.browser()
        browser.submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
        answer = browser.submit("/en/account/second", code=codes[0].lower().replace("-", " "))
        assert answer.status_code == status
    with house.begin() as session:
        assert len(session.scalars(select(RecoveryCode)).all()) == totp.RECOVERY_CODES


def test_who_has_no_second_factor_sets_one_up_before_anything_else(house: House) -> None:
    house.account(enrolled=False)
    browser = house.browser()
    answer = browser.submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
    assert "/enrol" in answer.location
    shown = browser.says("/en/account/enrol")
    with house.begin() as session:
        sealed = session.scalars(select(Account.totp)).one()
        assert sealed is not None
        secret = bytes.fromhex(house.keeping.open(sealed)["secret"])
    assert totp.shown(secret) in shown
    picture = browser.get("/en/account/enrol/picture.png")
    assert picture.content_type == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert "/sign-in" in browser.get(OWN).location
    assert browser.submit("/en/account/enrol", code="000000").status_code == 400
    done = browser.submit("/en/account/enrol", code=totp.code_at(secret, totp.step_of(house.now)))
    assert done.status_code == 200
    assert text_of(done).count("-") >= totp.RECOVERY_CODES
    assert "roads-je" in browser.says(OWN)
    assert browser.get("/en/account/enrol/picture.png").status_code == 404


@pytest.mark.parametrize("enrolled", [True, False])
def test_what_has_ended_half_way_does_not_become_whole(house: House, enrolled: bool) -> None:
    made = house.account(enrolled=enrolled)
    browser = house.browser()
    browser.submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
    if not enrolled:
        browser.get("/en/account/enrol")
    with house.begin() as session:
        half = session.scalars(select(WebSession)).one()
    with house.begin() as session:
        # Another password is chosen while the code is on its way.
        found = session.get_one(Account, made.id)
        keep_account.set_password(session, found, "violet umbrella 19 trees", house.now)
        assert found.totp is not None
        secret = bytes.fromhex(house.keeping.open(found.totp)["secret"])
    code = totp.code_at(secret, totp.step_of(house.now))
    client = Client("203.0.113.7", "", "")
    if enrolled:
        with pytest.raises(Conflict):
            house.parts.officers.with_second_factor(half, code, client, house.now)
    else:
        with house.begin() as session, pytest.raises(Conflict):
            enrol.confirm(session, house.keeping, half, code, client, house.now)
    with house.begin() as session:
        assert [row.stage for row in session.scalars(select(WebSession))] == [half.stage]


def test_a_code_that_is_sent_twice_at_once_leads_on_both_times(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.account()
    browser = house.browser()
    browser.submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
    real, there = SignIn.with_second_factor, Barrier(2)

    def together(*given: object) -> object:
        there.wait(30)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(SignIn, "with_second_factor", together)
    token = FORM_TOKEN.search(browser.get("/en/account/second").text)
    key = browser.cookie("palika")
    assert token
    assert key
    copies = [house.browser(), house.browser()]
    for each in copies:
        each.client.set_cookie("__Host-palika", key, domain="city.example", secure=True)
    form = {"form_token": token[1], "code": house.code()}
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(each.post, "/en/account/second", form) for each in copies]
        answers = [each.result() for each in sent]
    assert [each.status_code for each in answers] == [303, 303]
    assert {each.location for each in answers} == {BEGIN}
    assert sum(each.get(OWN).status_code == 200 for each in copies) == 1


def test_of_two_browsers_one_ends_the_other(house: House) -> None:
    house.account()
    office, home = house.browser("198.51.100.1"), house.browser("203.0.113.9")
    for browser in (office, home):
        assert browser.sign_in().status_code == 303
    assert "203.0.113.0/24" in office.says("/en/account/sessions")
    ended = office.submit("/en/account/sessions", "/en/account/sessions/end", session="others")
    assert ended.status_code == 303
    assert "/sign-in" in home.get(OWN).location
    assert office.get(OWN).status_code == 200
    assert "203.0.113.0/24" not in office.says("/en/account/sessions")


def test_nobody_ends_a_session_that_is_another_persons(house: House) -> None:
    house.account()
    mine = house.browser()
    mine.sign_in()
    other = house.signed_in("officer")
    with house.begin() as session:
        victim = session.scalars(
            select(WebSession.id).join(Account).where(Account.person == "a.jadhav2")
        ).one()
    other.submit("/en/account/", "/en/account/sessions/end", session=str(victim))
    assert mine.get(OWN).status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(house: House) -> None:
    house.account()
    browser, copy = house.browser(), house.browser()
    browser.sign_in()
    key = browser.cookie("palika")
    assert key
    browser.submit(OWN, "/en/account/sign-out")
    assert browser.cookie("palika") is None
    copy.client.set_cookie("__Host-palika", key, domain="city.example", secure=True)
    assert "/sign-in" in copy.get(OWN).location


def test_a_session_ends_by_rest_and_in_the_end_in_any_case(house: House) -> None:
    house.holds("roads-je")
    house.account()
    resting = house.browser()
    resting.sign_in()
    house.wait(minutes=29)
    assert resting.get(OWN).status_code == 200
    house.wait(minutes=30)
    assert "/sign-in" in resting.get(OWN).location
    busy = house.browser()
    busy.sign_in()
    for _ in range(round(OFFICER.whole / timedelta(minutes=20)) - 1):
        house.wait(minutes=20)
        assert busy.get(OWN).status_code == 200
    house.wait(minutes=20)
    assert "/sign-in" in busy.get(OWN).location


def test_a_disabled_account_is_out_at_once(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.sign_in()
    with house.begin() as session:
        assert keep_account.disable(session, account(house), house.now) == 1
    assert "/sign-in" in browser.get(OWN).location
    assert house.browser().sign_in().status_code == 400


def test_an_invitation_lets_a_password_be_chosen_once(house: House) -> None:
    made = house.account()
    with house.begin() as session:
        token = keep_account.invite(session, house.keeping, made, "admin", house.now)
    link, new = f"/mr/account/invitation/{token}", "violet umbrella 19 trees"
    browser = house.browser()
    for password, again, field in (
        ("short", "short", "password"),
        ("abhay drinks tea daily", "abhay drinks tea daily", "password"),
        (new, f"{new}!", "again"),
    ):
        answer = browser.submit(link, password=password, again=again)
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text
    assert browser.submit(link, password=new, again=new).status_code == 303
    assert house.browser().get(link).status_code == 404
    assert browser.sign_in(password=PASSWORD).status_code == 400
    assert browser.sign_in(password=new).status_code == 303


def test_an_invitation_is_over_after_three_days_and_when_there_is_a_newer_one(house: House) -> None:
    made = house.account()
    with house.begin() as session:
        old = keep_account.invite(session, house.keeping, made, "admin", house.now)
        new = keep_account.invite(session, house.keeping, made, "admin", house.now)
    assert house.browser().get(f"/en/account/invitation/{old}").status_code == 404
    house.wait(hours=71)
    assert house.browser().get(f"/en/account/invitation/{new}").status_code == 200
    house.wait(hours=1)
    assert house.browser().get(f"/en/account/invitation/{new}").status_code == 404


def test_another_password_signs_the_other_devices_out(house: House) -> None:
    house.account()
    mine, other = house.browser(), house.browser()
    mine.sign_in()
    other.sign_in()
    new = "violet umbrella 19 trees"
    path = "/en/account/password"
    assert mine.submit(path, old=WRONG, password=new, again=new).status_code == 400
    assert mine.submit(path, old=PASSWORD, password=new, again=new).status_code == 303
    assert mine.get(OWN).status_code == 200
    assert "/sign-in" in other.get(OWN).location


def test_one_comes_to_the_page_that_one_wanted_and_to_no_other_site(house: House) -> None:
    house.account()
    browser = house.browser()
    asked = browser.get("/en/account/sessions").location
    assert asked == "/en/account/citizen?next=/en/account/sessions" or "next=" in asked
    for wanted, led in (
        ("/en/account/sessions", "/en/account/sessions"),
        ("https://evil.example/", BEGIN),
        ("//evil.example/", BEGIN),
        ("/en/\\evil.example", BEGIN),
        ("/en//evil.example", BEGIN),
    ):
        house.wait(seconds=60)
        browser = house.browser()
        page = "/en/account/sign-in"
        half = browser.submit(page, login="a.jadhav2", password=PASSWORD, next=wanted)
        whole = browser.submit(half.location, code=house.code(), next=wanted)
        assert whole.location == led


def test_nothing_secret_stands_in_the_database_in_clear(house: House) -> None:
    made = house.account()
    with house.begin() as session:
        invitation = keep_account.invite(session, house.keeping, made, "admin", house.now)
        codes = enrol.new_recovery_codes(session, house.keeping, made)
    browser = house.browser()
    browser.sign_in()
    secrets = [PASSWORD, invitation, SECRET.hex(), SECRET.decode(), *codes]
    secrets += [browser.cookie("palika") or "-", browser.cookie("palika-device") or "-"]
    tables = (Account, Invitation, RecoveryCode, WebSession, OneTimeCode)
    with house.begin() as session:
        for table in tables:
            rows = session.execute(text(f"SELECT t::text FROM {table.__tablename__} t")).scalars()
            for row in rows:
                assert [each for each in secrets if each in row] == [], table
