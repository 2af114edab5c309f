"""Programmes: what is wrong in their files is told with its place; rules, days and marks."""

import copy
from datetime import date
from fractions import Fraction

import pytest
from click.testing import CliRunner

from palika.errors import NotFound
from services.kpi import files, reference
from services.kpi.cli import group
from services.kpi.domain.catalogue_reading import Wrong
from services.kpi.domain.programme import Rule, Step
from services.kpi.domain.programme_file import check_named, programmes

NAME = {"mr": "नाव", "en": "Name"}
SHORT = {
    "programme": "short",
    "name": NAME,
    "authority": NAME,
    "assessor": NAME,
    "owner": "it-head",
    "subjects": ["corporation", "department"],
    "start": date(2026, 1, 5),
    "days": 10,
    "evaluation_days": 5,
    "low": 60,
    "total": 30,
    "criteria": [
        {
            "code": "site",
            "name": NAME,
            "marks": 10,
            "evidence": [{"code": "audit", "name": NAME}],
        },
        {
            "code": "files",
            "name": NAME,
            "marks": 20,
            "kpis": [{"kpi": "ga-files", "rule": {"none": 50, "full": 100}}],
        },
    ],
    "references": [{"title": "t", "publisher": "p", "year": 2025, "says": "s"}],
}
CITY = reference.city_catalogue().indicators
KPIS = {
    "ga-files": CITY["ga-eoffice-disposal"],
    "ga-days": CITY["ga-eoffice-desk-days"],
    "ga-so-far": CITY["water-charges-collection"],
    "ga-late": CITY["water-complaints-on-time"],
    "ga-once": CITY["drainage-toilet-coverage"],
}


def read(**changes):
    return programmes({"programmes/short.yaml": {**copy.deepcopy(SHORT), **changes}}, KPIS)


def wrong(**changes):
    with pytest.raises(Wrong) as caught:
        read(**changes)
    return {place: rule for _, place, rule in caught.value.found}


def criteria(at, **changes):
    found = copy.deepcopy(SHORT["criteria"])
    found[at] |= changes
    return found


def test_a_programme_is_read():
    of = read()["short"]
    assert (of.total, of.low, of.subjects) == (3000, 60, ("corporation", "department"))
    assert of.criterion("files").links[0].kpi == "ga-files"
    with pytest.raises(NotFound):
        of.criterion("nothing")


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"programme": "long"}, "programme", "as the file is called: short"),
        ({"total": 31}, "total", "the marks of the criteria are 30 together"),
        ({"days": 0}, "days", "from 1"),
        ({"owner": "IT Head"}, "owner", "small letters"),
        ({"low": 101}, "low", "from 0 to 100"),
        ({"start": "soon"}, "start", "a day"),
        ({"subjects": ["wards"]}, "subjects, 1", "corporation"),
        ({"subjects": []}, "subjects", "one at least"),
        ({"illustrative": ["names"]}, "illustrative, 1", "marks"),
        ({"criteria": []}, "criteria", "one at least"),
        ({"criteria": criteria(0, code="files")}, "criteria, 2, code", "there twice"),
        ({"criteria": criteria(0, marks=0)}, "criteria, 1, marks", "above 0"),
        ({"criteria": criteria(0, marks=0.125)}, "criteria, 1, marks", "two decimals"),
        ({"criteria": criteria(0, weight=40)}, "criteria", "every criterion has a weight or none"),
        (
            {"criteria": criteria(1, kpis=[{"kpi": "ga-lost", "rule": {"none": 0, "full": 1}}])},
            "criteria, 2, kpis, 1, kpi",
            "no KPI has the code ga-lost",
        ),
        (
            {"criteria": criteria(1, kpis=[{"kpi": "ga-days", "rule": {"none": 1, "full": 1}}])},
            "criteria, 2, kpis, 1, rule",
            "must differ",
        ),
        (
            {"criteria": criteria(1, kpis=[{"kpi": "ga-days", "rule": {"none": 1}}])},
            "criteria, 2, kpis, 1, rule",
            "by_status",
        ),
        (
            {"criteria": criteria(0, evidence=[{"code": "a", "name": NAME}] * 2)},
            "criteria, 1, evidence, 2, code",
            "there twice",
        ),
        ({"references": []}, "references", "one at least"),
    ],
)
def test_a_mistake_is_told_with_its_place(changes, place, said):
    found = wrong(**changes)
    assert said in found[place], found


def over(kpi, rule=None, **more):
    rule = rule or {"none": 0, "full": 1}
    return {"criteria": criteria(1, kpis=[{"kpi": kpi, "rule": rule, "over": "year"} | more])}


def test_a_kpi_may_be_read_over_twelve_months_and_says_so():
    # What stands at the end of the days may be in the formula.
    for kpi in ("ga-files", "ga-late"):
        (link,) = read(**over(kpi))["short"].criterion("files").links
        assert link.a_year
        assert (
            link.words.en == "no marks at 0, all at 1, in proportion between (over twelve months)"
        )
    (link,) = read()["short"].criterion("files").links
    assert (link.a_year, link.words) == (False, link.rule.words)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (over("ga-files", over="month"), "must be one of year"),
        (over("ga-once"), "must be of each month, quarter, half_year"),
        (over("ga-so-far"), "looks at other days"),
        (over("ga-files", {"by_status": dict.fromkeys(("green", "amber", "red"), 0)}), "status"),
    ],
)
def test_what_cannot_be_read_over_twelve_months_is_told(changes, said):
    assert said in wrong(**changes)["criteria, 2, kpis, 1, over"]


