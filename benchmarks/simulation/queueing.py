"""Stations and the work that passes through them, one station after another, simulated."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

_WARM_UP = 0.1


class Overloaded(ValueError):
    """As much comes to a station as it can do, or more: its queue grows without end."""


@dataclass(frozen=True)
class Work:
    """A kind of work.

    Attributes:
        name: of the kind.
        rate: how many come in a second.
        stages: the stations that each passes, in order, and the seconds that it takes of a server
            of each on average.
        even: they come at even moments, not at random ones.
    """

    name: str
    rate: float
    stages: tuple[tuple[str, float], ...]
    even: bool = False


@dataclass
class Outcome:
    """What a simulation has found, the warm-up left out.

    Attributes:
        busy: of each station, the part of its servers that was busy on average.
        waits: of each station, the seconds that each piece of work waited there, sorted.
        took: of each kind of work, the seconds from its coming to its end, sorted.
    """

    busy: dict[str, float] = field(default_factory=dict)
    waits: dict[str, list[float]] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)


def percentile(sorted_values: Sequence[float], part: float) -> float:
    """The value below which so large a part of them lies; 0 where there are none."""
    if not sorted_values:
        return 0.0
    return sorted_values[min(len(sorted_values) - 1, int(part * len(sorted_values)))]


def demand(works: Sequence[Work]) -> dict[str, float]:
    """Servers that are busy on average, by station: arrivals × seconds, added up."""
    found: dict[str, float] = {}
    for work in works:
        for station, seconds in work.stages:
            found[station] = found.get(station, 0.0) + work.rate * seconds
    return found


def simulate(servers: Mapping[str, int], works: Sequence[Work], *, jobs: int, seed: int) -> Outcome:
    """Let so much work come, at random moments, and take random (exponential) times.

    Args:
        servers: how many each station has.
        works: the kinds of work; those of rate 0 never come.
        jobs: how many pieces come altogether.
        seed: the same gives the same.

    Raises:
        Overloaded: more comes than a station can do.
        KeyError: a stage names a station that is not there.
    """
    for station, load in demand(works).items():
        if load >= servers[station]:
            raise Overloaded(f"{station}: {load:.2f} of {servers[station]} servers are wanted")
    coming = [work for work in works if work.rate > 0]
    duration = jobs / sum(work.rate for work in coming)
    run = _Run(servers, duration, random.Random(seed))
    for work in coming:
        run.env.process(run.arrivals(work))
    run.env.run()
    return run.outcome()


def closed(
    workers: int, stages: Sequence[tuple[str, float]], servers: Mapping[str, int], seconds: float
) -> float:
    """Rounds a second of so many workers, each of whom begins anew at once.

    Every stage takes just its time; a station that is not among ``servers`` has a server for each
    worker: it is waited for, and holds up nobody.
    """
    env = simpy.Environment()
    stations = {name: simpy.Resource(env, capacity=number) for name, number in servers.items()}
    done = 0

    def worker(number: int) -> Any:
        nonlocal done
        # Not all in step, as processes are not.
        yield env.timeout(number * sum(took for _, took in stages) / workers)
        while True:
            for name, took in stages:
                if name in stations:
                    with stations[name].request() as asked:
                        yield asked
                        yield env.timeout(took)
                else:
                    yield env.timeout(took)
            if env.now >= seconds * _WARM_UP:
                done += 1

    for number in range(workers):
        env.process(worker(number))
    env.run(until=seconds)
    return done / (seconds * (1 - _WARM_UP))


class _Run:
    """One simulation."""

    def __init__(self, servers: Mapping[str, int], duration: float, rng: random.Random) -> None:
        self.env = simpy.Environment()
        self._rng = rng
        self._duration = duration
        self._counted_from = duration * _WARM_UP
        self._servers = dict(servers)
        self._stations = {
            name: simpy.Resource(self.env, capacity=number) for name, number in servers.items()
        }
        self._busy = dict.fromkeys(servers, 0.0)
        self._waits: dict[str, list[float]] = {name: [] for name in servers}
        self._took: dict[str, list[float]] = {}

    def arrivals(self, work: Work) -> Any:
        """Let work of a kind come until the end."""
        self._took[work.name] = []
        while True:
            gap = 1 / work.rate if work.even else self._rng.expovariate(work.rate)
            yield self.env.timeout(gap)
            if self.env.now >= self._duration:
                return
            self.env.process(self._pass(work))

    def _pass(self, work: Work) -> Any:
        came = self.env.now
        counts = came >= self._counted_from
        for name, mean in work.stages:
            if mean <= 0:
                continue
            asked_at = self.env.now
            with self._stations[name].request() as asked:
                yield asked
                begun = self.env.now
                yield self.env.timeout(self._rng.expovariate(1 / mean))
                if counts:
                    self._waits[name].append(begun - asked_at)
                self._count(name, begun, self.env.now)
        if counts:
            self._took[work.name].append(self.env.now - came)

    def _count(self, name: str, begun: float, ended: float) -> None:
        inside = min(ended, self._duration) - max(begun, self._counted_from)
        self._busy[name] += max(0.0, inside)

    def outcome(self) -> Outcome:
        """What has been found."""
        counted = self._duration - self._counted_from
        return Outcome(
            {name: took / counted / self._servers[name] for name, took in self._busy.items()},
            {name: sorted(each) for name, each in self._waits.items()},
            {name: sorted(each) for name, each in self._took.items()},
        )
