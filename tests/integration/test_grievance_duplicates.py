"""What may be the same is offered at filing."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import event, text

from palika.auth import ANONYMOUS, Identity
from palika.errors import Invalid
from palika.rpc import CallContext
from services.grievance.domain.place import WIDEST_RADIUS_M
from services.grievance.queries import similar
from services.grievance.reference import city
from services.grievance.schemas import SimilarTo
from services.grievance.service import GrievanceService
from tests.support.grievances import FILING, HOUR, NOW, OFFICER, OTHER_CITIZEN

LAT, LON = 18.5204, 73.8567
METRE = 1 / 111_195
HERE = {"lat": LAT, "lon": LON, "description": "Deep pothole", "address": "Sai temple, Gandhi Road"}
PHONE = "98220 12345"
RADIUS_M = city().subcategory("pothole").duplicate_radius_m


def north(metres: float) -> dict:
    """The same words, so far north of there."""
    return HERE | {"lat": LAT + metres * METRE}


def offered(desk, caller: Identity = OTHER_CITIZEN, now=NOW + HOUR, **args) -> list[dict]:
    asked = {"category": "pothole", "ward": "aundh-baner", "language": "en"} | args
    with desk.sessions() as session:
        return similar.offers(session, caller, SimilarTo().load(asked), now)


def file_by_rpc(desk, **args):
    """File as the service's method does, on this desk's database."""
    caller = CallContext.within("grievance", OTHER_CITIZEN)
    service = SimpleNamespace(name="grievance", db=desk.sessions, caller=caller)
    return GrievanceService.file(service, **FILING | args)


def numbers(offers: list[dict]) -> list[str]:
    return [each["number"] for each in offers]


# ---- offers


def test_what_is_filed_at_the_spot_is_offered_with_why(desk):
    filed = desk.file(citizen_name="Asha", citizen_phone=PHONE, **HERE)
    desk.take("assign", filed)
    (offer,) = offered(desk, now=NOW + timedelta(days=2, hours=5), **north(10))
    reasons = offer.pop("reasons")
    assert {"same_subcategory", "near", "recent"} <= set(reasons)
    assert offer == {
        "id": str(filed.id),
        "number": filed.number,
        "category_name": "Pothole",
        "distance_m": 10,
        "age_days": 2,
        "status": "assigned",
    }


def test_an_offer_speaks_the_askers_language(desk):
    desk.file(**HERE)
    (offer,) = offered(desk, language="mr", **HERE)
    assert offer["category_name"] == city().category_name("pothole").mr


def test_without_a_position_a_landmark_in_the_ward_is_enough(desk):
    placed = desk.file(**HERE)
    unplaced = desk.file(description="A pothole", address="Sai temple, Gandhi Road")
    elsewhere = desk.file(ward="kothrud-bavdhan", description="A pothole", address=HERE["address"])
    told = {"description": "Pothole near Sai temple", "address": "Gandhi Road"}
    assert set(numbers(offered(desk, **told))) == {placed.number, unplaced.number}
    assert numbers(offered(desk, ward="kothrud-bavdhan", **told)) == [elsewhere.number]
    # With a position, those that have none are still looked for in the ward.
    assert unplaced.number in numbers(offered(desk, **HERE))


def test_where_nothing_tells_one_from_another_nobody_is_asked_for(desk):
    desk.file(description="Deep pothole")
    assert offered(desk, description="Deep pothole") == []
    assert offered(desk, **HERE | {"lat": None, "lon": None}, ward=None) == []


def test_only_open_ones_of_the_category_and_of_these_weeks_are_offered(desk):
    desk.take("reject", desk.file(**HERE))
    desk.file(category="no-water", **HERE)
    desk.file(now=NOW - timedelta(days=61), **HERE)
    assert offered(desk, **HERE) == []
    other_kind = desk.file(category="road-damage", **HERE)
    assert numbers(offered(desk, **HERE)) == [other_kind.number]


def test_citizens_look_as_far_as_the_kind_says_and_the_office_a_kilometre(desk):
    assert RADIUS_M < WIDEST_RADIUS_M
    filed = desk.file(**north(RADIUS_M + 30))
    assert offered(desk, **HERE) == []
    assert numbers(offered(desk, OFFICER, **HERE)) == [filed.number]
    assert offered(desk, OFFICER, on_behalf=True, **HERE) == []


def test_private_ones_are_never_offered_to_citizens_nor_to_whom_they_are_no_business(desk):
    kind = next(
        each
        for each in city().subcategories.values()
        if each.private and each.duplicate_radius_m and not any(f.required for f in each.fields)
    )
    filed = desk.file(category=kind.code, **HERE)
    assert desk.stored(filed).private
    asked = HERE | {"category": kind.code}
    boss = Identity.of("supervisor:roads-head", "supervisor")
    assert numbers(offered(desk, boss, **asked)) == [filed.number]
    for caller in (OTHER_CITIZEN, ANONYMOUS, OFFICER):
        assert offered(desk, caller, **asked) == []
    assert offered(desk, boss, on_behalf=True, **asked) == []
    desk.take("assign", filed, boss)
    assert numbers(offered(desk, OFFICER, **asked)) == [filed.number]


def test_offers_are_at_most_five_of_bounded_candidates(desk, monkeypatch):
    filed = [desk.file(now=NOW - n * HOUR, **north(n)) for n in range(8)]
    assert numbers(offered(desk, **HERE)) == [each.number for each in filed[:5]]
    monkeypatch.setattr(similar, "MOST_CANDIDATES", 2)
    assert len(offered(desk, **HERE)) == 2


def test_candidates_come_by_index(desk):
    asked = SimilarTo().load({"category": "pothole", "ward": "aundh-baner"} | HERE)
    plans = []

    def explain(connection, cursor, statement, parameters, *_):
        with connection.connection.cursor() as another:
            another.execute(f"EXPLAIN {statement}", parameters)
            plans.extend(line for (line,) in another.fetchall())

    with desk.sessions() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(session.get_bind(), "before_cursor_execute", explain)
        try:
            similar.offers(session, OTHER_CITIZEN, asked, NOW)
        finally:
            event.remove(session.get_bind(), "before_cursor_execute", explain)
    plan = "\n".join(plans)
    assert "ix_grievance_open" in plan
    assert "Seq Scan" not in plan


def test_who_has_filed_is_told_what_may_be_the_same_but_it_is_filed_all_the_same(desk):
    first = desk.file(now=datetime.now(UTC) - HOUR, **HERE)
    filed = file_by_rpc(desk, **north(5))
    assert numbers(filed["similar"]) == [first.number]
    assert filed["status"] == "filed"
    assert filed["token"] is not None
    key = {"source": OTHER_CITIZEN.subject, "source_id": "1"}
    assert len(file_by_rpc(desk, **key, **north(6))["similar"]) == 2
    again = file_by_rpc(desk, **key, **north(6))
    assert (again["similar"], again["token"]) == ([], None)


def test_no_lock_is_held_while_the_likely_ones_are_looked_for(desk, monkeypatch):
    held = []
    look = similar.offers

    def watched(session, *args):
        found = look(session, *args)
        with desk.sessions() as other:
            locks = "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND relation = "
            held.append(other.scalar(text(f"{locks} 'grievance'::regclass")))
        return found

    monkeypatch.setattr(similar, "offers", watched)
    file_by_rpc(desk, **HERE)
    assert held == [0]


def test_half_a_place_and_what_the_city_has_not_are_refused(desk):
    for wrong in ({"lon": None}, {"category": "nonsense"}, {"ward": "nowhere"}):
        with pytest.raises(Invalid):
            offered(desk, **HERE | wrong)
