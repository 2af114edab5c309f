"""Alerts, insights and forecasts. Entrypoints and a timer, and nothing but."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from palika.config import settings
from palika.india import day_of
from palika.reached import WAIT_S, with_reached
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.kpi.commands.alert_rounds import Rounds
from services.kpi.commands.alerts import acknowledge, find, mute, unmute
from services.kpi.leading import Lead
from services.kpi.models import Alert
from services.kpi.queries import alerts, matters, outlook
from services.kpi.reference import city_alerts, city_catalogue
from services.kpi.schemas import correlating
from services.kpi.schemas.alerts import (
    AcknowledgeArgs,
    AlertArgs,
    AlertsArgs,
    ContactsOf,
    ForecastArgs,
    InsightsArgs,
    MuteArgs,
)

_ACT = frozenset({"officer", "supervisor", "admin"})
_lead = Lead("palika kpi alerts")
_rounds = Rounds()
_Command = Callable[..., Alert]


class Alerting(Service):
    """The methods of the KPI service that look at KPIs over time."""

    @every("kpi_alert_s")
    def look_at_kpis(self, stopping: Callable[[], bool]) -> None:
        """Tell the owners of KPIs of what has begun and ended, in one process of the service: the
        first, and when it ends another."""
        with waiting_out_outages("looking at KPIs"):
            if _lead.held(self.db.engine.engine):
                _rounds.go(
                    self.db.begin,
                    city_catalogue(),
                    city_alerts(),
                    datetime.now(UTC),
                    pause=lambda: time.sleep(0),
                    stopping=stopping,
                )

    @rpc(AlertsArgs, roles=STAFF)
    def alerts(self, args: dict[str, Any]) -> dict[str, Any]:
        """Alerts, the newest first, a page at a time."""
        with self.db.begin() as session:
            found = alerts.page(session, args, _today())
        return {**found, "items": with_reached(found["items"], self._notify(), "told_as")}

    @rpc(AlertArgs, roles=STAFF)
    def alert(self, args: dict[str, Any]) -> dict[str, Any]:
        """One alert."""
        with self.db.begin() as session:
            found = alerts.view(find(session, args["id"]), _today())
        return with_reached([found], self._notify(), "told_as")[0]

    @rpc(AcknowledgeArgs, roles=_ACT)
    def acknowledge_alert(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that an alert has been seen, and what is done about it."""
        return self._act(acknowledge, args)

    @rpc(MuteArgs, roles=_ACT)
    def mute_alert(self, args: dict[str, Any]) -> dict[str, Any]:
        """Keep a KPI's alerts of a kind from being told for some time."""
        return self._act(mute, args)

    @rpc(AlertArgs, roles=_ACT)
    def unmute_alert(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let a KPI's alerts of a kind be told again."""
        return self._act(unmute, args)

    @rpc(InsightsArgs, roles=STAFF)
    def insights(self, args: dict[str, Any]) -> dict[str, Any]:
        """What is worth telling of one KPI, and what cannot be told."""
        with self.db.begin() as session:
            return outlook.insights(session, args["code"], _today())

    @rpc(ForecastArgs, roles=STAFF)
    def forecast(self, args: dict[str, Any]) -> dict[str, Any]:
        """Where a KPI will be when its target is due, with an interval."""
        with self.db.begin() as session:
            return outlook.forecast(session, args["code"], args["until"], _today())

    @rpc(correlating.Tied, roles=STAFF)
    def tied(self, args: dict[str, Any]) -> dict[str, Any]:
        """The alerts of a matter."""
        with self.db.begin() as session:
            return matters.tied(session, args)

    @rpc(correlating.MattersOf, roles=STAFF)
    def matters_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """The matter that an alert has begun."""
        with self.db.begin() as session:
            return matters.matters_of(session, args["id"])

    @rpc(ContactsOf, roles={"service"})
    def contacts(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """How to reach the owners of alerts and of groups of them, and what they are told."""
        with self.db.begin() as session:
            told = alerts.told(session, args["ids"])
        if not told:
            return []
        posts = sorted({each["owner"] for each in told})
        return alerts.reached(told, self.rpc.eoffice.contacts(ids=posts))

    def _notify(self) -> Any:
        # Who asks here waits as long as this service would: at most half of it is left for notify.
        return self.rpc.within(min(WAIT_S, settings(self.name).rpc_timeout_s / 2)).notify

    def _act(self, command: _Command, args: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC)
        with self.db.begin() as session:
            alert = command(session, self.caller.identity, args, now)
            session.flush()
            return alerts.view(alert, day_of(now))


def _today() -> date:
    return day_of(datetime.now(UTC))
