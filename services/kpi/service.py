"""The KPI service: measures from everybody's events, and the KPIs that they make."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.events import Event
from palika.india import day_of
from palika.roles import ROLES, STAFF
from palika.rpc import rpc
from palika.subscribe import Refuse, subscribe
from services.kpi import queries
from services.kpi.alerting import Alerting
from services.kpi.commands.project import project
from services.kpi.domain.period import check_public
from services.kpi.domain.projection import RULES
from services.kpi.entering import Entering
from services.kpi.parts import city_projector
from services.kpi.reference import city_alerts, city_catalogue, city_entry, city_places
from services.kpi.schemas import DashboardArgs, KpiArgs, MeasuresArgs


class KpiService(Alerting, Entering):
    """Subscribes to every domain event; answers with measures, KPIs and dashboards."""

    name = "kpi"

    def __init__(self) -> None:
        # A mistake in the catalogue is an error when the service starts, not when it is asked.
        city_catalogue()
        city_projector()
        city_places()
        city_entry()
        city_alerts()

    @subscribe("measures", to=sorted(RULES))
    def project(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Add a batch of events to the measures; refuses those that cannot be counted."""
        return project(session, events, city_projector())

    # Single days of single wards: a measure of 1 can be one known grievance.
    @rpc(MeasuresArgs, roles=STAFF)
    def measures(self, args: dict[str, Any]) -> dict[str, Any]:
        """Sums of measures by measure, department, ward and day."""
        with self.db.begin() as session:
            return queries.measures(session, args)

    # Totals of a department over a month say nothing about a person: the city shows them to all.
    @rpc(KpiArgs, roles=ROLES)
    def kpi(self, args: dict[str, Any]) -> dict[str, Any]:
        """One KPI of a department, or of the city, over a period."""
        self._check_period(args)
        with self.db.begin() as session:
            return queries.kpi(session, args)

    @rpc(DashboardArgs, roles=ROLES)
    def dashboard(self, args: dict[str, Any]) -> dict[str, Any]:
        """Every KPI of a department, or of the city, over a period."""
        self._check_period(args)
        with self.db.begin() as session:
            return queries.dashboard(session, args)

    def _check_period(self, args: dict[str, Any]) -> None:
        if not self.caller.identity.has_any(STAFF):
            check_public(args["from_day"], args["to_day"], day_of(datetime.now(UTC)))
