"""What an event comes to, for the links of projects."""

from datetime import date
from uuid import uuid4

import pytest

from services.warroom.domain.activity import MEASURES, RULES, Count, Malformed, counted
from services.warroom.domain.facts import Link, LinkKind

WARD = (uuid4(), Link(LinkKind.AREA, ward="aundh-baner"))
POTHOLES = (uuid4(), Link(LinkKind.AREA, category="pothole"))
ROADS = (uuid4(), Link(LinkKind.AREA, ward="aundh-baner", category="roads"))
TAX = (uuid4(), Link(LinkKind.TAX, ward="aundh-baner"))
LINKS = [WARD, POTHOLES, ROADS, TAX]
FILED = {
    "ward": "aundh-baner",
    "category": "pothole",
    "parent_category": "roads",
    "filed_at": "2026-06-30T18:45:00Z",
}
PAID = {"ward": "aundh-baner", "amount_paise": 5_00, "paid_at": "2026-07-02T04:00:00Z"}


def test_an_event_counts_for_every_link_that_looks_at_it_on_its_day_in_india():
    found = counted("grievance.filed.v1", FILED, LINKS)
    one = Count("grievances_filed", date(2026, 7, 1), 1)
    assert found == [(WARD[0], one), (POTHOLES[0], one), (ROADS[0], one)]


@pytest.mark.parametrize(
    ("changed", "links"),
    [
        ({"ward": "kothrud-bavdhan"}, [POTHOLES]),
        ({"ward": None}, [POTHOLES]),
        ({"category": "no-water", "parent_category": "water"}, [WARD]),
        ({"category": "road-damage"}, [WARD, ROADS]),
    ],
)
def test_a_link_looks_at_its_ward_and_its_category_only(changed, links):
    found = counted("grievance.filed.v1", FILED | changed, LINKS)
    assert [key for key, _ in found] == [key for key, _ in links]


def test_a_late_resolution_is_counted_as_both():
    data = FILED | {"resolved_at": "2026-07-03T04:00:00Z", "on_time": False}
    found = [each.measure for _, each in counted("grievance.resolved.v1", data, [WARD])]
    assert found == ["grievances_resolved", "grievances_resolved_late"]


def test_a_payment_counts_on_the_day_that_it_counts_from():
    (found,) = counted("tax.paid.v1", PAID, LINKS)
    assert found == (TAX[0], Count("tax_paid_paise", date(2026, 7, 2), 5_00))
    (found,) = counted("tax.paid.v1", PAID | {"received_on": "2026-06-20"}, LINKS)
    assert found[1].day == date(2026, 6, 20)


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("grievance.filed.v1", {"filed_at": "2026-07-01T00:00:00"}, "filed_at"),
        ("grievance.filed.v1", {"filed_at": 5}, "filed_at"),
        ("grievance.resolved.v1", {"resolved_at": "2026-07-01T00:00:00Z"}, "on_time"),
        ("tax.paid.v1", PAID | {"amount_paise": True}, "amount_paise"),
        ("tax.paid.v1", PAID | {"amount_paise": 10**40}, "amount_paise"),
        ("tax.paid.v1", PAID | {"received_on": "soon"}, "received_on"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_the_field(kind, data, field):
    with pytest.raises(Malformed, match=f"^{field}: "):
        counted(kind, data, LINKS)


def test_every_measure_is_of_a_kind_of_link():
    moment = "2026-07-01T04:00:00Z"
    data = PAID | FILED | dict.fromkeys(("resolved_at", "reopened_at", "billed_at"), moment)
    data |= {"reversed_at": moment, "on_time": False}
    made = {(kind, each.measure) for name, (kind, rule) in RULES.items() for each in rule(data)}
    assert made == {(kind, each) for kind, named in MEASURES.items() for each in named}
