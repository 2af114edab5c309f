"""Working off one lane in an ordinary process with threads, without eventlet.

What is for many goes out in a process of its own (``palika notify work``), which the service starts
when there is some: in the service's own process each of a bill run's messages would hold up the
calls for codes by a little, and they are 14.5 lakh. What the providers say of them is applied there
too.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.config import settings
from palika.database import sessions
from palika.rpc import Client
from services.notify.channels import open_providers
from services.notify.channels.inbox import Inbox
from services.notify.commands.apply import apply_new
from services.notify.commands.sending import Carriers, Sender
from services.notify.commands.sending.claims import codes_of_late
from services.notify.commands.sending.planning import Contact
from services.notify.domain.care import Lane
from services.notify.domain.policy import Policy
from services.notify.domain.routes import Channel
from services.notify.reference import city_plan, city_policy
from services.notify.secrets import city_secrets
from services.notify.template_store import open_store

RUNS = 2
"""Batches in hand at a time: while one is planned and written down the other is handed over."""
RECEIPTS, RECEIPTS_GENTLY = 200, 50
"""Receipts that are applied in one transaction; while codes are asked for, there is a pause after
each."""
CODES_WITHIN = timedelta(seconds=3)
"""So long after a login code was asked for more of them are likely."""
A_HAND = 5
"""Messages that are claimed for each that is handed over at a time, while codes are asked for."""
_IDENTITY = Identity("service:notify", frozenset({"service"}))
_PAUSE_S = 0.5
_RECEIPTS_PAUSE_S = 0.1


def policy() -> Policy:
    """The city's way of sending, as the settings have it."""
    return city_policy(settings("notify").notify_max_age_h)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def city_carriers() -> Carriers:
    """The providers that the settings set up; nothing is connected yet."""
    config = settings("notify")
    used = frozenset(Channel(each) for each in config.notify_channels)
    return Carriers(city_plan(), open_providers(config), used)


def with_inbox(known: Carriers, begin: Callable[[], AbstractContextManager[Session]]) -> Carriers:
    """Those, and the citizens' inbox, which lies in the service's own database."""
    inbox = Inbox(begin, city_secrets(), policy())
    return replace(known, providers={**known.providers, inbox.name: inbox})


def work(lane: Lane, idle_s: float, stopping: Callable[[], bool]) -> int:
    """Send what is due in a lane, and apply receipts if it is that of bulk, until there has been
    nothing for a while, or ``stopping`` says so.

    Returns:
        How many deliveries were claimed.
    """
    begin = sessions("notify").begin
    store = open_store(begin, now())
    rules = policy().lanes[lane]
    claimed = 0
    noting = threading.Lock()
    over = threading.Event()
    last = time.monotonic()

    def goes_on() -> bool:
        return not (stopping() or over.is_set()) and time.monotonic() - last < idle_s

    def note(sent: int) -> None:
        nonlocal claimed, last
        with noting:
            claimed += sent
            last = time.monotonic()

    calm = rules.beside_codes or rules.at_once

    def codes() -> bool:
        """Whether codes are asked for: then only one hand of this process is busy, and little."""
        if rules.beside_codes is None:
            return False
        with begin() as session:
            return codes_of_late(session, now() - CODES_WITHIN)

    def send(first: bool) -> None:
        with Client(_IDENTITY) as city:
            while goes_on():
                gently = codes()
                if gently and not first:
                    time.sleep(min(_PAUSE_S, idle_s))
                    continue
                sender = Sender(
                    begin=begin,
                    contacts=contacts_of(city),
                    carriers=carriers,
                    templates=store.current(),
                    policy=policy(),
                    secrets=city_secrets(),
                    pool=calm_pool if gently else pool,
                    now=now,
                    stopping=stopping,
                )
                if count := sender.run(lane, calm * A_HAND if gently else None):
                    note(count)
                else:
                    time.sleep(min(_PAUSE_S, idle_s))

    def apply() -> None:
        while goes_on():
            gently = codes()
            with begin() as session:
                found = apply_new(session, policy(), now(), RECEIPTS_GENTLY if gently else RECEIPTS)
            if found:
                note(0)
            if gently or not found:
                time.sleep(min(_RECEIPTS_PAUSE_S, idle_s))

    carriers = with_inbox(city_carriers(), begin)
    with (
        ThreadPoolExecutor(rules.at_once, "hand") as pool,
        ThreadPoolExecutor(calm, "calm") as calm_pool,
        ThreadPoolExecutor(RUNS + 1) as runs,
    ):
        doing = [runs.submit(send, n == 0) for n in range(RUNS)]
        if lane is Lane.BULK:
            doing.append(runs.submit(apply))
        # Half of a worker is none: who has started it starts a whole one.
        wait(doing, return_when=FIRST_EXCEPTION)
        over.set()
        for each in doing:
            each.result()
    return claimed


def contacts_of(city: Any) -> Callable[[str, Sequence[str]], dict[str, Contact]]:
    """Asks the city's services for contacts; ``city`` has each of them by its name (``Client``)."""

    def ask(audience: str, ids: Sequence[str]) -> dict[str, Contact]:
        found = getattr(city, audience).contacts(ids=list(ids))
        return {contact["id"]: contact for contact in found}

    return ask
