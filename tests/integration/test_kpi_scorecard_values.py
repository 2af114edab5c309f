"""From which values of KPIs the marks of scorecards follow."""

from datetime import UTC, date, datetime, timedelta

import pytest

from palika.errors import Invalid
from services.kpi import scoring
from services.kpi.commands.project import add
from services.kpi.commands.score import compute_marks
from services.kpi.reference import city_programmes
from services.kpi.scorecards import values
from tests.support.scorecards import HEAD, PROGRAMME, TODAY


def test_the_value_of_a_kpi_is_that_of_its_last_period_that_is_over(score_database, monkeypatch):
    asked = []

    def kpi(session, args, today):
        asked.append(args | {"today": today})
        return {
            "value": 45.0,
            "status": "amber",
            "why": None,
            "covers": None,
            "partial": None,
        }

    monkeypatch.setattr(values.queries, "kpi", kpi)
    criterion = city_programmes()[PROGRAMME].criterion("e-office")
    with score_database() as session:
        for day in (date(2026, 5, 1), date(2026, 4, 30)):
            found = values.readings(session, criterion, "roads", day)
    # On the last day of April it still runs.
    assert {(each["period"], each["today"]) for each in asked} == {
        ("2026-04", date(2026, 5, 1)), ("2026-03", date(2026, 4, 30))
    }  # fmt: skip
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
                ("eoffice.closed", "roads", "W1", last_month, 0): 40,
                ("eoffice.ended", "roads", "W1", last_month, 0): 40,
                ("eoffice.opened", "fire", "W1", last_month, 0): 40,
                ("eoffice.closed", "fire", "W1", last_month, 0): 40,
                ("eoffice.ended", "fire", "W1", last_month, 0): 40,
            },
        )
    made = ask_kpi("compute_marks", HEAD, programme=PROGRAMME)["marks"]
    found = {(each["subject"], each["criterion"]): each for each in made}
    # 80 of the 140 in hand; 40 of 100; 40 of 40; from 30 per cent (none) to 60 (all) of 30 marks.
    assert {subject: each["marks"] for (subject, _), each in found.items()} == {
        "corporation": 27.1, "roads": 10, "fire": 30
    }  # fmt: skip
    (read, *others) = found["corporation", "e-office"]["readings"]
    assert (read["kpi"], read["period"], read["value"]) == (
        "ga-eoffice-disposal", last_month[:7], 57.1
    )  # fmt: skip
    assert all(each["value"] is None and each["why"] for each in others)
    assert ask_kpi("compute_marks", HEAD, programme=PROGRAMME)["marks"] == []
    ranks = ask_kpi("scorecard_ranking", programme=PROGRAMME, side="own")["departments"]
    assert [each["code"] for each in ranks] == ["fire", "roads"]


def test_a_criterion_without_marks_says_why_and_a_past_day_is_filled_once_there_are_data(
    ask_kpi, give_mark, score_database
):
    past = TODAY - timedelta(days=40)
    month = (past.replace(day=1) - timedelta(days=1)).isoformat()

    def shown(day: str | None = None, code: str = "e-office"):
        card = ask_kpi("scorecard", programme=PROGRAMME, subject="roads", day=day)
        (found,) = [each for each in card["criteria"] if each["code"] == code]
        missing = [each["what"]["en"] for each in card["missing"] if each["criterion"] == code]
        return found, missing[0]

    found, missing = shown()
    assert found["own"] is None
    assert "have no data" in found["why"]["en"]
    assert all(each["why"]["mr"] and each["why"]["en"] for each in found["without_data"])
    assert "ga-eoffice-disposal" in {each["kpi"] for each in found["without_data"]}
    assert missing == f"no self-assessed marks: {found['why']['en']}"
    assert "given by hand" in shown(code="dashboard")[0]["why"]["en"]
    with score_database.begin() as session:
        at = ("roads", "W1", month, 0)
        counted = {"eoffice.opened": 100, "eoffice.closed": 50, "eoffice.ended": 50}
        add(session, {(measure, *at): count for measure, count in counted.items()})
    found, _ = shown(past.isoformat())
    assert "can be computed for it" in found["why"]["en"]
    asked = {"programme": PROGRAMME, "subject": "roads", "day": past.isoformat()}
    with pytest.raises(Invalid, match="computed") as refused:
        give_mark(10, HEAD, criterion="e-office", subject="roads", day=past.isoformat())
    assert refused.value.fields["criterion"][0].endswith("by compute_marks with that day")
    (made,) = ask_kpi("compute_marks", HEAD, **asked)["marks"]
    assert (made["criterion"], made["marks"], made["day"]) == ("e-office", 20, past.isoformat())
    # What has marks stays as it is, whatever comes in later.
    with score_database.begin() as session:
        add(session, {("eoffice.closed", *at): 20})
    assert ask_kpi("compute_marks", HEAD, **asked)["marks"] == []
    for day in (TODAY + timedelta(days=1), date(2020, 1, 1)):
        with pytest.raises(Invalid) as refused:
            ask_kpi("compute_marks", HEAD, **asked | {"day": day.isoformat()})
        assert list(refused.value.fields) == ["day"]


def samples(session, month: str, fit: int) -> None:
    """So many of a hundred samples of a month's water were fit."""
    cells = {"water.samples_tested": 100, "water.samples_fit": fit}
    add(session, {(each, "water-supply", "W1", month, 0): cells[each] for each in cells})


@pytest.mark.parametrize(
    ("day", "november", "read"),
    [
        # November runs until its last day is over, and its values are due until 10 December.
        (date(2026, 11, 30), 70, ("2026-10", 96)),
        (date(2026, 12, 1), None, ("2026-10", 96)),
        (date(2026, 12, 10), None, ("2026-10", 96)),
        (date(2026, 12, 1), 70, ("2026-11", 70)),
        (date(2026, 12, 11), None, ("2026-11", None)),
    ],
)
def test_until_the_values_of_a_month_are_due_the_month_before_counts(
    score_database, day, november, read
):
    criterion = city_programmes()["slb"].criterion("water-quality")
    with score_database() as session:
        samples(session, "2026-10-31", 96)
        if november is not None:
            samples(session, "2026-11-30", november)
        (found,) = values.readings(session, criterion, "corporation", day)
    assert (found.period, found.value) == read


def test_nobody_marks_freely_what_values_of_the_month_before_decide(
    ask_kpi, give_mark, score_database, monkeypatch
):
    class LastOfNovember(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 11, 30, 9, tzinfo=UTC)

    monkeypatch.setattr(scoring, "datetime", LastOfNovember)
    with score_database.begin() as session:
        samples(session, "2026-10-31", 96)
    with pytest.raises(Invalid, match="computed"):
        give_mark(10, HEAD, programme="slb", criterion="water-quality")


def months_before(day: date, number: int) -> list[date]:
    """The last days of so many months that are over on the day."""
    found: list[date] = []
    last = day.replace(day=1) - timedelta(days=1)
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
        assert (found.period, found.value) == ("2025-10/2026-09", 13)


def test_a_year_that_is_not_whole_is_not_marked(score_database):
    criterion = city_programmes()["slb"].criterion("drainage-flooding")
    day = date(2027, 4, 11)
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
