"""Whether two formulas say the same: a normal form in which the order of what is added or
multiplied, brackets, spaces and constant factors do not count. `rate(a, b)` and `100 * a / b` are
the same.
"""

from collections.abc import Callable
from fractions import Fraction

from services.kpi.domain.formula import Shift
from services.kpi.domain.formula_syntax import Call, Measure, Negative, Node, Number, Pair

Label = Callable[[str], str]
Factors = tuple[tuple[str, ...], tuple[str, ...]]
"""What is multiplied, and what it is divided by."""
_ONE: Factors = ((), ())


def normal(root: Node, label: Label = str) -> str:
    """The normal form of a formula. `label` gives the name under which a measure is compared."""
    factor, factors = _product(root, Shift(), label)
    return "0" if factor == 0 else _text(factors)


def _product(node: Node, shift: Shift, label: Label) -> tuple[Fraction, Factors]:
    """A constant factor, and the rest."""
    match node:
        case Number(value=value):
            return value, _ONE
        case Measure(text=name):
            return Fraction(1), ((_shifted(label(name), shift),), ())
        case Negative(of=inner):
            factor, factors = _product(inner, shift, label)
            return -factor, factors
        case Pair(sign="*", left=left, right=right):
            return _times(_product(left, shift, label), _product(right, shift, label))
        case Pair(sign="/", left=left, right=right):
            return _over(_product(left, shift, label), _product(right, shift, label))
        case Pair():
            return _sum(node, shift, label)
        case Call(name="rate" | "ratio" | "per", given=(above, below, *_)):
            return _over(_product(above, shift, label), _product(below, shift, label))
        case Call(name="previous" | "last_year" as name, given=(inner,)):
            back = tuple(sorted((*shift.back, name)))
            return _product(inner, Shift(back, shift.span), label)
        case Call(name="year_to_date" | "stock" as name, given=(inner,)):
            return _product(inner, Shift(shift.back, name), label)
        case Call(name="max" | "min" as name, given=given):
            parts = sorted(_scaled(_product(each, shift, label)) for each in given)
            return Fraction(1), ((f"{name}({', '.join(parts)})",), ())
        case Call(name=name, given=(Measure(text=about), *rest)):
            said = ", ".join([_shifted(label(about), shift), *(each.text for each in rest)])
            return Fraction(1), ((f"{name}({said})",), ())
    raise TypeError(f"no part of a formula: {node!r}")


def _sum(node: Node, shift: Shift, label: Label) -> tuple[Fraction, Factors]:
    terms: dict[str, Fraction] = {}
    lone: dict[str, Factors] = {}
    stack = [(node, Fraction(1))]
    while stack:
        part, sign = stack.pop()
        if isinstance(part, Pair) and part.sign in "+-":
            stack += [(part.left, sign), (part.right, sign if part.sign == "+" else -sign)]
            continue
        if isinstance(part, Negative):
            stack.append((part.of, -sign))
            continue
        factor, factors = _product(part, shift, label)
        key = _text(factors)
        terms[key] = terms.get(key, Fraction(0)) + sign * factor
        lone[key] = factors
    kept = sorted((key, factor) for key, factor in terms.items() if factor)
    if not kept:
        return Fraction(0), _ONE
    first, lead = kept[0]
    if len(kept) == 1:
        return lead, lone[first]
    return lead, ((f"({' + '.join(f'{factor / lead} {key}' for key, factor in kept)})",), ())


def _times(
    left: tuple[Fraction, Factors], right: tuple[Fraction, Factors]
) -> tuple[Fraction, Factors]:
    (a, (up, down)), (b, (more_up, more_down)) = left, right
    return a * b, (tuple(sorted(up + more_up)), tuple(sorted(down + more_down)))


def _over(
    left: tuple[Fraction, Factors], right: tuple[Fraction, Factors]
) -> tuple[Fraction, Factors]:
    (a, (up, down)), (b, (more_up, more_down)) = left, right
    return a / (b or 1), (tuple(sorted(up + more_down)), tuple(sorted(down + more_up)))


def _shifted(name: str, shift: Shift) -> str:
    return f"{name}[{shift}]" if str(shift) else name


def _scaled(part: tuple[Fraction, Factors]) -> str:
    return f"{part[0]} {_text(part[1])}"


def _text(factors: Factors) -> str:
    up, down = factors
    return " * ".join(up or ("1",)) + (f" / ({' * '.join(down)})" if down else "")
