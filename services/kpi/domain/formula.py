"""A small safe expression language over measures: `rate(grievance.resolved, grievance.filed)`.

`domain/formula_syntax.py` has the grammar. What the calls mean:

| call | what |
|---|---|
| `m` | sum of a sum over the period; of a level, its last value |
| `rate(a, b)`, `ratio(a, b)`, `per(a, b, n)` | a / b * 100, a / b, a / b * n |
| `average(m)` | of a level: the mean of its values in the period |
| `percentile(m, q)` | of a distribution, 0 < q < 100 |
| `distinct(m)` | of a measure that counts different things |
| `first(m)` | of a level: its value when the period begins (the last one before it) |
| `previous(x)`, `last_year(x)` | x over the period before; over the same period a year before |
| `year_to_date(x)` | x from 1 April to the end of the period |
| `stock(x)` | x from the beginning of the records to the end of the period |
| `max(a, b)`, `min(a, b)` | the greater, the smaller |

Measures are added up over the period and the places *first*, so a rate is a rate of sums and never
an average of averages. All is worked out in fractions: exact. A measure without data makes the
answer "no data", never zero; a division by zero gives no value and says which part was zero.

A formula is compiled once, to functions. It lists the `inputs` that it needs, so that whoever reads
can fetch those of many formulas at once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple, Protocol

from services.kpi.domain.formula_syntax import (
    Call,
    Measure,
    Negative,
    Node,
    Number,
    Pair,
    measures,
    parse,
    wrong,
)

CODES = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+", re.ASCII)
"""The codes of measures in a text."""
KINDS = ("sum", "level", "distribution", "distinct")
PLAIN = {"sum": "sum", "level": "last"}
"""How a measure that stands alone is read, by its kind; the other kinds need a call."""

Value = int | Fraction
Values = Mapping["Input", Value | None]


class Shift(NamedTuple):
    """Which days, from the period that is asked about.

    `back` are the steps before, in their order: `previous`, `last_year`. `span` is then `period`,
    `year_to_date` (from 1 April to the period's end) or `stock` (all days to the period's end).
    """

    back: tuple[str, ...] = ()
    span: str = "period"

    def __str__(self) -> str:
        said = [*self.back, *([] if self.span == "period" else [self.span])]
        return ", ".join(word.replace("_", " ") for word in said)


NOW = Shift()


class Input(NamedTuple):
    """What a formula needs to know: one aggregate of one measure over some days.

    `aggregation`: `sum`; `last`, `average`, `first` (the last value before the days begin) of a
    level; `percentile` (the `q`-th); `distinct`. Values are whole numbers as they are stored.
    """

    measure: str
    aggregation: str
    shift: Shift = NOW
    q: Fraction | None = None

    def __str__(self) -> str:
        return f"{self.measure} ({self.shift})" if str(self.shift) else self.measure


class Described(Protocol):
    """What has to be known of a measure."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""

    @property
    def decimals(self) -> int:
        """It is stored in whole numbers of 10^-decimals of its unit."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a formula comes to: a value; or None, and why there is none.

    `missing` are the inputs without data. `divisor` is the part of the formula that was 0.
    """

    value: Fraction | None
    missing: tuple[Input, ...] = ()
    divisor: str | None = None

    @property
    def why(self) -> str | None:
        """Why there is no value, with the codes of the measures; None if there is one."""
        if self.missing:
            return "no data: " + ", ".join(sorted(map(str, self.missing)))
        return None if self.divisor is None else f"division by zero: {self.divisor} is 0"


