"""How a formula is written: its grammar, its parser and its tree.

    sum     = product  { ("+" | "-") product }
    product = signed   { ("*" | "/") signed }
    signed  = ["-"] signed | atom
    atom    = number | measure | call | "(" sum ")"
    call    = name "(" sum { "," sum } ")"
    number  = digits [ "." digits ]
    measure = word "." word { "." word }        word = a-z, then a-z 0-9 _

Which calls there are, and what each may be given, is `domain/formula.py`'s to say. Nothing is ever
handed to `eval`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NoReturn

from palika.errors import Invalid

MAX_LENGTH = 800
MAX_DEPTH = 20
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<measure>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)"
    r"|(?P<word>[a-z][a-z0-9_]*)|(?P<sign>[-+*/(),]))",
    re.ASCII,
)
CALLS = {
    "rate": 2,
    "ratio": 2,
    "per": 3,
    "average": 1,
    "percentile": 2,
    "distinct": 1,
    "first": 1,
    "previous": 1,
    "last_year": 1,
    "year_to_date": 1,
    "stock": 1,
    "max": 2,
    "min": 2,
}
"""How many arguments each call takes."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in the formula, exact; `text` is as it was written."""

    value: Fraction
    text: str = field(compare=False)
    at: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure; `text` is its name."""

    text: str
    at: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Negative:
    """What follows a minus sign, negated; `text` is what was written."""

    of: "Node"
    text: str = field(compare=False)
    at: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parts and the sign (`+ - * /`) between them; `text` is what was written."""

    left: "Node"
    sign: str
    right: "Node"
    text: str = field(compare=False)
    at: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Call:
    """A call and what it is given; `text` is what was written."""

    name: str
    given: tuple["Node", ...]
    text: str = field(compare=False)
    at: int = field(compare=False, default=0)


Node = Number | Measure | Negative | Pair | Call


def parse(text: object) -> Node:
    """The tree of a formula. Each node's `at` is the character (from 0) at which it begins.

    Raises:
        Invalid: on `formula`, with the character of the mistake.
    """
    if not isinstance(text, str) or not text.strip():
        raise Invalid("The formula is empty.", {"formula": ["must be an expression"]})
    if len(text) > MAX_LENGTH:
        wrong(text[:40] + "…", MAX_LENGTH, f"longer than {MAX_LENGTH} characters")
    parser = _Parser(text)
    root = parser.sum(0)
    if parser.kind != "end":
        wrong(text, parser.start, f"{parser.token!r} is not expected here")
    return root


def wrong(text: str, position: int, rule: str) -> NoReturn:
    """Refuse a formula at a character (from 0). Raises Invalid."""
    raise Invalid(
        f"The formula cannot be read at character {position + 1}: {rule}.",
        {"formula": [f"character {position + 1} of {text!r}: {rule}"]},
    )


def measures(root: Node) -> Iterator[Measure]:
    """The measures of a tree, from left to right, each as often as it is there."""
    stack = [root]
    while stack:
        match stack.pop():
            case Measure() as found:
                yield found
            case Negative(of=inner):
                stack.append(inner)
            case Pair(left=left, right=right):
                stack += [right, left]
            case Call(given=given):
                stack += reversed(given)


_RANK = {"+": 1, "-": 1, "*": 2, "/": 2}


def written(node: Node) -> str:
    """A tree as a formula, with the brackets that it needs and no other."""
    match node:
        case Call(name=name, given=given):
            return f"{name}({', '.join(map(written, given))})"
        case Negative(of=inner):
            return f"-({written(inner)})" if isinstance(inner, Pair) else f"-{written(inner)}"
        case Pair(left=left, sign=sign, right=right):
            before, after = written(left), written(right)
            if isinstance(left, Pair) and _RANK[left.sign] < _RANK[sign]:
                before = f"({before})"
            if isinstance(right, Pair) and _RANK[right.sign] <= _RANK[sign]:
                after = f"({after})"
            return f"{before} {sign} {after}"
    return node.text


class _Parser:
    """Recursive descent, one token ahead; a method per line of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = self.end = self.past = 0
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
            wrong(self.text, self.start, f"{self.text[self.start]!r} is not of this language")
        self.kind, self.token = "end", "the end"

    def sum(self, depth: int) -> Node:
        begin, node = self.start, self.product(depth)
        while self.kind == "sign" and self.token in "+-":  # noqa: S105 a name, no password
            sign = self.token
            self.next()
            right = self.product(depth)
            node = Pair(node, sign, right, self.text[begin : self.past], begin)
        return node

    def product(self, depth: int) -> Node:
        begin, node = self.start, self.signed(depth)
        while self.kind == "sign" and self.token in "*/":  # noqa: S105 a name, no password
            sign = self.token
            self.next()
            right = self.signed(depth)
            node = Pair(node, sign, right, self.text[begin : self.past], begin)
        return node

    def signed(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            wrong(self.text, self.start, f"nested deeper than {MAX_DEPTH}")
        if self.kind == "sign" and self.token == "-":  # noqa: S105 a name, no password
            begin = self.start
            self.next()
            inner = self.signed(depth + 1)
            return Negative(inner, self.text[begin : self.past], begin)
        return self.atom(depth)

    def atom(self, depth: int) -> Node:
        begin, kind, token = self.start, self.kind, self.token
        if kind == "number":
            self.next()
            return Number(Fraction(token), token, begin)
        if kind == "measure":
            self.next()
            return Measure(token, begin)
        if kind == "word":
            return self.call(depth)
        if token == "(":  # noqa: S105 a name, no password
            self.next()
            node = self.sum(depth + 1)
            self.close()
            if isinstance(node, Pair):
                return replace(node, text=self.text[begin : self.past])
            return node
        wrong(self.text, begin, f"a number, a measure, a call or '(' is expected, not {token!r}")

    def call(self, depth: int) -> Node:
        begin, name = self.start, self.token
        if name not in CALLS:
            wrong(
                self.text,
                begin,
                f"{name!r} is no measure (they have a dot) and no call: {', '.join(CALLS)}",
            )
        self.next()
        if self.token != "(":  # noqa: S105 a name, no password
            wrong(self.text, self.start, f"'(' is expected after {name}")
        self.next()
        given = [self.sum(depth + 1)]
        while self.token == ",":  # noqa: S105 a name, no password
            self.next()
            given.append(self.sum(depth + 1))
        self.close()
        if len(given) != CALLS[name]:
            wrong(self.text, begin, f"{name} takes {CALLS[name]}, not {len(given)}")
        return Call(name, tuple(given), self.text[begin : self.past], begin)

    def close(self) -> None:
        if self.token != ")":  # noqa: S105 a name, no password
            wrong(self.text, self.start, f"a closing bracket is missing before {self.token}")
        self.next()
