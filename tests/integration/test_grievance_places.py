"""Where a grievance is: its ward by its position, who is given it, and what is outside the city."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from palika.auth import SYSTEM, Identity
from palika.errors import Invalid
from services.grievance.commands import file
from services.grievance.commands.attach import locate_grievance
from services.grievance.commands.officers import set_all
from services.grievance.files import city as files
from services.grievance.files.posts import posts_in
from services.grievance.models import Grievance
from services.grievance.queries import search, similar
from services.grievance.reference import city
from services.grievance.schemas import ImportedFiling, Locating, Searching, SimilarTo
from tests.support.grievances import CITIZEN, NOW, OFFICER

KASBA = {"lat": 18.5204, "lon": 73.8567}
BANER = {"lat": 18.5590, "lon": 73.7868}
MUMBAI = {"lat": 19.07, "lon": 72.87}
FIXMYSTREET = Identity.of("open311:fixmystreet", "citizen")


@pytest.fixture
def posts(desk):
    """The posts that the service comes with."""
    with desk.sessions.begin() as session:
        set_all(session, posts_in(Path(files.SHIPPED) / "posts.yaml"))


def locate(desk, grievance, **where):
    with desk.sessions.begin() as session:
        args = Locating().load({"id": str(grievance.id)} | where)
        return locate_grievance(session, CITIZEN, args, NOW)


def test_a_position_tells_the_ward_and_with_it_who_is_given_it(desk, posts):
    filed = desk.file(FIXMYSTREET, channel="open311", ward=None, **BANER)
    assert (filed.ward, filed.officer) == ("aundh-baner", "roads-je-aundh")
    assert {event.data["ward"] for event in desk.events(filed)} == {"aundh-baner"}
    assert desk.stored(filed).ward == "aundh-baner"


def test_a_ward_that_is_said_is_taken_as_said(desk, posts):
    filed = desk.file(ward="kothrud-bavdhan", **BANER)
    assert (filed.ward, filed.officer) == ("kothrud-bavdhan", "roads-je-kothrud")


@pytest.mark.parametrize("where", [{}, BANER])
def test_whatever_is_filed_without_a_ward_somebody_is_given_it(desk, posts, where, monkeypatch):
    # What a category asks, and whether it may be anonymous, is another test's.
    monkeypatch.setattr(file.promises, "checked", lambda args, **_: args)
    for kind in city().subcategories.values():
        filed = desk.file(ward=None, category=kind.code, **where)
        assert filed.officer is not None, kind.code
        assert filed.officer.startswith(f"{kind.department}-")
        assert ("-je-" in filed.officer) or not where


def test_of_no_known_ward_the_whole_citys_officer_has_it_and_hands_it_on(desk, posts):
    filed = desk.file(ward=None)
    assert (filed.ward, filed.officer) == (None, "roads-wo")
    placed = locate(desk, filed, **BANER)
    assert (placed.ward, placed.officer) == ("aundh-baner", "roads-wo")
    assert desk.stored(filed).ward == "aundh-baner"


def test_to_say_where_it_is_gives_it_to_an_officer_where_nobody_has_it(desk):
    filed, told = desk.file(ward=None), desk.file(ward="bibwewadi")
    with desk.sessions.begin() as session:
        set_all(session, posts_in(Path(files.SHIPPED) / "posts.yaml"))
    placed = locate(desk, filed, **BANER)
    assert (placed.ward, placed.officer, placed.state) == (
        "aundh-baner",
        "roads-je-aundh",
        "assigned",
    )
    assert [entry["step"] for entry in desk.timeline(filed)] == ["file", "locate", "assign"]
    assert desk.events(filed)[-1].data["officer"] == "roads-je-aundh"
    placed = locate(desk, told, **BANER)
    assert (placed.ward, placed.officer) == ("bibwewadi", "roads-je-bibwewadi")


def test_what_is_outside_the_city_is_refused_by_lat_and_lon(desk):
    with pytest.raises(Invalid) as refused:
        desk.file(**MUMBAI)
    assert refused.value.fields.keys() == {"lat", "lon"}
    assert "outside the city" in str(refused.value)
    filed = desk.file()
    with pytest.raises(Invalid, match="outside the city"):
        locate(desk, filed, **MUMBAI)
    args = SimilarTo().load({"category": "pothole", "description": "A hole"} | MUMBAI)
    with desk.sessions() as session, pytest.raises(Invalid, match="outside the city"):
        similar.offers(session, OFFICER, args, NOW)
    with desk.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Grievance)) == 1


def test_what_is_placed_is_in_its_wards_list(desk):
    filed = desk.file(FIXMYSTREET, channel="open311", ward=None, **KASBA)
    with desk.sessions() as session:
        args = Searching().load({"ward": "kasba-vishrambagwada"})
        (found,) = search.page(session, args, NOW)["items"]
    assert found["id"] == str(filed.id)


@pytest.mark.parametrize(
    ("said", "ward"),
    [
        ({"lat": 38.63, "lon": -90.2}, None),
        ({"lat": 38.63, "lon": -90.2, "ward": "stlouis:7"}, "stlouis:7"),
        (BANER, "aundh-baner"),
        ({}, None),
    ],
)
def test_what_another_system_had_is_taken_wherever_it_is(desk, said, ward):
    args = {"category": "stlouis:Refuse", "description": "Not collected", "address": "Elm Street"}
    args |= {"source": "stlouis", "source_id": "1"} | said
    with desk.sessions.begin() as session:
        draft = file.Draft(ImportedFiling().load(args), NOW)
        (made,) = file.file_many(session, SYSTEM("grievance"), [draft])
    stored = desk.stored(made)
    assert (stored.ward, stored.lat) == (ward, said.get("lat"))
