"""Since when the definition of a KPI holds."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from palika.text import Name
from services.kpi import queries, reference
from services.kpi.cli.pages import lines
from services.kpi.commands import define
from services.kpi.commands.define import record_definitions
from services.kpi.domain.formula import formula
from services.kpi.queries.defined import defined
from services.kpi.schemas.reading import KpiArgs
from tests.support.kpi_pages import MEASURES, kpi

FIRST = datetime(2026, 11, 1, 19, tzinfo=UTC)
"""In India it is the 2nd."""
LATER = datetime(2026, 11, 12, 6, tzinfo=UTC)


@pytest.fixture
def session(two_departments_session):
    two_departments_session.execute(text("TRUNCATE definition"))
    return two_departments_session


def use(monkeypatch, known, **other) -> None:
    """The catalogue has another KPI ``a-rate``."""
    changed = replace(known.indicators["a-rate"], **other)
    made = replace(known, indicators={**known.indicators, "a-rate": changed})
    for where in (reference, define):
        monkeypatch.setattr(where, "city_catalogue", lambda: made)


@pytest.fixture
def known(two_departments, monkeypatch):
    monkeypatch.setattr(define, "city_catalogue", lambda: two_departments)
    return two_departments


def test_the_first_record_says_that_a_definition_is_older(session, known):
    assert defined(session, "a-rate") is None
    assert len(record_definitions(session, FIRST)) == len(known.indicators)
    assert record_definitions(session, LATER) == []
    told = defined(session, "a-rate")
    assert (told["since"], told["exactly"], told["changed"], told["before"]) == (
        *("2026-11-02", False, []),
        None,
    )
    assert told["words"]["en"].startswith("holds since 02-11-2026 or longer")
    assert told["words"]["mr"].startswith("02-11-2026 पासून किंवा त्यापूर्वीपासून लागू")


def test_another_formula_and_target_hold_from_then_on_and_what_was_before_stays(
    session, known, monkeypatch
):
    record_definitions(session, FIRST)
    other = kpi("x", "a", "x.done", aim=70)
    use(
        monkeypatch,
        known,
        formula=formula("ratio(x.done, x.filed) * 100", MEASURES),
        every_year=other.every_year,
    )
    assert record_definitions(session, LATER) == ["a-rate"]
    told = defined(session, "a-rate")
    assert (told["since"], told["exactly"]) == ("2026-11-12", True)
    assert told["before"] == {"formula": "rate(x.done, x.filed)", "target": 90}
    assert told["words"]["en"] == "holds since 12-11-2026; changed then: formula, target"
    assert told["words"]["mr"] == "12-11-2026 पासून लागू; तेव्हा बदलले: सूत्र, लक्ष्य"
    answer = queries.kpi(session, KpiArgs().load({"code": "a-rate"}), date(2026, 11, 15))
    assert answer["defined"] == told
    shown = "\n".join(lines(answer))
    assert "definition    holds since 12-11-2026" in shown
    assert 'formula before: "rate(x.done, x.filed)"' in shown


def test_another_name_is_no_other_definition_and_a_new_kpi_holds_from_its_day_on(
    session, known, monkeypatch
):
    record_definitions(session, FIRST)
    use(monkeypatch, known, name=Name("नवे", "New"), owner="another", code="a-rate")
    assert record_definitions(session, LATER) == []
    made = replace(known, indicators={**known.indicators, "a-new": kpi("a-new", "a", "x.done * 2")})
    monkeypatch.setattr(define, "city_catalogue", lambda: made)
    assert record_definitions(session, LATER) == ["a-new"]
    told = defined(session, "a-new")
    assert (told["exactly"], told["words"]["en"]) == (True, "holds since 12-11-2026")


def test_the_shipped_catalogue_is_recorded_once(kpi_sessions):
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE definition"))
        assert len(record_definitions(session)) == len(reference.city_catalogue().indicators)
        # What comes back from the database is what was put in.
        assert record_definitions(session) == []
