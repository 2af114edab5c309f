"""Facts are kept and read back as they were; health and optimism by rule."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import yaml

from palika.reading import Mistakes
from palika.text import Name
from services.warroom.domain.facts import (
    KINDS,
    Basis,
    Forecast,
    Health,
    Light,
    Link,
    LinkKind,
    Milestone,
    Project,
    Reason,
    Stage,
    Standing,
)
from services.warroom.domain.keeping import kept, read
from services.warroom.domain.optimism import Reached, Said, months_before, optimism
from services.warroom.domain.policy import policy
from services.warroom.reference import departments, read_data, wards
from tests.support.part import ROOT

ID = UUID(int=1)
DAY = date(2026, 4, 1)


@pytest.mark.parametrize(
    "fact",
    [
        Project(
            *("RD-1", Name("अ", "a"), "roads", "roads-ce", DAY, None, ("x", "y"), 18.0, 73.5),
            stages=(Stage("a", Name("अ", "a")),),
            standing=Standing.ON_HOLD,
        ),
        Milestone("a", Name("अ", "a"), "dpr", 1, DAY, after=(ID,), done_on=DAY),
        Link(LinkKind.AREA, ward="x"),
        Forecast(Basis.PACE, None, cannot="too_few"),
        Forecast(Basis.OFFICIAL, DAY, milestones={ID: DAY}),
        Health(Light.RED, (Reason("slip", Light.RED, Name("अ", "a")),)),
    ],
)
def test_a_fact_is_read_back_as_it_was_kept(fact):
    assert read(type(fact), kept(fact)) == fact
    assert type(fact) in KINDS.values()


def test_what_a_later_release_has_added_has_its_default():
    content = kept(Link(LinkKind.KPI, "roads-1"))
    del content["category"]
    assert read(Link, content) == Link(LinkKind.KPI, "roads-1")


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 30), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, found):
    assert months_before(day, months) == found


def test_an_error_is_of_what_was_said_then():
    def at(month: int) -> datetime:
        return datetime(2026, month, 1, tzinfo=UTC)

    said = [
        Said(at(1), at(5), date(2026, 6, 10)),
        Said(at(5), at(9), None),
        Said(at(9), at(12), date(2026, 10, 20)),
    ]
    reached = [Reached(ID, "roads", ID, date(2026, 10, 10), {Basis.PACE: said})]
    found = optimism(reached, [1, 3, 8, 24], "department")
    assert [(each.months, each.mean_days, each.late_percent) for each in found] == [
        (1, -10.0, 0.0),
        (8, 122.0, 100.0),
    ]


@pytest.mark.parametrize(
    ("name", "threshold", "rule"),
    [
        ("slip_days", {"amber": 9, "red": 9}, "red must be above amber"),
        ("schedule_percent", {"amber": 80, "red": 95}, "red must be below amber"),
        ("slip_days", {"amber": "x", "red": 9}, "must be a whole number"),
        ("slip_days", {"red": 9}, "amber missing"),
    ],
)
def test_a_mistake_in_the_policy_is_named(name, threshold, rule):
    raw = {**read_data("policy.yaml")}
    raw["health"] = raw["health"] | {name: threshold}
    with pytest.raises(Mistakes, match=rf"health, {name}.*: .*{rule}"):
        policy(raw)


def test_departments_and_wards_are_those_of_the_other_services():
    organisation = ROOT / "services" / "eoffice" / "data" / "organisation" / "departments.csv"
    rows = organisation.read_text("utf-8").splitlines()[1:]
    assert set(departments()) == {row.split(",")[0] for row in rows}
    grievance = ROOT / "services" / "grievance" / "data" / "wards.yaml"
    assert set(wards()) == set(yaml.safe_load(grievance.read_text("utf-8"))["wards"])
