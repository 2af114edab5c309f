"""The KPIs for whoever monitors the city. Entrypoints, and nothing but."""

from collections.abc import Callable
from datetime import UTC, datetime

from palika import metrics
from palika.config import settings
from palika.india import day_of
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.kpi import reference
from services.kpi.domain.monitoring import exported
from services.kpi.exporting import Exported
from services.kpi.leading import Lead
from services.kpi.queries.standing import standings

_lead = Lead("palika kpi metrics")
_exported = Exported()


class Watching(Service):
    """What the KPI service does for `/metrics`."""

    @every("kpi_metrics_s")
    def export(self, stopping: Callable[[], bool]) -> None:
        """Renew the metrics of the KPIs, in one process of the service: the first, and when it ends
        another."""
        with waiting_out_outages("exporting the KPIs"):
            if not _lead.held(self.db.engine.engine):
                _exported.clear()
                return
            watched, left_out = exported(
                reference.city_catalogue(), settings("kpi").kpi_metrics_most
            )
            now = datetime.now(UTC)
            with metrics.KPI_DURATION.time(), self.db.begin() as session:
                found = standings(session, watched, day_of(now))
            _exported.show(found, left_out, now)
