"""Campaigns: which state follows which, when one may send and how fast, and what it will cost.

loading ─→ draft ─→ (another person approves) scheduled ─→ running ⇄ paused
                                                              └─→ done
cancelled: from each of them but done
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from services.notify.domain.bucket import Rate
from services.notify.domain.care import Purpose, Quiet, may_be_told
from services.notify.domain.routes import Channel


class CampaignState(StrEnum):
    """Of a campaign."""

    LOADING = "loading"
    """Its recipients are being read; whatever stops that, it goes on where it stopped."""
    DRAFT = "draft"
    """It is whole, and waits for another person's approval."""
    SCHEDULED = "scheduled"
    """Approved; it waits for its moment, or for being started."""
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    """Every message has been handed over, or will not be. Receipts may still come."""
    CANCELLED = "cancelled"


_S = CampaignState
FOLLOWS: Final[Mapping[CampaignState, frozenset[CampaignState]]] = {
    _S.LOADING: frozenset({_S.DRAFT, _S.CANCELLED}),
    _S.DRAFT: frozenset({_S.SCHEDULED, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.RUNNING, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.DONE, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.CANCELLED}),
    _S.DONE: frozenset(),
    _S.CANCELLED: frozenset(),
}
ENDED: Final = (_S.DONE, _S.CANCELLED)
HELD: Final = datetime(2199, 1, 1, tzinfo=UTC)
"""A delivery of a paused campaign is due at this moment: never, until somebody resumes it."""
UNBEGUN: Final = timedelta(days=30)
"""A campaign that nobody has begun after so long is cancelled, and its recipients forgotten."""
MOST_TESTS: Final = 20
"""Test messages of one campaign."""
_BURST_S = 5


def closed_until(begins: time | None, ends: time | None, now: datetime) -> datetime | None:
    """When a campaign's hours begin again; None when it is in them, or has none.

    Args:
        begins, ends: in India's time; ``begins`` may be later than ``ends``: over midnight.
        now: aware.
    """
    if begins is None or ends is None:
        return None
    # What is outside the hours is as quiet hours are.
    return Quiet(ends, begins).until(now)


def pace(per_minute: int) -> Rate:
    """A campaign's own limit as a bucket that holds what five seconds bring, two at the least."""
    per_s = per_minute / 60
    return Rate(per_s, max(2, math.ceil(per_s * _BURST_S)), 0)


@dataclass(frozen=True, slots=True)
class Group:
    """So many recipients to whom the same applies.

    Attributes:
        language: in which they are told.
        units: by channel of the campaign what one message costs there (segments of a text message,
            else 1); None where they have no address for it.
        said: the last word about the purpose: True in, False out, None never asked.
        count: how many.
    """

    language: str
    units: tuple[int | None, ...]
    said: bool | None
    count: int


def estimate(
    groups: Iterable[Group],
    purpose: Purpose,
    channels: Sequence[str],
    usable: Callable[[str], Sequence[Channel]],
    prices: Mapping[Channel, int],
) -> dict[str, Any]:
    """What a campaign would cost now, and how many of its recipients could be told now.

    Each is counted on the first channel that could carry the message; what falls back to another
    channel later, and what a citizen prefers, is not foreseen.

    Args:
        groups: all recipients.
        purpose: of the template.
        channels: those that the ``units`` of the groups are of, in their order.
        usable: by language the channels that can be used now, the best first.
        prices: paise for a thousand units, by channel.

    Returns:
        ``recipients``; ``told``, ``opted_out``, ``not_opted_in``, ``no_channel``, which add up to
        them; ``channels``: of each used one ``messages``, ``units``, ``paise``; ``paise`` in all.
    """
    counts = dict.fromkeys(("recipients", "told", "opted_out", "not_opted_in", "no_channel"), 0)
    messages: dict[Channel, int] = {}
    units: dict[Channel, int] = {}
    for group in groups:
        counts["recipients"] += group.count
        if not may_be_told(purpose, group.said):
            counts["not_opted_in" if group.said is None else "opted_out"] += group.count
            continue
        by_channel = dict(zip(channels, group.units, strict=True))
        if any(each is not None for each in group.units):
            by_channel[Channel.LOG] = 1
        for channel in usable(group.language):
            each = by_channel.get(channel)
            if each is not None:
                counts["told"] += group.count
                messages[channel] = messages.get(channel, 0) + group.count
                units[channel] = units.get(channel, 0) + group.count * each
                break
        else:
            counts["no_channel"] += group.count
    # Rounded once for a channel: a message costs less than a paisa can say.
    rows = [
        {
            "channel": channel.value,
            "messages": messages[channel],
            "units": units[channel],
            "paise": round(units[channel] * prices.get(channel, 0) / 1_000),
        }
        for channel in sorted(messages)
    ]
    return {**counts, "channels": rows, "paise": sum(row["paise"] for row in rows)}


def least_minutes(
    found: Mapping[str, Any], per_minute: int | None, per_s: Mapping[str, float]
) -> int:
    """For how many minutes a campaign goes out at the least: its providers, each as fast as the
    city uses it, and its own limit; closed and quiet hours are not in it.

    Args:
        found: what ``estimate`` says.
        per_minute: its own limit; None: there is none.
        per_s: messages a second by channel.
    """
    longest = [row["messages"] / per_s[row["channel"]] / 60 for row in found["channels"]]
    if per_minute is not None:
        longest.append(found["told"] / per_minute)
    return math.ceil(max(longest, default=0))
