"""A KPI service without a broker, for scorecards: its methods, called as somebody."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from palika.auth import Identity
from palika.config import settings
from palika.database import sessions
from palika.errors import Forbidden
from palika.india import day_of
from palika.migrate import upgrade
from palika.rpc import CallContext
from palika.typesetting import fonts
from services.kpi import scoring
from services.kpi.commands import score
from services.kpi.domain.scorecard import Reading
from services.kpi.reference import city_programmes
from services.kpi.service import KpiService

OFFICER = Identity.of("officer:information-technology-head", "officer")
"""The owner of the programme: gives the corporation's own marks."""
HEAD = Identity.of("supervisor:it-head", "supervisor")
PROGRAMME = "150-days"
TODAY = day_of(datetime.now(UTC))


@pytest.fixture
def score_database(city, tmp_path, monkeypatch) -> Iterator[Any]:
    """The KPI service's database, with no scorecards; a store and fonts of the test's own."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))
    for each in (settings, sessions, scoring.store, fonts.folder):
        each.cache_clear()
    upgrade("kpi")
    # The programme is of a past year, and these tests are of today.
    for code, each in city_programmes().items():
        monkeypatch.setitem(city_programmes(), code, replace(each, evaluation_days=3_660))
    factory = sessions("kpi")
    with factory.begin() as session:
        session.execute(
            text(
                "TRUNCATE measure, measure_year, reading, scorecard_mark, scorecard_evidence, "
                "scorecard_review, scorecard_result"
            )
        )
    yield factory
    factory.kw["bind"].dispose()
    for each in (sessions, scoring.store, fonts.folder):
        each.cache_clear()


@pytest.fixture
def ask_kpi(score_database):
    """Calls a method of the service as somebody, with its arguments checked by its schema."""

    def ask(method: str, who: Identity = OFFICER, **arguments: Any) -> dict[str, Any]:
        service = KpiService()
        service.db = score_database
        service.caller = CallContext.within("kpi", who)
        entry = getattr(KpiService, method)
        if not who.has_any(entry.rpc_method.roles):
            raise Forbidden(f"{method} is not for {who.subject}")
        args = entry.rpc_method.schema.load(arguments)
        answer: dict[str, Any] = entry.__wrapped__(service, args)
        json.dumps(answer)
        return answer

    return ask


@pytest.fixture
def give_mark(ask_kpi):
    """Gives a mark of the criterion `dashboard`, or of another one."""

    def mark(marks: float, who: Identity = OFFICER, **more: Any) -> dict[str, Any]:
        asked = {"programme": PROGRAMME, "criterion": "dashboard", "marks": marks} | more
        if "assessor" in more:
            return ask_kpi("give_third_party_mark", who, **asked)
        return ask_kpi("give_own_mark", who, **asked)

    return mark


@pytest.fixture
def on(monkeypatch):
    """From now on it is so many days ago, for the scorecards; 0: today."""

    def then(days: int) -> None:
        class Then(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) - timedelta(days=days)

        monkeypatch.setattr(scoring, "datetime", Then)

    return then


def line(answer: dict[str, Any], code: str = "dashboard") -> dict[str, Any]:
    (found,) = [each for each in answer["criteria"] if each["code"] == code]
    return found


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def kpis(monkeypatch, found: dict[str, float | None]) -> None:
    """The KPIs have these values, in per cent of the marks; all others have no data."""

    def readings(session, criterion, subject, day):
        return [
            Reading(each.kpi, "2026-10", None, "no data", None, "no data")
            if found.get(each.kpi) is None
            else Reading(
                each.kpi, "2026-10", found[each.kpi], "red", each.rule.share(found[each.kpi], "red")
            )
            for each in criterion.links
        ]

    monkeypatch.setattr(score, "readings", readings)


def result(**more: Any) -> dict[str, Any]:
    return {
        "corporation": "panvel",
        "name_mr": "पनवेल महानगरपालिका",
        "name_en": "Panvel Municipal Corporation",
        "marks": 190.5,
        "out_of": 200,
        "day": days_ago(5),
        "source": "Chief Minister's Office",
    } | more


def show(ask_kpi: Any, who: Identity = OFFICER, **more: Any) -> dict[str, Any]:
    """Show evidence of a criterion of the programme."""
    asked = {"programme": PROGRAMME, "criterion": "dashboard", "title": "The dashboard"} | more
    answer: dict[str, Any] = ask_kpi("add_evidence", who, **asked)
    return answer
