"""How far off a value may be that is made of counts of different things.

Such a count is an estimate (`sketches.py`): its standard error is 3.25 %, so that 95 of 100 are
within twice as much. A quotient of two of them is off by the root of the sum of the squares of
both. What is added to one has no such share: `catalogue_formulas.py` refuses it.
"""

from fractions import Fraction
from math import isqrt

from services.kpi.domain.formula import Formula
from services.kpi.domain.sketches import STANDARD_ERROR

_TIMES = 2
"""So many standard errors are told: 95 of 100 values are within."""
_FINE = 10**6


def doubt(formula: Formula) -> Fraction | None:
    """The share of a value by which it may be off, in 95 of 100 cases; None: it is exact."""
    many = sum(each.aggregation == "distinct" for each in formula.inputs)
    if not many:
        return None
    return STANDARD_ERROR * _TIMES * Fraction(isqrt(many * _FINE**2), _FINE)


def margin(formula: Formula, value: Fraction | None) -> Fraction | None:
    """By how much a value may be off, in its own unit; None: it is exact, or there is none."""
    share = doubt(formula)
    return None if value is None or share is None else abs(value) * share
