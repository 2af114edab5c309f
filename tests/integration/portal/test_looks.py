"""Whoever of the office sees a citizen's data leaves a trace of it before they see it."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy.exc
from flask import redirect
from sqlalchemy import select, text

from palika.errors import Invalid, NotFound
from palika.local import Postgres
from services.portal.accounts import looks
from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.domain.reads import Reason
from services.portal.models import DataRead, DataReadOf
from tests.support.portal_accounts import PHONE, House, house_on, text_of

PAGE = "/en/account/sessions"
NUMBER = "GRV-2026-000123"
SECRET = "Asha Kulkarni lives here"


@pytest.fixture
def house(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The application, with a page of the desk in the place of one of its own."""
    with house_on(postgres) as made:
        made.services.answers |= {
            "grievance.get": {"number": NUMBER, "citizen_name": SECRET},
            "kpi.dashboard": {"tiles": SECRET},
        }
        shown = made.app.view_functions["accounts.sessions"]
        yield made
        made.app.view_functions["accounts.sessions"] = shown


def desk_page(
    house: House,
    *,
    notes: bool,
    method: str = "grievance.get",
    leads_on: bool = False,
    status: int = 200,
) -> None:
    """What the page does from now on."""

    @door("helpdesk", "officer", "supervisor", "admin", "citizen")
    def view() -> Any:
        service, _, name = method.partition(".")
        with parts().calls.as_(who().identity) as services:
            found = getattr(getattr(services, service), name)()
        if notes:
            looked_at([f"grievance:{NUMBER}", looks.phone(PHONE)], Reason.HANDLES)
        return redirect("/en/", 303) if leads_on else (str(found), status)

    house.app.view_functions["accounts.sessions"] = view


def noted(house: House) -> list[DataRead]:
    with house.begin() as session:
        return list(session.scalars(select(DataRead).order_by(DataRead.id)))


