"""What the properties of a made-up city owe, by half-year: to simulate a rule on. ILLUSTRATIVE."""

import random
from collections.abc import Iterator, Mapping
from datetime import date

from services.tax.domain.half_year import HalfYear
from services.tax.domain.simulation import Position

_USES = {"residential": 80, "commercial": 14, "industrial": 3, "open_plot": 3}
_OWES = 0.3
_HEADS = {"general": 60, "water": 25, "sewerage": 15}


def made_up(
    properties: int, seed: int, wards: Mapping[str, int], on: date, year: int | None
) -> Iterator[Position]:
    """One after the other, the same for the same arguments; three in ten owe for some half-years.

    Args:
        properties: how many.
        seed: any number.
        wards: with their shares.
        on: the day up to which interest of 2 % a month runs.
        year: whose taxes are given too; None is none.
    """
    now = HalfYear.of(on)
    for index in range(properties):
        rng = random.Random(f"{seed}/{index}")  # noqa: S311 no secret hangs on it
        ward = rng.choices(list(wards), list(wards.values()))[0]
        use = rng.choices(list(_USES), list(_USES.values()))[0]
        half = int(300_000 * rng.lognormvariate(0, 0.9)) // 100 * 100
        back = rng.choice([1, 2, 3, 4, 6, 8, 10, 14]) if rng.random() < _OWES else 0
        other = {now.plus(-each): half for each in range(1, back + 1)}
        interest = {
            each: paise * 2 * max(6 * now.since(each) - 3, 0) // 100
            for each, paise in other.items()
        }
        taxes = (
            {
                (HalfYear(year, each), head): half * share // 100
                for each in (1, 2)
                for head, share in _HEADS.items()
            }
            if year is not None
            else {}
        )
        yield Position(ward, use, {k: v for k, v in interest.items() if v}, other, taxes)
