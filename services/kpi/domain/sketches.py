"""Numbers that cannot be added up, kept as numbers that can: percentiles and distinct counts.

A sketch is a set of *cells*, each a whole number that events add to or take from, so the order in
which they come never matters, two sketches are merged by adding their cells, and what was given is
taken back exactly. Neither needs to know what other sketches have seen.

*Distribution*: a histogram whose buckets grow by 51/49, so whatever value stands for a bucket is
within 2 % of all that are in it (Masson, Rim, Lee: DDSketch, VLDB 2019). The bounds are whole
numbers, worked out exactly: every machine puts a value into the same bucket.

*Distinct*: a HyperLogLog of 1,024 registers (Flajolet et al. 2007, with the estimator of Ertl,
"New cardinality estimation algorithms for HyperLogLog sketches", 2017), whose standard error is
3.25 %. A plain one keeps the highest rank of each register and forgets the others, so nothing can
be taken back; this one counts how often each rank was given to each register.
"""

from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from math import log, sqrt

MOST = 2**63 - 1
"""The largest value that a distribution takes."""
_UP, _DOWN = 51, 49
"""(1 + 2 %) : (1 - 2 %)."""
_PRECISION = 10
REGISTERS = 1 << _PRECISION
STANDARD_ERROR = Fraction(325, 10_000)
"""Of a distinct count: 1.04 / the root of `REGISTERS`; of a few hundred values a third less."""
RANKS = 64
"""Cells of a register; a rank is at most 55."""
_REST = 64 - _PRECISION


def _bounds() -> tuple[int, ...]:
    """The last whole number of each bucket; the first holds 1 alone."""
    bounds, up, down = [1], _UP, _DOWN
    while bounds[-1] < MOST:
        last = up // down
        if last > bounds[-1]:
            bounds.append(last)
        up, down = up * _UP, down * _DOWN
    return tuple(bounds)


_LAST = _bounds()


def bucket(value: int) -> int:
    """The cell of a distribution that a value of 0 to `MOST` is counted in; 0 has its own, 0."""
    return bisect_left(_LAST, value) + 1 if value > 0 else 0


def value_of(cell: int) -> Fraction:
    """What stands for a cell of a distribution: at most 2 % from every value in it."""
    if cell == 0:
        return Fraction(0)
    last = _LAST[cell - 1]
    first = _LAST[cell - 2] + 1 if cell > 1 else 1
    return Fraction(2 * first * last, first + last)


def percentile(cells: Mapping[int, int], q: Fraction | int) -> Fraction | None:
    """The value that `q` per cent of a distribution's values do not exceed, to within 2 %.

    It is the smallest such value (the nearest rank), so one that has been counted.

    Args:
        cells: how many values each cell has; what is below 1 was taken back, or is not given yet.
        q: more than 0 and at most 100.

    Returns:
        None: there are no values.
    """
    counted = sorted([(cell, count) for cell, count in cells.items() if count > 0])
    # In whole numbers: of hundredths of the denominator.
    share = Fraction(q)
    left = share.numerator * sum([count for _, count in counted])
    step = 100 * share.denominator
    for cell, count in counted:
        left -= count * step
        if left <= 0:
            return value_of(cell)
    return None


@lru_cache(maxsize=131_072)
def weight(cell: int) -> int:
    """What a cell counts for in the fingerprint of a sketch; nothing for the cell 0.

    The fingerprint, the sum of each cell's number times its weight, changes with the sketch, comes
    back when it does, and is that of the merged sketch when those of two are added. Of 36 bits, so
    that 100 million values do not leave a bigint.
    """
    if cell == 0:
        return 0
    hashed = blake2b(cell.to_bytes(4, signed=True), digest_size=8, person=b"weight")
    return int.from_bytes(hashed.digest()) >> 28


@lru_cache(maxsize=65_536)
def register(value: str) -> int:
    """The cell of a distinct count that a value belongs to; the same in every process."""
    hashed = int.from_bytes(blake2b(value.encode(), digest_size=8).digest())
    rest = hashed & ((1 << _REST) - 1)
    rank = _REST - rest.bit_length() + 1
    return (hashed >> _REST) * RANKS + rank


def distinct(cells: Mapping[int, int]) -> int:
    """How many different values were counted; 0 where there are none.

    Args:
        cells: how often each cell was given; what is below 1 was taken back, or is not given yet.
    """
    registers = Registers()
    for cell, count in cells.items():
        registers.move(cell, 0, count)
    return registers.distinct()


class Registers:
    """A distinct count that is kept while its cells change, so that it need not be worked out of
    all of them again."""

    __slots__ = ("_having", "_ranks")

    def __init__(self) -> None:
        """Of nothing."""
        self._ranks: dict[int, int] = {}
        """Of each register: a bit for each rank that was given to it."""
        self._having = [REGISTERS] + [0] * (_REST + 1)
        """How many registers have each rank as their highest."""

    def move(self, cell: int, before: int, after: int) -> None:
        """A cell has changed, from what it was; below 1 it counts for nothing."""
        if (before > 0) == (after > 0):
            return
        place, rank = divmod(cell, RANKS)
        ranks = self._ranks.get(place, 0)
        now = self._ranks[place] = ranks ^ (1 << rank)
        self._having[max(ranks.bit_length() - 1, 0)] -= 1
        self._having[max(now.bit_length() - 1, 0)] += 1

    def distinct(self) -> int:
        """How many different values there are; 0 where there are none."""
        if not any(self._ranks.values()):
            return 0
        return max(round(_ertl(self._having)), 1)


def _ertl(having: list[int]) -> float:
    """The improved raw estimator, of how many registers have each rank."""
    m = REGISTERS
    z = m * _tau(1 - having[-1] / m)
    for count in reversed(having[1:-1]):
        z = (z + count) / 2
    z += m * _sigma(having[0] / m)
    return m * m / (2 * log(2) * z)


def _sigma(x: float) -> float:
    if x == 1:
        return float("inf")
    y, z, before = 1.0, x, -1.0
    while z != before:
        x *= x
        before = z
        z += x * y
        y += y
    return z


def _tau(x: float) -> float:
    if x in (0, 1):
        return 0.0
    y, z, before = 1.0, 1 - x, -1.0
    while z != before:
        x = sqrt(x)
        before = z
        y /= 2
        z -= (1 - x) ** 2 * y
    return z / 3
