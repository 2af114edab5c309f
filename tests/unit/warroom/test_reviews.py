"""The rules of reviews: their rhythm, their agenda, when actions are told of."""

from dataclasses import replace
from datetime import date, time
from uuid import uuid4

import pytest
import yaml

from palika.reading import Mistakes
from palika.text import Name
from services.grievance.domain.calendar_file import calendar
from services.warroom.documents.consent import by_consent
from services.warroom.documents.words import Posts, said
from services.warroom.domain.agenda import kpi_item, merged, timed
from services.warroom.domain.following import due_steps, status_due
from services.warroom.domain.red_kpis import RedKpi
from services.warroom.domain.review_policy import AgendaPolicy, Escalation, review_policy
from services.warroom.domain.reviews import Action, Item, Why, Work, in_order
from services.warroom.domain.rhythm import DaysOff, Rhythm, days_off
from services.warroom.reference import city_days_off, city_reviews, departments, read_data
from tests.support.part import ROOT

TUESDAYS = Rhythm(2, date(2026, 1, 6), time(11))
WEEKEND = frozenset({5, 6})
POLICY = AgendaPolicy({}, 15, 3, 15, 10, 2)


def item(code: str, weight: int, place: int | None = None, dropped: bool = False) -> Item:
    name = Name(code, code)
    return Item(code, name, weight, 0, (), place=place, dropped=dropped, project_id=uuid4())


def action(**given: object) -> Action:
    return Action("x", "roads-ce", date(2026, 6, 10), **given)  # type: ignore[arg-type]


def test_the_rhythm_is_counted_from_its_first_day_and_not_from_the_last_review():
    days = list(TUESDAYS.days(date(2026, 1, 1), date(2026, 2, 3)))
    assert days == [date(2026, 1, 6), date(2026, 1, 20), date(2026, 2, 3)]
    assert list(TUESDAYS.days(date(2026, 1, 7), date(2026, 1, 19))) == []
    assert list(TUESDAYS.days(date(2020, 1, 1), date(2026, 1, 6))) == [date(2026, 1, 6)]


def test_a_day_off_moves_a_review_to_the_next_working_day_or_to_the_one_before():
    feast = Name("सण", "Feast")
    off = DaysOff(WEEKEND, {date(2026, 1, 20): feast, date(2026, 1, 21): feast}, frozenset({2026}))
    assert TUESDAYS.held_on(date(2026, 1, 20), off) == (date(2026, 1, 22), feast)
    before = Rhythm(2, date(2026, 1, 6), time(11), forward=False)
    assert before.held_on(date(2026, 1, 20), off) == (date(2026, 1, 19), feast)
    assert TUESDAYS.held_on(date(2026, 1, 6), off) == (date(2026, 1, 6), None)
    always = DaysOff(frozenset(range(7)), {}, frozenset())
    with pytest.raises(ValueError, match="no working day"):
        TUESDAYS.held_on(date(2026, 1, 6), always)


def test_the_holidays_are_those_of_the_grievance_service():
    path = ROOT / "services/grievance/data/calendar.yaml"
    theirs = calendar(yaml.safe_load(path.read_text("utf-8")))
    assert city_days_off().holidays == theirs.holidays
    assert city_days_off().years == theirs.years


def test_every_department_has_a_head_that_the_e_office_knows():
    posts = (ROOT / "services/eoffice/data/organisation/posts.csv").read_text("utf-8")
    known = {line.split(",")[0] for line in posts.splitlines()}
    assert set(city_reviews().heads) == set(departments())
    assert set(city_reviews().heads.values()) <= known


def test_mistakes_in_the_citys_data_name_their_place():
    raw = read_data("reviews.yaml") | {"actions": {"remind_days": -1, "status_days": 1}}
    with pytest.raises(Mistakes) as caught:
        review_policy(raw)
    assert {place for place, _ in caught.value.found} >= {"actions", "actions, remind_days"}
    steps = [{"days": 3, "to": "owner"}, {"days": 3, "to": "king"}]
    raw["actions"] = {"remind_days": 1, "status_days": 1, "escalation": steps}
    with pytest.raises(Mistakes) as caught:
        review_policy(raw)
    assert [place for place, _ in caught.value.found] == [
        *("actions, escalation, 2, to", "actions, escalation, 2"),
    ]
    year = {2026: [{"date": date(2025, 1, 1), "mr": "x", "en": "x"}]}
    with pytest.raises(Mistakes, match="2025-01-01 is not in 2026"):
        days_off({"weekend": ["sunday"], "holidays": year})


