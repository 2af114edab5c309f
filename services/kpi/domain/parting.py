"""Whether the parts of a KPI add up to the whole, and whether each can be held to its target."""

from collections.abc import Mapping

from services.kpi.domain.flows import degree
from services.kpi.domain.formula import Formula, Input
from services.kpi.domain.formula_syntax import Call, Measure, Negative, Node, Number, Pair
from services.kpi.domain.indicators import CITY, Indicator, MeasureInfo

PLACES = ("ward", "zone", "department")
OF_A_PLACE = {"percentile": 0}
"""Calls that are of each place as of all of them."""


def adds_up(formula: Formula, by: str) -> bool:
    """Whether the values of all parts, added up, are the value of the whole.

    Sums do, times a number, over places and over time; levels over places alone. A rate does not:
    it is worked out anew of each part.
    """
    return all(_additive(one, by) for one in formula.inputs) and _linear(formula.root)


def is_share(indicator: Indicator, by: str, measures: Mapping[str, MeasureInfo]) -> bool:
    """Whether a KPI of one place is the smaller for being of one: a share of the whole, for which
    there is no target.

    So are sums, levels, counts of different things, and whatever goes with one of them alone: the
    grievances of one department for each inhabitant of the city. A rate, a mean or a percentile of
    a place's own is no share: the target is for each place as for all of them.

    Args:
        indicator: the KPI.
        by: of what it is parted: `PLACES` have shares; days and months are periods, of which the
            KPI's frequency decides.
        measures: the catalogue's.
    """

    def follows(code: str, _: str) -> bool:
        # What is entered is of the department that enters it, whichever is asked about.
        return by != "department" or not measures[code].manual

    return by in PLACES and degree(indicator.formula.root, follows, OF_A_PLACE) != 0


def of_another(
    indicator: Indicator, department: str | None, measures: Mapping[str, MeasureInfo]
) -> bool:
    """Whether a KPI, counted of a department, is one's share and not what the target is for: a sum
    of the city of which one department is asked about, or a department's of which another is."""
    if department is None or (indicator.scope != CITY and department == indicator.department):
        return False
    return is_share(indicator, "department", measures)


def _additive(one: Input, by: str) -> bool:
    if one.aggregation == "sum":
        return by in PLACES or (not one.shift.back and one.shift.span == "period")
    return one.aggregation in ("last", "first") and by in PLACES


def _linear(node: Node) -> bool:
    match node:
        case Measure():
            return True
        case Negative(of=inner):
            return _linear(inner)
        case Pair(left=left, sign="+" | "-", right=right):
            return _linear(left) and _linear(right)
        case Pair(left=left, sign="*", right=right):
            return (_linear(left) and _number(right)) or (_number(left) and _linear(right))
        case Pair(left=left, sign="/", right=right):
            return _linear(left) and _number(right)
        case Call(name="first" | "previous" | "last_year" | "year_to_date" | "stock", given=given):
            return _linear(given[0])
    return False


def _number(node: Node) -> bool:
    match node:
        case Number():
            return True
        case Negative(of=inner):
            return _number(inner)
        case Pair(left=left, right=right):
            return _number(left) and _number(right)
    return False
