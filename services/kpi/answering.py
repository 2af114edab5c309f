"""What is asked of measures and KPIs. Entrypoints, and nothing but."""

from typing import Any

from palika.blocking import off_hub
from palika.config import settings
from palika.roles import ROLES, STAFF
from palika.rpc import rpc
from palika.service import Service
from services.kpi import queries, reference
from services.kpi.printed import exported
from services.kpi.queries.drill import drill
from services.kpi.queries.trace import trace
from services.kpi.schemas import MeasuresArgs
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, ExportArgs, KpiArgs, TraceArgs


class Answering(Service):
    """The methods of the KPI service that read."""

    # Single days of single wards: a measure of 1 can be one known grievance.
    @rpc(MeasuresArgs, roles=STAFF)
    def measures(self, args: dict[str, Any]) -> dict[str, Any]:
        """Sums of measures by measure, department, ward and day."""
        with self.db.begin() as session:
            return queries.measures(session, args)

    # Totals of a department over a month say nothing about a person: the city shows them to all.
    @rpc(KpiArgs, roles=ROLES)
    def kpi(self, args: dict[str, Any]) -> dict[str, Any]:
        """One KPI with everything that makes it: formula, measures, target, what it was before."""
        with self.db.begin() as session:
            return queries.kpi(session, args, public=self._public())

    @rpc(DashboardArgs, roles=ROLES)
    def dashboard(self, args: dict[str, Any]) -> dict[str, Any]:
        """Every KPI of a department, or of the city, and how the departments stand."""
        with self.db.begin() as session:
            return queries.dashboard(session, args, public=self._public())

    @rpc(ExportArgs, roles=STAFF)
    def dashboard_export(self, args: dict[str, Any]) -> dict[str, Any]:
        """The dashboard, or those KPIs of it that are named, as PDF in base64."""
        with self.db.begin() as session:
            answer = queries.dashboard(session, args, public=False)
        codes = None if args["codes"] is None else set(args["codes"])
        kept = [each for each in answer["kpis"] if codes is None or each["code"] in codes]
        return off_hub(
            exported,
            answer | {"kpis": kept},
            reference.city_corporation(),
            args["language"],
            whole=codes is None and args["department"] is None,
        )

    @rpc(DrillArgs, roles=STAFF)
    def drill(self, args: dict[str, Any]) -> dict[str, Any]:
        """A KPI by ward, zone, department, day or month."""
        with self.db.begin() as session:
            return drill(session, args)

    @rpc(TraceArgs, roles=STAFF)
    def trace(self, args: dict[str, Any]) -> dict[str, Any]:
        """The events or readings that a measure of a day is made of."""
        config = settings("kpi")
        # An answer that comes after the caller has gone is of no use.
        with self.db.begin() as session:
            return trace(session, args, config.amqp_uri, config.rpc_timeout_s / 2)

    def _public(self) -> bool:
        return not self.caller.identity.has_any(STAFF)
