"""Whether two formulas say the same: a normal form, one polynomial over another, in which the order
of what is added or multiplied, brackets, spaces and constant factors do not count. `rate(a, b)` and
`100 * a / b` are the same, and so are `100 - rate(a - b, a)` and `rate(b, a)`.
"""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

from services.kpi.domain.formula import CODES, Shift
from services.kpi.domain.formula_syntax import Call, Measure, Negative, Node, Number, Pair

Label = Callable[[str], str]
Poly = dict[tuple[str, ...], Fraction]
"""A sum of products, each with its factor; no factor is 0, so {} is 0."""
Quotient = tuple[Poly, Poly]
_ONE: Poly = {(): Fraction(1)}
_MOST = 500
"""Products that a formula may have when it is multiplied out; a longer one is as it is written."""


class _TooLong(Exception):
    """It would have too many products."""


def normal(root: Node, label: Label = str) -> str:
    """The normal form of a formula. `label` gives the name under which a measure is compared."""
    try:
        above, below = _reduced(_quotient(root, Shift(), label))
    except _TooLong:
        return CODES.sub(lambda found: label(found[0]), root.text)
    return _said((above, below))


def essence(root: Node, label: Label = str, whole: Fraction | None = None) -> str:
    """The normal form of what a formula says, however it is turned: the same for a share, the rest
    of its whole, and each of them the other way up.

    Args:
        root: of the formula.
        label: gives the name under which a measure is compared.
        whole: what the share and its rest come to, 100 of what is in percent; None: it is no share.
    """
    try:
        share = _reduced(_quotient(root, Shift(), label))
        forms = [share]
        if whole is not None:
            share = _scaled(share[0], 1 / whole), share[1]
            # With the rest of what is the other way up these are all ways to turn it.
            forms += [_rest(share), _rest(_upside_down(share))]
            forms += [_rest(_upside_down(_rest(share)))]
        forms += [_upside_down(each) for each in forms]
        return min(_said(_reduced(each)) for each in forms if each[0])
    except _TooLong:
        return normal(root, label)


def cancelled(root: Node) -> list[str]:
    """The measures of a formula on which its value does not depend, in their order."""
    left = set(CODES.findall(normal(root)))
    return [code for code in dict.fromkeys(CODES.findall(root.text)) if code not in left]


def constant(root: Node) -> Fraction | None:
    """The number that a formula comes to whatever is measured; None: it depends on that."""
    try:
        above, below = _reduced(_quotient(root, Shift(), str))
    except _TooLong:
        return None
    if not above:
        return Fraction(0)
    return above[()] / below[()] if set(above) == set(below) == {()} else None


def _quotient(node: Node, shift: Shift, label: Label) -> Quotient:
    match node:
        case Number(value=value):
            return ({(): value} if value else {}), _ONE
        case Measure(text=name):
            return _atom(_shifted(label(name), shift))
        case Negative(of=inner):
            above, below = _quotient(inner, shift, label)
            return _scaled(above, Fraction(-1)), below
        case Pair(sign=sign, left=left, right=right):
            one, other = _quotient(left, shift, label), _quotient(right, shift, label)
            if sign == "*":
                return _times(one[0], other[0]), _times(one[1], other[1])
            if sign == "/":
                return _over(one, other)
            return _sum(one, other, Fraction(1 if sign == "+" else -1))
        case Call(name="rate" | "ratio" | "per" as name, given=(above_, below_, *more)):
            by = more[0].value if more and isinstance(more[0], Number) else Fraction(100)
            above, below = _over(_quotient(above_, shift, label), _quotient(below_, shift, label))
            return (above if name == "ratio" else _scaled(above, by)), below
        case Call(name="previous" | "last_year" as name, given=(inner,)):
            back = tuple(sorted((*shift.back, name)))
            return _quotient(inner, Shift(back, shift.span), label)
        case Call(name="year_to_date" | "stock" as name, given=(inner,)):
            return _quotient(inner, Shift(shift.back, name), label)
        case Call(name="max" | "min" as name, given=given):
            of = [_reduced(_quotient(each, shift, label)) for each in given]
            parts = {_whole(each): each for each in of}
            if len(parts) == 1:
                return of[0]
            return _atom(f"{name}({', '.join(sorted(parts))})")
        case Call(name=name, given=(Measure(text=about), *rest)):
            said = ", ".join([_shifted(label(about), shift), *(each.text for each in rest)])
            return _atom(f"{name}({said})")
    raise TypeError(f"no part of a formula: {node!r}")


