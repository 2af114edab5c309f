"""What becomes of a grievance that is sent to where it belongs."""

from datetime import UTC, datetime, timedelta

import pytest

from palika.errors import Conflict, Invalid
from services.grievance.domain.sampling import check_unchecked
from services.grievance.domain.transferring import check_elsewhere, is_private, may_be_broken_anew
from services.grievance.reference import city

NUMBER = "PMC-2026-000123"

NOW = datetime(2026, 7, 10, tzinfo=UTC)


def test_it_is_sent_elsewhere_or_as_something_else():
    here = ("roads", "pothole")
    check_elsewhere(NUMBER, here, ("drainage", "pothole"))
    check_elsewhere(NUMBER, here, ("roads", "footpath-damage"))
    with pytest.raises(Conflict, match=f"{NUMBER} is with roads, as pothole, already"):
        check_elsewhere(NUMBER, here, here)


@pytest.mark.parametrize(
    ("was", "new", "then"),
    [(False, False, False), (False, True, True), (True, False, True), (True, True, True)],
)
def test_what_was_private_stays_so(was, new, then):
    assert is_private(was, new) is then


def test_a_broken_promise_stays_broken():
    assert may_be_broken_anew(NOW, NOW)
    assert not may_be_broken_anew(NOW - timedelta.resolution, NOW)


def test_a_department_is_one_of_the_citys():
    city().check_department("roads")
    with pytest.raises(Invalid) as refused:
        city().check_department("magic")
    assert "must be one of: roads, traffic" in refused.value.fields["department"][0]


def test_a_resolution_is_checked_once():
    check_unchecked(NUMBER, None, None)
    with pytest.raises(Conflict, match=f"{NUMBER} was checked at 10 Jul 2026"):
        check_unchecked(NUMBER, NOW, "confirmed")
