"""What becomes of a KPI's value while its period runs: it grows as a sum does, or it stands.

Of a sum a part of a period has a part of the value; of a rate of two sums it has all of it.
"""

from collections.abc import Callable, Mapping

from services.kpi.domain.formula import Formula
from services.kpi.domain.formula_syntax import Call, Measure, Negative, Node, Number, Pair

STANDS, GROWS = 0, 1
_OF_A_MOMENT = ("average", "percentile", "first")
_STATES = (*_OF_A_MOMENT, "stock", "previous", "last_year")
_SPANS = ("year_to_date", "stock")
_CALLS = {**dict.fromkeys(_STATES, STANDS), "distinct": GROWS}
_SUMS = ("sum", "distinct")


def growth(formula: Formula) -> int | None:
    """How a value follows the length of its period.

    Returns:
        `GROWS`: as a sum does; `STANDS`: it does not (a level, a rate of two sums, a median); None:
        neither (a sum against that of the period before, a product of sums).
    """
    if "growth" not in formula.known:
        sums = {each.measure for each in formula.inputs if each.aggregation in _SUMS}
        found = degree(formula.root, lambda code, _: code in sums, _CALLS)
        formula.known["growth"] = found if found in (STANDS, GROWS) else None
    return formula.known["growth"]


def never_falls(formula: Formula) -> bool:
    """Whether a value that `GROWS` becomes no less while its period runs: nothing is taken away."""
    return growth(formula) == GROWS and not subtracts(formula.root)


def adds_up(formula: Formula, span: str = "period") -> bool:
    """Whether the values of the months of a period make its own by addition: sums of that `span`,
    added, subtracted, and multiplied by numbers."""
    plain = all(
        each.aggregation == "sum" and each.shift.span == span and not each.shift.back
        for each in formula.inputs
    )
    return plain and _is_linear(formula.root)


def builds_up(formula: Formula) -> bool:
    """Whether a value adds up from 1 April on, as a sum of the year to date does: so that of each
    period it is that of the year so far, and of the last one that of the year. A rate of two such
    sums does not: it is near to that of the year all along."""
    spans = {each.shift.span for each in formula.inputs}
    if "year_to_date" not in spans:
        return False
    sums = {each.measure for each in formula.inputs if each.aggregation in _SUMS}

    def follows(code: str, span: str) -> bool:
        return span == "year_to_date" and code in sums

    return degree(formula.root, follows, dict.fromkeys(_OF_A_MOMENT, 0)) == 1


def degree(
    node: Node,
    follows: Callable[[str, str], bool],
    calls: Mapping[str, int],
    span: str = "period",
) -> int | None:
    """How often a formula is multiplied by something that some of its measures grow by.

    Args:
        node: the formula, or a part of it.
        follows: whether a measure, by its code, grows with it, over a span (`formula.Shift`).
        calls: calls of which it is known, whatever they are given; of others it is what they are
            given.
        span: of the part.

    Returns:
        0: not at all, as a rate of two measures that grow; 1: as they do; 2, as their product; or
        None: neither, as of one that grows added to one that does not.
    """
    match node:
        case Number():
            return 0
        case Measure(text=code):
            return int(follows(code, span))
        case Negative(of=inner):
            return degree(inner, follows, calls, span)
        case Pair(left=left, sign=sign, right=right):
            one, other = (degree(each, follows, calls, span) for each in (left, right))
            return _of_pair(one, sign, other)
        case Call(name=name, given=given):
            if name in calls:
                return calls[name]
            inside = name if name in _SPANS else span
            of = [degree(each, follows, calls, inside) for each in given[:2]]
            if name in ("rate", "ratio", "per"):
                return _of_pair(of[0], "/", of[1])
            return of[0] if len(set(of)) == 1 else None


def subtracts(node: Node) -> bool:
    """Whether a part of a formula takes something away, so that it may be below 0."""
    match node:
        case Negative():
            return True
        case Pair(left=left, sign=sign, right=right):
            return sign == "-" or subtracts(left) or subtracts(right)
        case Call(given=given):
            return any(map(subtracts, given))
        case _:
            return False


def _of_pair(left: int | None, sign: str, right: int | None) -> int | None:
    if left is None or right is None:
        return None
    if sign == "*":
        return left + right
    if sign == "/":
        return left - right
    return left if left == right else None


def _is_linear(node: Node) -> bool:
    match node:
        case Measure():
            return True
        case Negative(of=inner):
            return _is_linear(inner)
        case Pair(left=left, sign=sign, right=right):
            if sign in "+-":
                return _is_linear(left) and _is_linear(right)
            if sign == "*" and _is_constant(left):
                return _is_linear(right)
            return _is_linear(left) and _is_constant(right)
        case Call(name="year_to_date", given=given):
            return _is_linear(given[0])
        case _:
            return False


def _is_constant(node: Node) -> bool:
    match node:
        case Number():
            return True
        case Negative(of=inner):
            return _is_constant(inner)
        case Pair(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
        case _:
            return False