def test_a_file_of_before_a_release_has_what_the_shipped_one_says():
    raw = read_data("reviews.yaml")
    agenda = {key: each for key, each in raw["agenda"].items() if key in OLD}
    weights = agenda["weights"]
    agenda["weights"] = {key: each for key, each in weights.items() if key not in LATER}
    assert review_policy(raw | {"agenda": agenda}).agenda == city_reviews().agenda
    del agenda["weights"]["red"]
    with pytest.raises(Mistakes, match="red missing"):
        review_policy(raw | {"agenda": agenda})


OLD = ("weights", "risk_score", "least_minutes", "most_minutes")
LATER = ("replanned", "set_aside", "withdrawn_late", "undone", "budget_raised")


def test_what_weighs_more_comes_first_and_the_chair_puts_what_where():
    items = {uuid4(): each for each in (item("a", 5), item("b", 50), item("c", 1, place=1))}
    items[uuid4()] = item("d", 99, dropped=True)
    assert [each.code for _, each in in_order(items)] == ["c", "b", "a"]


def test_minutes_are_shared_by_weight_and_what_does_not_fit_is_for_information():
    items = {uuid4(): item(code, weight) for code, weight in (("a", 30), ("b", 10), ("c", 10))}
    found = {each.code: each.minutes for each in timed(items, 16, POLICY).values()}
    assert found == {"a": 7, "b": 4, "c": 4}
    few = {each.code: each.minutes for each in timed(items, 6, POLICY).values()}
    assert few == {"a": 3, "b": 3, "c": 0}
    alone = timed({uuid4(): item("a", 30)}, 120, POLICY)
    assert [each.minutes for each in alone.values()] == [15]


def kpi(code: str, weight: int, department: str) -> Item:
    return replace(item(code, weight), project_id=None, department=department)


def test_the_heaviest_have_time_and_the_rest_is_taken_together():
    items = {uuid4(): item(f"p{at:02}", 100 - at) for at in range(40)}
    for each in (kpi("k1", 9, "roads"), kpi("k2", 8, "roads"), kpi("k3", 7, "water")):
        items[uuid4()] = each
    items[uuid4()] = replace(kpi("k4", 6, "tax"), by_chair=True)
    policy = replace(POLICY, least_minutes=5)
    found = {each.code: each.minutes for each in timed(items, 60, policy).values()}
    # Ten minutes are for what is taken together; fifty are ten times five.
    with_time = sorted(code for code, minutes in found.items() if minutes)
    assert with_time == [*("k1", "k3", "k4"), *(f"p{at:02}" for at in range(7))]
    assert min(minutes for minutes in found.values() if minutes) == 5
    assert sum(found.values()) <= 50
    # What fits needs no time for others.
    few = dict(list(items.items())[:4])
    assert sum(each.minutes for each in timed(few, 60, policy).values()) > 50


def test_the_agenda_is_numbered_as_it_is_printed_with_the_kpis_of_a_department_together():
    items = {uuid4(): item(f"p{at}", 50 - at) for at in range(8)}
    for at in range(70):
        department = ("roads", "water", "water", "tax")[at % 4]
        items[uuid4()] = kpi(f"k{at:02}", 90 - at, department)
    policy = replace(POLICY, least_minutes=5)
    found = timed(items, 60, policy)
    order = [each for _, each in in_order(found)]
    has_time = [each.minutes > 0 for each in order]
    assert has_time == sorted(has_time, reverse=True)
    assert 0 < sum(has_time) < 78 == len(order)
    together = order[sum(has_time) :]
    assert [each.project_id is None for each in together] == sorted(
        each.project_id is None for each in together
    )
    kpis = [each for each in together if each.project_id is None]
    of = [each.department for each in kpis]
    runs = [each for at, each in enumerate(of) if at == 0 or of[at - 1] != each]
    assert runs == ["water", "roads", "tax"]
    # One line of the page after another, and one number after another.
    agenda = [
        {
            "number": at,
            "code": each.code,
            "title": {"en": each.code},
            "minutes": each.minutes,
            "project_id": each.project_id,
            "department": each.department,
            "why": [],
        }
        for at, each in enumerate(order, 1)
    ]
    content = {"agenda": agenda, "projects": [], "others": []}
    lines = by_consent(content, said("en"), "en", Posts({}, "en"))
    printed = [line["number"] for line in lines]
    first = sum(has_time) + 1
    ends = [[int(one) for one in each.split("–")] for each in printed]
    assert ends[0][0] == first
    assert [each[0] for each in ends[1:]] == [each[-1] + 1 for each in ends[:-1]]
    assert ends[-1][-1] == 78


