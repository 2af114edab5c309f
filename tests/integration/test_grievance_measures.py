"""What the KPI service makes of real lives: what has ended counts, and not what was undone."""

from palika.auth import Identity
from services.grievance.domain.lifecycle import OPEN
from services.kpi.domain.projection import RULES, aggregate
from tests.support.grievances import CITIZEN, HOUR, NOW

AUTHORITY = Identity.of("supervisor:roads-ee", "supervisor")
ENDS = ("resolved", "rejected", "withdrawn", "merged")


def counted(desk) -> dict[str, int]:
    """The measures of all that was told, each over all days and places."""
    told = [(each.id, each.type, each.data) for each in desk.events() if each.type in RULES]
    totals, refused = aggregate(told)
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
