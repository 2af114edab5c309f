"""What can be told of a KPI, and where it is going."""

from collections import Counter
from datetime import date
from typing import Any

from services.kpi.commands.project import add
from services.kpi.domain.period import containing
from services.kpi.queries import outlook
from services.kpi.reference import city_catalogue
from tests.support.kpi_alerts import CODE, put
from tests.support.kpi_alerts import database as database


def test_what_can_be_told_of_a_kpi_and_what_cannot_is_said(database):
    put(database, m2026_10=30)
    with database() as session:
        found = outlook.insights(session, CODE, date(2026, 11, 2))
    states = {each["kind"]: each["state"] for each in found["items"]}
    assert states == {"red": "found", "stagnant": "cannot tell", "season": "cannot tell"}
    words = {each["kind"]: each["words"]["en"] for each in found["items"]}
    assert words["season"] == (
        "whether it is as the season lets expect cannot be told: 8 changes from one year to the "
        "next are needed, there are 0"
    )
    assert words["stagnant"].startswith("whether it stagnates cannot be told: values of 7 periods")


def test_a_forecast_tells_whether_the_target_will_be_met_by_the_end_of_the_year(database):
    months = [containing(date(2023, 4, 1), "month")]
    while months[-1].code != "2026-10":
        months.append(months[-1].next())
    put(
        database,
        **{
            f"m{each.first.year}_{each.first.month:02}": 60 + number % 3
            for number, each in enumerate(months)
        },
    )
    with database() as session:
        found = outlook.forecast(session, CODE, "year", date(2026, 11, 2))
        soon = outlook.forecast(session, CODE, "period", date(2026, 11, 2))
    assert (found["period"], found["target_date"], found["target"]) == ("2027-03", "2027-03-31", 50)
    assert 59 <= found["low"] <= found["value"] <= found["high"] <= 64
    assert (found["met"], found["why"], found["newest"]) == ("likely", None, "2026-10")
    assert (soon["period"], soon["target_date"]) == ("2026-11", "2026-11-30")


def test_a_forecast_without_a_past_says_that_it_cannot_tell(database):
    with database() as session:
        found = outlook.forecast(session, CODE, "year", date(2026, 11, 2))
    assert (found["value"], found["met"]) == (None, "cannot tell")
    assert found["why"] == {"mr": "माहिती उपलब्ध नाही", "en": "there are no data"}


def test_a_forecast_of_a_first_period_that_still_runs_says_so(database):
    put(database, m2026_11=30)
    with database() as session:
        found = outlook.forecast(session, CODE, "year", date(2026, 11, 20))
    assert found["value"] is None
    assert found["why"]["en"] == "there are data of one period only, which still runs"


def test_kpis_of_every_kind_in_the_catalogue_are_forecast_or_said_not_to_be(database):
    with database() as session:
        for code in list(city_catalogue().indicators)[::5]:
            for until in ("year", "period"):
                assert outlook.forecast(session, code, until, date(2026, 11, 2))["why"]


def test_a_running_period_is_not_forecast_below_what_has_come(database):
    """Each month has up to four rupees more or less than the one before."""

    def told(paid: int) -> dict[str, Any]:
        with database.begin() as session:
            add(session, {("tax.paid_paise", "property-tax", "", "2026-11-05", 0): paid})
        with database() as session:
            return outlook.forecast(session, "tax-collected", "period", date(2026, 11, 30))

    month, totals = containing(date(2024, 4, 1), "month"), Counter()
    for number in range(31):
        rupees = 60 + abs(number % 7 - 3) * 4
        totals["tax.paid_paise", "property-tax", "", month.first.isoformat(), 0] = rupees * 100
        month = month.next()
    assert month.code == "2026-11"
    with database.begin() as session:
        add(session, totals)
    before = told(100)
    assert before["low"] < before["value"] < before["high"] < 80
    come = before["high"] - 0.5
    now = told(round(come * 100) - 100)
    assert (now["low"], now["value"], now["high"]) == (round(come), round(come), before["high"])
    beyond = told(20_000)
    assert beyond["value"] is None
    assert "has come already in the period that runs" in beyond["why"]["en"]
