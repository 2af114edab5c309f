"""Programs act by tokens that are good for some things."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from services.portal.accounts.doors import door, guard
from services.portal.accounts.looks import looked_at
from services.portal.accounts.present import program, who
from services.portal.commands.keep_token import add_token, end_token
from services.portal.domain.limits import RULES, Limit
from services.portal.domain.reads import Reason
from services.portal.models import ApiToken, DataRead, Taken
from tests.support.portal_accounts import House, house_on, post

PATH = "/en/account/sessions"
QUARTER = timedelta(days=90)


@pytest.fixture
def house(postgres: Postgres) -> Iterator[House]:
    """The application, with an address for programs in the place of a page."""
    with house_on(postgres) as made:

        @door("officer", "citizen", scope="grievance:read")
        def view() -> dict[str, object]:
            found = program()
            assert found is not None
            return {"subject": found.identity.subject, "roles": sorted(found.roles)}

        shown = made.app.view_functions["accounts.sessions"]
        made.app.view_functions["accounts.sessions"] = view
        yield made
        made.app.view_functions["accounts.sessions"] = shown


def token(house: House, *scopes: str, name: str = "map", **whose: object) -> str:
    with house.begin() as session:
        return add_token(
            session,
            house.keeping,
            name,
            scopes,
            QUARTER,
            "tests",
            house.now,
            **whose,  # type: ignore[arg-type]
        )


def asks(house: House, given: str) -> tuple[int, object]:
    answer = house.browser().get(
        PATH, headers={"Authorization": f"Bearer {given}", "Accept": "application/json"}
    )
    return answer.status_code, answer.json if answer.is_json else answer.text


def test_a_program_of_its_own_is_nobody_of_the_office(house: House) -> None:
    for scope, name in (("grievance:read", "map"), ("grievance:write", "app")):
        status, told = asks(house, token(house, scope, name=name))
        assert (status, told) == (200, {"subject": f"api:{name}", "roles": ["citizen"]})


def test_a_program_is_who_is_there_whoevers_cookie_is_beside_its_token(house: House) -> None:
    @door("officer", scope="grievance:read")
    def view() -> dict[str, object]:
        with house.services.as_(who().identity) as services:
            services.grievance.get()
        looked_at(["grievance:GRV-2026-000001"], Reason.HANDLES)
        return {"subject": who().identity.subject}

    house.app.view_functions["accounts.sessions"] = view
    house.services.answers["grievance.get"] = {}
    account = house.account(posts=[post("roads-je")])
    given = token(house, "grievance:read", account=account, post="roads-je")
    headers = {"Authorization": f"Bearer {given}", "Accept": "application/json"}
    for browser in (house.browser(), house.signed_in("admin")):
        answer = browser.get(PATH, headers=headers)
        assert (answer.status_code, answer.json) == (200, {"subject": "officer:roads-je"})
    with house.begin() as session:
        rows = session.scalars(select(DataRead)).all()
    assert [(row.reader, row.post, row.session_id) for row in rows] == [
        ("a.jadhav2", "roads-je", None)
    ] * 2


def test_a_token_is_good_for_its_scopes_alone(house: House) -> None:
    assert asks(house, token(house, "kpi:write"))[0] == 403


def test_a_token_whose_post_is_not_the_right_one_is_told_scope_role_and_post(house: House) -> None:
    account = house.account(posts=[post("tax-civic")])
    given = token(house, "grievance:read", account=account, post="tax-civic")
    headers = {"Authorization": f"Bearer {given}"}
    with house.app.test_request_context(PATH, headers=headers), pytest.raises(Forbidden) as refused:
        guard(house.app)
    for word in ("grievance:read", "officer", "tax-civic"):
        assert word in refused.value.message


def test_a_token_acts_for_a_post_while_its_officer_has_it(house: House) -> None:
    account = house.account(posts=[post("roads-je")])
    given = token(house, "grievance:read", account=account, post="roads-je")
    assert asks(house, given) == (200, {"subject": "officer:roads-je", "roles": ["officer"]})
    house.holds("roads-de")
    house.wait(minutes=1)
    assert asks(house, given)[0] == 401


def test_a_token_that_is_over_or_ended_or_none_is_refused(house: House) -> None:
    given = token(house, "grievance:read")
    for wrong in ("", "palika_", given[:-1], f"{given}x", "palika_" + "y" * 43):
        assert asks(house, wrong)[0] == 401
    house.wait(days=90)
    assert asks(house, given)[0] == 401
    other = token(house, "grievance:read", name="other")
    assert asks(house, other)[0] == 200
    with house.begin() as session:
        end_token(session, "other", house.now)
        with pytest.raises(NotFound):
            end_token(session, "other", house.now)
    assert asks(house, other)[0] == 401


def test_a_token_may_call_so_often_a_minute(house: House) -> None:
    given = token(house, "grievance:read")
    most = RULES[Limit.CALLS_OF_TOKEN].most
    with house.begin() as session:
        row = session.scalars(select(ApiToken)).one()
    assert asks(house, given)[0] == 200
    with house.begin() as session:
        (count,) = session.scalars(select(Taken).where(Taken.digest == str(row.id)))
        count.count = most
    assert asks(house, given)[0] == 429


@pytest.mark.parametrize(
    ("name", "scopes", "days", "field"),
    [
        ("A map", ["kpi:read"], 90, "name"),
        ("map", [], 90, "scopes"),
        ("map", ["everything"], 90, "scopes"),
        ("map", ["kpi:read"], 0, "days"),
        ("map", ["kpi:read"], 367, "days"),
    ],
)
def test_a_token_that_is_not_well_asked_for_is_refused_at_its_field(
    house: House, name: str, scopes: list[str], days: int, field: str
) -> None:
    with house.begin() as session, pytest.raises(Invalid) as caught:
        add_token(session, house.keeping, name, scopes, timedelta(days=days), "tests", house.now)
    assert set(caught.value.fields) == {field}


def test_no_post_but_ones_own_and_no_name_twice(house: House) -> None:
    account = house.account(posts=[post("roads-je")])
    with pytest.raises(Invalid):
        token(house, "kpi:read", account=account, post="commissioner")
    token(house, "kpi:read")
    with pytest.raises(Conflict):
        token(house, "kpi:read")
