"""What the KPI service makes of real lives: what has ended counts, and not what was undone."""

from palika.auth import Identity
from services.grievance.domain.lifecycle import OPEN
from services.kpi.domain.projection import RULES, Projector
from tests.support.grievances import CITIZEN, HOUR, NOW, in_utc

AUTHORITY = Identity.of("supervisor:roads-ee", "supervisor")
ENDS = ("resolved", "rejected", "withdrawn", "merged")


def counted(desk) -> dict[str, int]:
    """The measures of all that was told, each over all days and places."""
    told = [(each.id, each.type, each.data) for each in desk.events() if each.type in RULES]
    totals, refused = Projector({}).aggregate(told)
    assert refused == {}
    sums: dict[str, int] = {}
    for (measure, *_), value in totals.items():
        name = measure.removeprefix("grievance.")
        sums[name] = sums.get(name, 0) + value
    return sums


def test_what_was_filed_and_has_not_ended_is_what_is_open_whatever_was_undone_between(desk):
    original, same, refused, taken_back, done = (desk.file() for _ in range(5))

    def agrees(**expected: int) -> None:
        measures = counted(desk)
        assert {name: measures.get(name, 0) for name in expected} == expected
        open_now = measures["filed"] - sum(measures.get(name, 0) for name in ENDS)
        lives = (original, same, refused, taken_back, done)
        assert open_now == sum(desk.stored(each).state in OPEN for each in lives)
        assert measures["open"] == open_now

    desk.take("merge", same, into=str(original.id))
    desk.take("reject", refused)
    desk.take("withdraw", taken_back, CITIZEN)
    desk.take("assign", done)
    desk.take("resolve", done)
    agrees(merged=1, rejected=1, withdrawn=1, resolved=1)
    desk.take("unmerge", same, now=NOW + 24 * HOUR)
    desk.take("reopen", done, CITIZEN, NOW + 24 * HOUR)
    desk.take("appeal", refused, CITIZEN, NOW + 24 * HOUR)
    desk.take("decide_appeal", refused, AUTHORITY, NOW + 48 * HOUR)
    agrees(merged=0, rejected=0, resolved=0, withdrawn=1, unmerged=1, restored=1, reopened=1)
    desk.take("reject", refused, now=NOW + 72 * HOUR)
    desk.take("merge", same, now=NOW + 72 * HOUR, into=str(original.id))
    agrees(merged=1, rejected=1, resolved=0, withdrawn=1, unmerged=1, restored=1)


def stocks(desk) -> dict[str, int]:
    """What is open, and late of it, by department, after all that was told."""
    told = [(each.id, each.type, each.data) for each in desk.events() if each.type in RULES]
    found: dict[str, int] = {}
    for (measure, department, *_), value in Projector({}).aggregate(told).totals.items():
        if measure in ("grievance.open", "grievance.overdue_open"):
            key = f"{department} {measure.removeprefix('grievance.')}"
            found[key] = found.get(key, 0) + value
    return {key: value for key, value in found.items() if value}


def test_what_is_late_and_open_is_told_by_every_way_out_and_back(desk):
    late = NOW + 24 * HOUR * 30
    original, merged, refused, taken_back, done, sent = (desk.file() for _ in range(6))
    desk.clock(late)
    assert stocks(desk) == {"roads open": 6, "roads overdue_open": 6}
    desk.take("merge", merged, now=late, into=str(original.id))
    desk.take("reject", refused, now=late)
    desk.take("withdraw", taken_back, CITIZEN, late)
    desk.take("assign", done, now=late)
    desk.take("resolve", done, now=late)
    # What is promised there is over as well.
    desk.take("transfer", sent, now=late)
    there = desk.stored(sent).department
    assert stocks(desk) == {
        "roads open": 1,
        "roads overdue_open": 1,
        f"{there} open": 1,
        f"{there} overdue_open": 1,
    }
    desk.take("unmerge", merged, now=late + HOUR)
    desk.take("reopen", done, CITIZEN, late + HOUR)
    desk.take("appeal", refused, CITIZEN, late + HOUR)
    desk.take("decide_appeal", refused, AUTHORITY, late + 2 * HOUR)
    desk.clock(late + 3 * HOUR)
    assert stocks(desk)["roads open"] == stocks(desk)["roads overdue_open"] == 4


def test_what_becomes_late_while_it_is_merged_is_late_since_it_goes_on(desk):
    original, merged = desk.file(), desk.file()
    desk.take("merge", merged, into=str(original.id))
    later = NOW + 24 * HOUR * 30
    desk.take("unmerge", merged, now=later)
    desk.clock(later + HOUR)
    (told,) = (each for each in desk.events(merged) if each.type == "grievance.breached.v1")
    assert told.data["breached_at"] < told.data["open_late_since"] == in_utc(later)


def test_one_that_is_located_is_of_its_ward_from_then_on(desk):
    filed = desk.file(ward=None)
    place = {"lat": 18.5074, "lon": 73.8077}
    desk.take("locate", filed, **place)
    ward = desk.stored(filed).ward
    assert ward
    by_ward: dict[str, int] = {}
    told = [(each.id, each.type, each.data) for each in desk.events() if each.type in RULES]
    for (measure, _, of, *_), value in Projector({}).aggregate(told).totals.items():
        if measure == "grievance.open":
            by_ward[of] = by_ward.get(of, 0) + value
    assert by_ward == {"": 0, ward: 1}
