"""How sending goes about its work: ``data/sending.yaml``, read and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from palika.reading import Mistakes, Reading
from services.notify.domain.care import ALWAYS, Care, Lane, Purpose, Quiet
from services.notify.domain.routes import Channel
from services.notify.domain.wording import LANGUAGES

MOST_CONTACTS = 500
"""A service gives so many contacts in one answer, and refuses to give more."""
LEAST_STUCK_MINUTES = 3
LEAST_KEPT_DAYS = 31
"""A day more than a message may be of use: none is forgotten before it has ended."""
_KEEP = {"messages": 90, "inbox": 365}
SLOWEST_ANSWER_S = 30
"""Within it a provider has answered, or is taken for one that does not."""
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class LaneRules:
    """How a lane is worked off.

    Attributes:
        batch: deliveries claimed at a time.
        at_once: handed over at the same time, by one process.
        of_use: how long a message is of use after it was asked for.
        stuck_after: of a delivery that was taken and not reported on.
        fallback: how long a message may be accepted and not delivered; None: as its channel has it.
        beside_codes: handed over at the same time while codes are asked for; None: no fewer.
    """

    batch: int
    at_once: int
    of_use: timedelta
    stuck_after: timedelta
    fallback: timedelta | None = None
    beside_codes: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The city's way of sending.

    Attributes:
        max_age: of what happened longer ago nobody is told (PALIKA_NOTIFY_MAX_AGE_H).
        default_language: of a contact that names none.
        tries: of a message on one channel.
        first_delay_s, longest_delay_s: between two tries; it doubles.
        lanes: by lane.
        care: quiet hours and caps.
        fallback: by channel how long a message may be accepted and not delivered, before the next
            channel is taken; a channel that is not named is waited for without end. What a lane
            says counts before it.
        keep_messages: for how long after it was asked for a message is known, what it came to
            and why.
        keep_inbox: for how long a message lies in a citizen's inbox.
    """

    max_age: timedelta
    default_language: str
    tries: int
    first_delay_s: int
    longest_delay_s: int
    lanes: Mapping[Lane, LaneRules]
    care: Care
    fallback: Mapping[Channel, timedelta]
    keep_messages: timedelta = timedelta(days=90)
    keep_inbox: timedelta = timedelta(days=365)

    def is_stale(self, happened: datetime, now: datetime) -> bool:
        """Whether it is too late to tell anybody about it."""
        return now - happened > self.max_age

    def of_use_until(self, lane: Lane, asked: datetime) -> datetime:
        """Until when a message is sent that was asked for at a moment."""
        return asked + self.lanes[lane].of_use

    def fallback_after(self, lane: Lane, channel: Channel) -> timedelta | None:
        """How long a message may be accepted and not delivered; None: without end."""
        return self.lanes[lane].fallback or self.fallback.get(channel)

    def channel_until(self, lane: Lane, asked: datetime, spent: int) -> datetime | None:
        """Until when the next of its channels is tried, before another one is: a code that a busy
        provider refuses again and again is of no use after a while. None: as long as it has tries.

        Args:
            asked: when the message was asked for.
            spent: how many channels are behind it.
        """
        each = self.lanes[lane].fallback
        return None if each is None else asked + each * (spent + 1)

    def next_attempt(self, tries: int, now: datetime, chance: float) -> datetime | None:
        """When to try again after so many tries on a channel, or None: give it up.

        The delay doubles from the first to the longest; of it, the half that ``chance`` (0 to 1)
        decides is jitter, so that what failed together is not tried again together.
        """
        return None if tries >= self.tries else now + self.delay(tries, chance)

    def delay(self, tries: int, chance: float) -> timedelta:
        """How long to wait after so many tries (1 and more), jitter included."""
        whole = min(self.first_delay_s * 2 ** min(tries - 1, 30), self.longest_delay_s)
        return timedelta(seconds=whole * (0.5 + chance / 2))


def read_policy(raw: Any, max_age: timedelta) -> Policy:
    """Check and build.

    Raises:
        Mistakes: each with its place and the rule that it breaks.
    """
    reading = Reading()
    needed = ("default_language", "tries", "stuck_after_minutes", "lanes")
    wanted = ("quiet_hours", "quiet_calls", "a_day", "fallback_h", "keep_days")
    top = reading.mapping("", raw, needed, wanted)
    tries = reading.mapping("tries", top["tries"], ("most", "first_delay_s", "longest_delay_s"))
    keep = reading.mapping("keep_days", top.get("keep_days", _KEEP), ("messages", "inbox"))
    stuck = reading.whole(
        "stuck_after_minutes", top["stuck_after_minutes"], LEAST_STUCK_MINUTES, 24 * 60
    )
    found = Policy(
        max_age=max_age,
        default_language=reading.one_of("default_language", top["default_language"], LANGUAGES),
        tries=reading.whole("tries, most", tries["most"], 1, 1_000),
        first_delay_s=reading.whole("tries, first_delay_s", tries["first_delay_s"], 1, 86_400),
        longest_delay_s=reading.whole(
            "tries, longest_delay_s", tries["longest_delay_s"], 1, 86_400
        ),
        lanes=_lanes(reading, top["lanes"], max_age, stuck),
        care=Care(
            quiet=_quiet(reading, top.get("quiet_hours", {})),
            a_day=_caps(reading, top.get("a_day", {})),
            calls=_hours(reading, "quiet_calls", top["quiet_calls"])
            if "quiet_calls" in top
            else None,
        ),
        fallback=_fallback(reading, top.get("fallback_h", {})),
        keep_messages=timedelta(
            days=reading.whole("keep_days, messages", keep["messages"], LEAST_KEPT_DAYS, 3_650)
        ),
        keep_inbox=timedelta(days=reading.whole("keep_days, inbox", keep["inbox"], 1, 3_650)),
    )
    reading.stop_if_wrong()
    return found


