"""The engine: from what was heard to what is said and done. It is pure; the table is the flow.

``step`` takes a call as it stands and one thing that was heard, and gives the call as it stands
then, what is said, and what the edge has to do: at the end of each step exactly one of listening,
asking another service, transferring and hanging up, and before it whatever was agreed to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final

from palika.india import day_of
from services.notify.domain.call.days import day_of_keys, find_day
from services.notify.domain.call.hearing import Vocabulary, digits_of
from services.notify.domain.call.states import (
    LATEST_DAY,
    OWED,
    Answer,
    AskDay,
    Asking,
    AskNumber,
    Check,
    Choice,
    Deed,
    End,
    LookUp,
    Lookup,
    Say,
    State,
    Table,
    Transfer,
)
from services.notify.domain.call.texts import Said, spoken

HUNG_UP: Final = "hung_up"
"""The outcome of a call that the other side has ended."""
_OF_DAY: Final = 4
"""Digits of a day: two of the month's, two of its month."""


class Ear(StrEnum):
    """What kind of a thing was heard."""

    BEGAN = "began"
    """The call was taken: there is somebody."""
    KEYS = "keys"
    WORDS = "words"
    SILENCE = "silence"
    FOUND = "found"
    """Another service has answered, with facts."""
    MISSING = "missing"
    """It has, that there is nothing."""
    TAKEN = "taken"
    """The person to whom the call was transferred has talked, and hung up."""
    NOT_TAKEN = "not_taken"
    BARRED = "barred"
    """Digits for a check, from a telephone that has tried too often."""
    HUNG_UP = "hung_up"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that was heard.

    Attributes:
        ear: its kind.
        at: when, aware.
        text: the keys, or the words as they were transcribed: personal data.
        facts: that were found.
    """

    ear: Ear
    at: datetime
    text: str = field(default="", repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it stands.

    Attributes:
        flow: its kind.
        state: where it is; empty before it began.
        language: mr or en.
        facts: what is known; amounts in paise, days as 2026-06-30. Personal data.
        began_at: aware.
        misses: so often in a row the question of this state was not answered.
        wrong: so often the check was failed.
        outcome: of a call that has ended; else empty.
    """

    flow: str
    language: str
    began_at: datetime
    state: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    misses: int = 0
    wrong: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for keys or words.

    Attributes:
        digits: so many keys at the most; the answer is whole when they are there.
        words: whether words are listened for, too.
        hints: phrases that are likely, for whoever transcribes.
        seconds: so long.
    """

    digits: int
    words: bool
    hints: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask another service; the answer is heard as found or missing."""

    what: Lookup
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PutThrough:
    """Transfer the call to a person."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The call is over."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Do:
    """Something was agreed to. ``day`` is that of a promise."""

    deed: Deed
    day: date | None = None


Action = Listen | Ask | PutThrough | HangUp | Do


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of a thing that was heard.

    Attributes:
        call: as it stands now.
        says: in order.
        actions: what was agreed to, then how it goes on.
        understood: what was heard, as a code without anything private: an answer's, ``day``,
            ``right``, ``wrong``, ``unclear``, ``silence``.
    """

    call: Call
    says: tuple[Said, ...]
    actions: tuple[Action, ...]
    understood: str


def step(call: Call, heard: Heard, table: Table) -> Step:
    """One step of a call.

    A call that has ended says and does nothing more, whatever is heard. A thing that cannot be
    heard in the present state is not understood, and the question is asked again.

    Args:
        call: as it stands.
        heard: what was heard.
        table: the flow.
    """
    turn = _Turn(call, heard, table)
    if call.outcome:
        return turn.ended(call.outcome)
    if heard.ear is Ear.HUNG_UP:
        return turn.ended(HUNG_UP)
    if not call.state:
        return turn.to(table.flows[call.flow].starts, "began")
    if heard.at - call.began_at >= table.limits.longest:
        return turn.to(table.limits.too_long, "too_long")
    state = table.states[call.state]
    match state:
        case LookUp():
            return turn.looked_up(state)
        case Transfer():
            taken = heard.ear is Ear.TAKEN
            return turn.to(state.taken if taken else state.busy, "taken" if taken else "not_taken")
        case Check() if heard.ear is Ear.BARRED:
            return turn.to(state.wrong, "barred")
        case Choice() | Check() | AskDay() | AskNumber():
            return turn.answered(state)
        case _:
            # No call waits in such a state: the table has changed under it.
            return turn.to(state.name, "began")


