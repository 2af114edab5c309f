"""Whether a formula means something: what is added is of one kind, a rate is of two of a kind, what
is shown as money is money; nothing divides by 0, and something is left to be measured."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from services.kpi.domain.formula_normal import cancelled, constant
from services.kpi.domain.formula_syntax import Call, Measure, Negative, Node, Number, Pair
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.units import (
    OF_A_POINT,
    Dims,
    in_words,
    is_time,
    of_kpi,
    of_measure,
    without_things,
)


@dataclass(frozen=True, slots=True)
class _Of:
    """Of what a part of a formula is: the number that it comes to × `size` is in base units.

    `bare`: it is a number as written. `scaled`: a number has been multiplied into it, so that its
    size says no more in which unit it was.
    """

    dims: Dims
    size: Fraction = Fraction(1)
    bare: bool = False
    scaled: bool = False
    said: str = ""


@dataclass(slots=True)
class _Reader:
    """Reads a formula's tree and notes what is wrong with it."""

    measures: Mapping[str, MeasureInfo]
    wrong: list[str] = field(default_factory=list)

    def of(self, node: Node) -> _Of | None:
        """Of what a part is; None: that cannot be said, and why is noted."""
        match node:
            case Number(value=value):
                return _Of({}, 1 / value if value else Fraction(1), bare=True)
            case Measure(text=code):
                unit = self.measures[code].unit
                return _Of(*of_measure(unit), said=unit)
            case Negative(of=inner):
                return self.of(inner)
            case Pair(left=left, sign=sign, right=right):
                if sign in "+-":
                    return self.added(node, self.of(left), self.of(right))
                return self.multiplied(self.of(left), sign, self.of(right), right)
            case Call(name="rate" | "ratio" | "per", given=given):
                return self.quotient(node, given)
            case Call(name="max" | "min", given=(left, right)):
                return self.added(node, self.of(left), self.of(right))
            case Call(name="distinct"):
                return _Of({"count": 1}, said="count")
            case Call(given=(inner, *_)):
                return self.of(inner)
        raise TypeError(f"no part of a formula: {node!r}")

    def added(self, node: Node, left: _Of | None, right: _Of | None) -> _Of | None:
        if _estimated(node):
            self.wrong.append(
                f"{node.text}: a count of different things is an estimate: it is multiplied and "
                "divided only, for what is left of it may be off by anything"
            )
        if left is None or right is None:
            return None
        if left.bare or right.bare:
            other = right if left.bare else left
            if other.dims and not other.bare:
                self.wrong.append(f"{node.text}: a bare number beside {_said(other)}")
                return None
            return other
        if not _same(left, right):
            self.wrong.append(f"{node.text}: {_said(left)} and {_said(right)} do not go together")
            return None
        return left

    def multiplied(
        self, left: _Of | None, sign: str, right: _Of | None, divisor: Node
    ) -> _Of | None:
        if sign == "/":
            self.divides(divisor)
        if left is None or right is None:
            return None
        if (
            sign == "/"
            and left.dims
            and set(left.dims) <= set(OF_A_POINT)
            and right.dims == {"count": 1}
        ):
            return left
        power = 1 if sign == "*" else -1
        dims = dict(left.dims)
        for base, of in right.dims.items():
            dims[base] = dims.get(base, 0) + power * of
        return _Of(
            {base: of for base, of in dims.items() if of},
            left.size * right.size**power,
            bare=left.bare and right.bare,
            scaled=left.scaled or right.scaled or left.bare != right.bare,
        )

    def quotient(self, node: Call, given: tuple[Node, ...]) -> _Of | None:
        above, below = self.of(given[0]), self.of(given[1])
        found = self.multiplied(above, "/", below, given[1])
        if found is None or above is None or below is None or node.name == "ratio":
            return found
        if node.name == "rate" and not _same(above, below) and not (above.bare or below.bare):
            rule = f"a rate is of two of the same unit, not of {_said(above)} and {_said(below)}"
            self.wrong.append(f"{node.text}: {rule}")
            return None
        by = given[2].value if len(given) > 2 and isinstance(given[2], Number) else Fraction(100)
        return _Of(found.dims, found.size / by, scaled=True) if by else None

    def divides(self, divisor: Node) -> None:
        if constant(divisor) == 0:
            self.wrong.append(f"division by {divisor.text}, which is always 0")


