"""Who approves which letters, and when who wrote one does."""

from dataclasses import replace
from datetime import date

import pytest

from palika.errors import Forbidden
from services.eoffice.domain.able import Able
from services.eoffice.domain.letter_powers import LetterPower, check_approves
from services.eoffice.domain.linking import Linking
from services.eoffice.domain.organisation import (
    Actor,
    Capacity,
    Delegation,
    Holding,
    Organisation,
    Person,
    Post,
)
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.reference import city_letters

FIRST, DAY = date(2020, 4, 1), date(2026, 7, 1)
ORDER = LetterPower("order", Able(frozenset(), 3), False, "illustrative")
LINKING = Linking(1, 1, "illustrative")
LEVELS = {"clerk": 1, "je": 2, "de": 3, "ce": 4}


def city(*delegations: Delegation, vacant: str | None = None) -> Organisation:
    line = dict(zip(LEVELS, [*list(LEVELS)[1:], None], strict=True))
    return Organisation(
        departments={"roads": ("पथ", "Roads")},
        sections={},
        posts={
            code: Post(code, "roads", None, code, code, level, line[code], Secrecy(0), FIRST, None)
            for code, level in LEVELS.items()
        },
        people={each: Person(each, "अ", "A", FIRST, None) for each in LEVELS},
        holdings=tuple(
            Holding(each, each, False, FIRST, None) for each in LEVELS if each != vacant
        ),
        delegations=delegations,
    )


def who(code: str, capacity: Capacity = Capacity.REGULAR, person: str | None = None) -> Actor:
    return Actor(city().posts[code], person or code, capacity)


def left() -> list[str]:
    """What may be done with the letter and its file instead."""
    return ["forward", "revise", "discard"]


def checked(actor, *wrote_at, power=ORDER, known=None, own=()):
    return check_approves(power, known or city(), actor, wrote_at, own, DAY, LINKING, left)


@pytest.mark.parametrize("code", ["clerk", "je"])
def test_below_the_level_nobody_approves_and_who_may_is_named(code):
    with pytest.raises(Forbidden) as refused:
        checked(who(code))
    assert refused.value.message == (f"{code} may not approve a letter of the kind order; de may")
    assert refused.value.details == {
        "post": code,
        "template": "order",
        "from_level": 3,
        "may": ["de", "ce"],
        "legal": left(),
    }


def test_who_may_is_somebody_who_is_there():
    with pytest.raises(Forbidden, match="ce may"):
        checked(who("je"), known=city(vacant="de"))
    power = replace(ORDER, able=Able(frozenset({"law"}), None))
    with pytest.raises(Forbidden, match="no post up the line may") as refused:
        checked(who("ce"), power=power)
    assert refused.value.details["may"] == []


def test_a_post_that_is_named_approves_whatever_its_level():
    assert checked(who("clerk"), power=replace(ORDER, able=Able(frozenset({"clerk"}), 3))).code == (
        "clerk"
    )


def test_an_officer_signs_what_they_wrote_at_a_post_that_may():
    assert checked(who("de"), "de").code == "de"
    # The chief engineer stands in for the deputy and has written it as such.
    assert checked(who("de", Capacity.LINKED, "ce"), "ce", "de").code == "de"


@pytest.mark.parametrize("capacity", [Capacity.LINKED, Capacity.ADDITIONAL, Capacity.REGULAR])
def test_what_was_written_at_a_post_that_may_not_is_not_approved_from_another(capacity):
    """As linked officer, in additional charge, or after a transfer."""
    with pytest.raises(Forbidden) as refused:
        checked(who("de", capacity, "je"), "je", own=("je", "de"))
    assert refused.value.message == (
        "je has written the letter and does not approve it as de; ce may"
    )
    assert refused.value.details == {
        "post": "de",
        "person": "je",
        "may": ["ce"],
        "legal": left(),
    }


def test_nor_is_a_post_named_for_which_the_same_officer_acts():
    with pytest.raises(Forbidden) as refused:
        checked(who("je"), "je", own=("je", "de"))
    assert refused.value.details["may"] == ["ce"]
    # At their other post they wrote it, and may sign it there.
    with pytest.raises(Forbidden) as refused:
        checked(who("je", person="de"), "de", own=("je", "de"))
    assert refused.value.details["may"] == ["de", "ce"]


def test_where_it_takes_two_the_one_who_wrote_it_is_not_the_second():
    two = replace(ORDER, second_officer=True)
    assert checked(who("de"), power=two).code == "de"
    with pytest.raises(Forbidden, match="has written the letter"):
        checked(who("de"), "de", power=two, own=("de",))


def given(to: str, by: str, until: date | None = None, what: str = "letter:order") -> Delegation:
    return Delegation(by, to, frozenset({what}), None, FIRST, until)


def test_a_delegated_power_counts_and_its_giver_is_named():
    known = city(given("je", "de"))
    assert checked(who("je"), known=known).code == "de"
    # Two people look at it all the same.
    with pytest.raises(Forbidden, match="has written the letter"):
        checked(who("je"), "je", known=known, own=("je",))


SMALL = replace(ORDER, alone_below=5)
"""The department has four posts."""


def test_in_a_small_department_who_is_authorised_approves_what_they_wrote():
    known = city(given("clerk", "de", until=DAY))
    assert checked(who("clerk"), "clerk", power=SMALL, known=known, own=("clerk",)).code == "de"


@pytest.mark.parametrize(
    ("power", "known", "capacity", "wrote_at"),
    [
        # A department of so many has a second officer.
        (replace(SMALL, alone_below=4), city(given("clerk", "de")), Capacity.REGULAR, ["clerk"]),
        (replace(SMALL, second_officer=True), city(given("clerk", "de")), "regular", ["clerk"]),
        # Somebody else's clerk has written part of it, from another post.
        (SMALL, city(given("clerk", "de")), Capacity.REGULAR, ["clerk", "je"]),
        (SMALL, city(given("clerk", "de")), Capacity.LINKED, ["clerk"]),
    ],
)
def test_else_two_look_at_it_all_the_same(power, known, capacity, wrote_at):
    actor = who("clerk", Capacity(capacity))
    with pytest.raises(Forbidden, match="has written the letter"):
        checked(actor, *wrote_at, power=power, known=known, own=("clerk",))


def test_nobody_beside_the_line_authorises_a_post():
    known = city(given("clerk", "law"))
    law = replace(known.posts["ce"], code="law")
    known = replace(known, posts=known.posts | {"law": law})
    with pytest.raises(Forbidden, match="has written the letter"):
        checked(who("clerk"), "clerk", power=SMALL, known=known, own=("clerk",))


def test_the_order_counts_on_its_days():
    until = date(2026, 6, 30)
    with pytest.raises(Forbidden, match="may not approve a letter"):
        checked(who("clerk"), "clerk", power=SMALL, known=city(given("clerk", "de", until=until)))


@pytest.mark.parametrize(
    "delegation",
    [
        given("je", "de", until=date(2026, 6, 30)),
        given("je", "de", what="letter:letter"),
        given("je", "de", what="works"),
        given("clerk", "de"),
        # What is delegated is not handed on.
        given("je", "clerk"),
    ],
)
def test_another_delegation_does_not(delegation):
    with pytest.raises(Forbidden):
        checked(who("je"), known=city(delegation))


def test_the_shipped_kinds_are_not_for_clerks():
    levels = {code: each.able.from_level for code, each in city_letters().powers.items()}
    assert levels == {"letter": 2, "reminder": 2, "order": 3, "memorandum": 3}
