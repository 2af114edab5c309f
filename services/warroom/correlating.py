"""Matters of several services: the war room's ties, and the whole. Entrypoints, and nothing but."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from palika.config import settings
from palika.roles import STAFF
from palika.rpc import Services, rpc
from palika.service import Service
from services.warroom.commands.tie import tie_issue, untie_issue
from services.warroom.matters import MOST_GATHERED, gather, ties_of
from services.warroom.queries import matters
from services.warroom.schemas import correlating

_WRITERS = {"officer", "supervisor"}


class Correlating(Service):
    """What belongs to one matter, here and elsewhere."""

    @rpc(correlating.Tying, roles=_WRITERS)
    def tie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Tie an issue to a matter, or begin one with it."""
        with self.db.begin() as session:
            return tie_issue(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.Untying, roles=_WRITERS)
    def untie(self, args: dict[str, Any]) -> dict[str, Any]:
        """Untie an issue from its matter; that it was tied is kept."""
        with self.db.begin() as session:
            return untie_issue(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(correlating.Tied, roles=STAFF)
    def tied(self, args: dict[str, Any]) -> dict[str, Any]:
        """The issues of a matter."""
        with self.db.begin() as session:
            return matters.tied(session, args, datetime.now(UTC))

    @rpc(correlating.MattersOf, roles=STAFF)
    def matters_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """The matter that an issue belongs to."""
        with self.db.begin() as session:
            return matters.matters_of(session, args)

    @rpc(correlating.Gathering, roles=STAFF)
    def matter(self, args: dict[str, Any]) -> dict[str, Any]:
        """A matter as a whole: alerts, issues, files, grievances, properties and bills."""
        return self._gathered(self._others(), args)

    @rpc(correlating.GatheringOf, roles=STAFF)
    def matter_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """The matters that one thing belongs to, each as a whole."""
        others = self._others()
        if args["kind"] == correlating.ISSUE:
            with self.db.begin() as session:
                known = matters.matters_of(session, args)["matters"]
        else:
            known = ties_of(others, args)
        older = [each["correlation_id"] for each in known[:-MOST_GATHERED]]
        asked = {"as_of": None, "post": args["post"]}
        whole = [
            self._gathered(others, {**asked, "correlation_id": each["correlation_id"]})
            for each in known[-MOST_GATHERED:]
        ]
        return {"matters": whole, "others": older}

    def _gathered(self, others: Services, args: Mapping[str, Any]) -> dict[str, Any]:
        with self.db.begin() as session:
            own = matters.tied(session, args, datetime.now(UTC))["items"]
        return gather(others, own, args)

    def _others(self) -> Services:
        # Who asks here waits as long as this service would: half of it is left for each answer.
        half_s = settings(self.name).rpc_timeout_s / 2
        return self.rpc.as_(self.caller.identity).within(half_s)
