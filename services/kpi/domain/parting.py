"""Whether the parts of a KPI add up to the whole."""

from services.kpi.domain.formula import Formula, Input
from services.kpi.domain.formula_syntax import Call, Measure, Negative, Node, Number, Pair

PLACES = ("ward", "zone", "department")


def adds_up(formula: Formula, by: str) -> bool:
    """Whether the values of all parts, added up, are the value of the whole.

    Sums do, times a number, over places and over time; levels over places alone. A rate does not:
    it is worked out anew of each part.
    """
    return all(_additive(one, by) for one in formula.inputs) and _linear(formula.root)


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