def wrong_formula(root: Node, measures: Mapping[str, MeasureInfo], unit: str) -> list[str]:
    """What is wrong with a formula that can be worked out: each a rule.

    Args:
        root: its tree.
        measures: by code; all that are in it.
        unit: that of the KPI; "" is not checked.
    """
    reader = _Reader(measures)
    found = reader.of(root)
    if not reader.wrong and constant(root) is not None:
        return ["it comes to the same number, whatever is measured"]
    if not reader.wrong and (nothing := cancelled(root)):
        return [f"{each} cancels out: it says nothing" for each in nothing]
    codes = _codes(root)
    if not reader.wrong and found is not None and unit:
        kinds = {measures[code].kind for code in codes}
        reader.wrong += _as_shown(found, unit, kinds)
    return reader.wrong + list(dict.fromkeys(_over_done(root, measures)))


def _over_done(node: Node, measures: Mapping[str, MeasureInfo]) -> Iterator[str]:
    """What is on time is a share of all that was due, of what is not done too (`due_with`): else
    who leaves late things open for ever is never late. Also where the share is that of the rest."""
    match node:
        case Negative(of=inner):
            yield from _over_done(inner, measures)
        case Pair(left=left, sign=sign, right=right):
            if sign == "/":
                yield from _without_due(node, left, right, measures)
            yield from _over_done(left, measures)
            yield from _over_done(right, measures)
        case Call(name=name, given=given):
            if name in ("rate", "ratio", "per"):
                yield from _without_due(node, given[0], given[1], measures)
            for each in given:
                yield from _over_done(each, measures)


def _without_due(
    node: Node, above: Node, below: Node, measures: Mapping[str, MeasureInfo]
) -> Iterator[str]:
    over = {_whole(code, measures) for code in _codes(above)}
    under = {_whole(code, measures) for code in _codes(below)}
    # A share that leaves the rest out: what was late, of what was done late and in time.
    shares = over | (under if over and over <= under else set())
    for code in sorted(shares):
        due = measures[code].due_with if code in measures else None
        # That there is no such measure is told of the measure.
        if due is None or due not in measures:
            continue
        if _whole(due, measures) not in under:
            part = "" if code in _codes(node) else "the part of "
            rule = f"{code} is in time of all that was due: {part}{due} has to be below the line"
            how = (
                "" if measures[due].kind == "level" else ", as stock(…) if it adds up what is open"
            )
            yield f"{node.text}: {rule}{how}"


def _as_shown(found: _Of, unit: str, kinds: set[str]) -> list[str]:
    wanted = of_kpi(unit)
    if wanted is None or found.bare:
        return []
    dims, size = wanted
    left = without_things(found.dims)
    if unit.startswith("per_"):
        # So many cases for each so many of anything: what is above the line is counted.
        above = [base for base, power in left.items() if power > 0]
        if above:
            return [f"it comes to {in_words(left)}, and {unit} is of things that are counted"]
    elif left != dims:
        # What stands, over what comes in a month, is so many months.
        if left or not (is_time(dims) and {"level", "sum"} <= kinds):
            return [f"it comes to {in_words(left)}, and is shown as {unit}"]
        return []
    elif found.size != size and set(dims) - {unit}:
        times = found.size / size
        rule = f"it is {float(times):g} {unit} for each 1 that is shown"
        return [f"{rule}: multiply by that, or divide"]
    if unit == "percent" and found.size == 1:
        return ["it is shown as percent: write rate(a, b), or a / b * 100"]
    if unit == "ratio" and found.size == Fraction(1, 100):
        return ["it is in percent, and shown as a ratio: write ratio(a, b)"]
    if unit.startswith("per_") and found.dims != {} and found.size == 1:
        return [f"it is shown as {unit}: write per(a, b, …)"]
    return []


def _same(one: _Of, other: _Of) -> bool:
    if dict(one.dims) != dict(other.dims):
        return False
    return one.size == other.size or one.scaled or other.scaled


def _said(one: _Of) -> str:
    return one.said or in_words(one.dims)


def _estimated(node: Node) -> bool:
    """Whether a part has a count of different things in it."""
    match node:
        case Negative(of=inner):
            return _estimated(inner)
        case Pair(left=left, right=right):
            return _estimated(left) or _estimated(right)
        case Call(name=name, given=given):
            return name == "distinct" or any(map(_estimated, given))
    return False


def _codes(node: Node) -> set[str]:
    match node:
        case Measure(text=code):
            return {code}
        case Negative(of=inner):
            return _codes(inner)
        case Pair(left=left, right=right):
            return _codes(left) | _codes(right)
        case Call(given=given):
            return set().union(*map(_codes, given))
    return set()


def _whole(code: str, measures: Mapping[str, MeasureInfo]) -> str:
    seen: set[str] = set()
    while (of := measures[code].of) in measures and code not in seen:
        assert of is not None
        seen.add(code)
        code = of
    return code