NOTHING: Final = Answer(None)
"""Of a period that has not begun: nothing is missing, and there is no value."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, compiled: `inputs` are what it needs, `measures` of what. It never changes: what
    was found out about it (`flows.py`) is `known` from then on."""

    text: str
    root: Node = field(repr=False)
    inputs: tuple[Input, ...]
    measures: frozenset[str]
    _work: "_Work" = field(repr=False, compare=False)
    known: dict[str, int | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def shifted(self) -> bool:
        """Whether it looks at the period before or the year before, which only a period has."""
        return any(each.shift.back or each.aggregation == "first" for each in self.inputs)

    def apply(self, values: Values) -> Answer:
        """Work the formula out.

        Args:
            values: of each of `inputs`; None or absent when it has no data.

        Returns:
            The exact value; or none and why, for an input without data or a division by zero.
        """
        return self.answer([values.get(each) for each in self.inputs])

    def answer(self, given: Sequence[Value | None]) -> Answer:
        """The same, of the values in the order of `inputs`."""
        if None in given:
            lacking = zip(self.inputs, given, strict=True)
            return Answer(None, tuple(each for each, value in lacking if value is None))
        try:
            value = self._work(given)  # type: ignore[arg-type]
            return Answer(value if isinstance(value, Fraction) else Fraction(value))
        except _DivisionByZero as error:
            return Answer(None, divisor=str(error))


def formula(text: object, known: Mapping[str, Described]) -> Formula:
    """Parse and compile a formula over measures that are known.

    Raises:
        Invalid: on `formula`, with the character of the mistake: it cannot be read, a measure is
            unknown, or a call is given what it cannot take.
    """
    root = parse(text)
    compiler = _Compiler(str(text), known)
    work = compiler.value(root, NOW)
    used = frozenset(each.text for each in measures(root))
    return Formula(str(text), root, tuple(compiler.inputs), used, work)


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A formula, or a part of one, with the names of its measures for their codes."""
    return CODES.sub(lambda found: f"“{names[found[0]]}”" if found[0] in names else found[0], text)


class _DivisionByZero(Exception):
    """Carries the text of the divisor."""


_Work = Callable[[Sequence[Value]], Value]
_OF = {"average": "level", "percentile": "distribution", "distinct": "distinct", "first": "level"}
"""The kind of measure that a call is about."""
_HINTS = {
    "distribution": "it is a distribution: use percentile(m, q), or a total / a count",
    "distinct": "it counts different things: use distinct(m)",
}


class _Compiler:
    """From a tree to functions of the inputs' values, checking what each call is given."""

    def __init__(self, text: str, known: Mapping[str, Described]) -> None:
        self.text = text
        self.known = known
        self.inputs: dict[Input, int] = {}

    def value(self, node: Node, shift: Shift) -> _Work:
        match node:
            case Number(value=value):
                number = value.numerator if value.denominator == 1 else value
                return lambda given: number
            case Measure():
                kind = self.kind(node)
                if kind not in PLAIN:
                    wrong(self.text, node.at, f"{node.text} cannot stand alone: {_HINTS[kind]}")
                return self.input(node, PLAIN[kind], shift)
            case Negative(of=inner):
                negated = self.value(inner, shift)
                return lambda given: -negated(given)
            case Pair(left=left, sign=sign, right=right):
                return _pair(self.value(left, shift), sign, self.value(right, shift), right.text)
            case Call():
                return self.call(node, shift)

    def kind(self, node: Measure) -> str:
        if node.text not in self.known:
            wrong(self.text, node.at, f"unknown measure {node.text}")
        return self.known[node.text].kind

    def input(
        self, node: Measure, aggregation: str, shift: Shift, q: Fraction | None = None
    ) -> _Work:
        if shift.span == "stock" and aggregation != "sum":
            wrong(self.text, node.at, f"stock is of sums only, and {node.text} is none")
        key = Input(node.text, aggregation, shift, q)
        place = self.inputs.setdefault(key, len(self.inputs))
        scale = 10 ** self.known[node.text].decimals
        if scale == 1 or aggregation == "distinct":
            return lambda given: given[place]
        return lambda given: Fraction(given[place]) / scale

    def call(self, node: Call, shift: Shift) -> _Work:
        name, given = node.name, node.given
        if name in _OF:
            return self.aggregate(node, shift)
        if name in ("previous", "last_year", "year_to_date", "stock"):
            return self.value(given[0], self.moved(node, shift))
        works = [self.value(each, shift) for each in given[:2]]
        if name in ("max", "min"):
            choose = max if name == "max" else min
            return lambda values: choose(works[0](values), works[1](values))
        factor = Fraction(100 if name == "rate" else 1)
        if name == "per":
            factor = self.number(node, given[2])
            if factor <= 0:
                wrong(self.text, given[2].at, "per takes a number above 0, such as 1000")
        return _quotient(works[0], works[1], given[1].text, factor)

    def aggregate(self, node: Call, shift: Shift) -> _Work:
        about = node.given[0]
        if not isinstance(about, Measure):
            wrong(self.text, about.at, f"{node.name} is of one measure, not of {about.text!r}")
        kind = self.kind(about)
        if kind != _OF[node.name]:
            hint = ": use a total / a count" if node.name == "average" else ""
            rule = f"{node.name} is of a {_OF[node.name]}, and {about.text} is a {kind}{hint}"
            wrong(self.text, about.at, rule)
        q = None
        if node.name == "percentile":
            q = self.number(node, node.given[1])
            if not 0 < q < 100:
                wrong(self.text, node.given[1].at, "a percentile is above 0 and below 100")
        return self.input(about, node.name, shift, q)

    def moved(self, node: Call, shift: Shift) -> Shift:
        name = node.name
        if name in shift.back or name == shift.span:
            wrong(self.text, node.at, f"{name} within {name}")
        if shift.span != "period":
            inside = f"write {name}({shift.span}(…))"
            if name in ("year_to_date", "stock"):
                inside = "one of them is enough"
            wrong(self.text, node.at, f"{name} within {shift.span}: {inside}")
        if name in ("year_to_date", "stock"):
            return Shift(shift.back, name)
        return Shift((*shift.back, name))

    def number(self, call: Call, node: Node) -> Fraction:
        if not isinstance(node, Number):
            wrong(self.text, node.at, f"{call.name} takes a number here, not {node.text!r}")
        return node.value


def _pair(left: _Work, sign: str, right: _Work, divisor: str) -> _Work:
    if sign == "+":
        return lambda given: left(given) + right(given)
    if sign == "-":
        return lambda given: left(given) - right(given)
    if sign == "*":
        return lambda given: left(given) * right(given)

    return _quotient(left, right, divisor, Fraction(1))


def _quotient(left: _Work, right: _Work, divisor: str, times: Fraction) -> _Work:
    above, below = times.as_integer_ratio()

    def quotient(given: Sequence[Value]) -> Value:
        by = right(given)
        if by == 0:
            raise _DivisionByZero(divisor)
        what = left(given)
        # Of whole numbers, as measures are, that is one step instead of four.
        if isinstance(what, int) and isinstance(by, int):
            return Fraction(what * above, by * below)
        return Fraction(what) / by * times

    return quotient
