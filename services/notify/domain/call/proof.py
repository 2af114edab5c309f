"""What is proved of a table of calls before it is used: by walking through it, over all ways.

- Whatever is said, or done, is known by then, whichever way led there.
- What is private is said only behind a check, and nothing is promised or sent for a stranger.
- Every state can be reached, and from every state the call can end.
- Nothing is said round and round without waiting for an answer.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from palika.text import Name
from services.notify.domain.call.states import (
    GIVES,
    LATEST_DAY,
    NEEDS,
    OWED,
    PRIVATE,
    Answer,
    AskDay,
    AskNumber,
    Check,
    Choice,
    Deed,
    End,
    LookUp,
    Say,
    State,
    Table,
    leads_to,
)
from services.notify.domain.call.texts import fields_of

_CHECKED: Final = "(checked)"
"""A fact of its own: the right digits were dialled."""

Known = frozenset[str]


def prove(table: Table) -> Iterator[tuple[str, str]]:
    """Each mistake, as its place and the rule that it breaks."""
    known = _known(table)
    for name in table.states:
        if name not in known:
            yield f"states, {name}", "no call comes here"
    for name, facts in known.items():
        yield from _said_and_done(table, table.states[name], facts)
    yield from _ends(table, known)
    yield from _rounds(table)


def _steps(table: Table, state: State, known: Known) -> Iterator[tuple[str, Known]]:
    """Each next state, with what is known there."""
    match state:
        case Check():
            yield state.right, known | {_CHECKED}
            yield state.nothing, known | {_CHECKED}
            yield state.wrong, known
        case AskDay() | AskNumber():
            yield state.then, known | {state.into}
        case LookUp():
            yield state.found, known | GIVES[state.what]
            yield state.missing, known
        case _:
            for then, _ in leads_to(state):
                yield then, known
    if isinstance(state, Choice | Check | AskDay | AskNumber):
        for answer in table.everywhere:
            if answer.then:
                yield answer.then, known
        for then in (table.limits.give_up, table.limits.silent):
            yield then, known
    yield table.limits.too_long, known


def _known(table: Table) -> Mapping[str, Known]:
    """What is known in each state whichever way led there; a state that no way leads to is left
    out."""
    known: dict[str, Known] = {}
    todo = [(flow.starts, flow.facts) for flow in table.flows.values()]
    while todo:
        name, facts = todo.pop()
        before = known.get(name)
        now = facts if before is None else before & facts
        if now == before:
            continue
        known[name] = now
        todo += _steps(table, table.states[name], now)
    return known


def _said_and_done(table: Table, state: State, known: Known) -> Iterator[tuple[str, str]]:
    place = f"states, {state.name}"
    said = set()
    for text in _texts(state):
        said |= fields_of(text.mr)
    for field in sorted(said - table.constants.keys() - {LATEST_DAY}):
        if field in PRIVATE and _CHECKED not in known:
            yield place, f"{{{field}}} is said before a check: a stranger may hear it"
        elif field not in known:
            yield place, f"{{{field}}} is not known here, or not whichever way leads here"
    if isinstance(state, Check):
        for field in (state.against, OWED):
            if field not in known:
                yield place, f"{field} is not known here: there is nothing to check"
    for deed in _deeds(state):
        needs = NEEDS.get(deed, frozenset())
        if needs and _CHECKED not in known:
            yield place, f"{deed} is done before a check: a stranger might do it"
        elif missing := sorted(needs - known):
            yield place, f"{deed} needs {', '.join(missing)}, which is not known here"


def _texts(state: State) -> Iterator[Name]:
    for name in ("says", "again", "past", "far"):
        text = getattr(state, name, None)
        if text is not None:
            yield text


def _deeds(state: State) -> tuple[Deed, ...]:
    if isinstance(state, Say):
        return state.do
    answers: tuple[Answer, ...] = state.answers if isinstance(state, Choice) else ()
    return tuple(deed for each in answers for deed in each.do)


def _ends(table: Table, reached: Mapping[str, Known]) -> Iterator[tuple[str, str]]:
    """The states from which no end can be reached."""
    ending = {name for name, state in table.states.items() if isinstance(state, End)}
    grown = True
    while grown:
        grown = False
        for name, state in table.states.items():
            if name not in ending and any(then in ending for then, _ in leads_to(state)):
                ending.add(name)
                grown = True
    for name in reached:
        if name not in ending:
            yield f"states, {name}", "no way leads from here to an end"
    for limit in ("silent", "too_long"):
        name = getattr(table.limits, limit)
        if not isinstance(table.states[name], End):
            yield f"limits, {limit}", f"{name} must be an end"


def _rounds(table: Table) -> Iterator[tuple[str, str]]:
    """The states from which saying leads back to itself, without a question on the way."""
    for name in table.states:
        here, seen = name, set[str]()
        while isinstance(state := table.states[here], Say) and here not in seen:
            seen.add(here)
            here = state.then
        if here == name and seen:
            yield f"states, {name}", "says the same again and again, without a question"
