"""The kinds of states that a call goes through, and what is known in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from palika.text import Name


class Fact(StrEnum):
    """What a fact is, and so how it is spoken."""

    AMOUNT = "amount"
    DAY = "day"
    ID = "id"
    PHONE = "phone"
    WORDS = "words"
    SECRET = "secret"  # noqa: S105 a name, no password
    """Never spoken: it is compared with what is dialled."""


OWED, PROPERTY, VERIFY = "owed", "property", "verify"
PROMISED_ON, LATEST_DAY = "promised_on", "latest_day"
GRIEVANCE, STATUS = "grievance", "status"

FACTS: Final[Mapping[str, Fact]] = {
    OWED: Fact.AMOUNT,
    PROPERTY: Fact.ID,
    VERIFY: Fact.SECRET,
    PROMISED_ON: Fact.DAY,
    LATEST_DAY: Fact.DAY,
    GRIEVANCE: Fact.ID,
    STATUS: Fact.WORDS,
}
"""All that a call can know."""

PRIVATE: Final = frozenset({OWED, PROPERTY})
"""A stranger who takes the call may not hear these."""


class Deed(StrEnum):
    """What a state or an answer does, besides leading on."""

    PROMISE = "promise"
    OPT_OUT = "opt_out"
    SEND_LINK = "send_link"
    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    WRONG_PERSON = "wrong_person"


NEEDS: Final[Mapping[Deed, frozenset[str]]] = {
    Deed.PROMISE: frozenset({PROPERTY, PROMISED_ON}),
    Deed.SEND_LINK: frozenset({PROPERTY}),
    Deed.DISPUTE: frozenset({PROPERTY}),
    Deed.HARDSHIP: frozenset({PROPERTY}),
}
"""The facts without which a deed cannot be done. Each of these needs the check too."""


class Lookup(StrEnum):
    """What is asked of another service in the middle of a call."""

    DUES = "dues"
    GRIEVANCE = "grievance"


GIVES: Final[Mapping[Lookup, frozenset[str]]] = {
    Lookup.DUES: frozenset({OWED, PROPERTY, VERIFY}),
    Lookup.GRIEVANCE: frozenset({STATUS}),
}
"""The facts that come of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question.

    Attributes:
        code: what it means.
        keys: the key for it; or empty.
        words: what is said for it.
        then: the state it leads to; empty: to the same again.
        do: what is done.
        language: that the call goes on in; or empty.
    """

    code: str
    keys: str
    words: tuple[str, ...]
    then: str
    do: tuple[Deed, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """Something is said, and the call goes on."""

    name: str
    says: Name
    then: str
    do: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with answers to choose from."""

    name: str
    says: Name
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Digits are asked for that only the right person knows.

    Attributes:
        right: where they lead when something is owed, ``nothing`` when nothing is.
        wrong: where the last of ``tries`` leads, and each when the telephone has tried too often.
    """

    name: str
    says: Name
    again: Name
    digits: int
    against: str
    tries: int
    right: str
    nothing: str
    wrong: str


@dataclass(frozen=True, slots=True)
class AskDay:
    """A day is asked for, and becomes a fact when it is within the limits."""

    name: str
    says: Name
    past: Name
    far: Name
    into: str
    then: str


@dataclass(frozen=True, slots=True)
class AskNumber:
    """Digits are asked for, and become a fact."""

    name: str
    says: Name
    least: int
    most: int
    into: str
    then: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Another service is asked; nothing is said."""

    name: str
    what: Lookup
    found: str
    missing: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """The call goes to a person."""

    name: str
    says: Name
    taken: str
    busy: str


@dataclass(frozen=True, slots=True)
class End:
    """The last word."""

    name: str
    says: Name
    outcome: str


State = Say | Choice | Check | AskDay | AskNumber | LookUp | Transfer | End
Asking = Choice | Check | AskDay | AskNumber


def leads_to(state: State) -> list[tuple[str, str]]:
    """Where a state leads: the next state, and what has to happen for it (for people)."""
    match state:
        case Say():
            return [(state.then, "")]
        case Choice():
            return [
                (each.then, f"{each.keys} {each.code}".strip())
                for each in state.answers
                if each.then
            ]
        case Check():
            return [
                (state.right, "right"),
                (state.nothing, "right, nothing owed"),
                (state.wrong, f"wrong {state.tries} times"),
            ]
        case AskDay() | AskNumber():
            return [(state.then, state.into)]
        case LookUp():
            return [(state.found, f"{state.what} found"), (state.missing, "not found")]
        case Transfer():
            return [(state.taken, "taken"), (state.busy, "not taken")]
        case End():
            return []


@dataclass(frozen=True, slots=True)
class Flow:
    """A kind of call.

    Attributes:
        outbound: we call; else somebody calls us.
        starts: its first state.
        facts: that are known when it begins.
        in_place_of: the templates that are not read out over the telephone: it is held instead.
    """

    name: str
    outbound: bool
    starts: str
    facts: frozenset[str]
    in_place_of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how often, how far ahead; see ``data/calls.yaml``."""

    longest: timedelta
    again: int
    listen_s: int
    promise_days: int
    checks_an_hour: int
    ring_s: int
    tries: int
    pause: timedelta
    of_use: timedelta
    give_up: str
    silent: str
    too_long: str


@dataclass(frozen=True, slots=True)
class Voice:
    """How a language is spoken.

    Attributes:
        code: of the language and its country, for the provider: ``mr-IN``.
        provider: the name of its voice with the provider.
        espeak: the name of its voice with espeak-ng.
    """

    code: str
    provider: str
    espeak: str


@dataclass(frozen=True, slots=True)
class Table:
    """The whole of ``data/calls.yaml``."""

    limits: Limits
    voices: Mapping[str, Voice]
    constants: Mapping[str, str]
    statuses: Mapping[str, Name]
    """How those of a grievance are spoken, by the grievance service's code."""
    everywhere: tuple[Answer, ...]
    again: Name
    unheard: Name
    flows: Mapping[str, Flow]
    states: Mapping[str, State] = field(repr=False)

    def in_place_of(self, template: str) -> Flow | None:
        """The conversation that is held where a message of this template would be read out."""
        found = (each for each in self.flows.values() if template in each.in_place_of)
        return next(found, None)
