"""The KPI service: measures from everybody's events, and the KPIs that they make."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import ROLES
from palika.events import Event
from palika.rpc import rpc
from palika.service import Service
from palika.subscribe import Refuse, subscribe
from services.kpi import queries
from services.kpi.commands.project import project
from services.kpi.domain.projection import RULES
from services.kpi.reference import city_catalogue
from services.kpi.schemas import DashboardArgs, KpiArgs, MeasuresArgs

# Totals of a department over a period say nothing about a person: the city shows them to all.
PUBLIC = set(ROLES)
# Single days of single wards may: a measure of 1 can be one known grievance.
STAFF = {"officer", "supervisor", "admin", "service"}

# A mistake in the catalogue is an error when the service starts, not when it is first asked.
city_catalogue()


class KpiService(Service):
    """Subscribes to every domain event; answers with measures, KPIs and dashboards."""

    name = "kpi"

    @subscribe("measures", to=sorted(RULES))
    def project(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Add a batch of events to the measures; refuses those that cannot be counted."""
        return project(session, events)

    @rpc(MeasuresArgs, roles=STAFF)
    def measures(self, args: dict[str, Any]) -> dict[str, Any]:
        """Sums of measures by measure, department, ward and day."""
        with self.db.begin() as session:
            return queries.measures(session, args)

    @rpc(KpiArgs, roles=PUBLIC)
    def kpi(self, args: dict[str, Any]) -> dict[str, Any]:
        """One KPI of a department, or of the city, over a period."""
        with self.db.begin() as session:
            return queries.kpi(session, args)

    @rpc(DashboardArgs, roles=PUBLIC)
    def dashboard(self, args: dict[str, Any]) -> dict[str, Any]:
        """Every KPI of a department, or of the city, over a period."""
        with self.db.begin() as session:
            return queries.dashboard(session, args)
