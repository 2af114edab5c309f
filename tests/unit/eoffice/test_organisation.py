"""Who sits where, and for whom they may act."""

from dataclasses import replace
from datetime import date

import pytest

from palika.errors import Forbidden, Invalid
from services.eoffice.domain.organisation import (
    Capacity,
    Holding,
    Leave,
    Organisation,
    Person,
    Post,
)
from services.eoffice.domain.secrecy import Secrecy

OFFICER = frozenset({"officer"})
SERVICE = frozenset({"service"})
FIRST, DAY = date(2020, 4, 1), date(2026, 7, 1)


def post(code: str, reports_to: str | None = None) -> Post:
    return Post(code, "roads", "est", code, code, 1, reports_to, Secrecy.NORMAL, FIRST, None)


def person(code: str) -> Person:
    return Person(code, code, code, FIRST, None)


CITY = Organisation(
    departments={"roads": ("पथ", "Roads")},
    sections={"est": "roads"},
    posts={
        each.code: each
        for each in [post("je", "de"), post("de", "ce"), post("ce"), post("accounts")]
    },
    people={code: person(code) for code in ["asha", "ravi", "meera"]},
    holdings=(
        Holding("je", "asha", False, FIRST, date(2026, 6, 30)),
        Holding("je", "ravi", False, DAY, None),
        Holding("de", "meera", False, FIRST, None),
        Holding("ce", "meera", True, FIRST, None),
    ),
    leaves=(Leave("ravi", "meera", date(2026, 7, 10), date(2026, 7, 12)),),
)


def test_a_transfer_moves_the_person_and_not_the_post():
    assert CITY.holder("je", date(2026, 6, 30)) == "asha"
    assert CITY.holder("je", DAY) == "ravi"
    with pytest.raises(Forbidden, match="asha holds no post"):
        CITY.acting("officer:asha", OFFICER, None, DAY)


def test_an_identity_names_a_person_or_the_post():
    asked = CITY.acting("officer:ravi", OFFICER, None, DAY)
    assert (asked.post.code, asked.person, asked.capacity) == ("je", "ravi", Capacity.REGULAR)
    assert CITY.acting("officer:je", OFFICER, "je", DAY) == asked
    with pytest.raises(Forbidden, match="je cannot act for accounts"):
        CITY.acting("officer:je", OFFICER, "accounts", DAY)
    with pytest.raises(Forbidden, match="ravi cannot act for de"):
        CITY.acting("officer:ravi", OFFICER, "de", DAY)
    with pytest.raises(Forbidden, match="neither a person nor a post"):
        CITY.acting("officer:nobody", OFFICER, None, DAY)
    with pytest.raises(Forbidden, match="nobody holds accounts"):
        CITY.acting("officer:accounts", OFFICER, None, DAY)


def test_additional_charge_is_acted_for_by_name():
    assert CITY.acting("officer:meera", OFFICER, None, DAY).post.code == "de"
    assert CITY.acting("officer:meera", OFFICER, "ce", DAY).capacity is Capacity.ADDITIONAL


@pytest.mark.parametrize(("day", "may"), [(9, False), (10, True), (12, True), (13, False)])
def test_a_linked_officer_acts_while_the_colleague_is_on_leave(day, may):
    day = date(2026, 7, day)
    if may:
        assert CITY.acting("officer:meera", OFFICER, "je", day).capacity is Capacity.LINKED
    else:
        with pytest.raises(Forbidden):
            CITY.acting("officer:meera", OFFICER, "je", day)


def test_a_service_says_for_which_post_it_acts():
    assert CITY.acting("service:portal", SERVICE, "accounts", DAY).person is None
    with pytest.raises(Invalid):
        CITY.acting("service:portal", SERVICE, None, DAY)
    with pytest.raises(Invalid, match="no such post") as refused:
        CITY.acting("service:portal", SERVICE, "cashier", DAY)
    assert refused.value.fields == {"post": ["there is no post 'cashier'"]}


def test_the_line_of_reporting_ends_at_the_top_and_in_a_circle():
    assert CITY.above("je") == ["de", "ce"]
    round_and_round = Organisation(
        {}, {}, {each.code: each for each in [post("a", "b"), post("b", "a")]}, {}, ()
    )
    assert round_and_round.above("a") == ["b"]


WIDE = replace(
    CITY,
    departments={each: (each, each) for each in ("roads", "drainage", "tax")},
    sections={"est": "roads", "old": "roads", "drn": "drainage", "asm": "tax"},
    posts={
        **CITY.posts,
        "drains": replace(post("drains"), department="drainage", section="drn"),
        "taxes": replace(post("taxes"), department="tax", section="asm"),
    },
    holdings=(*CITY.holdings, Holding("drains", "ravi", True, DAY, None)),
    lasting={("section", "old"): (FIRST, date(2026, 6, 30))},
)


def test_an_officer_numbers_in_the_departments_of_their_posts():
    for department, section in (("roads", None), ("roads", "est"), ("drainage", "drn")):
        WIDE.check_numbers("officer:ravi", OFFICER, department, section, DAY)
    with pytest.raises(Invalid, match="another department numbers there") as caught:
        WIDE.check_numbers("officer:ravi", OFFICER, "tax", None, DAY)
    rule = "'tax' is not of a department of your posts; must be one of: drainage, roads"
    assert caught.value.fields == {"department": [rule]}
    with pytest.raises(Invalid) as caught:
        WIDE.check_numbers("officer:ravi", OFFICER, "tax", "asm", DAY)
    rule = "'asm' is not of a department of your posts; must be one of: drn, est"
    assert caught.value.fields == {"section": [rule]}


def test_who_signs_in_as_a_post_numbers_for_that_post_alone():
    WIDE.check_numbers("officer:je", OFFICER, "roads", "est", DAY)
    with pytest.raises(Invalid):
        WIDE.check_numbers("officer:je", OFFICER, "drainage", "drn", DAY)


def test_a_linked_officer_numbers_for_who_is_away_and_only_then():
    away = replace(WIDE, leaves=(Leave("ravi", "meera", DAY, DAY),))
    away.check_numbers("officer:meera", OFFICER, "drainage", None, DAY)
    with pytest.raises(Invalid):
        away.check_numbers("officer:meera", OFFICER, "drainage", None, date(2026, 7, 2))


def test_a_service_and_the_administrator_number_for_each():
    WIDE.check_numbers("service:tax", SERVICE, "tax", "asm", DAY)
    WIDE.check_numbers("admin:city", frozenset({"admin"}), "drainage", None, DAY)
