"""A small safe expression language over measures: `grievance.resolved / grievance.filed * 100`.

    sum     = product  { ("+" | "-") product }
    product = signed   { ("*" | "/") signed }
    signed  = ["-"] signed | atom
    atom    = number | measure | "(" sum ")"
    number  = digits [ "." digits ]
    measure = word { "." word }         word = a-z, then a-z 0-9 _

A formula is applied to measures already *summed* over the period and the places asked for, so a
rate is a rate of sums and never an average of averages. It is worked out in fractions: exact.

A measure without data makes the answer "no data", never zero; a division by zero gives no value
and says which part was zero. Nothing is ever handed to `eval`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

from palika.errors import Invalid

MAX_LENGTH = 500
MAX_DEPTH = 20
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<measure>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)"
    r"|(?P<sign>[-+*/()]))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a formula comes to: a value, or None and why there is none."""

    value: Fraction | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in the formula, exact; `text` is as it was written."""

    value: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Measure:
    """The sum of a measure; `text` is the measure's name."""

    text: str


@dataclass(frozen=True, slots=True)
class Negative:
    """What follows a minus sign, negated; `text` is what was written."""

    of: "Node"
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parts and the sign (`+ - * /`) between them; `text` is what was written."""

    left: "Node"
    sign: str
    right: "Node"
    text: str


Node = Number | Measure | Negative | Pair


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula. `measures` are the names it needs."""

    text: str
    root: Node
    measures: frozenset[str]

    def apply(self, sums: Mapping[str, int]) -> Answer:
        """Work the formula out.

        Args:
            sums: the sum of each measure, absent when it has no data.

        Returns:
            The exact value; or none and why, for a measure without data or a division by zero.
        """
        missing = sorted(self.measures - sums.keys())
        if missing:
            return Answer(None, "no data: " + ", ".join(missing))
        try:
            return Answer(_value(self.root, sums))
        except _DivisionByZero as error:
            return Answer(None, f"division by zero: {error} is 0")


class _DivisionByZero(Exception):
    """Carries the text of the divisor."""


def _value(node: Node, sums: Mapping[str, int]) -> Fraction:
    match node:
        case Number(value=value):
            return value
        case Measure(text=name):
            return Fraction(sums[name])
        case Negative(of=inner):
            return -_value(inner, sums)
        case Pair(left=left, sign=sign, right=right):
            a, b = _value(left, sums), _value(right, sums)
            if sign == "+":
                return a + b
            if sign == "-":
                return a - b
            if sign == "*":
                return a * b
            if b == 0:
                raise _DivisionByZero(right.text)
            return a / b


def parse(text: str) -> Formula:
    """Parse a formula.

    Raises:
        Invalid: on `formula`, with the position of the mistake.
    """
    if not isinstance(text, str) or not text.strip():
        raise Invalid("The formula is empty.", {"formula": ["must be an expression"]})
    if len(text) > MAX_LENGTH:
        _wrong(text[:40] + "…", MAX_LENGTH, f"longer than {MAX_LENGTH} characters")
    parser = _Parser(text)
    root = parser.sum(0)
    if parser.kind != "end":
        _wrong(text, parser.start, f"{parser.token!r} is not expected here")
    return Formula(text, root, frozenset(parser.measures))


def _wrong(text: str, position: int, rule: str) -> NoReturn:
    raise Invalid(
        f"The formula cannot be read at character {position + 1}: {rule}.",
        {"formula": [f"character {position + 1} of {text!r}: {rule}"]},
    )


class _Parser:
    """Recursive descent, one token ahead; a method per line of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.measures: set[str] = set()
        self.start = self.end = 0
        self.kind, self.token = "", ""
        self.next()

    def next(self) -> None:
        """Move to the next token."""
        self.past = self.end
        found = _TOKEN.match(self.text, self.end)
        if found and found.lastgroup:
            self.kind, self.token = found.lastgroup, found[found.lastgroup]
            self.start, self.end = found.span(found.lastgroup)
            return
        rest = self.text[self.end :]
        self.start = self.end + len(rest) - len(rest.lstrip())
        if rest.strip():
            _wrong(self.text, self.start, f"{self.text[self.start]!r} is not of this language")
        self.kind, self.token = "end", "the end"

    def sum(self, depth: int) -> Node:
        begin, node = self.start, self.product(depth)
        while self.kind == "sign" and self.token in "+-":
            sign = self.token
            self.next()
            right = self.product(depth)
            node = Pair(node, sign, right, self.text[begin : self.past])
        return node

    def product(self, depth: int) -> Node:
        begin, node = self.start, self.signed(depth)
        while self.kind == "sign" and self.token in "*/":
            sign = self.token
            self.next()
            right = self.signed(depth)
            node = Pair(node, sign, right, self.text[begin : self.past])
        return node

    def signed(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            _wrong(self.text, self.start, f"nested deeper than {MAX_DEPTH}")
        if self.kind == "sign" and self.token == "-":
            begin = self.start
            self.next()
            inner = self.signed(depth + 1)
            return Negative(inner, self.text[begin : self.past])
        return self.atom(depth)

    def atom(self, depth: int) -> Node:
        begin, kind, token = self.start, self.kind, self.token
        if kind == "number":
            self.next()
            return Number(Fraction(token), token)
        if kind == "measure":
            self.measures.add(token)
            self.next()
            return Measure(token)
        if token == "(":
            self.next()
            node = self.sum(depth + 1)
            if self.token != ")":
                _wrong(self.text, self.start, f"a closing bracket is missing before {self.token}")
            self.next()
            if isinstance(node, Pair):
                return replace(node, text=self.text[begin : self.past])
            return node
        _wrong(self.text, begin, f"a number, a measure or '(' is expected, not {token!r}")
