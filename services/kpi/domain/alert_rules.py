"""What a city decides about alerts: `data/alerts.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from palika.reading import MISSING, Reading
from services.kpi.domain.period import FREQUENCIES

SEASONS: Mapping[str, int] = {"day": 365, "week": 52, "month": 12, "quarter": 4, "half_year": 2}
"""Periods in a year; a year has one."""
_FREQUENCIES = FREQUENCIES[1:]


@dataclass(frozen=True, slots=True)
class AlertRules:
    """When an owner is told. Per cents are from 0 to 100.

    Attributes:
        running_from: a running period is judged from so many per cent of its days on.
        stagnant: by frequency, the periods without improvement.
        improvement: nearer by so many per cent of what was lacking is an improvement.
        width: half of a seasonal band, in standard deviations.
        least, back: at least and at most so many changes of a year's time make a band.
        calm: after so many calm periods an alert has ended.
        margin: and at once when it is calm by so many per cent.
        fresh: the newest so many periods are judged.
    """

    running_from: int
    stagnant: Mapping[str, int]
    improvement: int
    width: float
    least: int
    back: int
    calm: int
    margin: int
    fresh: int

    def periods(self, frequency: str) -> int:
        """So many periods have to be known to judge the last of them."""
        season = SEASONS.get(frequency, 1)
        newest = self.fresh + self.calm
        return max(season + self.back, self.stagnant[frequency]) + newest


def alert_rules(raw: Any) -> AlertRules:
    """The rules that a file says.

    Raises:
        Mistakes: names each, with its place.
    """
    reading = Reading()
    parts = ("red", "stagnant", "season", "calm")
    said = reading.mapping("file", raw, (*parts, "fresh_periods"))
    red = reading.mapping("red", said["red"], ("running_from",))
    stagnant = reading.mapping("stagnant", said["stagnant"], ("periods", "improvement"))
    season = reading.mapping("season", said["season"], ("width", "least", "back"))
    calm = reading.mapping("calm", said["calm"], ("periods", "margin"))
    periods = reading.mapping("stagnant, periods", stagnant["periods"], _FREQUENCIES)
    rules = AlertRules(
        reading.whole("red, running_from", red["running_from"], 1, 100),
        {
            each: reading.whole(f"stagnant, periods, {each}", periods[each], 2, 60)
            for each in _FREQUENCIES
        },
        reading.whole("stagnant, improvement", stagnant["improvement"], 0, 100),
        _width(reading, season["width"]),
        reading.whole("season, least", season["least"], 5, 200),
        reading.whole("season, back", season["back"], 5, 200),
        reading.whole("calm, periods", calm["periods"], 1, 12),
        reading.whole("calm, margin", calm["margin"], 1, 99),
        reading.whole("fresh_periods", said["fresh_periods"], 1, 12),
    )
    if rules.back < rules.least:
        reading.wrong("season, back", "must not be less than least")
    reading.stop_if_wrong()
    return rules


def _width(reading: Reading, raw: Any) -> float:
    if raw is MISSING:
        return 1.0
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 1 <= raw <= 20:
        reading.wrong("season, width", "must be a number from 1 to 20")
        return 1.0
    return float(raw)
