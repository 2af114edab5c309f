"""The portal's application in this process beside the KPI service's own answers: those of its query
functions, on a database with the whole catalogue and a past."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from marshmallow import ValidationError
from sqlalchemy.orm import Session, sessionmaker

from benchmarks import kpi_past
from palika.auth import ANONYMOUS, Identity
from palika.errors import Invalid, Unavailable
from palika.local import Postgres
from palika.roles import STAFF
from services.kpi import queries
from services.kpi.queries import alerts, outlook
from services.kpi.queries.drill import drill
from services.kpi.reference import city_catalogue
from services.kpi.schemas.alerts import AlertsArgs, ForecastArgs, InsightsArgs
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, KpiArgs
from services.portal.asking import DEADLINE_S, Asking, Part, Question
from tests.support.databases import service_database
from tests.support.portal_accounts import House

EVENTS = 20_000
TODAY = date(2026, 11, 15)


class _Patient(Asking):
    """Waits for the answers of pages however busy the machine is that runs the tests."""

    def ask(
        self, asker: Identity = ANONYMOUS, deadline_s: float = DEADLINE_S, **asked: Question
    ) -> dict[str, Part]:
        return super().ask(asker, 60 if deadline_s >= DEADLINE_S else deadline_s, **asked)


@contextmanager
def kpi_with_a_past(postgres: Postgres, today: date = TODAY) -> Iterator[sessionmaker[Session]]:
    """The KPI service's database with measures of a year and a half up to a day."""
    with service_database(postgres, "kpi") as sessions:
        url = sessions.kw["bind"].url.set(drivername="postgresql")
        kpi_past.fill(url.render_as_string(hide_password=False), city_catalogue(), EVENTS, today)
        yield sessions


def beside_kpi(house: House, sessions: sessionmaker[Session], today: date = TODAY) -> House:
    """The portal with that service: each answer goes through JSON, as over a call. Rights are those
    of the methods: the public asks as the public, and may not ask for parts."""
    # Of the looks of the office an answer that is used again is told, too.
    house.services.told = house.services.tell  # type: ignore[attr-defined]
    house.app.extensions["asking"] = _Patient(house.services, 4)  # type: ignore[arg-type]

    def answers(
        schema: Any, ask: Callable[..., Any], *, as_public: bool = False
    ) -> Callable[..., Any]:
        def answer(**given: Any) -> Any:
            identity: Identity = house.services.asked[-1][0]
            public = not identity.has_any(STAFF)
            if public and not as_public:
                raise Unavailable("the public asked for what is the staff's")
            more = {"public": public} if as_public else {}
            try:
                args = schema().load(given)
            except ValidationError as error:
                raise Invalid("the arguments are wrong", error.normalized_messages()) from error
            with sessions() as session:
                return json.loads(json.dumps(ask(session, args, today, **more)))

        return answer

    # The first page reads all that there is: on a busy machine longer than a page waits.
    with sessions() as session:
        queries.dashboard(session, DashboardArgs().load({}), today)
    house.services.answers |= {
        "kpi.dashboard": answers(DashboardArgs, queries.dashboard, as_public=True),
        "kpi.kpi": answers(KpiArgs, queries.kpi, as_public=True),
        "kpi.drill": answers(DrillArgs, drill),
        "kpi.insights": answers(
            InsightsArgs, lambda session, args, day: outlook.insights(session, args["code"], day)
        ),
        "kpi.forecast": answers(
            ForecastArgs,
            lambda session, args, day: outlook.forecast(session, args["code"], args["until"], day),
        ),
        "kpi.alerts": answers(AlertsArgs, alerts.page),
    }
    return house
