"""Who carries which channel, how fast and for how much: ``data/providers.yaml``, checked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from palika.reading import Reading
from services.notify.domain.breaker import BreakerRules
from services.notify.domain.bucket import Rate
from services.notify.domain.routes import Channel


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """The city's arrangement with its providers.

    Attributes:
        order: by channel the names of its providers, in the order in which they are asked.
        rates: by provider how fast it is used.
        prices: by provider paise for a thousand messages (segments of text messages), no taxes.
        breaker: when one is left alone.
    """

    order: Mapping[Channel, tuple[str, ...]]
    rates: Mapping[str, Rate]
    prices: Mapping[str, int]
    breaker: BreakerRules


def read_provider_plan(raw: Any, known: Collection[str]) -> ProviderPlan:
    """Check and build.

    Args:
        raw: as YAML has it.
        known: the names of the providers that there is an adapter for.

    Raises:
        Mistakes: each with its place and the rule that it breaks.
    """
    reading = Reading()
    top = reading.mapping("", raw, ("channels", "providers", "breaker"))
    channels = [each.value for each in Channel]
    table = reading.mapping("channels", top["channels"], (), channels)
    order = {
        Channel(key): _names(reading, f"channels, {key}", each, known)
        for key, each in table.items()
        if key in channels
    }
    named = {name for each in order.values() for name in each}
    providers = reading.mapping("providers", top["providers"], sorted(named))
    rates, prices = {}, {}
    for name in sorted(named):
        place = f"providers, {name}"
        each = reading.mapping(
            place, providers[name], ("per_s", "burst", "kept", "paise_per_thousand")
        )
        burst = reading.whole(f"{place}, burst", each["burst"], 1, 10**6)
        kept = reading.whole(f"{place}, kept", each["kept"], 0, 10**6)
        if kept >= burst:
            reading.wrong(f"{place}, kept", "must be less than burst: nothing else would ever go")
        rates[name] = Rate(reading.whole(f"{place}, per_s", each["per_s"], 1, 10**6), burst, kept)
        prices[name] = reading.whole(
            f"{place}, paise_per_thousand", each["paise_per_thousand"], 0, 10**9
        )
    breaker = _breaker(reading, top["breaker"])
    reading.stop_if_wrong()
    return ProviderPlan(order, rates, prices, breaker)


def _names(reading: Reading, place: str, raw: Any, known: Collection[str]) -> tuple[str, ...]:
    found: list[str] = []
    for inner, each in reading.items(place, raw):
        name = reading.one_of(inner, each, sorted(known))
        if name in found:
            reading.wrong(inner, f"{name} is there twice")
        elif name:
            found.append(name)
    return tuple(found)


def _breaker(reading: Reading, raw: Any) -> BreakerRules:
    keys = ("window_s", "least", "bad_percent", "slow_s", "slow_percent")
    pauses = ("first_pause_s", "longest_pause_s")
    each = reading.mapping("breaker", raw, (*keys, *pauses))

    def whole(key: str, least: int, most: int) -> int:
        return reading.whole(f"breaker, {key}", each[key], least, most)

    return BreakerRules(
        window=timedelta(seconds=whole("window_s", 1, 3_600)),
        least=whole("least", 1, 100_000),
        bad_percent=whole("bad_percent", 1, 100),
        slow_s=whole("slow_s", 1, 60),
        slow_percent=whole("slow_percent", 1, 100),
        first_pause=timedelta(seconds=whole("first_pause_s", 1, 3_600)),
        longest_pause=timedelta(seconds=whole("longest_pause_s", 1, 86_400)),
    )
