"""Routes from desk to desk."""

import csv
from datetime import date

import pytest

from palika.errors import Conflict, Invalid
from services.eoffice.domain.routes import Desk, check_desks, city_routes, next_place, place_of
from services.eoffice.reference import read_data, routes_of_city
from tests.support.part import ROOT

DESKS = [Desk(post, 2) for post in ("clerk", "je", "de", "je", "ce")]


def test_the_citys_routes_go_to_posts_of_the_shipped_organisation():
    folder = ROOT / "services" / "eoffice" / "data" / "organisation"
    with (folder / "posts.csv").open(encoding="utf-8", newline="") as lines:
        posts = {line["code"] for line in csv.DictReader(lines)}
    found = {desk.post for route in routes_of_city().values() for desk in route.desks}
    assert found - posts == set()


def test_pt_3_is_punes_charter():
    assert [each.days for each in routes_of_city()["pt-3"].desks] == [1, 20, 5, 4, 5, 2, 5]


def test_days_are_counted_from_the_day_after_the_file_came():
    assert Desk("je", 20).due_on(date(2026, 2, 20)) == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("at", "held_by", "place"),
    [(0, "law", 1), (0, "clerk", 2), (1, "clerk", 2), (3, "law", 4), (4, "je", 5)],
)
def test_a_file_goes_on_to_the_next_desk(at, held_by, place):
    assert next_place(DESKS, at, held_by, list) == place


def test_behind_the_last_desk_there_is_none():
    for desks, at, held_by in ((DESKS, 5, "ce"), (DESKS[:1], 0, "clerk")):
        with pytest.raises(Conflict, match="ends here"):
            next_place(desks, at, held_by, list)


@pytest.mark.parametrize(
    ("at", "post", "place"),
    [(3, "je", 2), (4, "je", 4), (1, "je", 2), (5, "clerk", 1), (2, "ce", 5), (2, "law", None)],
)
def test_what_comes_to_a_desk_otherwise_stands_at_the_nearest_one(at, post, place):
    assert place_of(DESKS, at, post) == place


@pytest.mark.parametrize(
    ("desks", "rule"),
    [
        ([], "must be 1 to 50 desks, not 0"),
        ([Desk("je", 1), Desk("je", 1)], "desks 1 and 2 are both je"),
        ([Desk("je", 0)], "desk 1, je: days must be 1 to 366, not 0"),
        ([Desk("je", 1), Desk("de", 1)] * 26, "must be 1 to 50 desks, not 52"),
    ],
)
def test_a_route_that_cannot_be_followed_is_refused(desks, rule):
    with pytest.raises(Invalid) as refused:
        check_desks(desks)
    assert refused.value.fields["desks"] == [rule]


def test_a_mistake_in_the_citys_routes_names_the_route():
    raw = read_data("routes.yaml")["routes"]["pt-3"]
    with pytest.raises(ValueError, match="pt-3 needs a name in mr and in en"):
        city_routes({"routes": {"pt-3": {**raw, "mr": ""}}})
    with pytest.raises(ValueError, match="pt-3: must be 1 to 50 desks"):
        city_routes({"routes": {"pt-3": {**raw, "desks": []}}})
