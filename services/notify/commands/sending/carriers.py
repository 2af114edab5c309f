"""The providers that a city has, and how they share their work: buckets and circuits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notify.channels.provider import Provider
from services.notify.domain.breaker import Circuit
from services.notify.domain.bucket import Bucket
from services.notify.domain.provider_plan import ProviderPlan
from services.notify.domain.routes import Channel
from services.notify.models import ProviderState


@dataclass(frozen=True)
class Carriers:
    """Who carries what.

    Attributes:
        plan: the city's arrangement.
        providers: those that are set up, by name.
        channels: those that the city uses.
    """

    plan: ProviderPlan
    providers: Mapping[str, Provider]
    channels: frozenset[Channel]

    def of(self, channel: Channel) -> tuple[str, ...]:
        """The providers of a channel that are set up, in their order."""
        if channel not in self.channels:
            return ()
        return tuple(name for name in self.plan.order.get(channel, ()) if name in self.providers)

    def choose(
        self, channel: Channel, turn: int, circuits: Mapping[str, Circuit], now: datetime
    ) -> str | None:
        """Who carries a message now; None: nobody can.

        Args:
            channel: of the message.
            turn: how often it was passed on by a provider of the channel.
            circuits: by provider; of one that is not in it nothing is known.
            now: aware.
        """
        able = [
            name
            for name in self.of(channel)
            if name not in circuits or not circuits[name].is_open(now)
        ]
        return able[turn % len(able)] if able else None


def circuits(session: Session) -> dict[str, Circuit]:
    """What is known of the providers."""
    rows = session.execute(
        select(
            ProviderState.provider,
            ProviderState.since,
            ProviderState.good,
            ProviderState.bad,
            ProviderState.slow,
            ProviderState.opened,
            ProviderState.open_until,
        )
    )
    return {row.provider: Circuit(*row[1:]) for row in rows}


def take(
    session: Session,
    plan: ProviderPlan,
    wanted: Mapping[str, int],
    now: datetime,
    *,
    urgent: bool,
) -> dict[str, tuple[int, timedelta]]:
    """How many messages of each provider may go now, and how long one that may not has to wait.

    The rows of the providers are locked until the caller's transaction ends.
    """
    found = {}
    for name in sorted(wanted):
        state = _locked(session, name, now, plan)
        bucket = Bucket(state.tokens, state.filled_at)
        rate = plan.rates[name]
        # One that was left alone is tried with one message.
        most = min(wanted[name], 1) if state.opened else wanted[name]
        granted, after = bucket.take(most, now, rate, urgent=urgent)
        state.tokens, state.filled_at = after.tokens, after.at
        found[name] = (granted, after.wait(max(wanted[name] - granted, 1), rate))
    return found


@dataclass
class Seen:
    """What a provider answered in one round of sending."""

    good: int = 0
    bad: int = 0
    slow: int = 0
    wait: timedelta | None = None
    """It has asked to be left alone for so long."""


def observe(
    session: Session, plan: ProviderPlan, seen: Mapping[str, Seen], now: datetime
) -> list[str]:
    """Count what the providers answered; the names of those whose circuit opens by it."""
    opened = []
    for name in sorted(seen):
        each = seen[name]
        if not (each.good or each.bad):
            continue
        state = _locked(session, name, now, plan)
        before = Circuit(
            state.since, state.good, state.bad, state.slow, state.opened, state.open_until
        )
        after = before.after(each.good, each.bad, each.slow, now, plan.breaker)
        if each.wait is not None and not after.is_open(now):
            pause = min(each.wait, plan.breaker.longest_pause)
            after = Circuit(now, opened=after.opened, open_until=now + pause)
        if after.is_open(now) and not before.is_open(now):
            opened.append(name)
        state.since, state.good, state.bad, state.slow = (
            after.since,
            after.good,
            after.bad,
            after.slow,
        )
        state.opened, state.open_until = after.opened, after.open_until
    return opened


def _locked(session: Session, name: str, now: datetime, plan: ProviderPlan) -> ProviderState:
    query = select(ProviderState).where(ProviderState.provider == name).with_for_update()
    found = session.scalars(query).one_or_none()
    if found is not None:
        return found
    rested = {"good": 0, "bad": 0, "slow": 0, "opened": 0}
    session.execute(
        insert(ProviderState)
        .values(provider=name, tokens=plan.rates[name].burst, filled_at=now, since=now, **rested)
        .on_conflict_do_nothing()
    )
    return session.scalars(query).one()


def channels_of(offered: Sequence[str], used: frozenset[Channel]) -> tuple[Channel, ...]:
    """The channels of a template that may be used; the log alone in a city that uses it."""
    if Channel.LOG in used:
        return (Channel.LOG,)
    return tuple(Channel(each) for each in offered if each in used)
