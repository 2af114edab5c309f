"""The series of KPIs: what is set, what goes when there is no data, what is told."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from prometheus_client import REGISTRY

from palika.text import Name
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Indicator, MeasureInfo
from services.kpi.domain.judging import judge
from services.kpi.domain.period import period
from services.kpi.exporting import Exported
from services.kpi.queries.standing import Standing

NAME = Name("नाव", "Name")
NOW = datetime(2026, 11, 15, 6, 30, tzinfo=UTC)
MEASURES = {"x.done": MeasureInfo("x.done", NAME, "count")}


def standing(
    code: str, value: int | None, of: str = "2026-11", newest: date | None = None, **fields: object
) -> Standing:
    given = {"direction": "higher", "frequency": "month", "source": "events", "owner": "head"}
    given |= {"every_year": Aim(Fraction(90), Fraction(90))} | fields
    indicator = Indicator(
        *(code, "a", NAME, NAME, "count", 0), formula("x.done", MEASURES), **given
    )
    exact = None if value is None else Fraction(value)
    shown = None if value is None else float(value)
    return Standing(indicator, period(of), shown, judge(indicator, exact, period(of)), newest)


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


@pytest.fixture
def exported() -> Iterator[Exported]:
    """What a process exports; nothing is left behind."""
    made = Exported()
    yield made
    made.clear()


def test_a_kpi_that_has_no_data_any_more_has_no_value_and_no_status(exported: Exported) -> None:
    of = {"code": "a-done", "department": "a"}
    exported.show([standing("a-done", 85)], 0, NOW)
    assert sample("palika_kpi_value", **of) == 85
    assert sample("palika_kpi_status", **of) == 1
    exported.show([standing("a-done", None)], 0, NOW)
    assert sample("palika_kpi_value", **of) is None
    assert sample("palika_kpi_status", **of) is None
    assert sample("palika_kpi_target", **of, end="only") == 90
    assert sample("palika_kpi_indicators", department="a", status="no data") == 1
    assert sample("palika_kpi_indicators", department="a", status="amber") == 0


def test_a_true_zero_is_exported_as_zero(exported: Exported) -> None:
    exported.show([standing("a-done", 0)], 0, NOW)
    assert sample("palika_kpi_value", code="a-done", department="a") == 0
    assert sample("palika_kpi_status", code="a-done", department="a") == 0


def test_a_band_has_two_ends_and_what_is_not_aimed_at_none(exported: Exported) -> None:
    band = Aim(Fraction(5), Fraction(15))
    told = [
        standing("a-band", 10, direction="band", every_year=band),
        standing("a-plain", 10, direction="none", every_year=None),
    ]
    exported.show(told, 0, NOW)
    of = {"code": "a-band", "department": "a"}
    ends = [sample("palika_kpi_target", **of, end=end) for end in ("low", "high", "only")]
    assert ends == [5, 15, None]
    assert sample("palika_kpi_target", code="a-plain", department="a", end="only") is None
    assert sample("palika_kpi_status", code="a-plain", department="a") is None
    assert sample("palika_kpi_value", code="a-plain", department="a") == 10


def test_data_are_as_old_as_the_end_of_their_newest_month_in_india(exported: Exported) -> None:
    told = [
        standing("a-old", 1, "2026-10", date(2026, 10, 31)),
        standing("a-new", 1, "2026-11", date(2026, 11, 30)),
    ]
    exported.show(told, 0, NOW)
    # From 31 October, 24:00, to 15 November, 12:00, in India.
    assert sample("palika_kpi_data_age_seconds", code="a-old", department="a") == 14.5 * 86_400
    assert sample("palika_kpi_data_age_seconds", code="a-new", department="a") == 0
    end = sample("palika_kpi_period_end_timestamp_seconds", code="a-old", department="a")
    assert end == datetime(2026, 10, 31, 18, 30, tzinfo=UTC).timestamp()


def test_what_is_left_out_is_told_once_until_it_changes(
    exported: Exported, caplog: pytest.LogCaptureFixture
) -> None:
    for left_out in (3, 3, 4):
        exported.show([standing("a-done", 1)], left_out, NOW)
    assert sample("palika_kpi_left_out") == 4
    assert [each.getMessage()[:5] for each in caplog.records] == ["3 KPI", "4 KPI"]


def test_who_leads_no_more_exports_nothing(exported: Exported) -> None:
    exported.show([standing("a-done", 1)], 2, NOW)
    assert sample("palika_kpi_leads") == 1
    exported.clear()
    ours = [
        each
        for family in REGISTRY.collect()
        if family.name.startswith("palika_kpi_") and family.type == "gauge"
        for each in family.samples
    ]
    assert {(each.name, each.value) for each in ours} == {
        ("palika_kpi_leads", 0),
        ("palika_kpi_left_out", 0),
        ("palika_kpi_worked_out_timestamp_seconds", 0),
    }