def _atom(text: str) -> Quotient:
    return {(text,): Fraction(1)}, _ONE


def _sum(one: Quotient, other: Quotient, sign: Fraction) -> Quotient:
    (a, b), (c, d) = one, other
    if b == d:
        return _plus(a, _scaled(c, sign)), b
    return _plus(_times(a, d), _scaled(_times(c, b), sign)), _times(b, d)


def _over(one: Quotient, other: Quotient) -> Quotient:
    (a, b), (c, d) = one, other
    # What is divided by 0 has no value; here it is what is divided.
    return _times(a, d), _times(b, c or _ONE)


def _rest(of: Quotient) -> Quotient:
    """What 1 is more than this."""
    return _sum((_ONE, _ONE), of, Fraction(-1))


def _upside_down(of: Quotient) -> Quotient:
    """1 divided by this; of 0, 0."""
    return (of[1], of[0]) if of[0] else ({}, _ONE)


def _plus(one: Poly, other: Poly) -> Poly:
    found = dict(one)
    for of, factor in other.items():
        found[of] = found.get(of, Fraction(0)) + factor
    return _kept(found)


def _times(one: Poly, other: Poly) -> Poly:
    if len(one) * len(other) > _MOST * 10:
        raise _TooLong
    found: Poly = {}
    for of, factor in one.items():
        for more, by in other.items():
            both = tuple(sorted(of + more))
            found[both] = found.get(both, Fraction(0)) + factor * by
    return _kept(found)


def _kept(found: Poly) -> Poly:
    if len(found) > _MOST:
        raise _TooLong
    return {of: factor for of, factor in found.items() if factor}


def _scaled(one: Poly, by: Fraction) -> Poly:
    return {of: factor * by for of, factor in one.items()} if by else {}


def _reduced(of: Quotient) -> Quotient:
    """Without what stands above and below the line."""
    above, below = of
    if not above:
        return {}, _ONE
    common: Counter[str] | None = None
    for each in (*above, *below):
        common = Counter(each) if common is None else common & Counter(each)
    above, below = _without(above, common or Counter()), _without(below, common or Counter())
    lead = min(below)
    if set(above) == set(below) and len({above[each] / below[each] for each in above}) == 1:
        return {(): above[lead] / below[lead]}, _ONE
    return _scaled(above, 1 / below[lead]), _scaled(below, 1 / below[lead])


def _without(one: Poly, common: Counter[str]) -> Poly:
    return {tuple(sorted((Counter(of) - common).elements())): f for of, f in one.items()}


def _shifted(name: str, shift: Shift) -> str:
    return f"{name}[{shift}]" if str(shift) else name


def _whole(of: Quotient) -> str:
    above, below = of
    lead = above[min(above)] if above else Fraction(0)
    return f"{lead} {_text(above)} / ({_text(below)})"


def _said(of: Quotient) -> str:
    above, below = of
    if not above:
        return "0"
    return _text(above) + ("" if below == _ONE else f" / ({_text(below)})")


def _text(one: Poly) -> str:
    if not one:
        return "0"
    lead = one[min(one)]
    return " + ".join(
        (f"{one[of] / lead} " if one[of] != lead else "") + (" * ".join(of) or "1")
        for of in sorted(one)
    )
