"""Values that are entered by hand: maker and checker, corrections, and what they do to measures."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from services.kpi.commands.enter import drop, submit
from services.kpi.commands.readings import write_readings
from services.kpi.commands.sign_off import sign_off
from services.kpi.entered.batches import batch as batch_of
from services.kpi.entered.batches import entries
from services.kpi.entered.desks import desks
from services.kpi.entered.form import form
from services.kpi.entered.quality import quality_of
from services.kpi.reference import city_catalogue, city_places
from tests.support.kpi_entry import (
    CLERK,
    ENGINEER,
    NOW,
    OWNER,
    SENIOR,
    TABLES,
    approved,
    at,
    done,
    entered,
    line,
    measures,
    sent_back,
)

SUM, LEVEL = "water.produced_kl", "water.connections"
BY_WARD = "water.tanker_trips"


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing entered."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    return kpi_sessions


def day(measure: str, at: str, place: str = "") -> tuple:
    return measure, "water-supply", place, date.fromisoformat(at), 0


def rows(database: Any) -> dict[tuple, int]:
    return {row[:5]: row[5] for row in measures(database)["measure"]}


def rebuilt(database: Any) -> dict[str, set]:
    """The measures as they are written anew from the readings."""
    with database.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        write_readings(session)
    return measures(database)


def test_a_value_counts_once_another_person_has_approved_it(database):
    batch = entered(database, line(SUM, "2026-10", "1,15,000"))
    assert batch["state"] == "submitted"
    assert rows(database) == {}
    answer = approved(database, batch["id"])
    assert answer["state"] == "decided"
    assert (answer["lines"][0]["value"], answer["lines"][0]["decided_by"]) == (
        115000,
        OWNER.subject,
    )
    assert rows(database) == {day(SUM, "2026-10-31"): 115_000}


def test_nobody_approves_or_sends_back_what_they_have_entered(database):
    batch = entered(database, line(SUM, "2026-10", 1), by=OWNER)
    # Neither as another kind of caller: it is the same post.
    as_senior = Identity.of("supervisor:water-ce", "supervisor")
    for step in (approved, sent_back):
        for who in (OWNER, as_senior):
            with pytest.raises(Forbidden, match="themselves"):
                step(database, batch["id"], by=who)
    approved(database, batch["id"], by=SENIOR)


@pytest.mark.parametrize(
    "who",
    [
        Identity.of("officer:roads-ce", "officer"),
        Identity.of("officer:water-je", "officer"),
        Identity.of("service:scada", "service"),
        Identity.of("citizen:water-ce", "citizen"),
    ],
)
def test_who_does_not_check_this_department_approves_nothing(database, who):
    batch = entered(database, line(SUM, "2026-10", 1))
    with pytest.raises(Forbidden):
        approved(database, batch["id"], by=who)
    assert rows(database) == {}


def test_who_is_of_another_department_enters_nothing(database):
    with pytest.raises(Forbidden):
        entered(database, line(SUM, "2026-10", 1), by=Identity.of("officer:roads-je", "officer"))


def test_a_batch_is_approved_line_by_line_and_the_rest_sent_back(database):
    batch = entered(database, line(SUM, "2026-09", 5), line(SUM, "2026-10", 7))
    assert approved(database, batch["id"], 2)["state"] == "submitted"
    answer = sent_back(database, batch["id"], 1)
    assert answer["state"] == "decided"
    assert [each["state"] for each in answer["lines"]] == ["sent_back", "approved"]
    assert rows(database) == {day(SUM, "2026-10-31"): 7}
    again = entered(database, line(SUM, "2026-09", 6))
    approved(database, again["id"])
    assert rows(database)[day(SUM, "2026-09-30")] == 6


def test_a_correction_needs_a_reason_and_keeps_what_was_before(database):
    approved(database, entered(database, line(SUM, "2026-10", 100))["id"])
    with pytest.raises(Invalid) as refused:
        entered(database, line(SUM, "2026-10", 90))
    assert refused.value.fields == {"lines.1.reason": ["is needed to correct an approved value"]}
    fixed = entered(database, line(SUM, "2026-10", 90, reason="मीटरची चूक"), by=ENGINEER)
    assert rows(database) == {day(SUM, "2026-10-31"): 100}
    approved(database, fixed["id"])
    assert rows(database) == {day(SUM, "2026-10-31"): 90}
    args = {"department": "water-supply", "cursor": None, "limit": 10}
    args |= dict.fromkeys(("period", "measure", "place", "state"))
    with database() as session:
        versions = entries(session, args)["items"]
    assert [(v["version"], v["value"], v["replaced"], v["in_force"]) for v in versions] == [
        (1, 100, None, False),
        (2, 90, 100, True),
    ]


def test_the_readings_behind_a_day_add_up_to_what_is_stored(database):
    place = "kothrud-bavdhan"
    approved(database, entered(database, line(BY_WARD, "2026-10", 40, place))["id"])
    fixed = entered(database, line(BY_WARD, "2026-10", 35, place, "दुबार नोंद"))
    approved(database, fixed["id"])
    args = {"department": "water-supply", "measure": BY_WARD, "place": place}
    args |= {"cursor": None, "limit": 10, "period": None, "state": "approved"}
    with database() as session:
        found = entries(session, args)["items"]
    assert [each["added"] for each in found] == [40, -5]
    assert rows(database)[day(BY_WARD, "2026-10-31", place)] == 35


def test_a_level_is_set_and_the_months_add_its_wards_up(database):
    first, second = list(city_places().wards)[:2]
    batch = entered(database, line(LEVEL, "2026-10", 10, first), line(LEVEL, "2026-10", 20, second))
    approved(database, batch["id"])
    approved(database, entered(database, line(LEVEL, "2026-10", 15, first, "चूक"))["id"])
    assert rows(database)[day(LEVEL, "2026-10-31", first)] == 15
    (year,) = measures(database)["measure_year"]
    assert [each for each in year[4:] if each is not None] == [35]


def test_what_is_asked_twice_under_one_id_is_entered_once(database):
    key = uuid7()
    first = entered(database, line(SUM, "2026-10", 5), key=key)
    assert entered(database, line(SUM, "2026-10", 5), key=key) == first
    with pytest.raises(Conflict):
        entered(database, line(SUM, "2026-10", 6), key=key)
    with pytest.raises(Conflict):
        entered(database, line(SUM, "2026-10", 5), key=key, by=ENGINEER)
    once = approved(database, first["id"])
    assert approved(database, first["id"]) == once
    assert rows(database) == {day(SUM, "2026-10-31"): 5}
    with pytest.raises(Conflict):
        sent_back(database, first["id"])


def test_two_checkers_at_once_count_a_value_once(database):
    batch = entered(database, *(line(SUM, f"2026-{m:02}", m) for m in range(4, 11)))

    def check(who: Identity) -> str:
        try:
            approved(database, batch["id"], by=who)
        except Conflict:
            return "late"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(check, [OWNER, SENIOR])) == ["done", "late"]
    assert sum(rows(database).values()) == sum(range(4, 11))


def test_a_value_that_waits_is_not_entered_a_second_time(database):
    batch = entered(database, line(SUM, "2026-10", 5))
    with pytest.raises(Invalid, match=f"waits for a decision in batch {batch['id']}"):
        entered(database, line(SUM, "2026-10", 6), by=ENGINEER)
    done(database, drop, CLERK, {"id": uuid_of(batch)})
    entered(database, line(SUM, "2026-10", 6), by=ENGINEER)


def test_a_draft_is_checked_again_when_it_is_submitted(database):
    draft = entered(database, line(SUM, "2026-10", 5), submit=False)
    approved(database, entered(database, line(SUM, "2026-10", 7), by=ENGINEER)["id"])
    with pytest.raises(Invalid, match="is needed to correct an approved value"):
        done(database, submit, CLERK, {"id": uuid_of(draft)})
    with pytest.raises(Forbidden):
        done(database, submit, ENGINEER, {"id": uuid_of(draft)})


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_entered(database):
    with pytest.raises(Invalid) as refused:
        entered(
            database,
            line(SUM, "2026-10", 5),
            line(SUM, "2026-10", "पाच"),
            line("water.nothing", "2026-10", 1),
            line("roads.length_km", "2026-10", 1),
            line("grievance.filed", "2026-10", 1),
            line(BY_WARD, "2019-10", 1, "kothrud-bavdhan"),
            line(BY_WARD, "2026-Q2", 1, "mars"),
            line(BY_WARD, "2026-09", "-3", "Kothrud-Bavdhan"),
            line(BY_WARD, "2026-09", "12.5", "bibwewadi"),
            line(BY_WARD, "2026-12", 4, "bibwewadi"),
            line(SUM, "2026-10", 8),
        )
    told = {field: rules[0] for field, rules in refused.value.fields.items()}
    assert told["lines.2.value"].startswith("must be a number")
    assert told["lines.3.measure"].startswith("there is no such measure")
    assert "lines.4.measure" in told
    assert told["lines.5.measure"].startswith("is fed by events")
    assert "another year" in told["lines.6.period"]
    assert told["lines.7.period"].startswith("must be a month")
    assert told["lines.7.place"].startswith("is no ward of the city")
    assert told["lines.8.value"] == "must be at least 0"
    assert told["lines.9.value"] == "must be a whole number"
    assert told["lines.10.period"] == "2026-12 is not over yet"
    assert told["lines.11.measure"] == "is there twice: line 1"
    with database() as session:
        assert session.scalar(text("SELECT count(*) FROM batch")) == 0


def test_a_period_that_is_closed_to_entry_and_empty_is_not_signed_off(database):
    args = {"department": "water-supply", "period": "2015-06", "note": None}
    with database.begin() as session, pytest.raises(Invalid) as refused:
        sign_off(session, OWNER, args, NOW)
    assert "closed to entry" in refused.value.fields["period"][0]


def test_after_the_sign_off_only_a_supervisor_corrects_and_it_is_marked(database):
    approved(database, entered(database, line(SUM, "2026-10", 5))["id"])
    args = {"department": "water-supply", "period": "2026-10", "note": None}
    with database.begin() as session, pytest.raises(Forbidden):
        sign_off(session, CLERK, args, NOW)
    waiting = entered(database, line(SUM, "2026-09", 5), line("water.billed_kl", "2026-10", 4))
    with database.begin() as session, pytest.raises(Conflict):
        sign_off(session, OWNER, args, NOW)
    approved(database, waiting["id"])
    with database.begin() as session:
        signed = sign_off(session, OWNER, args, NOW)
        assert sign_off(session, OWNER, args, NOW) is signed
        assert signed.missing > 0
    with pytest.raises(Invalid, match="is signed off"):
        entered(database, line(SUM, "2026-10", 6, reason="चूक"))
    fixed = entered(database, line(SUM, "2026-10", 6, reason="चूक"), by=SENIOR)
    assert fixed["lines"][0]["after_sign_off"] is True
    approved(database, fixed["id"])
    assert rows(database)[day(SUM, "2026-10-31")] == 6
    # What is not a month's is open still.
    entered(database, line(SUM, "2026-08", 6))


def test_a_year_that_is_closed_is_signed_off_as_it_is_and_corrected_by_nobody(database):
    """Values of 2026-27 and of the year before are entered in November 2026."""
    then, later = at("2026-03-20"), at("2028-05-10")
    args = {"department": "water-supply", "period": "2025-06", "note": None}
    approved(database, entered(database, line(SUM, "2025-06", 5), now=then)["id"], now=then)
    # Entered in time, and decided when the year is closed.
    waiting = entered(database, line(SUM, "2025-06", 6, reason="चूक"), now=then)
    with database.begin() as session, pytest.raises(Conflict, match="wait for a decision"):
        sign_off(session, OWNER, args, later)
    approved(database, waiting["id"], now=later)
    assert rows(database)[day(SUM, "2025-06-30")] == 6
    with database.begin() as session:
        signed = sign_off(session, OWNER, args, later)
        # What nobody entered then may be in the catalogue since.
        assert signed.missing == 0
    for who in (CLERK, SENIOR):
        with pytest.raises(Invalid, match="is of another year"):
            entered(database, line(SUM, "2025-06", 7, reason="चूक"), by=who, now=later)
    with database.begin() as session, pytest.raises(Invalid, match="nothing can be entered"):
        sign_off(session, OWNER, args | {"period": "2025-07"}, later)


def test_how_many_values_were_corrected_after_the_sign_off_is_told_with_their_quality(database):
    approved(database, entered(database, line(SUM, "2026-10", 5))["id"])
    args = {"department": "water-supply", "period": "2026-10", "note": None}

    def corrected() -> int:
        with database() as session:
            return quality_of(session, args, date(2026, 11, 28))["after_sign_off"]

    with database.begin() as session:
        sign_off(session, OWNER, args, NOW)
    assert corrected() == 0
    fixed = entered(database, line(SUM, "2026-10", 6, reason="चूक"), by=SENIOR)
    assert corrected() == 0
    approved(database, fixed["id"])
    assert corrected() == 1


def test_the_form_says_what_is_due_and_what_was_entered_before(database):
    approved(database, entered(database, line(SUM, "2026-09", 70))["id"])
    batch = entered(database, line(SUM, "2026-10", 80))
    args = {"department": "water-supply", "period": "2026-10"}
    with database() as session:
        answer = form(session, args, date(2026, 11, 28))
        latest = form(session, args | {"period": None}, date(2026, 11, 28))
        with pytest.raises(Invalid):
            form(session, args | {"period": "2026-W40"}, date(2026, 11, 28))
    assert answer["owner"] == "water-ce"
    fields = {each["measure"]: each for each in answer["measures"]}
    (place,) = fields[SUM]["places"]
    assert (place["state"], place["entered"], place["value"]) == ("submitted", 80, None)
    assert (place["previous"], place["batch"]) == (70, batch["id"])
    assert (fields[SUM]["due_on"], fields[SUM]["overdue"]) == ("2026-11-10", False)
    assert (fields[BY_WARD]["missing"], fields[BY_WARD]["overdue"]) == (15, True)
    assert {each["period"] for each in latest["measures"]} >= {"2026-10", "2025"}


def test_the_checker_is_told_which_value_is_unlike_those_before(database):
    past = [line(SUM, f"2026-{month:02}", 1_000 + month) for month in range(4, 10)]
    approved(database, entered(database, *past)["id"])
    waiting = entered(database, line(SUM, "2026-10", 10_100), line("water.billed_kl", "2026-10", 9))
    with database() as session:
        first, second = batch_of(session, uuid_of(waiting), OWNER)["lines"]
    assert first["unusual"]["en"].startswith("The median of the 6 values before is 1006;")
    assert second["unusual"] is None


PLACES = [(SUM, ""), (BY_WARD, "bibwewadi"), (LEVEL, "bibwewadi"), (LEVEL, "bhavani-peth")]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(PLACES),
        st.sampled_from(["2026-03", "2026-09", "2026-10"]),
        st.integers(0, 5),
        st.sampled_from(["approve", "approve", "send_back", "wait", "drop"]),
    ),
    max_size=14,
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_is_entered_approved_and_corrected_the_measures_are_the_last_approved_values(
    database, steps
):
    with database.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    truth: dict[tuple, int] = {}
    ends = {"2026-03": "2026-03-31", "2026-09": "2026-09-30", "2026-10": "2026-10-31"}
    for (measure, place), period, value, then in steps:
        try:
            batch = entered(database, line(measure, period, value, place, "दुरुस्ती"))
        except Invalid:
            continue
        if then == "approve":
            approved(database, batch["id"])
            truth[day(measure, ends[period], place)] = value
        elif then == "send_back":
            sent_back(database, batch["id"])
        elif then == "drop":
            done(database, drop, CLERK, {"id": uuid_of(batch)})
    live = measures(database)
    assert {row[:5]: row[5] for row in live["measure"]} == truth
    assert rebuilt(database) == live


def uuid_of(batch: dict[str, Any]) -> UUID:
    return UUID(batch["id"])


def test_a_desk_is_told_its_departments_and_what_is_due(database):
    with database.begin() as session:
        (water,) = desks(session, CLERK, NOW.date())["items"]
    assert (water["department"], water["mine"]) == ("water-supply", True)
    assert (water["enter"], water["check"], water["sign"]) == (True, False, False)
    month = next(each for each in water["periods"] if each["period"] == "2026-10")
    assert month["missing"] == month["expected"] > 1
    batch = entered(database, line(SUM, "2026-10", 1))
    with database.begin() as session:
        own, *others = desks(session, OWNER, NOW.date())["items"]
        (first, *rest) = desks(session, SENIOR, NOW.date())["items"]
    assert others == []
    assert (own["check"], own["sign"], own["waiting"]) == (True, True, 1)
    told = next(each for each in own["periods"] if each["period"] == "2026-10")
    assert told["missing"] == month["missing"] - 1
    assert first["department"] == "general-administration"
    assert len(rest) == 39
    assert not any(each["mine"] for each in rest)
    assert approved(database, batch["id"])["state"] == "decided"


def test_a_form_tells_what_a_value_is_held_against(database):
    part = next(
        each
        for each in city_catalogue().measures.values()
        if each.at_most and each.manual and each.every == "month" and not each.by
    )
    with database.begin() as session:
        asked = {"department": part.department, "period": "2026-10"}
        told = form(session, asked, NOW.date())["measures"]
    field = next(each for each in told if each["measure"] == part.code)
    assert field["at_most"]["measure"] == part.at_most
    assert field["places"][0]["most"] is None
