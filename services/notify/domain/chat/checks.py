"""What has to be true of a whole table of states: nobody gets stuck, and no text has a hole."""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Final

from palika.reading import Reading
from palika.text import Name
from services.notify.domain.chat.actions import ACTIONS, NEEDS
from services.notify.domain.chat.conversation import AWAY
from services.notify.domain.chat.table import AGAIN, BACK, LANGUAGES, State, Table

FIELD: Final = re.compile(r"\{([a-z_]+)\}")
_OF_TEXTS: Final[dict[str, frozenset[str]]] = {"officer": frozenset({"text"})}


def check(reading: Reading, table: Table, pieces: Mapping[str, frozenset[str]]) -> None:
    """Note what is wrong: states that nothing leads to, states without a way on, silent circles,
    and fields or lists that need not be there when a text wants them.

    Args:
        reading: where mistakes are noted.
        table: whose parts are right by themselves.
        pieces: of ``names``, what each may have a field for.
    """
    reached = reachable(table)
    for name, state in table.states.items():
        place = f"states, {name}"
        if name not in reached:
            reading.wrong(place, "nothing leads here")
        if state.says is None and state.do is None:
            reading.wrong(place, "must say something or do something")
        if state.says is None and (state.choices or state.rows or state.takes):
            reading.wrong(place, "has to say what may be chosen")
        if state.says is not None and state.do is not None:
            reading.wrong(place, "either says something and waits, or does something and goes on")
        if state.says is not None and not (state.choices or state.rows or state.takes):
            reading.wrong(place, "must give the citizen a way on: choices, rows or what it takes")
        if state.do is not None and {BACK, AGAIN} & set(state.on.values()):
            reading.wrong(place, "an action leads to a state")
    _no_silent_circle(reading, table)
    _no_holes(reading, table)
    for key, text in table.names.items():
        _only(reading, f"names, {key}", text, pieces.get(key, frozenset()))
    for name in (table.first, table.home, table.away, table.lost, table.with_person):
        if table.states[name].says is None and name not in (table.lost,):
            reading.wrong(f"states, {name}", "must say something")


def reachable(table: Table) -> set[str]:
    """The states that can be come to."""
    found: set[str] = set()
    left = [table.first, table.home, table.away, table.lost, table.with_person]
    left += [to for each in table.commands.values() for to in each.targets()]
    while left:
        name = left.pop()
        if name in found or name not in table.states:
            continue
        found.add(name)
        left.extend(table.states[name].targets())
    return found


def _no_silent_circle(reading: Reading, table: Table) -> None:
    """From an action to actions only, and round again: the citizen would never hear anything."""
    silent = {name for name, state in table.states.items() if state.says is None}
    for start in sorted(silent):
        seen: set[str] = set()
        left = [each for each in table.states[start].on.values() if each in silent]
        while left:
            name = left.pop()
            if name == start:
                reading.wrong(f"states, {start}", "leads back to itself without saying anything")
                break
            if name not in seen:
                seen.add(name)
                left.extend(each for each in table.states[name].on.values() if each in silent)


def _edges(table: Table) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Every way from a state to a state, with what is there afterwards that was not before."""
    for name, state in table.states.items():
        for choice in state.choices.values():
            yield name, choice.to, frozenset(choice.sets)
        if state.rows is not None:
            rows = state.rows
            yield name, rows.to, frozenset({rows.key, f"{rows.key}_name"})
        for taken in state.takes.values():
            yield name, taken.to, frozenset({taken.key})
        if state.do is not None:
            for outcome, to in state.on.items():
                came = ACTIONS[state.do].get(outcome)
                yield name, to, frozenset() if came is None else came.gives


def available(table: Table) -> dict[str, frozenset[str]]:
    """By state, what is remembered whichever way it was come to.

    Coming to the menu forgets everything; commands, being lost and being away lead anywhere with
    nothing sure.
    """
    everything = frozenset(key for _, _, given in _edges(table) for key in given)
    found = dict.fromkeys(table.states, everything)
    for name in _anywhere(table):
        found[name] = frozenset()
    edges = list(_edges(table))
    changed = True
    while changed:
        changed = False
        for start, to, given in edges:
            if to not in table.states:
                continue
            now = found[to] & (found[start] | given)
            if now != found[to]:
                found[to] = now
                changed = True
    return found


def _anywhere(table: Table) -> set[str]:
    named = {to for each in table.commands.values() for to in each.targets()}
    named |= {table.first, table.home, table.away, table.lost, table.with_person}
    # What the menu offers is understood in other states, too.
    offered = {each.to for each in table.states[table.home].choices.values()}
    return named | offered - {BACK, AGAIN}


def _no_holes(reading: Reading, table: Table) -> None:
    sure = available(table)
    for name, state in table.states.items():
        for each in sorted(wanted(state) - sure[name]):
            reading.wrong(f"states, {name}", f"{{{each}}} need not be there")
        if AWAY in state.on and state.do is None:
            reading.wrong(f"states, {name}, then", "away is of an action")
    for key, text in table.texts.items():
        _only(reading, f"texts, {key}", text, _OF_TEXTS.get(key, frozenset()))


def _only(reading: Reading, place: str, text: Name, known: Set[str]) -> None:
    for language in LANGUAGES:
        for each in FIELD.findall(text.in_(language)):
            if each not in known:
                reading.wrong(f"{place}, {language}", f"{{{each}}} is not known here")


def wanted(state: State) -> set[str]:
    """What a state cannot do without: fields of its text, its list, what its action needs."""
    found: set[str] = set()
    if state.says is not None:
        for language in LANGUAGES:
            found.update(FIELD.findall(state.says.in_(language)))
    if state.rows is not None:
        found.add(state.rows.of)
    if state.do is not None:
        found |= NEEDS.get(state.do, frozenset())
    return found
