"""What sending counts for the metrics, after its transaction; ``palika/metrics.py`` explains each.

Of a channel that was never chosen the label is ``none``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.notify.commands.sending.outcomes import Outcome, Untried
from services.notify.commands.sending.planning import Ended
from services.notify.counts import count, observe
from services.notify.domain.messages import Failed, Sent
from services.notify.domain.states import State
from services.notify.models import Delivery

_NONE = "none"
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


def noted(changes: Iterable[tuple[Outcome, Mapping[str, Any]]], now: datetime) -> None:
    """What became of deliveries by the answers."""
    for outcome, change in changes:
        delivery, state = outcome.ready.delivery, change["state"]
        if state == State.SENT:
            waited = max((now - delivery.created_at).total_seconds(), 0.0)
            observe("sending", delivery.lane, value=waited)
        if state in (State.SENT, State.FAILED_PERMANENT):
            ended(delivery, state, outcome.ready.route.channel)


def settled(plans: Iterable[Ended]) -> None:
    """What ended without being offered to anybody, this time."""
    for each in plans:
        ended(each.delivery, each.state, each.delivery.channel)
        if each.state == State.SKIPPED:
            count("skips", each.reason)


def ended(delivery: Delivery, state: str, channel: str | None) -> None:
    """One delivery has come to a state."""
    count("deliveries", channel or _NONE, str(state))


def _word(answer: Sent | Failed) -> str:
    if isinstance(answer, Sent):
        return "accepted"
    if answer.uncertain:
        return "uncertain"
    if answer.permanent:
        return "refused"
    return "unavailable" if answer.channel_down else "failed"
