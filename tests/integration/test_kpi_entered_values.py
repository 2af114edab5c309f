"""What was entered, as it is read: money in rupees, and how far a KPI's value can be relied on."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, text

from palika.auth import Identity
from palika.errors import Invalid
from services.kpi import queries
from services.kpi.commands.project import add
from services.kpi.domain.entry import Line
from services.kpi.queries import relied
from services.kpi.queries.drill import drill
from services.kpi.queries.outlook import stories
from services.kpi.reference import city_alerts, city_catalogue, city_places
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, KpiArgs
from tests.support.kpi_entry import (
    SENIOR,
    TABLES,
    TODAY,
    approved,
    at,
    brought,
    entered,
    given,
    line,
    table_of,
    waiting,
)

MONEY = "water.expense_paise"


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing entered."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}, inbox"))
    return kpi_sessions


def test_money_is_filled_in_in_rupees_and_an_old_template_of_paise_is_refused(database):
    def of_rupees(content: bytes, value: str, unit: str | None = None) -> bytes:
        header, *rows = table_of(content)
        for row in rows:
            if row[1] == MONEY:
                row[10] = value
                row[3] = unit or row[3]
        out = io.StringIO()
        csv.writer(out).writerows([header, *rows])
        return out.getvalue().encode()

    template = given(database, "csv")
    assert {row[3] for row in table_of(template) if row[1] == MONEY} == {"रुपये / ₹"}
    with pytest.raises(Invalid) as refused:
        brought(database, of_rupees(template, "214858420550", "पैसे / paise"), "csv")
    assert all(place.endswith(", Unit") for place in refused.value.fields)
    assert "old template" in str(refused.value.fields)
    assert waiting(database) == 0
    batch = brought(database, of_rupees(template, "2,14,85,84,205.50"), "csv")
    assert {(each["value"], each["unit"]) for each in batch["lines"]} == {(214858420550, "paise")}
    approved(database, batch["id"])
    again = {row[9] for row in table_of(given(database, "csv")) if row[1] == MONEY}
    assert again == {"2148584205.5"}


def test_a_kpis_value_has_the_score_of_what_was_entered_for_it(database):
    wards = list(city_places().wards)
    of = {"department": "drainage", "by": Identity.of("officer:drainage-clerk", "officer")}
    owner = Identity.of("officer:drainage-ce", "officer")

    def value(n: int, ward: str, reason: str | None = None) -> Line:
        return line("drainage.flood_incidents", "2026-10", n, ward, reason)

    def score() -> Any:
        asked = {"code": "drainage-flooding", "department": None, "period": "2026-10"}
        with database() as session:
            one = queries.kpi(session, asked | {"from_day": None, "to_day": None}, TODAY)
            page = queries.dashboard(session, DashboardArgs().load({"period": "2026-10"}), TODAY)
        (found,) = [each for each in page["kpis"] if each["code"] == "drainage-flooding"]
        assert found["quality"] == {name: one["quality"][name] for name in ("score", "why")}
        return one["quality"]

    assert score()["parts"]["completeness"]["score"] == 0
    early = [value(n, ward) for n, ward in enumerate(wards[:-1])]
    first = entered(database, *early, **of, now=at("2026-11-05"))
    approved(database, first["id"], by=owner, outliers=(2,))
    found = score()
    assert 0 < found["score"] < 100
    assert f"{len(wards) - 1} of {len(wards)} values are entered." in found["why"]["en"]
    assert f"{len(wards)} पैकी {len(wards) - 1} मूल्ये भरली." in found["why"]["mr"]
    assert "marked as unusual" in found["why"]["en"]
    # A zero that comes late changes no sum, and is told at once.
    late = entered(database, value(0, wards[-1]), **of, now=at("2026-11-27"))
    approved(database, late["id"], by=owner)
    found = score()
    assert found["parts"]["completeness"]["score"] == 100
    assert f"{len(wards) - 1} of {len(wards)} values were entered in time." in found["why"]["en"]
    mended = entered(database, value(7, wards[1], "मोजणी"), **of)
    approved(database, mended["id"], by=owner)
    assert "corrected afterwards" in score()["why"]["en"]


def test_what_only_events_feed_has_no_score(database):
    with database() as session:
        page = queries.dashboard(session, DashboardArgs().load({"period": "2026-10"}), TODAY)
    by_events = {
        each.code for each in city_catalogue().indicators.values() if each.source == "events"
    }
    assert {str(each["quality"]) for each in page["kpis"] if each["code"] in by_events} == {"None"}


LAMPS = {"department": "electrical", "by": Identity.of("officer:electrical-clerk", "officer")}
HEAD = SENIOR


def quality(database: Any, code: str, period: str, today: date = TODAY) -> Any:
    asked = {"code": code, "department": None, "period": period}
    with database() as session:
        return queries.kpi(session, asked | {"from_day": None, "to_day": None}, today)["quality"]


def of_lamps(database: Any, *values: int, reason: str | None = None) -> None:
    """Burning lamps of the first wards in a week, which is read by its days; all approved."""
    wards = list(city_places().wards)
    lines = [
        line("electrical.lamps_burning", "2026-W47", n, wards[at], reason)
        for at, n in enumerate(values)
    ]
    approved(database, entered(database, *lines, **LAMPS)["id"], by=HEAD)


def test_a_score_is_told_anew_where_corrections_of_days_come_to_the_same_sum(database):
    of_lamps(database, 10, 11)
    before = quality(database, "electrical-lights-uptime", "2026-W47")
    assert "corrected" not in before["why"]["en"]
    of_lamps(database, 11, 10, reason="मोजणी")
    after = quality(database, "electrical-lights-uptime", "2026-W47")
    assert "2 of 2 approved values were corrected afterwards" in after["why"]["en"]


def test_what_is_approved_while_a_score_is_counted_is_told_by_the_next(database, monkeypatch):
    of_lamps(database, 10, 11)
    counted = relied._counted

    def slowly(*args: Any) -> Any:
        found = counted(*args)
        monkeypatch.undo()
        of_lamps(database, 11, 10, reason="मोजणी")
        return found

    monkeypatch.setattr(relied, "_counted", slowly)
    quality(database, "electrical-lights-uptime", "2026-W47")
    found = quality(database, "electrical-lights-uptime", "2026-W47")
    assert "corrected afterwards" in found["why"]["en"]


def test_a_page_asks_for_scores_when_something_was_entered_and_not_when_events_came(database):
    """`roads-potholes-found-first` holds what is entered against what events count."""
    by = Identity.of("officer:roads-clerk", "officer")
    said: list[str] = []
    event.listen(database.kw["bind"], "before_cursor_execute", lambda *given: said.append(given[2]))

    def page() -> Any:
        said.clear()
        with database() as session:
            found = queries.dashboard(session, DashboardArgs().load({"period": "2026-10"}), TODAY)
        (one,) = [each for each in found["kpis"] if each["code"] == "roads-potholes-found-first"]
        return one["quality"], len(said)

    assert page()[1] > 1
    nothing, statements = page()
    assert statements == 1
    with database.begin() as session:
        add(session, {("roads.potholes_filed", "roads", "", "2026-10-05", 0): 4})
    assert page() == (nothing, 1)
    ward = next(iter(city_places().wards))
    batch = entered(
        database, line("roads.potholes_found", "2026-10", 3, ward), department="roads", by=by
    )
    assert page() == (nothing, 1)
    approved(database, batch["id"], by=SENIOR)
    found, statements = page()
    # And since when the other wards have none.
    assert (found != nothing, statements) == (True, 3)
    assert page() == (found, 1)


def test_of_a_level_the_newest_that_is_due_counts_and_what_stands_from_before_is_missing(database):
    """Buildings that are dangerous, and those of them that are vacated: by ward, 10 days after
    each month."""
    wards = list(city_places().wards)
    clerk = Identity.of("officer:building-permission-clerk", "officer")

    def put(period: str, day: str, *places: str) -> None:
        lines = [
            line(f"permission.{measure}", period, 5, ward)
            for measure in ("dangerous", "dangerous_vacated")
            for ward in places
        ]
        of = {"department": "building-permission", "by": clerk, "now": at(day)}
        approved(database, entered(database, *lines, **of)["id"], by=SENIOR)

    def parts(today: date = TODAY) -> tuple[float, float]:
        found = quality(database, "permission-dangerous-vacated", "2026-10", today)["parts"]
        return found["completeness"]["score"], found["timeliness"]["score"]

    put("2026-09", "2026-10-05", *wards)
    assert parts(date(2026, 11, 5)) == (100, 100)
    assert parts() == (0, 0)
    # What is not due yet counts where it is there; elsewhere that of before is the newest due.
    put("2026-10", "2026-11-05", *wards[:3])
    assert parts(date(2026, 11, 5)) == (100, 100)
    assert parts() == (20, 20)
    put("2026-10", "2026-11-20", *wards[3:])
    assert parts() == (100, 20)


def test_a_rate_of_which_one_side_lacks_wards_is_not_judged_and_says_why(database):
    by = Identity.of("officer:roads-clerk", "officer")
    wards = list(city_places().wards)[:2]

    def told() -> dict[str, Any]:
        with database() as session:
            found = queries.dashboard(session, DashboardArgs().load({"period": "2026-10"}), TODAY)
            args = {"code": "roads-dlp-rectified", "period": "2026-10"}
            one = queries.kpi(session, KpiArgs().load(args), TODAY)
            asked = DrillArgs().load(args | {"by": "ward"})
            whole = drill(session, asked, TODAY)["whole"]
            (story,) = stories(session, [indicator], TODAY, city_alerts()).values()
        line = next(each for each in found["kpis"] if each["code"] == args["code"])
        at_end = next(each.value for each in story.ended if each.period.code == "2026-10")
        assert {line["status"], one["status"], one["series"][-1]["status"], whole["status"]} == {
            line["status"]
        }
        assert (at_end is None) == (line["status"] == "not judged")
        return line

    def give(*values: tuple[str, str, int]) -> None:
        lines = [line(code, "2026-10", value, ward) for code, ward, value in values]
        batch = entered(database, *lines, department="roads", by=by)
        approved(database, batch["id"], by=SENIOR)

    indicator = city_catalogue().indicator("roads-dlp-rectified")
    defects, done = "roads.dlp_defects", "roads.dlp_rectified"
    give((defects, wards[0], 10), (defects, wards[1], 90), (done, wards[0], 9))
    found = told()
    assert (found["value"], found["status"], found["short"]) == (9.0, "not judged", None)
    assert "they differ in 2026-10, places: 1" in found["judged"]["en"]
    give((done, wards[1], 90))
    assert (told()["value"], told()["status"]) == (99.0, "green")
