"""A page that only shows waits for a service no longer than for all others together."""

import pytest

from services.portal.asking import DEADLINE_S
from tests.support.portal_accounts import House


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("citizen", "/en/grievances/follow/abcdefghijklmnopqrst"),
        ("citizen", "/en/grievances/mine"),
        ("citizen", "/en/grievances/mine/PMC-2026-000104"),
        ("officer", "/en/desk/grievances"),
        ("officer", "/en/desk/grievances?view=0192d3c4-0000-7000-8000-000000000001"),
    ],
)
def test_a_service_that_is_away_holds_up_a_page_no_longer_than_its_deadline(
    house: House, role: str, path: str
) -> None:
    browser = house.signed_in(role)
    house.services.waits.clear()
    assert browser.get(path).status_code == 503
    assert house.services.waits
    assert all(each is not None and each <= DEADLINE_S for each in house.services.waits)
