"""Two departments with a few KPIs each, and what was counted for them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from palika.text import Name
from services.kpi import queries, reference
from services.kpi.commands.project import add, set_level
from services.kpi.domain.comparing import RankedFrom
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Catalogue, Department, Indicator, MeasureInfo
from services.kpi.schemas.reading import DashboardArgs

NAME = Name("नाव", "Name")
TODAY = date(2026, 11, 15)
MEASURES = {
    "x.filed": MeasureInfo("x.filed", Name("नोंद", "Filed"), "count"),
    "x.done": MeasureInfo("x.done", Name("पूर्ण", "Done"), "count", zero_with="x.filed"),
    "b.people": MeasureInfo(
        "b.people", NAME, "count", "level", every="year", by=("ward",), department="b"
    ),
}
WARDS = ("bibwewadi", "bhavani-peth")
"""Both are of zone-5; `aundh-baner` is of zone-2."""


def kpi(code: str, department: str, written: str, **fields: Any) -> Indicator:
    """A monthly KPI over those measures."""
    given = {"direction": "higher", "frequency": "month", "source": "events", "owner": "head"}
    aim = None if fields.get("direction") == "none" else Aim(*[fields.pop("aim", 90)] * 2)
    return Indicator(
        *(code, department, NAME, NAME, "count", 1),
        formula(written, MEASURES),
        **given | {"every_year": aim} | fields,
    )


KPIS = [
    kpi("a-filed", "a", "x.filed", direction="none", dimensions=("ward",)),
    kpi("a-rate", "a", "rate(x.done, x.filed)", dimensions=("ward",)),
    kpi("a-secret", "a", "x.done", aim=1, public=False),
    kpi("b-rate", "b", "rate(x.done, x.filed)", aim=50, scope="city"),
    kpi("b-quarter", "b", "x.done", aim=100, frequency="quarter"),
    kpi(
        *("b-people", "b", "per(x.filed, b.people, 1000)"),
        direction="none",
        source="mixed",
        scope="city",
        dimensions=("ward",),
    ),
]


@pytest.fixture
def two_departments(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Two departments."""
    made = Catalogue(
        {each: Department(each, Name(each, each.upper()), "head") for each in "ab"},
        MEASURES,
        {"count": NAME},
        {},
        {each.code: each for each in KPIS},
    )
    monkeypatch.setattr(reference, "city_catalogue", lambda: made)
    monkeypatch.setattr(reference, "city_ranked_from", lambda: RankedFrom(70, 1))
    return made


@pytest.fixture
def two_departments_session(kpi_sessions, two_departments) -> Iterator[Any]:
    """A session on the KPI service's database, with these measures and no others."""
    rows = {
        ("x.filed", "a", "bibwewadi", "2026-11-01"): 10,
        ("x.filed", "a", "bhavani-peth", "2026-11-14"): 6,
        ("x.filed", "a", "", "2026-11-15"): 4,
        ("x.done", "a", "bibwewadi", "2026-11-02"): 9,
        ("x.done", "a", "bhavani-peth", "2026-11-15"): 6,
        ("x.filed", "b", "aundh-baner", "2026-11-03"): 20,
        ("x.filed", "a", "bibwewadi", "2026-10-31"): 10,
        ("x.done", "a", "bibwewadi", "2026-10-31"): 9,
        ("x.filed", "a", "bibwewadi", "2025-11-30"): 4,
        ("x.done", "a", "bibwewadi", "2025-11-30"): 1,
        ("x.filed", "b", "aundh-baner", "2026-10-05"): 30,
        ("x.done", "b", "aundh-baner", "2026-10-05"): 30,
    }
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        add(session, {(*key, 0): value for key, value in rows.items()})
        people = {"bibwewadi": 1_000, "bhavani-peth": 3_000, "aundh-baner": 4_000}
        set_level(session, {("b.people", "b", w, "2026-03-31"): n for w, n in people.items()})
    with kpi_sessions() as session:
        yield session


def dashboard(session: Any, public: bool = False, **args: Any) -> dict[str, Any]:
    """The page, as it is asked for."""
    return queries.dashboard(session, DashboardArgs().load(args), TODAY, public)


def lines(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The KPIs of a page, by code."""
    return {each["code"]: each for each in answer["kpis"]}