@pytest.mark.parametrize("role", ["helpdesk", "officer", "supervisor", "admin"])
def test_a_page_that_shows_a_citizens_data_and_does_not_say_so_fails(
    house: House, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk_page(house, notes=False)
    with caplog.at_level(logging.ERROR):
        answer = house.signed_in(role).get(PAGE)
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "Content-Security-Policy" in answer.headers
    assert "shows what grievance.get answered, and has not noted it" in caplog.text
    assert noted(house) == []


@pytest.mark.parametrize("status", [400, 409, 429])
def test_a_form_with_mistakes_is_a_page_as_well(house: House, status: int) -> None:
    desk_page(house, notes=False, status=status)
    answer = house.signed_in("officer").get(PAGE)
    assert answer.status_code == 500
    assert SECRET not in answer.text
    desk_page(house, notes=True, status=status)
    assert house.signed_in("officer").get(PAGE).status_code == status
    assert len(noted(house)) == 1


def test_what_went_wrong_is_said_without_a_trace(house: House) -> None:
    @door("officer")
    def view() -> Any:
        with parts().calls.as_(who().identity) as services:
            services.grievance.get()
        raise NotFound("there is no such grievance")

    house.app.view_functions["accounts.sessions"] = view
    answer = house.signed_in("officer").get(PAGE)
    assert answer.status_code == 404
    assert SECRET not in answer.text
    assert noted(house) == []


def test_a_bug_is_told_by_a_number_and_nothing_of_the_inside(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    @door("officer")
    def view() -> Any:
        raise KeyError("in the inside")

    house.app.view_functions["accounts.sessions"] = view
    with caplog.at_level(logging.ERROR):
        answer = house.signed_in("officer").get(PAGE)
    assert answer.status_code == 500
    for inside in ("in the inside", "KeyError", "Traceback", ".py"):
        assert inside not in answer.text
    assert "in the inside" in caplog.text, "the log has it all"
    numbers = re.findall(r"\b[0-9a-f]{32}\b", answer.text)
    assert len(set(numbers)) == 1, answer.text


def test_a_page_that_says_so_is_shown_and_written_down(house: House) -> None:
    desk_page(house, notes=True)
    answer = house.signed_in("officer").get(PAGE)
    assert answer.status_code == 200
    assert SECRET in answer.text
    (row,) = noted(house)
    assert (row.reader, row.post, row.what, row.why, row.at) == (
        "person-officer",
        "roads-je",
        "accounts.sessions",
        "handles",
        house.now,
    )
    with house.begin() as session:
        whose = set(session.scalars(select(DataReadOf.whose)))
    assert whose == {f"grievance:{NUMBER}", f"phone:{house.keeping.of_phone(PHONE)}"}


def test_what_cannot_be_written_down_is_not_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_page(house, notes=True)
    browser = house.signed_in("officer")
    assert browser.get(PAGE).status_code == 200
    with house.begin() as session:
        session.execute(text("ALTER TABLE data_read RENAME TO elsewhere"))
    answer = browser.get(PAGE)
    assert answer.status_code == 500
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "page",
    [{"method": "kpi.dashboard", "notes": False}, {"notes": False, "leads_on": True}],
    ids=str,
)
def test_a_page_that_shows_nobodys_data_need_not(house: House, page: dict[str, Any]) -> None:
    desk_page(house, **page)
    assert house.signed_in("officer").get(PAGE).status_code in (200, 303)
    assert noted(house) == []


def test_citizens_look_at_their_own_without_a_trace(house: House) -> None:
    desk_page(house, notes=False)
    assert house.signed_in("citizen").get(PAGE).status_code == 200


def test_a_look_without_whose_or_why_is_refused(house: House) -> None:
    @door("officer")
    def view() -> str:
        with pytest.raises(Invalid):
            looked_at([], Reason.HANDLES)
        with pytest.raises(Invalid):
            looked_at(["citizen:1"], Reason.OTHER)
        return "refused"

    house.app.view_functions["accounts.sessions"] = view
    assert house.signed_in("officer").get(PAGE).text == "refused"
    assert noted(house) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM data_read_of",
        "UPDATE data_read SET reader = 'somebody else'",
        "TRUNCATE data_read, data_read_of",
    ],
)
def test_nobody_takes_a_look_back(house: House, statement: str) -> None:
    desk_page(house, notes=True)
    house.signed_in("officer").get(PAGE)
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="only added to"), house.begin() as session:
        session.execute(text(statement))
    assert len(noted(house)) == 1


def test_the_citizen_sees_the_post_and_why_and_not_what_was_others(house: House) -> None:
    desk_page(house, notes=True)
    house.signed_in("officer").get(PAGE)
    browser = house.signed_in("citizen")
    said = browser.says("/en/account/looks")
    assert "roads-je" in said
    assert "it is on their desk" in said
    assert "person-officer" not in said
    with house.begin() as session:
        digest = house.keeping.of_phone("+919800000000")
        session.execute(
            text("UPDATE citizen SET phone_digest = :d, phone = :p"),
            {
                "d": digest,
                "p": house.keeping.sealed_phone("+919800000000"),
            },
        )
    assert "Nobody has, so far." in browser.says("/en/account/looks")


def test_the_auditor_finds_looks_by_reader_and_by_whose_they_were(house: House) -> None:
    desk_page(house, notes=True)
    for role in ("officer", "supervisor"):
        house.signed_in(role).get(PAGE)
    admin = house.signed_in("admin")
    page = "/en/account/admin/looks"
    everything = admin.says(page)
    assert "person-officer" in everything
    assert "person-supervisor" in everything
    one = admin.says(f"{page}?reader=person-officer")
    assert "person-officer" in one
    assert "person-supervisor" not in one
    assert "roads-je" in admin.says(f"{page}?whose=grievance:{NUMBER}")
    assert "roads-je" not in admin.says(f"{page}?whose=grievance:GRV-2026-999999")
    assert admin.get(f"{page}?whose=%00&before=x").status_code == 200
    assert text_of(admin.get("/mr/account/admin/looks"))
