"""What units are of (money, time, length …), and how large each is: `catalogue_formulas.py` asks.

A unit that a city has made itself is a thing of its own: it is added to the same unit alone.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

Dims = Mapping[str, int]
"""Of what a quantity is: money per volume is {money: 1, volume: -1}; nothing is a bare number."""

COUNTED: Final = ("count", "persons", "households", "person_days", "person_hours", "vehicle_days")
"""Things: a number of them, or something for each of them, is shown as the rest is."""
OF_A_POINT: Final = ("ug_per_m3", "mg_per_litre", "aqi", "decibels", "lux")
"""What many readings of, over their number, is the same again: their mean."""
_DAY: Final = 86_400
_OF: Final[dict[str, dict[str, int | Fraction]]] = {
    "money": {"paise": 1, "rupees": 100, "rupees_lakh": 10**7, "rupees_crore": 10**9},
    "time": {"seconds": 1, "minutes": 60, "hours": 3_600, "days": _DAY, "weeks": 7 * _DAY},
    "months": {"months": 1, "years": 12},
    "volume": {"litres": 1, "kilolitres": 1_000, "cubic_metres": 1_000, "megalitres": 10**6},
    "length": {"millimetres": 1, "metres": 1_000, "kilometres": 10**6},
    "area": {"square_metres": 1, "hectares": 10**4, "square_kilometres": 10**6},
    "weight": {"grams": 1, "kilograms": 1_000, "tonnes": 10**6},
    "energy": {"kwh": 1},
}
_SIZE: Final = {
    unit: (base, Fraction(size)) for base, sizes in _OF.items() for unit, size in sizes.items()
}
_BARE: Final = {
    "percent": 100,
    "ratio": 1,
    "per_100": 100,
    "per_1000": 1_000,
    "per_10000": 10_000,
    "per_lakh": 100_000,
}
"""Bare numbers: shares, and so many of a hundred."""
_MADE: Final[dict[str, tuple[str, str | None]]] = {
    "rupees_per_kl": ("rupees", "kilolitres"),
    "rupees_per_tonne": ("rupees", "tonnes"),
    "rupees_per_km": ("rupees", "kilometres"),
    "rupees_per_kwh": ("rupees", "kwh"),
    "rupees_per_person": ("rupees", None),
    "km_per_hour": ("kilometres", "hours"),
    "km_per_litre": ("kilometres", "litres"),
    "kwh_per_kl": ("kwh", "kilolitres"),
    "lpcd": ("litres", None),
    "hours_per_day": ("hours", None),
    "tonnes_per_day": ("tonnes", None),
    "square_metres_per_person": ("square_metres", None),
    "kilograms_per_person": ("kilograms", None),
}
_ANY: Final = ("index", "score", "marks", "rank", "grade", "per_day", "per_km", "per_100_km")
"""What is shown in these may be of anything."""


def of_measure(unit: str) -> tuple[Dims, Fraction]:
    """Of what a measure's unit is, and how much of that one of it is."""
    if unit in _BARE:
        return {}, Fraction(1, _BARE[unit])
    if unit in _MADE:
        return of_kpi(unit) or ({unit: 1}, Fraction(1))
    base, size = _SIZE.get(unit, (unit, Fraction(1)))
    return {base: 1}, size


def of_kpi(unit: str) -> tuple[Dims, Fraction] | None:
    """Of what a KPI's unit is, without things that are counted, and how much of that one of it is;
    None: it may be of anything."""
    if unit in _ANY:
        return None
    if unit in COUNTED:
        return {}, Fraction(1)
    if unit in _MADE:
        above, below = _MADE[unit]
        base, size = _SIZE[above]
        if below is None:
            return {base: 1}, size
        other, of = _SIZE[below]
        return {base: 1, other: -1}, size / of
    return of_measure(unit)


def without_things(dims: Dims) -> dict[str, int]:
    """What remains when it does not matter how many things, or for each of which."""
    return {base: power for base, power in dims.items() if base not in COUNTED}


def is_time(dims: Dims) -> bool:
    """Whether it is a time, by the clock or by the calendar."""
    return dict(dims) in ({"time": 1}, {"months": 1})


def in_words(dims: Dims) -> str:
    """Of what a quantity is, as a mistake says it."""
    above = [base for base, power in dims.items() for _ in range(power)]
    below = [base for base, power in dims.items() for _ in range(-power)]
    said = " × ".join(above) or "a bare number"
    return f"{said} per {' × '.join(below)}" if below else said
