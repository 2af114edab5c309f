"""Who may sanction what, up to how much."""

from datetime import date

import pytest

from palika.errors import Forbidden, Invalid
from services.eoffice.domain.organisation import (
    Actor,
    Capacity,
    Delegation,
    Holding,
    Organisation,
    Person,
    Post,
)
from services.eoffice.domain.powers import Authority, check_not_own, check_sanction, powers
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.reference import city_powers

FIRST, DAY = date(2020, 4, 1), date(2026, 7, 1)
LAKH = 100_000_00
RAW = {
    "without_money": {"from_level": 2, "source": "illustrative"},
    "powers": {
        "works": {
            "mr": "कामे",
            "en": "Works",
            "source": "illustrative",
            "levels": {3: LAKH, 4: 5 * LAKH},
            "posts": {"top": 20 * LAKH},
        }
    },
}
POWERS = powers(RAW)
WORKS = POWERS.head("works")


def post(code: str, level: int, reports_to: str | None) -> Post:
    return Post(code, "roads", None, code, code, level, reports_to, Secrecy.NORMAL, FIRST, None)


def city(*delegations: Delegation, vacant: str | None = None) -> Organisation:
    posts = [post("je", 2, "de"), post("de", 3, "ce"), post("ce", 4, "top"), post("top", 6, None)]
    return Organisation(
        departments={"roads": ("पथ", "Roads")},
        sections={},
        posts={each.code: each for each in posts},
        people={each.code: Person(each.code, "अ", "A", FIRST, None) for each in posts},
        holdings=tuple(
            Holding(each.code, each.code, False, FIRST, None)
            for each in posts
            if each.code != vacant
        ),
        delegations=delegations,
    )


def who(code: str, capacity: Capacity = Capacity.REGULAR) -> Actor:
    return Actor(city().posts[code], code, capacity)


def left() -> list[str]:
    """What may be done with the file instead."""
    return ["forward", "refuse"]


def given(what: str = "works", most: int | None = None, until: date | None = None) -> Delegation:
    return Delegation("ce", "je", frozenset({what}), most, FIRST, until)


@pytest.mark.parametrize(("code", "most"), [("je", 0), ("de", LAKH), ("top", 20 * LAKH)])
def test_a_post_has_its_own_line_or_that_of_its_level(code, most):
    assert POWERS.authority(city(), who(code), WORKS, DAY) == Authority(most)


def test_a_linked_officer_has_the_power_of_the_post():
    assert POWERS.authority(city(), who("ce", Capacity.LINKED), WORKS, DAY).most_paise == 5 * LAKH


def test_who_put_it_up_does_not_approve_it_and_who_may_is_another():
    with pytest.raises(Forbidden, match="top may") as refused:
        check_not_own(
            *(who("de", Capacity.LINKED), "has put file R/1 up"),
            *(["ce", "top"], {"de", "ce"}, left),
        )
    assert (refused.value.details["may"], refused.value.details["legal"]) == (*(["top"], left()),)
    with pytest.raises(Forbidden, match="no other post up the line may"):
        check_not_own(who("de", Capacity.LINKED), "has put it up", ["ce"], {"ce"}, left)


@pytest.mark.parametrize(
    ("delegation", "expected"),
    [
        (given(), Authority(5 * LAKH, "ce")),
        (given(most=2 * LAKH), Authority(2 * LAKH, "ce")),
        (given(most=90 * LAKH), Authority(5 * LAKH, "ce")),
        (given("purchase"), Authority(0)),
        (given(until=date(2026, 6, 30)), Authority(0)),
        (given(until=DAY), Authority(5 * LAKH, "ce")),
    ],
)
def test_a_delegation_counts_under_its_head_up_to_its_limit_on_its_days(delegation, expected):
    assert POWERS.authority(city(delegation), who("je"), WORKS, DAY) == expected


def test_what_is_delegated_cannot_be_handed_on():
    onward = Delegation("je", "de", frozenset({"works"}), None, FIRST, None)
    assert POWERS.authority(city(given(), onward), who("de"), WORKS, DAY) == Authority(LAKH)


def test_the_nearest_up_the_line_who_may_is_named_and_a_vacant_post_is_passed_over():
    assert POWERS.who_may(city(), "je", WORKS, 2 * LAKH, DAY) == ["ce", "top"]
    assert POWERS.who_may(city(vacant="ce"), "je", WORKS, 2 * LAKH, DAY) == ["top"]


def test_the_last_paisa_is_within_and_the_next_is_refused_naming_who_may():
    check_sanction(Authority(LAKH), who("de"), WORKS, LAKH, ["ce"], left)
    with pytest.raises(Forbidden, match=r"up to ₹1,00,000.* ce may") as refused:
        check_sanction(Authority(LAKH), who("de"), WORKS, LAKH + 1, ["ce"], left)
    assert refused.value.details["legal"] == left()
    assert refused.value.details["may"] == ["ce"]


def test_what_nobody_may_sanction_is_for_the_standing_committee():
    with pytest.raises(Forbidden, match="standing committee") as refused:
        check_sanction(Authority(20 * LAKH), who("top"), WORKS, 21 * LAKH, [], left)
    assert refused.value.details["legal"] == left()


def test_an_unknown_head_is_refused_with_those_that_there_are():
    with pytest.raises(Invalid, match="must be one of: works"):
        POWERS.head("wroks")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"levels": {3: 1.5}}, "whole paise"),
        ({"posts": {"top": 0}}, "whole paise"),
        ({"levels": {3: 10, 4: 5}}, "higher level"),
        ({"levels": {"three": 10}}, "no level"),
        ({"source": ""}, "needs source"),
    ],
)
def test_a_mistake_in_the_data_is_named(change, said):
    with pytest.raises(ValueError, match=said):
        powers({"powers": {"works": RAW["powers"]["works"] | change}})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"from_level": 0, "source": "x"}, "without_money: 0 must be a whole level"),
        ({"source": "x"}, "without_money: nobody may"),
        ({"from_level": 2}, "without_money: needs source"),
        (None, "without_money: needs source"),
    ],
)
def test_who_approves_without_money_is_named(change, said):
    with pytest.raises(ValueError, match=said):
        powers(RAW | {"without_money": change})


def test_what_asks_for_no_money_is_approved_from_a_level_on():
    three = powers(RAW | {"without_money": {"from_level": 3, "source": "illustrative"}})
    three.check_without_money(who("de"), [], left)
    assert three.who_may_without_money(city(vacant="de"), "je", DAY) == ["ce", "top"]
    with pytest.raises(Forbidden, match="je puts files up and does not approve them; de may"):
        three.check_without_money(who("je"), ["de"], left)
    with pytest.raises(Forbidden, match="no post up the line may") as refused:
        three.check_without_money(who("je"), [], left)
    assert refused.value.details == {"post": "je", "may": [], "legal": left()}


def test_the_shipped_powers_are_sound():
    assert set(city_powers().heads) == {"works", "purchase", "contingency", "refund"}
