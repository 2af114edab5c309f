"""A made-up city, small, and a model of it: made once a process, since training takes seconds."""

from dataclasses import replace
from functools import cache

from services.tax.domain.recovery_rules import RecoveryRules
from services.tax.recovery.pipeline import Trained, fit_synthetic
from services.tax.recovery.synthetic import Synthetic
from services.tax.reference import recovery

WARDS = {"east": 5, "west": 3, "south": 2}
SEED = 7


def rules() -> RecoveryRules:
    """The city's, with less history demanded."""
    found = recovery()
    return replace(found, enough=replace(found.enough, examples=500, paid=40, a_kind=20))


@cache
def trained() -> tuple[Synthetic, Trained]:
    """A city of 1,500 properties and five years, and what was learned of it."""
    return fit_synthetic(1500, 5, SEED, WARDS, rules(), trees=25)
