"""The table of states, as it is read: ``data/chat.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from palika.text import Name

BACK: Final = "back"
"""A target that is no state: the one that has spoken before."""
AGAIN: Final = "again"
"""A target that is no state: the same one, entered anew."""
LANGUAGES: Final = ("mr", "en")


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen: by a button, by its number, or by one of its words.

    Attributes:
        title: on the button or in the list.
        words: by which it is meant, in any language and script.
        to: a state, ``back`` or ``again``.
        sets: what is remembered; ``language`` is the conversation's.
    """

    title: Name
    words: tuple[str, ...]
    to: str
    sets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """Choices that an action has found: the list ``of``; what is chosen is remembered under ``key``
    and its title under ``<key>_name``, and leads ``to``."""

    of: str
    key: str
    to: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a state takes beside choices: it is remembered under ``key``, and leads ``to``.

    Attributes:
        shortest, longest: of text, in characters.
        numbers: digits are an answer, not the number of a choice.
        last: text is taken only that speaks of none of the choices.
        digit: text is taken only that has a digit in it; other text is heard as if none were taken.
    """

    key: str
    to: str
    shortest: int = 1
    longest: int = 2_000
    numbers: bool = False
    last: bool = False
    digit: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """One state.

    Attributes:
        says: the text; None: it says nothing and goes on by its action.
        choices: by id, in their order.
        rows: choices that were found; they come before the others.
        takes: by kind (``text``, ``place``, ``photo``).
        do: the action on entering; None: none.
        on: by the action's outcome the next state.
        pin: the text comes with a button by which a place is sent.
        reminds: whether the citizen is reminded when they stay silent here.
        stays: whether silence does not end the conversation here: a person is to answer.
    """

    says: Name | None
    choices: Mapping[str, Choice]
    rows: Rows | None
    takes: Mapping[str, Taken]
    do: str | None
    on: Mapping[str, str]
    pin: bool = False
    reminds: bool = True
    stays: bool = False

    def targets(self) -> set[str]:
        """Where it may lead, ``back`` and ``again`` left out."""
        found = {each.to for each in self.choices.values()}
        found |= {each.to for each in self.takes.values()} | set(self.on.values())
        if self.rows is not None:
            found.add(self.rows.to)
        return found - {BACK, AGAIN}


@dataclass(frozen=True, slots=True)
class Command:
    """What is understood in every state; ``idle``: where it leads while nothing has been begun."""

    to: str
    words: tuple[str, ...]
    idle: str

    def targets(self) -> set[str]:
        """Where it may lead, ``back`` and ``again`` left out."""
        return {self.to, self.idle} - {BACK, AGAIN}


@dataclass(frozen=True, slots=True)
class Rules:
    """The figures of a city; ``data/chat.yaml`` says what each is."""

    remind_minutes: int
    end_minutes: int
    window_minutes: int
    misses: int
    link_unused_days: int
    handover_hours: int
    code_minutes: int
    code_tries: int
    codes_a_day: int
    codes_a_day_of_property: int
    seconds_between_codes: int
    property_numbers_an_hour: int
    message_seconds: int


@dataclass(frozen=True, slots=True)
class Table:
    """The whole of it.

    Attributes:
        first: the state in which the language is chosen.
        home: the menu.
        away: where an action leads whose service does not answer.
        lost: where not being understood several times in a row leads.
        with_person: where an officer's answer is heard.
        texts: what belongs to no state, by name.
        names: what codes of other services are called, and pieces of what actions find.
        keywords: words of citizens by the kind of grievance that they mean.
        courtesies: words that are no answer and no question.
        template: of WhatsApp, by which a citizen is told outside 24 hours that there is an answer.
    """

    first: str
    home: str
    away: str
    lost: str
    with_person: str
    rules: Rules
    states: Mapping[str, State]
    commands: Mapping[str, Command]
    texts: Mapping[str, Name]
    names: Mapping[str, Name]
    keywords: Mapping[str, tuple[str, ...]]
    courtesies: tuple[str, ...]
    template: str

    def name_of(self, code: str, language: str) -> str:
        """What a code is called; one that has no name, as it is."""
        found = self.names.get(code)
        return code if found is None else found.in_(language)
