"""Scorecards as the service has them: marks, evidence, reviews, ranks and papers, by RPC."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import in_digits
from services.kpi.reference import city_entry, city_programmes
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
    kpis(monkeypatch, {"ga-eoffice-disposal": 45, "ga-eoffice-desk-days": 3})
    made = ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"]
    assert [(each["criterion"], each["marks"]) for each in made] == [("e-office", 22.5)]
    assert ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"] == []
    found = line(ask_kpi("scorecard", programme=PROGRAMME), "e-office")["own"]
    assert found["kind"] == "computed"
    assert {each["kpi"]: each["share"] for each in found["kpis"]} == {
        "ga-eoffice-disposal": 0.5, "ga-eoffice-desk-days": 1.0, "it-desk-overdue": None
    }  # fmt: skip
    kpis(monkeypatch, {"ga-eoffice-disposal": 60})
    made = ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"]
    assert [each["marks"] for each in made] == [30]
    kpis(monkeypatch, {})
    assert ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")["marks"] == []


def test_marks_that_follow_from_kpis_are_not_given_by_hand_unless_there_is_no_data(
    give_mark, monkeypatch
):
    kpis(monkeypatch, {})
    give_mark(11, criterion="e-office")
    kpis(monkeypatch, {"ga-eoffice-disposal": 45})
    with pytest.raises(Invalid) as caught:
        give_mark(12, criterion="e-office")
    assert "computed" in caught.value.fields["criterion"][0]
    give_mark(12, HEAD, criterion="e-office", assessor="QCI")


def test_a_free_mark_where_one_was_computed_says_why_and_that_it_differs(
    ask_kpi, give_mark, monkeypatch
):
    kpis(monkeypatch, {"ga-eoffice-disposal": 45})
    ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")
    kpis(monkeypatch, {})
    with pytest.raises(Invalid) as caught:
        give_mark(30, criterion="e-office")
    assert caught.value.fields["remark"] == [
        "must say why: 15 were computed from KPIs on " + in_digits(TODAY)
    ]
    assert line(ask_kpi("scorecard", programme=PROGRAMME), "e-office")["own"]["marks"] == 15
    give_mark(30, criterion="e-office", remark="the register was counted by hand")
    found = ask_kpi("scorecard", programme=PROGRAMME)
    shown = line(found, "e-office")
    assert (shown["own"]["marks"], shown["computed"]["marks"]) == (30, 15)
    assert {"criterion": "e-office", "what": {
        "mr": "निर्देशांकांवरून 15 गुण आले होते; हाताने दिलेले गुण वेगळे आहेत",
        "en": "differs from the 15 marks that followed from KPIs",
    }} in found["missing"]  # fmt: skip
    # Marks that are equal need no reason.
    give_mark(15, criterion="e-office")
    shown = ask_kpi("scorecard", programme=PROGRAMME)
    assert not any("differs" in each["what"]["en"] for each in shown["missing"])


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
