"""Posts as the e-office knows them."""

from collections.abc import Sequence
from typing import Any

import pytest

from palika.errors import Invalid, Unavailable
from palika.posts import names_of
from palika.text import Name
from services.warroom.documents.words import Posts, numerals
from services.warroom.posts import (
    check_posts,
    posts_in,
    unknown_owners,
    unknown_posts,
)

CITY = {"roads-ce": {"mr": "मुख्य अभियंता, पथ", "en": "Chief Engineer, Roads"}}


def office(codes: Sequence[str]) -> dict[str, Any]:
    return {
        "posts": {each: CITY[each] for each in codes if each in CITY},
        "unknown": {each: ["roads-ce"] for each in codes if each not in CITY},
    }


def away(codes: Sequence[str]) -> dict[str, Any]:
    raise Unavailable("eoffice.posts does not answer")


def test_a_post_that_there_never_was_is_refused_with_its_field_and_what_is_near():
    check_posts(office, {"post": "roads-ce", "owner": None})
    with pytest.raises(Invalid) as refusal:
        check_posts(office, {"post": "rods-ce"})
    rule = "there was never a post 'rods-ce'; there is roads-ce"
    assert refusal.value.fields == {"post": [rule]}
    assert unknown_posts(office, {"roads-ce", "x"}) == {"x": ["roads-ce"]}


def test_while_the_office_is_away_the_refusal_names_the_post_and_what_to_do():
    with pytest.raises(Unavailable) as refusal:
        check_posts(away, {"post": "roads-ce"})
    for part in ("post roads-ce", "nothing is written", "Ask again", "or name a post that stands"):
        assert part in refusal.value.message
    why = "eoffice.posts does not answer"
    assert refusal.value.details == {"posts": ["roads-ce"], "why": why}
    with pytest.raises(Unavailable, match="post a0, a1, a2, a3, a4 and 2 more cannot be said"):
        unknown_posts(away, [f"a{each}" for each in range(7)])


def test_nobody_is_asked_of_a_post_that_is_known():
    check_posts(away, {"post": "roads-ce"}, {"roads-ce"})
    with pytest.raises(Unavailable):
        check_posts(away, {"post": "roads-ce", "owner": "x"}, {"roads-ce"})
    assert unknown_owners(away, [], dry_run=False) == ({}, [])


def test_a_trial_names_the_owners_that_nobody_can_confirm():
    assert unknown_owners(office, {"x", "roads-ce"}, dry_run=True) == ({"x": ["roads-ce"]}, [])
    assert unknown_owners(away, {"x", "a"}, dry_run=True) == ({}, ["a", "x"])
    with pytest.raises(Unavailable):
        unknown_owners(away, {"x"}, dry_run=False)


def test_posts_have_names_that_are_asked_for_at_once_and_codes_while_the_office_is_away():
    asked: list[int] = []

    def counted(codes: Sequence[str]) -> dict[str, Any]:
        asked.append(len(codes))
        return office(codes)

    assert names_of(counted, {"roads-ce", "x"}) == {"roads-ce": Name(**CITY["roads-ce"])}
    assert asked == [2]
    assert names_of(away, {"roads-ce"}) == {}


def test_the_posts_of_a_page_are_found_at_any_depth_and_in_sentences():
    page = {
        "chair": "a",
        "changes": {"owner": {"before": "b", "now": "c"}},
        "promises": [{"post": "d", "why": "overdue by 3 days (e-f, 03-06-2026): x"}],
    }
    assert posts_in(page) == {"a", "b", "c", "d", "e-f"}
    posts = Posts(CITY, "mr")
    assert posts.within("थकीत (roads-ce): (x)") == "थकीत (मुख्य अभियंता, पथ): (x)"


def test_marathi_has_its_own_digits_and_codes_stay():
    text = "HT-01 25-11-2026, 11:00 ₹68.40"
    assert numerals(text, "mr") == "HT-01 २५-११-२०२६, ११:०० ₹६८.४०"
    assert numerals(text, "en") == text
