"""What an officer may do follows their posts; forms are our own; limits hold."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from services.portal.accounts.wiring import behind_proxies
from services.portal.domain.limits import RULES, Limit
from services.portal.domain.rights import ASK_AGAIN, ASK_LATER, MAY_BE_OLD
from services.portal.models import Account
from services.portal.store import Store
from tests.support.portal_accounts import House, post, text_of

OWN = "/en/account/"
ADMIN = "/en/account/admin/sessions"


def test_a_transfer_ends_rights_within_a_minute_and_changes_the_key(house: House) -> None:
    house.account(posts=[post("information-technology-head", 4)])
    browser = house.browser()
    house.holds("information-technology-head")
    browser.sign_in()
    assert browser.get(ADMIN).status_code == 200
    key = browser.cookie("palika")
    house.holds("roads-je")
    house.wait(seconds=ASK_AGAIN.total_seconds())
    assert browser.get(ADMIN).status_code == 403
    assert "roads-je" in browser.says(OWN)
    assert browser.cookie("palika") not in (key, None)


def test_who_holds_no_post_any_more_may_do_nothing_but_sign_out(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.sign_in()
    house.holds()
    house.wait(minutes=1)
    assert "You hold no post today" in browser.says(OWN)
    assert browser.get("/en/account/password").status_code == 403
    assert browser.submit(OWN, "/en/account/sign-out").status_code == 303


def test_while_the_e_office_is_away_what_is_known_counts_for_an_hour(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.sign_in()
    for _ in range(2):
        house.wait(minutes=25)
        assert browser.get(OWN).status_code == 200
    house.wait(minutes=MAY_BE_OLD.total_seconds() / 60 - 50)
    answer = browser.get(OWN)
    assert answer.status_code == 503
    house.holds("roads-je")
    house.wait(seconds=ASK_LATER.total_seconds())
    assert browser.get(OWN).status_code == 200


def test_while_the_e_office_is_away_it_is_asked_once_in_a_while_for_all(house: House) -> None:
    browsers = [house.signed_in("officer"), house.signed_in("supervisor")]
    house.wait(seconds=ASK_AGAIN.total_seconds())

    def asked() -> int:
        return sum(name == "eoffice.my_posts" for _, name, _ in house.services.asked)

    for turn in (1, 2):
        for browser in browsers * 3:
            assert browser.get("/en/").status_code == 200
        assert asked() == turn
        house.wait(seconds=ASK_LATER.total_seconds())
    house.holds("roads-je")
    assert "roads-je" in browsers[0].says(OWN)
    assert browsers[1].get(OWN).status_code == 200
    assert asked() == 4


def test_one_acts_for_one_of_ones_posts_and_for_no_other(house: House) -> None:
    house.account(posts=[post("roads-je"), post("roads-de", 3)])
    browser = house.browser()
    browser.sign_in()
    key = browser.cookie("palika")
    for chosen, status in (("roads-de", 303), ("commissioner", 403)):
        answer = browser.submit(OWN, "/en/account/post", post=chosen)
        assert answer.status_code == status
        assert 'value="roads-de" checked' in browser.get(OWN).text
    assert browser.cookie("palika") != key


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://city.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_token(
    house: House, headers: dict[str, str]
) -> None:
    browser = house.signed_in("citizen")
    token = browser.get(OWN).text.split('name="form_token" value="')[1][:64]
    form = {"form_token": token}
    assert browser.post("/en/account/sign-out", form, headers=headers).status_code == 403
    assert browser.get(OWN).status_code == 200
    own = {"Origin": "https://city.example", "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/en/account/sign-out", form, headers=own).status_code == 303


def test_a_form_needs_the_token_of_its_own_session(house: House) -> None:
    mine, other = house.signed_in("citizen"), house.signed_in("officer")
    others = other.get(OWN).text.split('name="form_token" value="')[1][:64]
    for token in ("", "0" * 64, others, "पाटी"):
        assert mine.post("/en/account/sign-out", {"form_token": token}).status_code == 403
    assert mine.get(OWN).status_code == 200


def test_a_form_that_was_open_for_too_long_says_so_and_leads_to_sign_in(house: House) -> None:
    browser = house.signed_in("officer")
    shown = browser.get("/en/account/password").text
    token = shown.split('name="form_token" value="')[1][:64]
    house.wait(minutes=31)
    form = {"form_token": token, "old": "a", "password": "b", "again": "b"}
    answer = browser.post("/en/account/password", form)
    assert answer.status_code == 403
    assert "This form was open for too long" in text_of(answer)
    assert "may not see this page" not in text_of(answer)
    assert '<a class="button main" href="/en/account/password">' in answer.text
    led = browser.get("/en/account/password")
    assert (led.status_code, led.location) == (
        303,
        "/en/account/sign-in?next=/en/account/password",
    )
    # What is only sent to has no page to open again.
    answer = browser.post("/en/account/sign-out", {"form_token": token})
    assert '<a class="button main" href="/en/account/">' in answer.text


def test_what_was_written_into_such_a_form_is_shown_to_who_wrote_it_and_secrets_are_not(
    house: House,
) -> None:
    browser = house.signed_in("officer")
    house.wait(minutes=31)
    path, note = "/en/desk/grievances/PMC-2026-000001/comment", "Spoke to <b>the</b> contractor"
    form = {"form_token": "0" * 64, "comment-text": note, "key": "one", "version": "3"}
    own = {"Origin": "https://city.example", "Sec-Fetch-Site": "same-origin"}
    answer = browser.post(path, form, headers=own)
    assert answer.status_code == 403
    assert "readonly>Spoke to &lt;b&gt;the&lt;/b&gt; contractor</textarea>" in answer.text
    assert answer.text.count("<textarea") == 1
    other = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert "contractor" not in browser.post(path, form, headers=other).text
    secret = {"form_token": "0" * 64, "password": "two words", "old": "a b", "again": "two words"}
    assert "two words" not in browser.post("/en/account/password", secret, headers=own).text


def test_a_form_to_sign_in_needs_the_token_of_its_own_browser(house: House) -> None:
    house.account()
    attacker, victim = house.browser(), house.browser()
    token = attacker.get("/en/account/sign-in").text.split('form_token" value="')[1][:64]
    form = {"form_token": token, "login": "a.jadhav2", "password": "x"}
    victim.get("/en/account/sign-in")
    assert victim.post("/en/account/sign-in", form).status_code == 403


def test_too_many_forms_of_an_account_are_put_off(house: House) -> None:
    browser = house.signed_in("citizen")
    token = browser.get(OWN).text.split('name="form_token" value="')[1][:64]
    form = {"form_token": token, "session": "others"}
    most = RULES[Limit.FORMS_OF_ACCOUNT].most
    codes = [browser.post("/en/account/sessions/end", form).status_code for _ in range(most + 1)]
    assert codes == [303] * most + [429]
    house.wait(minutes=1)
    assert browser.post("/en/account/sessions/end", form).status_code == 303


def test_while_the_database_is_away_pages_are_there_and_sign_in_says_so_kindly(
    house: House,
) -> None:
    browser = house.signed_in("citizen")
    visitor = house.browser()
    visitor.get("/en/account/sign-in")
    there = house.parts.store
    nowhere = replace(house.parts.config, database_url="postgresql://127.0.0.1:1/nothing")
    house.parts.store = Store(nowhere)
    for path in ("/en/", "/mr/", "/openapi.json"):
        assert browser.get(path).status_code == 200, path
    form = {"login": "a.jadhav2", "password": "x"}
    answer = visitor.submit("/en/account/sign-in", **form)
    assert answer.status_code == 503
    assert "Signing in is not possible just now" in text_of(answer)
    assert "Retry-After" in answer.headers
    assert browser.get(OWN).status_code == 503
    house.parts.store = there
    assert browser.get(OWN).status_code == 200


def test_while_looks_cannot_be_counted_nobody_searches_the_register(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = replace(house.parts.config, database_url="postgresql://127.0.0.1:1/nothing")
    monkeypatch.setattr(house.parts, "store", Store(nowhere))

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("tax was asked")

    monkeypatch.setattr(house.parts.calls, "as_", asked)
    visitor = house.browser()
    for path in ("number=P/1/0001", "name=Asha+Kulkarni&ward=aundh-baner"):
        answer = visitor.get(f"/en/property/?{path}")
        assert answer.status_code == 503, path
        assert "Retry-After" in answer.headers


def test_where_it_is_a_real_city_nobody_signs_in_without_https(house: House) -> None:
    house.parts.config = replace(house.parts.config, production="yes")
    house.account()
    browser = house.browser()
    plain = browser.client.get("/en/account/sign-in", base_url="http://city.example")
    assert plain.status_code == 403
    assert browser.sign_in().status_code == 303


def _asked_of(count: int, **headers: str) -> tuple[str, bool]:
    """Whom a request comes from, and whether by https, behind so many proxies."""
    seen = {}

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(environ)
        start("200 OK", [])
        return []

    environ = EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.1"})
    list(behind_proxies(application, count)(environ.get_environ(), lambda *_: None))
    return seen["REMOTE_ADDR"], seen["wsgi.url_scheme"] == "https"


def test_who_asks_is_told_by_the_citys_own_proxies_and_nobody_else() -> None:
    forged = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "X-Forwarded-Proto": "https"}
    assert _asked_of(0, **forged) == ("10.0.0.1", False)
    assert _asked_of(1, **forged) == ("203.0.113.7", True)
    two = {"X-Forwarded-For": "9.9.9.9, 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto": "https, http"}
    assert _asked_of(2, **two) == ("203.0.113.7", True)


def test_a_moment_that_no_calendar_has_is_a_mistake_and_not_ours(house: House) -> None:
    admin = house.signed_in("admin")
    for moment in ("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "soon"):
        assert admin.get(f"{ADMIN}?before={moment}").status_code == 400
    assert admin.get(f"{ADMIN}?before=2026-04-01T00:00:00%2B05:30").status_code == 200


def test_what_is_sealed_for_another_thing_is_no_mark_of_a_device(house: House) -> None:
    house.account()
    browser = house.browser()
    sealed = house.keeping.seal({"code": "1"}).decode()
    browser.client.set_cookie("__Host-palika-device", sealed, domain="city.example", secure=True)
    assert browser.sign_in().status_code == 303


def test_a_proxy_that_the_settings_do_not_know_is_told_in_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = behind_proxies(lambda *_: [], 0)
    plain = EnvironBuilder().get_environ()
    application(plain, None)
    assert caplog.text == ""
    for _ in range(3):
        application({**plain, "HTTP_X_FORWARDED_FOR": "203.0.113.7"}, None)
    assert caplog.text.count("PALIKA_PORTAL_PROXIES is 0") == 1


def test_names_of_an_officer_are_those_of_the_e_office(house: House) -> None:
    house.account()
    browser = house.browser()
    browser.sign_in()
    house.holds("roads-de")
    house.wait(minutes=1)
    browser.get(OWN)
    with house.begin() as session:
        (account,) = session.scalars(select(Account))
    assert [each["code"] for each in account.posts] == ["roads-de"]
    assert account.posts_asked_at == house.now


def test_who_looks_after_the_installation_may_no_more_in_the_services_than_their_post(
    house: House,
) -> None:
    admin = house.signed_in("admin")
    assert admin.get(ADMIN).status_code == 200
    desk = admin.get("/en/desk/").text
    assert "desk-menu" in desk
    assert "menu-wide" not in desk, "the desk's menu is in the place of the city's"
    asked = {identity for identity, _, _ in house.services.asked}
    callers = {each for each in asked if each.subject != "service:portal"}
    assert {each.subject for each in callers} == {"officer:information-technology-head"}
    assert {role for each in callers for role in each.roles} == {"officer", "supervisor"}


def test_pages_of_the_installation_call_posts_by_their_names(house: House) -> None:
    admin = house.signed_in("admin")
    house.services.answers["eoffice.posts"] = lambda codes: {
        "posts": {code: {"mr": f"पद {code}", "en": f"Head of {code}"} for code in codes}
    }
    assert "Head of information-technology-head" in admin.says(ADMIN)
    tokens = "/en/account/admin/tokens"
    form = {"scopes": ["kpi:read"], "days": "9"}
    admin.submit(tokens, name="map", post="information-technology-head", **form)
    told = admin.says(tokens)
    assert told.count("Head of information-technology-head") == 2
    assert "officer:" not in told
