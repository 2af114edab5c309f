"""Counts pings; treats each as it asks for."""

import os
import signal

import eventlet
from marshmallow import Schema, fields
from sqlalchemy import text

from palika import errors, tracing
from palika.auth import ROLES
from palika.outbox import record
from palika.rpc import rpc
from palika.service import Service
from palika.subscribe import Refuse, RetryLater, Stop, subscribe
from services.probe.schemas import ECHOED, PINGED

_COUNT = text(
    "INSERT INTO ping (number, times) SELECT n, 1 FROM unnest(CAST(:numbers AS int[])) n "
    "ON CONFLICT (number) DO UPDATE SET times = ping.times + 1"
)


class PingArguments(Schema):
    """Pings to record."""

    numbers = fields.List(fields.Integer(strict=True), required=True)
    treat = fields.String(load_default="count")


class NapArguments(Schema):
    """How long the database is to sleep."""

    seconds = fields.Float(required=True)


class FailArguments(Schema):
    """With which error of :mod:`palika.errors` to fail; any other word: by a bug."""

    how = fields.String(required=True)


class AskArguments(Schema):
    """Which method of another service to call, and for whom."""

    service = fields.String(required=True)
    method = fields.String(required=True)
    arguments = fields.Dict(keys=fields.String(), load_default=dict)
    as_caller = fields.Boolean(load_default=False)


class ProbeService(Service):
    """See the module."""

    name = "probe"

    @rpc(PingArguments, roles={"admin", "service"})
    def ping(self, args):
        """Record one event a number."""
        with self.db.begin() as session:
            record(session, *(self._pinged(n, args["treat"]) for n in args["numbers"]))
        return {"recorded": len(args["numbers"])}

    @rpc(NapArguments, roles={"admin"})
    def nap(self, args):
        """A slow query."""
        with self.db.begin() as session:
            session.execute(text("SELECT pg_sleep(:s)"), {"s": args["seconds"]})
        return {}

    @rpc(NapArguments, roles={"admin"})
    def toil(self, args):
        """Busy for so many seconds, without a pause for anybody."""
        until = eventlet.hubs.get_hub().clock() + args["seconds"]
        while eventlet.hubs.get_hub().clock() < until:
            sum(range(1_000))
        return {}

    @rpc(None, roles=ROLES)
    def whoami(self):
        """Who calls, and in which trace."""
        identity = self.caller.identity.to_header()
        return identity | {"trace_id": tracing.current_trace_id()}

    @rpc(FailArguments, roles={"admin"})
    def fail(self, args):
        """Fail."""
        if args["how"] == "answer":
            return {1, 2}  # no JSON
        kind = getattr(errors, args["how"], None)
        if kind is None:
            raise KeyError(f"secret of {args['how']}")
        raise kind("as asked", {"field": ["rule", 7], "none": None, "deep": {"n": [1.5, True]}})

    @rpc(AskArguments, roles=ROLES)
    def ask(self, args):
        """What another service answers."""
        services = self.rpc.as_(self.caller.identity) if args["as_caller"] else self.rpc
        method = getattr(getattr(services, args["service"]), args["method"])
        return method(**args["arguments"])

    @subscribe("pings", to=["probe.pinged.v1"])
    def count(self, session, events):
        """Count each ping once."""
        outcomes = {}
        numbers = []
        for event in events:
            treat, number = event.data["treat"], event.data["number"]
            if treat == "raise":
                raise KeyError(f"asked to raise by ping {number}")
            if treat == "refuse":
                outcomes[event.id] = Refuse(f"asked to refuse ping {number}")
            elif treat == "later":
                outcomes[event.id] = RetryLater(f"asked to wait by ping {number}")
            elif treat == "stop":
                outcomes[event.id] = Stop(f"asked to stop by ping {number}")
            elif treat == "crash":
                os.kill(os.getpid(), signal.SIGKILL)
            else:
                numbers.append(number)
                if treat == "echo":
                    record(session, self._echoed(number))
                elif treat == "slow":
                    session.execute(text("SELECT pg_sleep(1)"))
        if numbers:
            session.execute(_COUNT, {"numbers": sorted(numbers)})
        return outcomes

    @staticmethod
    def _pinged(number, treat):
        return PINGED.new(subject=str(number), data={"number": number, "treat": treat})

    @staticmethod
    def _echoed(number):
        return ECHOED.new(subject=str(number), data={"number": number})
