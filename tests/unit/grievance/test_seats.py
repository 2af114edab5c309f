"""Who of the office has to do with a grievance."""

import pytest

from palika.errors import Forbidden
from services.grievance.domain.seats import WARD_OFFICER, Seat, check_may_reach

AUNDH = ("aundh-baner",)
GRIEVANCE = {"department": "vigilance", "ward": "aundh-baner", "officer": "vigilance-je"}
MAY = {
    "its holder, whatever their department": Seat("vigilance-je", "roads"),
    "its holder, in a city without posts": Seat("vigilance-je"),
    "another post of its department": Seat("vigilance-head", "vigilance"),
    "the officer of its ward": Seat("aundh-wo", "general-administration", AUNDH, WARD_OFFICER),
}
MAY_NOT = {
    "a post of another department": Seat("roads-je", "roads", AUNDH),
    "the officer of another ward": Seat(
        "kasba-wo", "roads", ("kasba-vishrambagwada",), WARD_OFFICER
    ),
    "a department's officer for all wards": Seat("roads-wo", "roads", (), WARD_OFFICER),
    "a post that is no more": Seat("vigilance-old"),
}


@pytest.mark.parametrize("who", MAY)
def test_who_has_to_do_with_it_may_reach_its_citizen(who):
    check_may_reach(MAY[who], frozenset({"officer"}), **GRIEVANCE)


@pytest.mark.parametrize("who", MAY_NOT)
def test_nobody_else_may_not_even_a_supervisor(who):
    for role in ("officer", "supervisor"):
        with pytest.raises(Forbidden, match="to the posts of vigilance"):
            check_may_reach(MAY_NOT[who], frozenset({role}), **GRIEVANCE)
    check_may_reach(MAY_NOT[who], frozenset({"admin"}), **GRIEVANCE)


def test_of_what_has_no_ward_and_no_holder_nobody_is_that_by_chance():
    nowhere = GRIEVANCE | {"ward": None, "officer": None}
    for seat in (Seat("aundh-wo", "roads", AUNDH, WARD_OFFICER), Seat("x")):
        with pytest.raises(Forbidden):
            check_may_reach(seat, frozenset({"officer"}), **nowhere)