def test_of_the_benchmarks_what_is_counted_by_the_year_is_read_over_one():
    found = reference.city_programmes()
    by_the_year = {
        link.kpi
        for of in found.values()
        for each in of.criteria
        for link in each.links
        if link.a_year
    }
    assert by_the_year == {
        "drainage-flooding",
        "water-cost-recovery",
        "drainage-cost-recovery",
        "waste-cost-recovery",
    }


def test_weights_must_make_a_hundred():
    both = criteria(0, weight=40)
    both[1]["weight"] = 50
    assert wrong(criteria=both) == {"criteria": "the weights are 90 together, not 100"}
    both[1]["weight"] = 60
    of = read(criteria=both)["short"]
    assert of.score({"site": 500, "files": 2000}) == 80
    assert read()["short"].score({"site": 500, "files": 2000}) == Fraction(250, 3)


@pytest.mark.parametrize(
    ("day", "state", "number", "words"),
    [
        (date(2026, 1, 4), "before", 0, "begins on 05-01-2026"),
        (date(2026, 1, 5), "running", 1, "day 1 of 10"),
        (date(2026, 1, 14), "running", 10, "day 10 of 10"),
        (date(2026, 1, 15), "over", 10, "ended on 14-01-2026"),
    ],
)
def test_the_days_are_counted_from_the_first_as_day_one(day, state, number, words):
    counter = read()["short"].counter(day)
    assert (counter.state, counter.number, counter.words.en) == (state, number, words)


def test_the_shipped_150_days_end_on_the_day_that_was_announced():
    counter = reference.city_programmes()["150-days"].counter(date(2025, 7, 31))
    assert (counter.number, counter.last) == (87, date(2025, 10, 2))


@pytest.mark.parametrize(
    ("value", "share"), [(40, 0), (50, 0), (75, Fraction(1, 2)), (100, 1), (120, 1)]
)
def test_marks_grow_in_proportion_between_two_values(value, share):
    assert Rule(none=Fraction(50), full=Fraction(100)).share(Fraction(value), "red") == share


def test_a_rule_may_run_downwards():
    rule = Rule(none=Fraction(60), full=Fraction(20))
    assert [rule.share(Fraction(each), "") for each in (70, 40, 10)] == [0, Fraction(1, 2), 1]


def test_steps_give_the_best_that_is_reached():
    steps = (Step(Fraction(50), Fraction(40)), Step(Fraction(90), Fraction(100)))
    rule = Rule(at_least=steps)
    assert [rule.share(Fraction(each), "") for each in (49, 50, 95)] == [0, Fraction(2, 5), 1]
    rule = Rule(at_most=(Step(Fraction(5), Fraction(100)), Step(Fraction(10), Fraction(50))))
    assert [rule.share(Fraction(each), "") for each in (4, 8, 11)] == [1, Fraction(1, 2), 0]


def test_a_status_may_be_worth_marks_and_one_without_a_target_is_worth_none():
    of = criteria(
        1, kpis=[{"kpi": "ga-files", "rule": {"by_status": {"green": 100, "amber": 50, "red": 0}}}]
    )
    rule = read(criteria=of)["short"].criterion("files").links[0].rule
    found = [rule.share(Fraction(1), each) for each in ("green", "amber", "red", "no target")]
    assert found == [1, Fraction(1, 2), 0, None]


def test_the_shipped_programmes_are_sound_and_say_who_says_so():
    found = reference.city_programmes()
    assert set(found) == {"150-days", "100-days", "slb", "swachh-survekshan-2024"}
    assert found["150-days"].total == 200_00
    assert found["swachh-survekshan-2024"].total == 9_500_00
    assert len(found["slb"].criteria) == 28
    for of in found.values():
        assert of.references
        # What is not in a source is said: marks that people set, and all rules.
        if any(each.links for each in of.criteria):
            assert "rules" in of.illustrative
    named = {code: each.programme for code, each in reference.city_catalogue().indicators.items()}
    assert check_named(named, found) == []


def test_a_kpi_that_names_a_programme_that_is_not_there_is_told():
    told = check_named({"ga-files": ("short", "lost")}, {"short"})
    assert told == ["KPI ga-files names the programme lost, which programmes/ lacks"]


def test_the_check_names_file_line_and_rule(tmp_path):
    text = (files.SHIPPED / "programmes/100-days.yaml").read_text()
    folder = tmp_path / "programmes"
    folder.mkdir()
    broken = text.replace("total: 100", "total: 90").replace("ga-grievance-on-time,", "ga-lost,")
    (folder / "100-days.yaml").write_text(broken)
    result = CliRunner().invoke(group, ["check", str(tmp_path)])
    assert result.exit_code == 1
    line = 1 + broken.splitlines().index("total: 90")
    assert f"programmes/100-days.yaml, line {line}: total: must be their sum" in result.stderr
    assert "no KPI has the code ga-lost" in result.stderr


def test_the_check_counts_the_programmes():
    result = CliRunner().invoke(group, ["check"])
    assert result.exit_code == 0, result.stderr
    assert "4 programmes" in result.stdout
