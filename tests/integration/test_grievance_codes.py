"""What is asked for by mistake is refused: it must not look as if there were nothing to do."""

import pytest
from sqlalchemy import text

from palika.errors import Invalid
from services.grievance.queries import appeals, export, reports, samples
from services.grievance.schemas import Exporting, OpenChecks, PendingAppeals, Reporting
from tests.support.desk_lists import counted, listed
from tests.support.grievances import NOW, OFFICER


def refused(ask, *args, **filters):
    """What is told of the fields."""
    with pytest.raises(Invalid) as caught:
        ask(*args, **filters)
    return caught.value.fields


def report(desk, **args):
    with desk.sessions() as session:
        return reports.report(session, Reporting().load(args), NOW)


def exported(desk, path, **args):
    with desk.sessions() as session:
        return export.write(session, Exporting().load(args), NOW, path)


@pytest.mark.parametrize(
    ("filters", "field", "hint"),
    [
        ({"ward": "nope"}, "ward", "'nope' is not known; must be one of: aundh-baner, "),
        ({"ward": "aundh-banner"}, "ward", "perhaps: aundh-baner"),
        ({"ward": ["aundh-baner", "nope"]}, "ward", "'nope' is not known"),
        ({"department": "Road"}, "department", "perhaps: roads"),
        ({"department": "water"}, "department", "perhaps: water-supply"),
        ({"category": "pothol"}, "category", "perhaps: pothole"),
        ({"category": "roads"}, "category", "ask for it as parent_category"),
        ({"parent_category": "pothole"}, "parent_category", "'pothole' is not known"),
        ({"ward": "old-city:7"}, "ward", "'old-city:7' is not known"),
    ],
)
def test_a_list_a_count_and_an_export_name_the_code_and_one_near_it(
    desk, tmp_path, filters, field, hint
):
    desk.file()
    for told in (
        refused(listed, desk, NOW, **filters),
        refused(counted, desk, NOW, **filters),
        refused(exported, desk, tmp_path / "x.csv", **filters),
    ):
        assert list(told) == [field]
        assert hint in told[field][0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("field", ["department", "ward"])
def test_a_report_names_it_too(desk, field):
    assert list(refused(report, desk, name="sla", **{field: "nope"})) == [field]


def test_so_do_the_lists_of_appeals_and_of_the_sample(desk):
    with desk.sessions() as session:
        asked = PendingAppeals().load({"department": "nope"})
        assert list(refused(appeals.pending_appeals, session, OFFICER, asked, NOW)) == [
            "department"
        ]
        asked = OpenChecks().load({"department": "nope"})
        assert list(refused(samples.open_checks, session, OFFICER, asked)) == ["department"]


def test_every_wrong_code_is_told_at_once(desk):
    told = refused(listed, desk, NOW, ward=["x1", "x2"], department="x3")
    assert {field: len(rules) for field, rules in told.items()} == {"ward": 2, "department": 1}


@pytest.mark.parametrize("field", ["ward", "department", "category", "parent_category"])
def test_a_code_that_a_grievance_still_bears_is_asked_for_as_before(desk, field):
    old, _ = desk.file(), desk.file()
    with desk.sessions.begin() as session:
        session.execute(
            text(f"UPDATE grievance SET {field} = 'once-called-so' WHERE id = :id"), {"id": old.id}
        )
    assert counted(desk, NOW, **{field: "once-called-so"}) == {"count": 1, "more": False}
    assert [each["id"] for each in listed(desk, NOW, **{field: "once-called-so"})["items"]] == [
        str(old.id)
    ]
    assert list(refused(counted, desk, NOW, **{field: ["once-called-so", "never"]})) == [field]


@pytest.mark.parametrize("what", ["filed", "resolved", "escalated"])
def test_days_that_end_before_they_begin_are_refused(desk, what):
    days = {f"{what}_from_day": "today", f"{what}_to_day": "today-7"}
    assert refused(counted, desk, NOW, **days) == {f"{what}_to_day": ["is before 2026-07-01"]}
    assert refused(listed, desk, NOW, **days) == {f"{what}_to_day": ["is before 2026-07-01"]}


def test_so_are_times(desk):
    times = {"filed_from": "2026-07-01T05:30:00Z", "filed_before": "2026-07-01T05:29:59Z"}
    assert refused(counted, desk, NOW, **times) == {"filed_before": ["is before filed_from"]}


def test_a_page_goes_on_in_the_list_that_it_was_of(desk):
    for _ in range(3):
        desk.file()
    first = listed(desk, NOW, ward="aundh-baner", limit=1)
    asked = {"ward": "aundh-baner", "cursor": first["next"]}
    assert len(listed(desk, NOW, **asked, limit=2)["items"]) == 2
    for other in ({"ward": "bibwewadi"}, {"open": True}, {"order": "oldest"}):
        told = refused(listed, desk, NOW, **asked | other)
        assert told == {
            "cursor": ["must be the `next` of a page asked with the same filters and order"]
        }
