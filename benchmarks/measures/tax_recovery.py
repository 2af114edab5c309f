"""Recovery: rupees brought per action, and how fast a ledger is simulated."""

import time
from collections.abc import Callable
from datetime import date
from fractions import Fraction

from benchmarks.ground import Ground
from benchmarks.rows import Result, Row
from palika.text import Name
from services.tax.domain.amnesty import Offer, Scheme
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis
from services.tax.domain.rounding import Rounding
from services.tax.domain.simulation import SIZES, TakeUp, of_amnesty
from services.tax.recovery.pipeline import fit_synthetic, try_out
from services.tax.recovery.positions import made_up
from services.tax.reference import recovery, ward_shares

PROPERTIES, YEARS, SEED = 20_000, 5, 1
SIMULATED = 50_000

HOW = f"""
A made-up city of {PROPERTIES:,} properties and {YEARS} years, the same each time (illustrative, all
of it). A model is trained on its first half, calibrated on the next quarter; on the days of the
last quarter, with the same number of actions of each kind, it chooses with the planner, and the
rule in use chooses the largest arrears first. Each is scored by what would have come in in 60 days
more than if nothing had been done. `palika tax recovery evaluate --synthetic {PROPERTIES}` prints
all of it, with intervals. The second row is `palika tax simulate amnesty` on {SIMULATED:,} made-up
properties.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Train, compare, simulate."""
    ground.rest()
    began = time.monotonic()
    city, trained = fit_synthetic(PROPERTIES, YEARS, SEED, ward_shares(), recovery())
    say(f"trained in {time.monotonic() - began:,.0f} s")
    comparison = try_out(city, trained, recovery(), SEED).figures["comparison"]
    mine, theirs = (
        comparison[way]["brought_rupees_per_action"]["rupees"] for way in ("model", "largest_first")
    )
    low, high = comparison["brought_ratio"]["interval"]
    say(f"₹{mine:,.0f} an action, the largest first ₹{theirs:,.0f}")
    rows = [
        Row(
            "recovery: rupees brought per action",
            "largest arrears first",
            mine,
            "₹/action",
            1.1,
            peer=theirs,
            ratio=comparison["brought_ratio"]["ratio"],
            setting=f"95 %: {low} to {high}",
        ),
        Row("recovery: an amnesty simulated", "–", _simulated(), "properties/s", None),
    ]
    return Result("tax_recovery", rows, HOW)


def _simulated() -> float:
    """Properties a second."""
    day = date(2026, 12, 31)
    offer = Offer(day, day, Fraction(75), Basis(day, day, None, True))
    scheme = Scheme("abhay", Name("अभय", "Amnesty"), HalfYear(2025, 2), True, (offer,))
    some = dict.fromkeys(dict(SIZES), Fraction(1, 5))
    positions = list(made_up(SIMULATED, SEED, ward_shares(), day, None))
    began = time.monotonic()
    of_amnesty(positions, scheme, day, day, Rounding(100), TakeUp("a fifth", "none", some, some))
    return SIMULATED / (time.monotonic() - began)
