"""Trials: the best of a peer's settings, and ours and the peer's in turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Trial = Callable[[], float]
"""One measurement: a rate, the higher the better."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Pairs:
    """Ours and a peer's, measured in turn; the medians."""

    ours: float
    peer: float
    ratio: float

    @classmethod
    def of(cls, samples: Sequence[tuple[float, float]]) -> "Pairs":
        """From (ours, peer's) pairs; the ratio is the median of the pairs' own ratios."""
        return cls(
            median(ours for ours, _ in samples),
            median(peer for _, peer in samples),
            median(ours / peer for ours, peer in samples),
        )


def best(
    name: str, candidates: Mapping[str, Trial], tried: list[str], say: Say
) -> tuple[str, Trial]:
    """Try each setting of a peer once; the quickest, by its name.

    Args:
        name: the peer's.
        candidates: a trial by the setting's name.
        tried: gets a line with what was found.
        say: told of each.
    """
    rates = {}
    for setting, trial in candidates.items():
        rates[setting] = trial()
        say(f"{name}: {setting}: {rates[setting]:,.0f} events/s")
    tried.append(f"{name}: " + "; ".join(f"{s} {rate:,.0f}/s" for s, rate in rates.items()))
    chosen = max(rates, key=rates.__getitem__)
    return chosen, candidates[chosen]


def in_turn(name: str, ours: Trial, peer: Trial, rounds: int, say: Say) -> Pairs:
    """Measure ours and the peer's in turn, so that a slow moment of the machine hits both.

    Args:
        name: the peer's.
        ours, peer: one measurement each.
        rounds: how many pairs.
        say: told of each.
    """
    samples = []
    for number in range(1, rounds + 1):
        mine, theirs = ours(), peer()
        say(f"{number}/{rounds}: ours {mine:,.0f}, {name} {theirs:,.0f} events/s")
        samples.append((mine, theirs))
    return Pairs.of(samples)
