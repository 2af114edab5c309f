"""Officers sign in with another provider's word."""

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from palika.local import Postgres
from palika.local.loopback import Fault
from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, OidcServer
from tests.support.portal_accounts import Browser, House, house_on, text_of

BEGIN, BACK, OWN = "/mr/account/oidc", "/en/account/oidc/back", "/mr/account/"


@pytest.fixture
def provider() -> Iterator[OidcServer]:
    """A provider on this machine."""
    with OidcServer() as server:
        yield server


@pytest.fixture
def house(postgres: Postgres, provider: OidcServer) -> Iterator[House]:
    """The application, with that provider."""
    with house_on(
        postgres,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
    ) as made:
        yield made


def goes(browser: Browser, provider: OidcServer, path: str = BEGIN) -> Any:
    """Somebody goes to the provider, signs in there and comes back."""
    sent = browser.get(path)
    assert sent.status_code == 303, text_of(sent)
    assert sent.location.startswith(f"{provider.url}/authorize?")
    back = provider.signs_in(sent.location)
    assert back.startswith(f"https://city.example{BACK}?")
    return browser.get(back.removeprefix("https://city.example"))


def test_the_providers_word_stands_for_the_password_and_the_second_factor_is_asked_for(
    house: House, provider: OidcServer
) -> None:
    house.account()
    browser = house.browser()
    answer = goes(browser, provider)
    assert answer.status_code == 303
    assert "/account/second" in answer.location
    assert "/sign-in" in browser.get(OWN).location
    assert browser.submit("/en/account/second", code=house.code()).status_code == 303
    assert browser.get(OWN).status_code == 200


def test_a_provider_that_has_seen_a_second_factor_is_believed(
    house: House, provider: OidcServer
) -> None:
    house.account()
    provider.claims = {"amr": ["pwd", "otp"]}
    browser = house.browser()
    answer = goes(browser, provider, f"{BEGIN}?next=/mr/account/sessions")
    assert (answer.status_code, answer.location) == (303, "/mr/account/sessions")
    assert browser.get(OWN).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another's"},
        {"nonce": None},
        {"aud": "another client"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"preferred_username": None},
        {"preferred_username": ["a.jadhav2"]},
        {"preferred_username": "nobody.here"},
    ],
    ids=str,
)
def test_what_is_not_the_providers_word_for_this_sign_in_is_refused(
    house: House, provider: OidcServer, claims: dict[str, Any]
) -> None:
    house.account()
    provider.claims = {"amr": ["mfa"]} | claims
    browser = house.browser()
    answer = goes(browser, provider)
    assert answer.status_code == 403
    assert "You are not signed in" in text_of(answer)
    assert "/sign-in" in browser.get(OWN).location


def test_when_the_provider_has_another_key_it_is_fetched(
    house: House, provider: OidcServer
) -> None:
    house.account()
    assert "/account/second" in goes(house.browser(), provider).location
    another = RSAKey.generate_key(2048, parameters={"kid": "two", "use": "sig"})
    provider.signs_with = another
    # While it does not say so itself, it is not its own.
    assert goes(house.browser(), provider).status_code == 403
    provider.key = another
    assert "/account/second" in goes(house.browser(), provider).location


def test_what_another_key_has_signed_is_refused(house: House, provider: OidcServer) -> None:
    house.account()
    provider.signs_with = RSAKey.generate_key(2048, parameters={"kid": "one"})
    provider.claims = {"amr": ["mfa"]}
    assert goes(house.browser(), provider).status_code == 403


def test_the_errand_of_another_browser_is_refused(house: House, provider: OidcServer) -> None:
    house.account()
    provider.claims = {"amr": ["mfa"]}
    attacker, victim = house.browser(), house.browser()
    back = provider.signs_in(attacker.get(BEGIN).location)
    victim.get(BEGIN)
    for browser in (victim, house.browser()):
        assert browser.get(back.removeprefix("https://city.example")).status_code == 403


def test_a_provider_that_is_away_is_told_kindly(house: House, provider: OidcServer) -> None:
    house.account()
    provider.faults.append(Fault.ERROR_503)
    assert house.browser().get(BEGIN).status_code == 503
    browser = house.browser()
    back = provider.signs_in(browser.get(BEGIN).location)
    provider.faults.append(Fault.DROP_BEFORE)
    assert browser.get(back.removeprefix("https://city.example")).status_code == 503


def test_a_city_without_a_provider_has_no_such_address(postgres: Postgres) -> None:
    with house_on(postgres) as made:
        for path in (BEGIN, BACK):
            assert made.browser().get(path).status_code == 404
