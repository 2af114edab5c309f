"""The figures of a run: rows with their limits, and how they are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure of ours against a peer's.

    Attributes:
        measure: what was measured.
        against: the peer; "–" where there is none.
        value: our figure, in ``unit``.
        unit: "events/s", "ms", "MB" (a million bytes).
        peer: the peer's figure in the same unit, or None.
        ratio: ours to the peer's, the median over pairs measured one after the other; or None.
        floor: the limit that the ratio (the value, where there is no ratio) is held to; None for a
            figure that is only told.
        ceiling: the limit is the most that is allowed, not the least.
        setting: the setting of the peer that was its best.
    """

    measure: str
    against: str
    value: float
    unit: str
    floor: float | None
    peer: float | None = None
    ratio: float | None = None
    ceiling: bool = False
    setting: str = ""

    @property
    def held(self) -> float:
        """The figure that the limit is for."""
        return self.value if self.ratio is None else self.ratio

    @property
    def met(self) -> bool:
        """Whether the limit is kept."""
        if self.floor is None:
            return True
        return self.held <= self.floor if self.ceiling else self.held >= self.floor

    @property
    def said(self) -> str:
        """The figure that the limit is for, for people."""
        return self._written(self.held)

    @property
    def wanted(self) -> str:
        """The limit, for people: "≥ 10×", "≤ 900 MB"."""
        if self.floor is None:
            return "–"
        return ("≤ " if self.ceiling else "≥ ") + self._written(self.floor)

    @property
    def verdict(self) -> str:
        """Whether it is "met", "below floor" or "above ceiling"; nothing without a limit."""
        if self.floor is None:
            return ""
        if self.met:
            return "met"
        return "above ceiling" if self.ceiling else "below floor"

    def _written(self, number: float) -> str:
        if self.ratio is None:
            return f"{figure(number)} {self.unit}"
        return f"{number:.2f}".rstrip("0").rstrip(".") + "×"


@dataclass(frozen=True)
class Result:
    """What a measure gives: its rows, how it was measured, and what was tried on the way."""

    name: str
    rows: list[Row]
    how: str
    tried: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """One measure's result, and when and on what it was measured.

    Attributes:
        result: the figures.
        ended: aware.
        facts: the machine and the versions, by what they are called.
    """

    result: Result
    ended: datetime
    facts: Mapping[str, str]


def figure(number: float) -> str:
    """A number for people: 37,412 or 640 or 5.31."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}"