def _lanes(reading: Reading, raw: Any, max_age: timedelta, stuck: int) -> Mapping[Lane, LaneRules]:
    lanes = reading.mapping("lanes", raw, [each.value for each in Lane])
    found = {}
    for lane in Lane:
        place = f"lanes, {lane}"
        rules = reading.mapping(
            place,
            lanes[lane],
            ("batch", "at_once", "of_use_minutes"),
            ("stuck_after_minutes", "fallback_minutes", "beside_codes"),
        )
        batch = reading.whole(f"{place}, batch", rules["batch"], 1, MOST_CONTACTS)
        at_once = reading.whole(f"{place}, at_once", rules["at_once"], 1, 200)
        minutes = reading.whole(
            f"{place}, of_use_minutes", rules["of_use_minutes"], 0, 60 * 24 * 30
        )
        own = reading.whole(
            f"{place}, stuck_after_minutes",
            rules.get("stuck_after_minutes", stuck),
            LEAST_STUCK_MINUTES,
            24 * 60,
        )
        fallback = reading.whole(
            f"{place}, fallback_minutes", rules.get("fallback_minutes", 0), 0, 24 * 60
        )
        beside = reading.whole(f"{place}, beside_codes", rules.get("beside_codes", 0), 0, at_once)
        # A whole batch may wait for answers that do not come; nobody else may take it meanwhile.
        if batch / at_once * SLOWEST_ANSWER_S > own * 60:
            reading.wrong(
                place,
                f"a batch of {batch}, {at_once} at once, {SLOWEST_ANSWER_S} seconds each, may take "
                f"longer than stuck_after_minutes ({own})",
            )
        found[lane] = LaneRules(
            batch,
            at_once,
            timedelta(minutes=minutes) or max_age,
            timedelta(minutes=own),
            timedelta(minutes=fallback) or None,
            beside or None,
        )
    return found


def _purposes(reading: Reading, place: str, raw: Any) -> list[tuple[str, Purpose, Any]]:
    table = reading.mapping(place, raw, (), [each.value for each in Purpose if each not in ALWAYS])
    return [(f"{place}, {key}", Purpose(key), each) for key, each in table.items() if key in _KNOWN]


_KNOWN = frozenset(each.value for each in Purpose)


def _quiet(reading: Reading, raw: Any) -> Mapping[Purpose, Quiet]:
    read = {
        purpose: _hours(reading, place, each)
        for place, purpose, each in _purposes(reading, "quiet_hours", raw)
    }
    return {purpose: hours for purpose, hours in read.items() if hours is not None}


def _hours(reading: Reading, place: str, raw: Any) -> Quiet | None:
    hours = reading.mapping(place, raw, ("from", "to"))
    begins = _clock(reading, f"{place}, from", hours["from"])
    ends = _clock(reading, f"{place}, to", hours["to"])
    if begins is None or ends is None:
        return None
    if begins == ends:
        reading.wrong(place, "from and to must not be the same: nothing would ever be sent")
    return Quiet(begins, ends)


def _clock(reading: Reading, place: str, raw: Any) -> time | None:
    read = _CLOCK.fullmatch(raw) if isinstance(raw, str) else None
    if read is None:
        reading.wrong(place, 'must be a time in quotation marks, "21:00"')
        return None
    return time(int(read[1]), int(read[2]))


def _caps(reading: Reading, raw: Any) -> Mapping[Purpose, int]:
    return {
        purpose: reading.whole(place, each, 1, 1_000)
        for place, purpose, each in _purposes(reading, "a_day", raw)
    }


def _fallback(reading: Reading, raw: Any) -> Mapping[Channel, timedelta]:
    channels = [each.value for each in Channel]
    table = reading.mapping("fallback_h", raw, (), channels)
    return {
        Channel(key): timedelta(hours=reading.whole(f"fallback_h, {key}", each, 1, 24 * 30))
        for key, each in table.items()
        if key in channels
    }


__all__ = ["LaneRules", "Mistakes", "Policy", "read_policy"]
