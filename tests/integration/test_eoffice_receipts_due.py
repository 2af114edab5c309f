"""Which receipts that were closed without a file are due for weeding, and who is told of them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from palika.errors import NotFound
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Receipt
from services.eoffice.organisation_store import current
from services.eoffice.queries import records
from services.eoffice.schemas import records as schemas
from tests.support.eoffice import NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import numbers, receipts_due
from tests.support.receipts import COMMISSIONER, REGISTRY, Desk

__all__ = ["database", "scene"]


@pytest.fixture
def due(scene) -> Receipt:
    return scene.closed_receipt()


def shown(scene, weeding, post) -> list:
    with scene.sessions() as session:
        found = records.weeding(session, current(session).posts[post], weeding.id)
    return found["receipts"]


def test_it_is_due_from_the_day_on_which_its_years_are_over(scene, due):
    last = NOW.replace(year=2029) - timedelta(days=1)
    assert numbers(receipts_due(scene, now=last)) == []
    assert numbers(receipts_due(scene, now=last, by_day="2029-07-01")) == [due.number]
    assert numbers(receipts_due(scene, now=NOW.replace(year=2029))) == [due.number]


def test_each_category_has_its_years_and_what_is_kept_for_good_is_never_due(scene):
    desk = Desk(scene.sessions)
    known = {
        each: desk.close(desk.diarise(category=each), REGISTRY).number
        for each in ("general", "complaint", "rti", "bill", "court")
    }
    for year, over in ((2027, 1), (2029, 2), (2031, 3), (2036, 4), (2099, 4)):
        wanted = [*known.values()][:over]
        assert sorted(numbers(receipts_due(scene, now=NOW.replace(year=year)))) == wanted


def test_opened_again_it_is_due_no_more_and_its_years_begin_anew(scene, due):
    desk = Desk(scene.sessions)
    desk.reopen(due, REGISTRY)
    assert numbers(receipts_due(scene)) == []
    desk.close(due, REGISTRY)
    assert numbers(receipts_due(scene)) == [due.number]


def test_what_is_due_is_listed_a_page_at_a_time(scene):
    desk = Desk(scene.sessions)
    made = [desk.close(desk.diarise(), REGISTRY).number for _ in range(3)]
    first = receipts_due(scene, limit=2)
    second = receipts_due(scene, limit=2, cursor=first["next"])
    assert sorted(numbers(first) + numbers(second)) == made
    assert (len(first["items"]), second["next"]) == (2, None)
    assert numbers(receipts_due(scene, department="roads")) == []
    assert len(numbers(receipts_due(scene, department=desk.diarise().department))) == 3


def test_what_is_secret_is_there_for_who_is_cleared_and_needs_to_know(scene):
    desk = Desk(scene.sessions)
    receipt = desk.close(desk.diarise(COMMISSIONER, secrecy="confidential"), COMMISSIONER)
    # The record room is not cleared; and who is cleared, but of another department, has no need.
    for post in ("registry-clerk", "roads-ce", "health-head"):
        assert numbers(receipts_due(scene, post)) == []
    with pytest.raises(NotFound):
        scene.proposed(receipt)
    with desk.cleared("registry-clerk", Secrecy.CONFIDENTIAL):
        # Cleared, the record room needs to know of what is closed, whosever it is.
        assert numbers(receipts_due(scene)) == [receipt.number]
        weeding = scene.proposed(receipt)
    told = []
    for missing in (receipt, Receipt(id=uuid4())):
        with pytest.raises(NotFound) as refused:
            scene.decided(weeding, missing)
        told.append(refused.value.message.replace(str(missing.id), "it"))
    assert told[0] == told[1]
    assert shown(scene, weeding, "roads-ce") == []
    with scene.sessions() as session:
        reader = current(session).posts["roads-ce"]
        (counts,) = records.weedings(session, reader, schemas.Weedings().load({}))["items"]
    assert counts["receipts"] == {}
    assert len(shown(scene, weeding, "commissioner")) == 1
    assert scene.decided(weeding, receipt, who=COMMISSIONER).state == "approved"