class _Turn:
    """One step, while it is made."""

    def __init__(self, call: Call, heard: Heard, table: Table) -> None:
        self._call = call
        self._heard = heard
        self._table = table
        self._says: list[Said] = []
        self._deeds: list[Action] = []

    # -- what is heard ------------------------------------------------------------------------

    def looked_up(self, state: LookUp) -> Step:
        """Another service has answered, or not."""
        if self._heard.ear is Ear.FOUND:
            self._learn(self._heard.facts)
            return self.to(state.found, "found")
        return self.to(state.missing, "missing")

    def answered(self, state: Asking) -> Step:
        """Something was heard where a question was asked."""
        text = self._heard.text
        if self._heard.ear not in (Ear.KEYS, Ear.WORDS):
            return self._missed(state, self._table.unheard, "unheard", "silence")
        keys = _digits(self._heard)
        by_voice = self._heard.ear is Ear.WORDS
        own = state.answers if isinstance(state, Choice) else ()
        # A digit that is said is a key only where keys are asked for: elsewhere it belongs to
        # a day or a number.
        pressed = keys if isinstance(state, Choice) or not by_voice else ""
        answer = self._chosen(own, pressed, text if by_voice else "")
        if answer is not None:
            return self._take(state, answer)
        match state:
            case Check():
                return self._check(state, keys)
            case AskDay():
                today = day_of(self._heard.at)
                day = find_day(text, today) if by_voice else day_of_keys(keys, today)
                if day is not None:
                    return self._day(state, day, today)
            case AskNumber():
                if state.least <= len(keys) <= state.most and _is_number(keys):
                    self._learn({state.into: keys})
                    return self.to(state.then, "number")
        return self._missed(state, self._table.again, "again", "unclear")

    def _chosen(self, own: tuple[Answer, ...], keys: str, words: str) -> Answer | None:
        """The answer that was dialled, or said: of two the one of more words; the question's own
        before one that stands everywhere."""
        everywhere = self._table.everywhere
        for each in (*own, *everywhere):
            if each.keys and each.keys == keys:
                return each
        if not words:
            return None
        (code, length), (other, longer) = (
            _words(each).longest(words) for each in (own, everywhere)
        )
        if code is None or (other is not None and longer > length):
            return next((each for each in everywhere if each.code == other), None)
        return next(each for each in own if each.code == code)

    def _take(self, state: Asking, answer: Answer) -> Step:
        language = answer.language
        if answer.code == "other_language":
            language = "en" if self._call.language == "mr" else "mr"
        if language:
            self._call = replace(self._call, language=language)
        if answer.then:
            self._do(answer.do)
            return self.to(answer.then, answer.code)
        # Again, or in another language: what is asked is asked once more.
        return self._ask(state, answer.code)

    def _check(self, state: Check, keys: str) -> Step:
        if not is_try(self._call, self._heard, self._table):
            return self._missed(state, self._table.again, "again", "unclear")
        if keys == self._call.facts[state.against]:
            owes = self._call.facts[OWED] > 0
            return self.to(state.right if owes else state.nothing, "right")
        self._call = replace(self._call, wrong=self._call.wrong + 1, misses=0)
        if self._call.wrong >= state.tries:
            return self.to(state.wrong, "wrong")
        self._say("again", state.again)
        return self._ask(state, "wrong")

    def _day(self, state: AskDay, day: date, today: date) -> Step:
        latest = today + timedelta(days=self._table.limits.promise_days)
        if day < today or day > latest:
            self._learn({LATEST_DAY: latest.isoformat()})
            past = day < today
            return self._missed(
                state, state.past if past else state.far, "past" if past else "far", "out_of_bounds"
            )
        self._learn({state.into: day.isoformat()})
        return self.to(state.then, "day")

    def _missed(self, state: Asking, text: Any, code: str, understood: str) -> Step:
        """The question was not answered: it is asked again, so often; then the call gives up."""
        limits = self._table.limits
        if self._call.misses >= limits.again:
            # Who says nothing at all is not there; who is not understood is offered a person.
            if understood == "silence" or self._call.state == limits.give_up:
                return self.to(limits.silent, understood)
            return self.to(limits.give_up, understood)
        self._call = replace(self._call, misses=self._call.misses + 1)
        self._say(code, text)
        return self._ask(state, understood)

    # -- where it goes ------------------------------------------------------------------------

    def to(self, name: str, understood: str) -> Step:
        """Go to a state, and on until something has to be heard."""
        self._call = replace(self._call, misses=0)
        state: State = self._table.states[name]
        while isinstance(state, Say):
            self._call = replace(self._call, state=state.name)
            self._do(state.do)
            self._say(state.name, state.says)
            state = self._table.states[state.then]
        self._call = replace(self._call, state=state.name)
        match state:
            case End():
                self._say(state.name, state.says)
                return self.ended(state.outcome, understood)
            case LookUp():
                value = str(self._call.facts.get(state.what, ""))
                return self._step(Ask(state.what, value), understood)
            case Transfer():
                self._say(state.name, state.says)
                return self._step(PutThrough(), understood)
            case _:
                return self._ask(state, understood)

    def ended(self, outcome: str, understood: str = "") -> Step:
        """The call is over."""
        self._call = replace(self._call, outcome=outcome)
        return self._step(HangUp(outcome), understood or outcome)

    def _ask(self, state: Asking, understood: str) -> Step:
        self._say(state.name, state.says)
        seconds = self._table.limits.listen_s
        match state:
            case Choice():
                hints = tuple(word for each in state.answers for word in each.words)
                listen = Listen(1, True, hints, seconds)
            case Check():
                listen = Listen(state.digits, True, (), seconds)
            case AskDay():
                listen = Listen(_OF_DAY, True, (), seconds)
            case AskNumber():
                listen = Listen(state.most, True, (), seconds)
        return self._step(listen, understood)

    def _step(self, last: Action, understood: str) -> Step:
        return Step(self._call, tuple(self._says), (*self._deeds, last), understood)

    def _do(self, deeds: tuple[Deed, ...]) -> None:
        for deed in deeds:
            day = None
            if deed is Deed.PROMISE:
                day = date.fromisoformat(self._call.facts["promised_on"])
            self._deeds.append(Do(deed, day))

    def _say(self, code: str, text: Any) -> None:
        call = self._call
        self._says += spoken(code, text, call.language, call.facts, self._table.constants)

    def _learn(self, facts: Mapping[str, Any]) -> None:
        self._call = replace(self._call, facts={**self._call.facts, **facts})


def is_try(call: Call, heard: Heard, table: Table) -> bool:
    """Whether what was heard are digits for a check: such tries are counted."""
    state, keys = table.states.get(call.state), _digits(heard)
    return isinstance(state, Check) and len(keys) == state.digits and _is_number(keys)


def _digits(heard: Heard) -> str:
    """What was dialled, or the digits that were said."""
    return digits_of(heard.text) if heard.ear is Ear.WORDS else heard.text.strip().rstrip("#")


def _is_number(keys: str) -> bool:
    return keys.isascii() and keys.isdigit()


@cache
def _words(answers: tuple[Answer, ...]) -> Vocabulary:
    return Vocabulary({each.code: each.words for each in answers})