def test_where_the_chair_has_put_an_item_is_counted_among_what_has_time():
    items = {uuid4(): kpi(f"k{at}", 90 - at, "roads") for at in range(5)}
    items |= {uuid4(): item(f"p{at}", 50 - at) for at in range(3)}
    items[uuid4()] = item("x", 1, place=3)
    order = [each for _, each in in_order(timed(items, 60, replace(POLICY, least_minutes=5)))]
    assert [each.code for each in order][:5] == ["k0", "p0", "x", "p1", "p2"]


def test_what_is_taken_together_has_its_minutes_also_where_the_time_would_have_room_for_it():
    policy = replace(POLICY, least_minutes=5)
    same = {uuid4(): kpi(f"k{at}", 9, "roads") for at in range(3)}
    found = timed(same, 60, replace(policy, most_minutes=240))
    assert sorted(each.minutes for each in found.values()) == [0, 0, 50]


def test_a_kpi_weighs_more_the_farther_it_is_from_its_target():
    policy = AgendaPolicy({"red_kpi": 15}, 15, 3, 15, 10, 2)

    def weight(value: str, target: str) -> int:
        found = RedKpi("a.b", "roads", "roads-ce", "red", "2026-05", value, target)
        return kpi_item(found, policy).weight

    assert [weight("60", "80"), weight("900", "80"), weight("–", "80")] == [19, 30, 15]


def test_a_kpi_whose_target_is_none_at_all_is_as_far_from_it_as_can_be():
    policy = AgendaPolicy({"red_kpi": 15}, 15, 3, 15, 10, 2)
    deaths = RedKpi("roads.deaths", "roads", "roads-ce", "red", "2026-05", "9", "0")
    assert kpi_item(deaths, policy).weight == 30
    assert kpi_item(replace(deaths, value="0"), policy).weight == 15


def test_a_kpi_with_a_band_is_told_with_both_its_ends_and_weighed_by_the_nearer():
    policy = AgendaPolicy({"red_kpi": 15}, 15, 3, 15, 10, 2)
    found = kpi_item(
        RedKpi("a.b", "roads", "roads-ce", "red", "2026-05", "60", "30.0 – 50.0"), policy
    )
    assert found.why[0].text.en == "the KPI is red (2026-05): 60, green within 30 – 50"
    assert found.weight == 18


def test_an_item_of_the_chairs_stays_when_nothing_puts_it_on_any_more():
    chair = Why("chair", 0, Name("x", "x"))
    key, other = uuid4(), uuid4()
    old = Item("a", Name("a", "a"), 9, 3, (Why("red", 9, Name("x", "x")), chair), by_chair=True)
    found = merged({}, {key: old, other: item("b", 3)})
    assert {each.code: (each.weight, each.why) for each in found.values()} == {"a": (0, (chair,))}


def test_an_action_is_overdue_the_day_after_and_not_while_the_chair_has_to_answer():
    assert action().days_overdue(date(2026, 6, 10)) == 0
    assert action().days_overdue(date(2026, 6, 11)) == 1
    assert action(work=Work.CLAIMED).days_overdue(date(2026, 6, 30)) == 0
    assert action(work=Work.DONE, done_on=date(2026, 6, 10)).kept is True
    assert action(work=Work.DONE, done_on=date(2026, 6, 11)).kept is False


def test_the_line_is_told_step_by_step():
    line = (Escalation(3, "owner"), Escalation(7, "head"))
    assert [due_steps(days, line) for days in (1, 3, 6, 7, 90)] == [0, 1, 1, 2, 2]


def test_a_status_is_due_so_long_after_anything_was_heard():
    given = action(assigned_on=date(2026, 6, 1), reported_on=date(2026, 6, 4))
    assert not status_due(given, date(2026, 6, 10), 7)
    assert status_due(given, date(2026, 6, 11), 7)
    assert not status_due(action(), date(2026, 6, 30), 7)
