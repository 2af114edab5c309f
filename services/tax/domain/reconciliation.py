"""Whose a credit on the bank's account is: suggestions with a score and with reasons in words.

A credit names nobody for certain: a payer may write the number of a property, of a bill or of an
order into the note, or nothing. What is found is suggested, and a person confirms it. Only what is
beyond doubt by the city's rule (``data/channels.yaml``) is posted without one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from palika.india import rupees
from palika.text import Name

_WORD = re.compile(r"[^\s\d_.,:;/\\()*@#&'-]+")
_LEAST_WORD: Final = 3


class Reference(StrEnum):
    """What a note may name."""

    BILL = "bill"
    PROPERTY = "property"
    ORDER = "order"


class Posting(StrEnum):
    """What an exact reference to a single property is worth without a person."""

    NEVER = "never"
    EQUAL_BALANCE = "equal_balance"
    """Posted if the amount is just what is owed."""
    UP_TO_BALANCE = "up_to_balance"
    """Posted if it is not more than what is owed."""


class Purpose(StrEnum):
    """What a credit is for, by the words of its narration."""

    TAX = "tax"
    SETTLEMENT = "settlement"
    """The gateway's, of many payments that are in the books."""
    OWN_DEPOSIT = "own_deposit"
    """Cash and cheques that the counters have taken, and the books have."""
    OTHER = "other"
    """Of another department."""


@dataclass(frozen=True, slots=True)
class MatchRules:
    """How a city matches: see ``data/channels.yaml``.

    Attributes:
        patterns: of each reference, what it looks like in a narration, by whose groups ``key_of``
            makes a key.
        purposes: patterns of narrations, with what they mean, the first that fits; else TAX.
        weights: of ``reference``, ``amount`` and ``name``; they sum to 100.
        least_score: below it nothing is suggested.
        least_name: from 0 to 100: how alike two names must be to count.
        titles: words that are no name.
        posting: what is posted by rule.
    """

    patterns: Mapping[Reference, tuple[re.Pattern[str], ...]]
    purposes: tuple[tuple[re.Pattern[str], Purpose], ...]
    weights: Mapping[str, int]
    least_score: int
    least_name: int
    titles: frozenset[str]
    posting: Posting

    def purpose(self, narration: str) -> Purpose:
        """What a credit is for."""
        for pattern, purpose in self.purposes:
            if pattern.search(narration.upper()):
                return purpose
        return Purpose.TAX

    def references(self, text: str) -> dict[Reference, list[str]]:
        """The keys of what a narration names, by kind, each once."""
        return {
            kind: list(
                dict.fromkeys(
                    key_of(found[0]) for each in patterns for found in each.finditer(text.upper())
                )
            )
            for kind, patterns in self.patterns.items()
        }


def key_of(number: str) -> str:
    """A number without what banks drop from it: capitals and digits only.

    ``PT-2026-27-000001`` and ``PT 2026/27 000001`` have one key.
    """
    return re.sub(r"[^0-9A-Z]", "", number.upper())


@dataclass(frozen=True, slots=True)
class Credit:
    """What came in: ``payer`` is the name in the narration, or all of it."""

    amount_paise: int
    narration: str
    payer: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A property that a credit may be for.

    Attributes:
        id: of the property.
        number: its own.
        owner: the name of whom it is billed to.
        balance_paise: what it owed on the day on which the money came.
        payable_paise: what settled all of that: less the rebate for who pays it all.
        named: by which references the narration names it, with the numbers.
    """

    id: str
    number: str
    owner: str
    balance_paise: int
    payable_paise: int
    named: Mapping[Reference, str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate with its score, up to 100, and why."""

    candidate: Candidate
    score: int
    reasons: tuple[Name, ...]


_NAMED: Final = {
    Reference.BILL: Name("टीपेत बिल क्रमांक {}", "the note has the bill's number {}"),
    Reference.PROPERTY: Name("टीपेत मिळकत क्रमांक {}", "the note has the property's number {}"),
    Reference.ORDER: Name("टीपेत मागणी क्रमांक {}", "the note has the order's number {}"),
}


def suggest(credit: Credit, candidates: Sequence[Candidate], rules: MatchRules) -> list[Suggestion]:
    """What a credit may be for, the likeliest first.

    The same score for several is told in the reasons: it decides nothing then.
    """
    found = []
    for each in candidates:
        score, reasons = 0, []
        for kind, number in each.named.items():
            name = _NAMED[kind]
            reasons.append(Name(name.mr.format(number), name.en.format(number)))
        if each.named:
            score += rules.weights["reference"]
        if credit.amount_paise in (each.balance_paise, each.payable_paise):
            score += rules.weights["amount"]
            told = rupees(credit.amount_paise)
            reasons.append(Name(f"रक्कम थकबाकीएवढी: {told}", f"the amount is what is owed: {told}"))
        alike = likeness(credit.payer, each.owner, rules.titles)
        if alike >= rules.least_name:
            score += rules.weights["name"] * alike // 100
            reasons.append(
                Name(
                    f"देणाऱ्याचे नाव मालकासारखे ({alike} %)",
                    f"the payer's name is like the owner's ({alike} %)",
                )
            )
        if score >= rules.least_score:
            found.append(Suggestion(each, score, tuple(reasons)))
    found.sort(key=lambda each: (-each.score, each.candidate.number))
    return found


def by_rule(credit: Credit, candidates: Sequence[Candidate], rules: MatchRules) -> Candidate | None:
    """The property to which a credit is posted without a person; None: a person looks at it.

    It is the only one that the note names, and the amount is as the city's rule wants it.
    """
    named = [each for each in candidates if each.named]
    if len(named) != 1 or rules.posting is Posting.NEVER:
        return None
    only = named[0]
    if rules.posting is Posting.EQUAL_BALANCE:
        exact = credit.amount_paise in (only.balance_paise, only.payable_paise)
        return only if exact else None
    return only if credit.amount_paise <= only.balance_paise else None


def likeness(one: str, other: str, titles: frozenset[str]) -> int:
    """How alike two names are, from 0 to 100, whatever the order of their words.

    Banks cut names off: a word of three letters or more that begins the other one is the same.
    """
    left, right = _words(one, titles), _words(other, titles)
    if not left or not right:
        return 0
    # Of the shorter name each word is sought in the longer one.
    few, many = sorted((left, right), key=lambda each: (len(each), each))
    unused = list(many)
    total = 0.0
    for word in few:
        best = max(unused, key=lambda each: _alike(word, each))
        total += _alike(word, best)
        unused.remove(best)
    # One word in common of many is little.
    known = 2 * len(few) / (len(few) + len(many)) if len(few) == 1 else 1.0
    return int(100 * known * total / len(few))


def _alike(word: str, other: str) -> float:
    short, long = sorted((word, other), key=lambda each: (len(each), each))
    if len(short) >= _LEAST_WORD and long.startswith(short):
        return 1.0
    return SequenceMatcher(None, short, long, autojunk=False).ratio()


def _words(name: str, titles: frozenset[str]) -> list[str]:
    found = _WORD.findall(name.casefold())
    return sorted([each for each in found if each not in titles and len(each) > 1][:12])
