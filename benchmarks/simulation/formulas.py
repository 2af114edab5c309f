"""Closed forms of a station with ``servers`` servers, random arrivals and random work (M/M/c)."""

import math


def erlang_c(servers: int, load: float) -> float:
    """The part of the arrivals that has to wait.

    Args:
        servers: at least one.
        load: servers that are busy on average, arrivals a second × seconds of each.

    Raises:
        ValueError: as much comes as there are servers, or more: the queue grows without end.
    """
    if servers < 1 or not 0 <= load < servers:
        raise ValueError(f"load: {load:g} is not less than the {servers} servers")
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - (load / servers) * (1 - blocked))


def mean_wait(servers: int, rate: float, service_s: float) -> float:
    """Seconds that an arrival waits, on average. Raises as ``erlang_c``."""
    load = rate * service_s
    return erlang_c(servers, load) * service_s / (servers - load)


def wait_of(part: float, servers: int, rate: float, service_s: float) -> float:
    """Seconds within which so large a part of the arrivals is served (0.99: the 99th percentile).

    Raises:
        ValueError: as ``erlang_c``; or ``part`` is not between 0 and 1.
    """
    if not 0 < part < 1:
        raise ValueError(f"part: {part:g} is not between 0 and 1")
    load = rate * service_s
    waits = erlang_c(servers, load)
    if waits <= 1 - part:
        return 0.0
    return math.log(waits / (1 - part)) * service_s / (servers - load)
