"""Who is given a grievance: always a post that is there and is for it, and to each its share."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from services.grievance.domain.routing import Absence, Place, Post, candidates, check_leave, choose

WARDS = ("aundh", "kothrud", "yerawada")
# So that often several come into question.
MOSTLY_ROADS = st.sampled_from(("roads", "roads", "drainage"))
MOSTLY_IN_CHARGE = st.sampled_from((0, 0, 1))
CATEGORIES = ("pothole", "manhole-cover", "road-works")
CODES = tuple(f"p{number}" for number in range(8))
HERE = Place("roads", "aundh", "pothole", "road-works")


@st.composite
def posts(draw: st.DrawFn) -> list[Post]:
    """Posts of every kind, of which some are away, and some stand in for others."""
    return [
        Post(
            code,
            draw(MOSTLY_ROADS),
            draw(MOSTLY_IN_CHARGE),
            tuple(draw(st.lists(st.sampled_from(WARDS), max_size=2))),
            tuple(draw(st.lists(st.sampled_from(CATEGORIES), max_size=2))),
            draw(st.integers(1, 5)),
            draw(st.sampled_from((True, True, False))),
            draw(st.integers(0, 20)),
            draw(st.sampled_from((False, False, True))),
            draw(st.none() | st.sampled_from(CODES)),
        )
        for code in CODES[: draw(st.integers(0, 8))]
    ]


PLACES = st.builds(
    Place,
    MOSTLY_ROADS,
    st.none() | st.sampled_from(WARDS),
    st.sampled_from(CATEGORIES[:2]),
    st.none() | st.just("road-works"),
)


@given(posts(), PLACES, MOSTLY_IN_CHARGE)
def test_who_is_given_it_is_there_and_is_for_it_or_stands_in_for_one_who_is(found, place, level):
    code = choose(found, place, level)
    chosen = {post.code: post for post in found}.get(code or "")
    known = [
        post
        for post in found
        if post.active
        and post.department == place.department
        and (post.wards == () or place.ward in post.wards)
        and (post.categories == () or {place.category, place.parent_category} & {*post.categories})
    ]
    there = {post.code for post in found if post.active and not post.away}
    # What is of no ward goes up to the first level that has anybody there.
    levels = (0, 1) if (place.ward, level) == (None, 0) else (level,)
    fitting: list[Post] = []
    for each in levels:
        fitting = [post for post in known if post.level == each]
        if any(not post.away or post.substitute in there for post in fitting):
            break
    if chosen is None:
        assert all(post.away and post.substitute not in there for post in fitting)
        return
    assert chosen.active
    assert not chosen.away
    stands_in = any(post.away and post.substitute == chosen.code for post in fitting)
    assert chosen in fitting or stands_in


@given(posts(), PLACES)
def test_nobody_who_is_asked_would_have_less_to_do_with_it(found, place):
    asked = candidates(found, place)
    code = choose(found, place)
    if asked:
        chosen = next(post for post in asked if post.code == code)
        assert all((chosen.load, chosen.code) <= (post.load, post.code) for post in asked)
    else:
        assert code is None


@given(posts(), PLACES, st.permutations(range(8)))
def test_the_order_in_which_posts_are_read_does_not_matter(found, place, order):
    shuffled = [found[index] for index in order if index < len(found)]
    assert choose(shuffled, place) == choose(found, place)


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 30)), min_size=1, max_size=6),
    st.integers(1, 120),
)
def test_arrivals_go_to_who_has_least_for_their_size(sizes, arrivals):
    """What one has above another, for their sizes, it was not given but had before."""
    now = [
        Post(code, "roads", capacity=capacity, open=have)
        for code, (capacity, have) in zip(CODES, sizes, strict=False)
    ]
    had = {post.code: post.open for post in now}
    for _ in range(arrivals):
        code = choose(now, HERE)
        now = [replace(post, open=post.open + (post.code == code)) for post in now]
    assert sum(post.open for post in now) == sum(had.values()) + arrivals
    for given_some in (post for post in now if post.open > had[post.code]):
        for other in now:
            assert Fraction(given_some.open, given_some.capacity) <= other.load


def test_posts_of_one_size_that_begin_with_nothing_have_the_same_give_or_take_one():
    taken: Counter[str] = Counter()
    for _ in range(100):
        code = choose([Post(each, "roads", open=taken[each]) for each in CODES[:7]], HERE)
        assert code is not None
        taken[code] += 1
    assert sorted(taken.values()) == [14] * 5 + [15] * 2
    # Of equals the first by code.
    assert [taken[each] for each in ("p0", "p1")] == [15, 15]


def test_who_has_twice_the_size_has_twice_as_much():
    taken: Counter[str] = Counter()
    for _ in range(90):
        both = [
            Post("big", "roads", capacity=20, open=taken["big"]),
            Post("small", "roads", capacity=10, open=taken["small"]),
        ]
        taken[choose(both, HERE) or ""] += 1
    assert taken == {"big": 60, "small": 30}


def test_what_has_no_ward_goes_to_a_post_of_the_whole_city_only():
    nowhere = Place("roads", None, "pothole")
    assert (
        choose([Post("a", "roads", wards=("aundh",)), Post("b", "roads", open=9)], nowhere) == "b"
    )
    assert choose([Post("a", "roads", wards=("aundh",))], nowhere) is None


def test_a_post_of_a_category_is_for_its_sub_categories_too():
    assert choose([Post("a", "roads", categories=("road-works",))], HERE) == "a"
    assert choose([Post("a", "roads", categories=("manhole-cover",))], HERE) is None
    # A rung of the ladder is asked for whatever it is about.
    assert choose([Post("a", "roads", categories=("x",))], Place("roads", "aundh")) == "a"


def test_a_substitute_who_is_away_too_is_not_followed_to_theirs():
    away = Post("a", "roads", away=True, substitute="b")
    other = Post("b", "roads", level=1, away=True, substitute="c")
    assert choose([away, other, Post("c", "roads", level=1)], HERE) is None
    there = replace(other, away=False)
    assert choose([away, there], HERE) == "b"
    # Nobody stands in for who is not active any more.
    assert choose([replace(away, active=False), there], HERE) is None


NOW = datetime(2026, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_leave_must_be_to_come_and_alone():
    asked = Absence(NOW + DAY, NOW + 3 * DAY)
    around = [Absence(NOW - DAY, NOW + DAY), Absence(NOW + 3 * DAY, NOW + 4 * DAY)]
    check_leave("a", asked, NOW, around)
    for other in (asked, Absence(NOW, NOW + 9 * DAY), Absence(NOW + 2 * DAY, NOW + 2.5 * DAY)):
        with pytest.raises(Conflict, match=r"a is on leave from . Jul 2026"):
            check_leave("a", asked, NOW, [other])
    with pytest.raises(Invalid) as backwards:
        check_leave("a", Absence(NOW + DAY, NOW + DAY), NOW, [])
    assert backwards.value.fields == {"to_at": ["must be after from_at"]}
    with pytest.raises(Invalid) as past:
        check_leave("a", Absence(NOW - DAY, NOW), NOW, [])
    assert past.value.fields == {"to_at": ["is past"]}


def test_what_has_no_ward_goes_up_to_who_is_for_the_whole_city_and_what_has_one_does_not():
    found = [
        Post("je", "roads", wards=("aundh",)),
        Post("de", "roads", 1, wards=("aundh",)),
        Post("wo", "roads", 2),
        Post("head", "roads", 3),
    ]
    assert choose(found, Place("roads", None)) == "wo"
    assert choose(found, Place("roads", "aundh")) == "je"
    assert choose(found, Place("roads", "kothrud")) is None
    # Who is asked for by level is of that level.
    assert choose(found, Place("roads", None), 1) is None
    assert choose(found, Place("drainage", None)) is None
    assert choose([*found, Post("all", "roads", open=90)], Place("roads", None)) == "all"
