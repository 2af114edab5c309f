"""With whom a grievance is, and who stands in for whom."""

from datetime import UTC, datetime, timedelta

import pytest

from palika.errors import Conflict, Forbidden, Invalid
from services.grievance.domain.evidence import check_evidence, check_may_show
from services.grievance.domain.holding import (
    check_can_end,
    check_not_with,
    check_still_with,
    check_substitute,
)
from services.grievance.domain.place import check_unplaced
from services.grievance.domain.routing import Absence, Standing

NUMBER = "PMC-2026-000123"

NOW = datetime(2026, 7, 10, tzinfo=UTC)
DAY = timedelta(days=1)
AWAY = Standing("roads-je", "roads")


def test_nobody_is_given_what_they_have():
    for holder in (None, "roads-de"):
        check_not_with(NUMBER, holder, "roads-je")
    with pytest.raises(Conflict, match=f"{NUMBER} is with roads-je already"):
        check_not_with(NUMBER, "roads-je", "roads-je")


@pytest.mark.parametrize(("holder", "expected"), [("a", None), (None, "a"), ("a", "b")])
def test_what_went_elsewhere_since_the_list_was_read_is_left_there(holder, expected):
    check_still_with(NUMBER, holder, holder)
    with pytest.raises(Conflict, match=f"{NUMBER} is with {holder or 'nobody'} now"):
        check_still_with(NUMBER, holder, expected)


def test_a_substitute_is_another_active_post_of_the_department():
    check_substitute(AWAY, Standing("roads-de", "roads"))
    for other in (Standing("drains", "drainage"), Standing("gone", None)):
        with pytest.raises(Invalid) as refused:
            check_substitute(AWAY, other)
        rule = f"{other.code} is not an active post of roads"
        assert refused.value.fields == {"substitute": [rule]}
    with pytest.raises(Invalid) as refused:
        check_substitute(AWAY, AWAY)
    assert refused.value.fields == {"substitute": ["is the post that is away"]}


def test_a_leave_is_taken_back_until_it_is_over():
    check_can_end(Absence(NOW - DAY, NOW + DAY), NOW)
    with pytest.raises(Conflict, match="was over at"):
        check_can_end(Absence(NOW - DAY, NOW), NOW)


# ---- what is shown, and where it is


def test_the_office_shows_the_work_and_may_keep_what_it_attaches():
    for work_done in (True, False):
        for public in (True, False):
            check_may_show(by_citizen=False, work_done=work_done, public=public)
    check_may_show(by_citizen=True, work_done=False, public=True)
    for work_done, public in ((True, True), (False, False)):
        with pytest.raises(Forbidden):
            check_may_show(by_citizen=True, work_done=work_done, public=public)


def test_a_photograph_of_an_earlier_resolution_shows_nothing():
    check_evidence(NUMBER, NOW, NOW)
    for shown_at in (None, NOW - DAY):
        with pytest.raises(Conflict, match="without a photograph"):
            check_evidence(NUMBER, shown_at, NOW)


def test_a_place_that_is_known_stays():
    check_unplaced("N", None)
    with pytest.raises(Conflict, match="N has a position already"):
        check_unplaced("N", 0.0)
