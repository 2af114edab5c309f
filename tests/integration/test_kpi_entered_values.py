"""What was entered, as it is read: money in rupees, and how far a KPI's value can be relied on."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import text

from palika.auth import Identity
from palika.errors import Invalid
from services.kpi import queries
from services.kpi.domain.entry import Line
from services.kpi.reference import city_catalogue, city_places
from services.kpi.schemas.reading import DashboardArgs
from tests.support.kpi_entry import (
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
