"""The table of states as a picture: Mermaid, which documentation pages draw."""

from collections.abc import Iterator

from services.notify.domain.chat.table import AGAIN, BACK, State, Table


def mermaid(table: Table, language: str = "en") -> str:
    """A state diagram. What speaks has round corners, what acts has double sides.

    The commands, which lead from everywhere, are left out; so are ``back``, the menu as a choice of
    others, and the ways to ``away``.

    Args:
        table: of states.
        language: of what is written on the ways.
    """
    lines = ["flowchart TD"]
    for name, state in table.states.items():
        lines.append(f"    {_id(name)}{_box(name, state)}")
    for name, state in table.states.items():
        ways: dict[str, list[str]] = {}
        for label, to in _ways(state, language):
            if to in (BACK, AGAIN, table.away) or (to == table.home and name != table.first):
                continue
            ways.setdefault(to, []).append(label)
        for to, labels in ways.items():
            lines.append(f'    {_id(name)} -->|"{_quoted(" / ".join(labels))}"| {_id(to)}')
    return "\n".join(lines) + "\n"


def _ways(state: State, language: str) -> Iterator[tuple[str, str]]:
    for choice in state.choices.values():
        yield choice.title.in_(language), choice.to
    if state.rows is not None:
        yield f"one of {state.rows.of}", state.rows.to
    for kind, taken in state.takes.items():
        yield f"{kind}: {taken.key}", taken.to
    yield from state.on.items()


def _id(name: str) -> str:
    # Mermaid has words of its own, like "end": none of ours is one of them.
    return f"s_{name.replace('-', '_')}"


def _box(name: str, state: State) -> str:
    if state.do is None:
        return f'("{name}")'
    return f'[["{state.do}"]]' if state.do == name else f'[["{name}: {state.do}"]]'


def _quoted(text: str) -> str:
    return text.replace('"', "'")
