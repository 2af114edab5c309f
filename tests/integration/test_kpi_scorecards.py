"""Scorecards as the service has them: marks, evidence, reviews, ranks and papers, by RPC."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.kpi.commands.project import add
from services.kpi.commands.score import compute_marks
from services.kpi.reference import city_entry, city_programmes
from services.kpi.scorecards import values
from tests.support.scorecards import (
    HEAD,
    OFFICER,
    PROGRAMME,
    TODAY,
    days_ago,
    kpis,
    line,
    result,
    show,
)


def test_the_marks_of_both_sides_stand_beside_each_other_with_their_difference(ask_kpi, give_mark):
    give_mark(20)
    give_mark(15.5, HEAD, assessor="Quality Council of India", remark="links are broken")
    answer = ask_kpi("scorecard", programme=PROGRAMME)
    found = line(answer)
    assert (found["own"]["marks"], found["third_party"]["marks"], found["difference"]) == (
        20, 15.5, -4.5
    )  # fmt: skip
    assert found["third_party"]["assessor"] == "Quality Council of India"
    assert (answer["own"]["marks"], answer["own"]["open"]) == (20, 6)
    assert answer["third_party"]["score"] == 7.75


def test_the_two_sides_are_given_by_different_people(give_mark):
    give_mark(20, HEAD)
    with pytest.raises(Forbidden):
        give_mark(18, HEAD, assessor="QCI")
    other = Identity.of("supervisor:another", "supervisor")
    give_mark(18, other, assessor="QCI")
    with pytest.raises(Forbidden):
        give_mark(19, other)


def test_who_is_no_supervisor_enters_no_third_partys_marks(give_mark):
    with pytest.raises(Forbidden):
        give_mark(18, OFFICER, assessor="QCI")


NOT_OF_ROADS = ("officer:fire-clerk", "officer:information-technology-head", "officer:nobody")


@pytest.mark.parametrize("who", NOT_OF_ROADS)
def test_nobody_marks_another_department_or_touches_its_evidence(ask_kpi, give_mark, who):
    other = Identity.of(who, "officer")
    kept = show(ask_kpi, HEAD, subject="roads", url="https://city.example/roads")
    for call in (
        lambda: give_mark(20, other, subject="roads"),
        lambda: show(ask_kpi, other, subject="roads", url="https://city.example/x"),
        lambda: ask_kpi("remove_evidence", other, id=kept["id"], reason="x"),
        lambda: ask_kpi("compute_marks", other, programme=PROGRAMME, subject="roads"),
        lambda: ask_kpi("compute_marks", other, programme=PROGRAMME),
    ):
        with pytest.raises(Forbidden) as caught:
            call()
        assert "who has: " in caught.value.message
        assert caught.value.message.endswith("supervisors, administrators")
    card = ask_kpi("scorecard", programme=PROGRAMME, subject="roads")
    assert line(card)["own"] is None
    assert line(card)["evidence"] == ["The dashboard"]


def test_the_desks_and_the_owner_of_a_department_mark_it_and_the_programmes_owner_the_corporation(
    ask_kpi, give_mark
):
    rules = city_entry().desks["roads"]
    for post in sorted(rules.enter | rules.check):
        who = Identity.of(f"officer:{post}", "officer")
        give_mark(12, who, subject="roads")
        kept = show(ask_kpi, who, subject="roads", url="https://city.example/roads")
        ask_kpi("remove_evidence", who, id=kept["id"], reason="a newer one")
        with pytest.raises(Forbidden) as caught:
            give_mark(12, who)
        assert city_programmes()[PROGRAMME].owner in caught.value.message
    give_mark(12, OFFICER)
    give_mark(12, Identity.of("admin:root", "admin"), subject="roads")


def test_every_mark_stays_and_a_past_day_shows_what_was_known_then(ask_kpi, give_mark, on):
    on(9)
    give_mark(10)
    on(2)
    give_mark(20)
    on(0)
    give_mark(12, day=days_ago(9), remark="counted again")

    def own(day: str) -> Any:
        return line(ask_kpi("scorecard", programme=PROGRAMME, day=day))["own"]

    assert own(days_ago(10)) is None
    assert own(days_ago(9))["marks"] == own(days_ago(3))["marks"] == 10
    assert own(days_ago(0))["marks"] == 20
    history = ask_kpi("scorecard_history", programme=PROGRAMME, criterion="dashboard")["marks"]
    assert [each["marks"] for each in history] == [10, 20, 12]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"marks": 31}, "marks"),
        ({"marks": 1.005}, "marks"),
        ({"day": "2025-05-05"}, "day"),
        ({"day": "2999-01-01"}, "day"),
        ({"subject": "lost"}, "subject"),
    ],
)
def test_a_mark_that_cannot_be_is_refused_and_nothing_is_kept(ask_kpi, give_mark, more, field):
    with pytest.raises(Invalid) as caught:
        give_mark(**({"marks": 1} | more))
    assert field in caught.value.fields
    assert not ask_kpi("scorecard_history", programme=PROGRAMME, criterion="dashboard")["marks"]


def test_what_is_not_there_is_not_found(ask_kpi, give_mark):
    with pytest.raises(NotFound):
        give_mark(1, criterion="lost")
    with pytest.raises(NotFound):
        ask_kpi("scorecard", programme="lost")
    with pytest.raises(NotFound):
        ask_kpi("evidence", id=str(uuid4()))


def test_a_mark_asked_for_twice_is_given_once(ask_kpi, give_mark):
    key = str(uuid4())
    assert give_mark(20, id=key) == give_mark(20, id=key)
    with pytest.raises(Conflict) as caught:
        give_mark(21, id=key)
    assert caught.value.details["differs"] == ["marks"]
    assert (
        len(ask_kpi("scorecard_history", programme=PROGRAMME, criterion="dashboard")["marks"]) == 1
    )


def test_marks_follow_from_kpis_once_for_each_value_and_say_from_which(ask_kpi, monkeypatch):
    kpis(monkeypatch, {"ga-eoffice-disposal": 72.5, "ga-eoffice-desk-days": 3})
    made = ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"]
    assert [(each["criterion"], each["marks"]) for each in made] == [("e-office", 22.5)]
    assert ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"] == []
    found = line(ask_kpi("scorecard", programme=PROGRAMME), "e-office")["own"]
    assert found["kind"] == "computed"
    assert {each["kpi"]: each["share"] for each in found["kpis"]} == {
        "ga-eoffice-disposal": 0.5, "ga-eoffice-desk-days": 1.0, "it-desk-overdue": None
    }  # fmt: skip
    kpis(monkeypatch, {"ga-eoffice-disposal": 95})
    made = ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"]
    assert [each["marks"] for each in made] == [30]
    kpis(monkeypatch, {})
    assert ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"] == []


def test_marks_that_follow_from_kpis_are_not_given_by_hand_unless_there_is_no_data(
    give_mark, monkeypatch
):
    kpis(monkeypatch, {})
    give_mark(11, criterion="e-office")
    kpis(monkeypatch, {"ga-eoffice-disposal": 72.5})
    with pytest.raises(Invalid) as caught:
        give_mark(12, criterion="e-office")
    assert "computed" in caught.value.fields["criterion"][0]
    give_mark(12, HEAD, criterion="e-office", assessor="QCI")


def test_the_value_of_a_kpi_is_that_of_its_last_period_that_is_over(score_database, monkeypatch):
    asked = []

    def kpi(session, args, today):
        asked.append(args | {"today": today})
        return {"value": 72.5, "status": "amber", "why": None}

    monkeypatch.setattr(values.queries, "kpi", kpi)
    criterion = city_programmes()[PROGRAMME].criterion("e-office")
    with score_database() as session:
        for day in (date(2026, 4, 30), date(2026, 4, 29)):
            found = values.readings(session, criterion, "roads", day)
    assert {each["period"] for each in asked} == {"2026-04", "2026-03"}
    # What ends with the day is judged as over.
    assert {each["today"] for each in asked} == {date(2026, 5, 1), date(2026, 4, 30)}
    assert {each["department"] for each in asked} == {"roads"}
    assert found[0].share == pytest.approx(0.5)


def test_marks_follow_from_what_events_have_counted_of_the_city_and_of_each_department(
    ask_kpi, score_database
):
    last_month = (TODAY.replace(day=1) - timedelta(days=1)).isoformat()
    with score_database.begin() as session:
        add(
            session,
            {
                ("eoffice.opened", "roads", "W1", last_month, 0): 100,
                ("eoffice.closed", "roads", "W1", last_month, 0): 80,
                ("eoffice.opened", "fire", "W1", last_month, 0): 40,
                ("eoffice.closed", "fire", "W1", last_month, 0): 40,
            },
        )
    made = ask_kpi("compute_marks", HEAD, programme=PROGRAMME)["marks"]
    found = {(each["subject"], each["criterion"]): each for each in made}
    # 120 of 140 files; 80 of 100; 40 of 40; from 50 per cent (none) to 95 (all) of 30 marks.
    assert {subject: each["marks"] for (subject, _), each in found.items()} == {
        "corporation": 23.8, "roads": 20, "fire": 30
    }  # fmt: skip
    (read, *others) = found["corporation", "e-office"]["readings"]
    assert (read["kpi"], read["period"], read["value"]) == (
        "ga-eoffice-disposal", last_month[:7], 85.7
    )  # fmt: skip
    assert all(each["value"] is None and each["why"] for each in others)
    assert ask_kpi("compute_marks", HEAD, programme=PROGRAMME)["marks"] == []
    ranks = ask_kpi("scorecard_ranking", programme=PROGRAMME, side="own")["departments"]
    assert [each["code"] for each in ranks] == ["fire", "roads"]


def months_before(day: date, number: int) -> list[date]:
    """The last days of so many months, the latest being the one that is over on the day."""
    found: list[date] = []
    last = day if (day + timedelta(days=1)).day == 1 else day.replace(day=1) - timedelta(days=1)
    while len(found) < number:
        found.append(last)
        last = last.replace(day=1) - timedelta(days=1)
    return found[::-1]


def flooded(session, day: date, incidents: list[int]) -> None:
    months = months_before(day, len(incidents))
    cells = {
        ("drainage.flood_incidents", "drainage", "W1", month.isoformat(), 0): number
        for month, number in zip(months, incidents, strict=True)
    }
    add(session, cells)


def test_incidents_of_flooding_are_marked_by_twelve_months_and_not_by_the_last(score_database):
    criterion = city_programmes()["slb"].criterion("drainage-flooding")
    day = date(2026, 11, 15)
    with score_database() as session:
        # A dry month after the monsoon: of the year before, four incidents; of 14 months ago, nine.
        flooded(session, day, [9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0])
        (found,) = values.readings(session, criterion, "corporation", day)
        assert (found.period, found.value) == ("2025-11/2026-10", 4)
        assert found.share == pytest.approx(0.6)
        (found,) = values.readings(session, criterion, "corporation", date(2026, 10, 31))
        assert found.period == "2025-11/2026-10"


def test_a_year_that_is_not_whole_is_not_marked(score_database):
    criterion = city_programmes()["slb"].criterion("drainage-flooding")
    day = date(2027, 3, 31)
    with score_database() as session:
        flooded(session, day, [0] * 11)
        (found,) = values.readings(session, criterion, "corporation", day)
        assert (found.period, found.value, found.share) == ("2026", None, None)
        assert found.why == "no value of 2026-04, and twelve months are marked"
        flooded(session, day, [0] * 12)
        (found,) = values.readings(session, criterion, "corporation", day)
        assert (found.period, found.value, found.share) == ("2026", 0, 1)


def test_cost_recovery_is_that_of_four_quarters(score_database):
    criterion = city_programmes()["slb"].criterion("water-cost-recovery")
    quarters = (date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30))
    with score_database() as session:
        for quarter, revenue in zip(quarters, (10, 20, 30, 100), strict=True):
            cells = {"water.revenue_paise": revenue, "water.expense_paise": 50}
            add(
                session,
                {(each, "water-supply", "", quarter.isoformat(), 0): cells[each] for each in cells},
            )
        (found,) = values.readings(session, criterion, "corporation", date(2026, 11, 15))
    # 160 of 200.
    assert (found.period, found.value) == ("2025-10/2026-09", 80)
    assert found.share == pytest.approx(0.6)


def test_without_measures_nothing_is_computed_for_anybody(score_database):
    with score_database.begin() as session:
        for of in city_programmes().values():
            assert compute_marks(session, of, "corporation", datetime.now(UTC)) == []


def test_what_changed_is_told_from_the_last_review_on(ask_kpi, give_mark, on):
    on(9)
    give_mark(10)
    on(8)
    ask_kpi("hold_score_review", HEAD, programme=PROGRAMME)
    on(7)
    give_mark(15, criterion="gis")
    on(0)
    ask_kpi("hold_score_review", HEAD, programme=PROGRAMME, held_on=days_ago(8), note="again")
    give_mark(12, day=days_ago(3))
    answer = ask_kpi("scorecard", programme=PROGRAMME)
    assert answer["since"] == days_ago(8)
    assert answer["changed"] == ["dashboard", "gis"]
    assert line(answer)["own_before"]["marks"] == 10
    before = ask_kpi("scorecard", programme=PROGRAMME, day=days_ago(8))
    assert (before["since"], before["changed"]) == (None, [])
    with pytest.raises(Invalid):
        ask_kpi("hold_score_review", HEAD, programme=PROGRAMME, held_on="2999-01-01")


def test_a_backdated_mark_is_a_change_and_neither_what_a_review_saw_nor_a_past_day(
    ask_kpi, give_mark, on
):
    on(9)
    give_mark(10)
    kept = show(ask_kpi, url="https://city.example/dashboard", exhibit="address")
    on(8)
    ask_kpi("hold_score_review", HEAD, programme=PROGRAMME)
    then = ask_kpi("scorecard", programme=PROGRAMME)
    on(0)
    give_mark(25, day=days_ago(8), remark="better for the review")
    give_mark(30, HEAD, assessor="QCI", day=days_ago(9))
    ask_kpi("enter_results", HEAD, programme=PROGRAMME, results=[result(day=days_ago(9))])
    show(ask_kpi, url="https://city.example/other")
    ask_kpi("remove_evidence", id=kept["id"], reason="the link is dead")
    assert ask_kpi("scorecard", programme=PROGRAMME, day=days_ago(8)) == then
    past = ask_kpi("scorecard_ranking", programme=PROGRAMME, day=days_ago(8))
    assert past["corporations"] == []
    found = ask_kpi("scorecard", programme=PROGRAMME)
    assert found["changed"] == ["dashboard"]
    assert (line(found)["own_before"]["marks"], line(found)["own"]["marks"]) == (10, 25)
    assert line(found)["third_party_before"] is None
    assert line(found)["own"]["day"] == days_ago(8)
    assert line(found)["own"]["given_at"].startswith(datetime.now(UTC).date().isoformat())
    assert len(ask_kpi("scorecard_ranking", programme=PROGRAMME)["corporations"]) == 2


def test_a_review_that_was_recorded_later_is_not_known_before(ask_kpi, give_mark, on):
    on(9)
    give_mark(10)
    on(0)
    ask_kpi("hold_score_review", HEAD, programme=PROGRAMME, held_on=days_ago(8))
    assert ask_kpi("scorecard", programme=PROGRAMME, day=days_ago(5))["since"] is None
    assert ask_kpi("scorecard", programme=PROGRAMME)["since"] == days_ago(8)


def test_corporations_are_ranked_by_the_third_partys_marks(ask_kpi, give_mark):
    results = [result(), result(corporation="nashik", marks=10, name_en="Nashik")]
    asked = {"programme": PROGRAMME, "results": results}
    assert ask_kpi("enter_results", HEAD, **asked) == {"entered": 2, "known": 0}
    assert ask_kpi("enter_results", HEAD, **asked) == {"entered": 0, "known": 2}
    give_mark(25, HEAD, assessor="QCI")
    ranks = ask_kpi("scorecard_ranking", programme=PROGRAMME)["corporations"]
    assert [(each["rank"], each["code"], each["own"]) for each in ranks] == [
        (1, "panvel", False), (2, "corporation", True), (3, "nashik", False)
    ]  # fmt: skip
    assert (ranks[0]["score"], ranks[1]["complete"]) == (95.25, False)
    before = ask_kpi("scorecard_ranking", programme=PROGRAMME, day=days_ago(6))["corporations"]
    assert before == []


def test_results_are_entered_all_or_none(ask_kpi):
    results = [result(), result(corporation="nashik", marks=201)]
    with pytest.raises(Invalid) as caught:
        ask_kpi("enter_results", HEAD, programme=PROGRAMME, results=results)
    assert caught.value.fields == {"results, 2": ["marks must be from 0 to out_of"]}
    assert ask_kpi("scorecard_ranking", programme=PROGRAMME)["corporations"] == []


def test_departments_are_ranked_among_each_other(ask_kpi, give_mark):
    for department, marks in (("roads", 10), ("fire", 20), ("health", 10)):
        give_mark(marks, HEAD, subject=department)
    ranks = ask_kpi("scorecard_ranking", programme=PROGRAMME, side="own")["departments"]
    assert [(each["rank"], each["code"]) for each in ranks] == [
        (1, "fire"), (2, "roads"), (3, "health")
    ]  # fmt: skip
    assert (ranks[0]["marked"], ranks[0]["complete"]) == (1, False)
    # Of 200 marks, those of criteria whose KPIs are other departments' are not its own.
    (shown,) = [each for each in ask_kpi("programmes")["programmes"] if each["code"] == PROGRAMME]
    of = {each["code"]: each["marks"] for each in shown["criteria"]}
    own = sum(of.values()) - of["website"]
    assert ranks[0]["criteria"] == len(of) - 1
    assert ranks[0]["score"] == round(100 * 20 / own, 2)
