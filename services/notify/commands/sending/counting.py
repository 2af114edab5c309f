"""What sending counts for the metrics, after its transaction (``palika/metrics.py``)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.notify.commands.sending.outcomes import Change, Outcome, Untried
from services.notify.commands.sending.planning import Ended
from services.notify.counts import NO_CHANNEL, count, observe
from services.notify.domain.messages import Failed, Sent
from services.notify.domain.states import State

_PAISE = 100
_PRICED = 1_000


def attempted(outcomes: Iterable[Outcome], prices: Mapping[str, int]) -> None:
    """What providers have answered, and what it costs.

    Args:
        prices: paise for a thousand units, by provider.
    """
    for each in outcomes:
        if isinstance(each.answer, Untried):
            continue
        provider = each.ready.provider
        count("attempts", provider, _word(each.answer))
        if isinstance(each.answer, Sent):
            units = max(each.ready.rendered.segments, 1)
            rupees = units * prices.get(provider, 0) / _PRICED / _PAISE
            count("cost", provider, amount=rupees)


def noted(changes: Iterable[Change], now: datetime) -> None:
    """What became of deliveries by the answers."""
    for each in changes:
        ready = each.outcome.ready
        if each.state is State.SENT:
            waited = max((now - ready.delivery.created_at).total_seconds(), 0.0)
            observe("sending", ready.delivery.lane, value=waited)
        if each.state in (State.SENT, State.FAILED_PERMANENT):
            ended(each.state, ready.route.channel)


def settled(plans: Iterable[Ended]) -> None:
    """What ended without being offered to anybody, this time."""
    for each in plans:
        ended(each.state, each.delivery.channel)
        if each.state == State.SKIPPED:
            count("skips", each.reason)


def ended(state: str, channel: str | None) -> None:
    """One delivery has come to a state."""
    count("deliveries", channel or NO_CHANNEL, str(state))


def _word(answer: Sent | Failed) -> str:
    if isinstance(answer, Sent):
        return "accepted"
    if answer.uncertain:
        return "uncertain"
    if answer.permanent:
        return "refused"
    return "unavailable" if answer.channel_down else "failed"
