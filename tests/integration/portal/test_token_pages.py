"""Who looks after the installation makes tokens of programs on a page, and ends them."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from palika.local import Postgres
from services.portal.accounts.doors import door
from services.portal.accounts.present import program
from services.portal.models import ApiToken
from tests.support.portal_accounts import House, house_on, text_of

PAGE = "/en/account/admin/tokens"
TOKEN = re.compile(r"palika_[A-Za-z0-9_-]{43}")


@pytest.fixture
def house(postgres: Postgres) -> Iterator[House]:
    """The application, with an address for programs in the place of a page."""
    with house_on(postgres) as made:

        @door("officer", "citizen", scope="grievance:read")
        def view() -> dict[str, object]:
            found = program()
            assert found is not None
            return {"subject": found.identity.subject}

        shown = made.app.view_functions["accounts.sessions"]
        made.app.view_functions["accounts.sessions"] = view
        yield made
        made.app.view_functions["accounts.sessions"] = shown


def asks(house: House, token: str) -> tuple[int, object]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = house.browser().get("/en/account/sessions", headers=headers)
    return answer.status_code, answer.json["subject"] if answer.status_code == 200 else None


def test_a_token_is_shown_once_is_good_for_what_was_chosen_and_ends(house: House) -> None:
    admin = house.signed_in("admin")
    assert "There are no tokens yet." in admin.says(PAGE)
    assert "Tokens of programs" in admin.says("/en/account/")
    made = admin.submit(PAGE, name="map", scopes=["grievance:read", "kpi:read"], days="३०")
    assert made.status_code == 200, text_of(made)
    assert made.headers["Cache-Control"] == "no-store"
    (token,) = TOKEN.findall(made.text)
    assert "never shown again" in text_of(made)
    again = admin.get(PAGE)
    assert TOKEN.search(again.text) is None
    assert "Grievances: read" in text_of(again)
    assert asks(house, token) == (200, "api:map")
    with house.begin() as session:
        row = session.scalars(select(ApiToken)).one()
        assert (row.name, row.scopes) == ("map", ["grievance:read", "kpi:read"])
        assert (row.until - row.created_at).days == 30
        assert (row.created_by, row.account_id) == ("officer:information-technology-head", None)
    ended = admin.submit(PAGE, f"{PAGE}/end", name="map")
    assert ended.location == f"{PAGE}?told=ended"
    assert "It is ended." in admin.says(ended.location)
    assert asks(house, token)[0] == 401
    assert admin.submit(PAGE, f"{PAGE}/end", name="map").status_code == 404


def test_one_that_acts_for_a_post_is_of_who_makes_it(house: House) -> None:
    admin = house.signed_in("admin")
    form = {"scopes": ["grievance:read"], "days": "90"}
    own = admin.submit(PAGE, name="mine", post="information-technology-head", **form)
    (token,) = TOKEN.findall(own.text)
    assert asks(house, token) == (200, "officer:information-technology-head")
    # Nobody makes one here for a post of somebody else's.
    other = admin.submit(PAGE, name="other", post="commissioner", **form)
    assert other.status_code == 400
    assert 'href="#post"' in other.text
    assert "does not hold it" in text_of(other)


def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_made(house: House) -> None:
    admin = house.signed_in("admin")
    wrong = admin.submit(PAGE, name="The Map!", days="400")
    assert wrong.status_code == 400
    for field in ("name", "scopes", "days"):
        assert f'href="#{field}"' in wrong.text
    assert 'value="The Map!"' in wrong.text
    told = text_of(admin.submit(PAGE.replace("/en/", "/mr/"), name="The Map!", days="400"))
    assert "१ ते ३६६ दिवस" in told
    assert "किमान एक निवडा" in told
    odd = admin.submit(PAGE, name="map", scopes=["everything"], days="many")
    assert 'href="#scopes"' in odd.text
    assert 'href="#days"' in odd.text
    assert admin.submit(PAGE, name="map", scopes=["kpi:read"], days="9").status_code == 200
    taken = admin.submit(PAGE, name="map", scopes=["kpi:read"], days="9")
    assert (taken.status_code, 'href="#name"' in taken.text) == (409, True)
    with house.begin() as session:
        assert list(session.scalars(select(ApiToken.name))) == ["map"]


@pytest.mark.parametrize("role", ["citizen", "officer", "supervisor", "helpdesk"])
def test_the_page_is_for_nobody_else(house: House, role: str) -> None:
    browser = house.signed_in(role)
    assert browser.get(PAGE).status_code == 403
    assert "Tokens of programs" not in browser.says("/en/account/")
