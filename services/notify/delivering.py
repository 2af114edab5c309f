"""How messages come in and go out: events, requests and timers.

Entrypoints, and nothing but; ``service.py`` has the others.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session

from palika.database import Database
from palika.errors import Unavailable
from palika.events import Event
from palika.rpc import rpc
from palika.service import Service
from palika.subscribe import Refuse, subscribe
from palika.timer import every, waiting_out_outages
from services.notify import counts
from services.notify.channels.whatsapp import Meta
from services.notify.commands.apply import apply_new, waiting
from services.notify.commands.enqueue import enqueue
from services.notify.commands.request import Request, request
from services.notify.commands.sending import Carriers, Sender
from services.notify.commands.sending.claims import something_due
from services.notify.commands.sweep import Sweeper
from services.notify.domain.care import Lane
from services.notify.domain.messages import Attachment
from services.notify.queries.deliveries import delivery
from services.notify.reference import city_calls
from services.notify.schemas import SendArgs
from services.notify.secrets import city_secrets
from services.notify.template_store import TemplateStore, open_store
from services.notify.working import city_carriers, contacts_of, now, policy, with_inbox

_log = logging.getLogger(__name__)

_URGENT_POLL_S = 0.25
_RECEIPTS_POLL_S = 0.25
_POLL_S = 1.0
_SWEEP_S = 5.0
# A run of the sender ends after this long; the timer begins another.
_RUN_S = 10.0
_LOOK_S = 0.2
_FEW = 20
"""So many receipts are applied here; of more, a bill run is the cause, and its worker sees to
them: each takes the processor from a login code for a moment."""


class Delivering(Service):
    """The methods of the notify service that bring messages to citizens."""

    @subscribe("deliveries", to=sorted(city_calls()))
    def enqueue(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Write a delivery for each event; the sender does the rest, outside this transaction."""
        known = store(self.db).current()
        return enqueue(session, events, now(), city_calls(), known, policy())

    # Each lane has a timer of its own, so that none waits for another's batch.

    @every(_URGENT_POLL_S)
    def send_urgent(self, stopping: Callable[[], bool]) -> None:
        """Send codes that were not sent by the call that asked for them."""
        self._run(Lane.URGENT, stopping)

    @every(_POLL_S)
    def send_transactional(self, stopping: Callable[[], bool]) -> None:
        """Send what citizens wait for."""
        self._run(Lane.TRANSACTIONAL, stopping)

    @every(_POLL_S)
    def send_bulk(self, stopping: Callable[[], bool]) -> None:
        """See to it that what is for many goes out, in a process of its own (``working``)."""
        with waiting_out_outages("sending"):
            with self.db.begin() as session:
                waits = (
                    something_due(session, Lane.BULK, now()) or waiting(session, _FEW + 1) > _FEW
                )
            if waits:
                _working.set()
                try:
                    _work(Lane.BULK, stopping)
                finally:
                    _working.clear()

    @every(_RECEIPTS_POLL_S)
    def apply_receipts(self, stopping: Callable[[], bool]) -> None:
        """Apply receipts while they are few and no process for many is there to do it."""
        if _working.is_set():
            return
        with waiting_out_outages("applying receipts"), self.db.begin() as session:
            if 0 < waiting(session, _FEW + 1) <= _FEW:
                apply_new(session, policy(), now(), _FEW)

    @every(_SWEEP_S)
    def sweep(self, stopping: Callable[[], bool]) -> None:
        """Look after what hangs."""
        with waiting_out_outages("sweeping"):
            Sweeper(self.db.begin, all_carriers(self.db), policy(), now, stopping).run()

    @rpc(SendArgs, roles={"service"})
    def send(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send one message now; the answer says what has become of it by then."""
        attached = tuple(Attachment(**each) for each in args["attachments"])
        asked = Request(args["id"], args["contact"], args["fields_"], attached)
        return self.send_now(args["template"], asked)

    def send_now(self, name: str, asked: Request) -> dict[str, Any]:
        """Send a message of a template now; what has become of it by then."""
        template = store(self.db).current().named(name)
        with self.db.begin() as session:
            made, new = request(session, asked, template, policy(), city_secrets(), now())
        if new:
            self._sender(template.lane, lambda: False).send([made])
        with self.db.begin() as session:
            return delivery(session, {"id": made.id})

    def _run(self, lane: Lane, stopping: Callable[[], bool]) -> None:
        # What was claimed when the database went away is taken up by the sweeper.
        with waiting_out_outages("sending"):
            sender = self._sender(lane, stopping)
            until = monotonic() + _RUN_S
            while sender.run(lane) and not stopping() and monotonic() < until:
                pass

    def _sender(self, lane: Lane, stopping: Callable[[], bool]) -> Sender:
        return Sender(
            begin=self.db.begin,
            contacts=contacts_of(self.rpc),
            carriers=all_carriers(self.db),
            templates=store(self.db).current(),
            policy=policy(),
            secrets=city_secrets(),
            pool=_pool(lane),
            now=now,
            stopping=stopping,
        )


_working = threading.Event()
"""Whether this process has one for what is for many."""


@cache
def carriers() -> Carriers:
    """The providers that the settings set up; one set for a process."""
    return city_carriers()


def meta() -> Meta:
    """The city's number at WhatsApp.

    Raises:
        Unavailable: it has none: what was to go there, or came from there, waits.
    """
    found = carriers().providers.get("meta")
    if not isinstance(found, Meta):
        raise Unavailable("the city has no number at WhatsApp")
    return found


@cache
def all_carriers(db: Database) -> Carriers:
    """Those, and the citizens' inbox, which lies in the service's own database."""
    return with_inbox(carriers(), db.begin)


@cache
def store(db: Database) -> TemplateStore:
    """The process's one store; the shipped templates are saved when it is first asked for."""
    return open_store(db.begin, now())


@cache
def _pool(lane: Lane) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(policy().lanes[lane].at_once, f"notify-{lane}")


def _work(lane: Lane, stopping: Callable[[], bool]) -> None:
    """Run ``palika notify work`` to its end; told to stop, it notes what is in hand first."""
    command = [sys.executable, "-W", "ignore", "-m", "palika.cli", "notify", "work", lane]
    worker = subprocess.Popen(
        [*command, "--supervisor", str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    told = False
    counted = _Counted(worker.stdout)
    while (code := worker.poll()) is None:
        if stopping() and not told:
            worker.terminate()
            told = True
        counted.take()
        time.sleep(_LOOK_S)
    counted.take()
    if code:
        _log.error("the process for the lane %s has ended with %s", lane, code)


class _Counted:
    """What a worker has counted, as it tells it on its output; nobody waits for it."""

    def __init__(self, output: Any) -> None:
        self._output = output
        self._begun = b""
        os.set_blocking(output.fileno(), False)

    def take(self) -> None:
        """Add all that was told since to this process's own counts."""
        while told := self._output.read():
            *lines, self._begun = (self._begun + told).split(b"\n")
            for line in lines:
                if not counts.take(line.decode()):
                    _log.info("the worker: %s", line.decode())
