"""The KPI service: measures from everybody's events, and the KPIs that they make."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from palika.at_start import AtStart
from palika.events import Event
from palika.subscribe import Refuse, subscribe
from services.kpi.alerting import Alerting
from services.kpi.answering import Answering
from services.kpi.commands.define import record_definitions
from services.kpi.commands.project import project
from services.kpi.commands.readings import check_meaning
from services.kpi.domain.projection import RULES
from services.kpi.entering import Entering
from services.kpi.parts import city_projector
from services.kpi.reference import load
from services.kpi.scoring import Scoring
from services.kpi.watching import Watching


def _record_definitions(session: Session) -> None:
    record_definitions(session)


class KpiService(Alerting, Answering, Entering, Scoring, Watching):
    """Subscribes to every domain event; answers with measures, KPIs and dashboards."""

    name = "kpi"
    meaning = AtStart(check_meaning)
    definitions = AtStart(_record_definitions)

    def __init__(self) -> None:
        # A mistake in a file of data/ is an error when the service starts, not when it is asked.
        load()
        city_projector()

    @subscribe("measures", to=sorted(RULES))
    def project(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Add a batch of events to the measures; refuses those that cannot be counted."""
        return project(session, events, city_projector())
