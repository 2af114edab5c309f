"""What becomes of a KPI's value while its period runs: it grows as a sum does, or it stands.

Of a sum a part of a period has a part of the value; of a rate of two sums it has all of it.
"""

from services.kpi.domain.formula import Formula
from services.kpi.domain.formula_syntax import Call, Measure, Negative, Node, Number, Pair

STANDS, GROWS = 0, 1
_STATES = ("average", "percentile", "first", "stock", "previous", "last_year")
_SUMS = ("sum", "distinct")


def growth(formula: Formula) -> int | None:
    """How a value follows the length of its period.

    Returns:
        `GROWS`: as a sum does; `STANDS`: it does not (a level, a rate of two sums, a median); None:
        neither (a sum against that of the period before, a product of sums).
    """
    sums = {each.measure for each in formula.inputs if each.aggregation in _SUMS}
    found = _degree(formula.root, sums)
    return found if found in (STANDS, GROWS) else None


def never_falls(formula: Formula) -> bool:
    """Whether a value that `GROWS` becomes no less while its period runs: nothing is taken away."""
    return growth(formula) == GROWS and not _subtracts(formula.root)


def adds_up(formula: Formula, span: str = "period") -> bool:
    """Whether the values of the months of a period make its own by addition: sums of that `span`,
    added, subtracted, and multiplied by numbers."""
    plain = all(
        each.aggregation == "sum" and each.shift.span == span and not each.shift.back
        for each in formula.inputs
    )
    return plain and _is_linear(formula.root)


def _degree(node: Node, sums: set[str]) -> int | None:
    match node:
        case Number():
            return 0
        case Measure(text=code):
            return int(code in sums)
        case Negative(of=inner):
            return _degree(inner, sums)
        case Pair(left=left, sign=sign, right=right):
            return _of_pair(_degree(left, sums), sign, _degree(right, sums))
        case Call(name=name, given=given):
            if name in _STATES:
                return 0
            of = [_degree(each, sums) for each in given[:2]]
            if name in ("rate", "ratio", "per"):
                return _of_pair(of[0], "/", of[1])
            if name == "distinct":
                return 1
            return of[0] if len(set(of)) == 1 else None


def _subtracts(node: Node) -> bool:
    match node:
        case Negative():
            return True
        case Pair(left=left, sign=sign, right=right):
            return sign == "-" or _subtracts(left) or _subtracts(right)
        case Call(given=given):
            return any(map(_subtracts, given))
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
