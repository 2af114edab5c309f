"""How a state is said over WhatsApp: text, buttons, a list or the button that sends a place.

Nothing here fails: what is found may be of any length, and is cut to what WhatsApp shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.notify.domain import whatsapp
from services.notify.domain.chat.checks import FIELD
from services.notify.domain.chat.conversation import Conversation, Reply, Spoken
from services.notify.domain.chat.table import State, Table
from services.notify.domain.whatsapp import AskLocation, ButtonsContent, ListContent, TextContent

MORE: Final = "+"
"""The row that shows the next ones."""
_LONGEST_ROW_ID: Final = 120
_CUT: Final = "…"


def clipped(text: str, longest: int) -> str:
    """A text of at most so many characters, and of one at least."""
    text = text.strip() or "–"
    return text if len(text) <= longest else text[: longest - 1].rstrip() + _CUT


def rows_of(state: State, memory: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What an action has found for a state to choose from."""
    found = memory.get(state.rows.of) if state.rows is not None else None
    if not isinstance(found, Sequence) or isinstance(found, str):
        return []
    return [each for each in found if isinstance(each, Mapping) and _is_id(each.get("id"))]


def _is_id(raw: Any) -> bool:
    return isinstance(raw, str) and 0 < len(raw) <= _LONGEST_ROW_ID


def page_of(state: State, memory: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], int | None]:
    """The rows that are shown now, and where the next page begins; None: all are shown."""
    rows = rows_of(state, memory)
    room = whatsapp.MAX_ROWS - len(state.choices)
    if len(rows) <= room:
        return rows, None
    size = room - 1
    at = memory.get("page")
    begin = at if type(at) is int and 0 <= at < len(rows) else 0
    following = begin + size
    return rows[begin:following], following if following < len(rows) else 0


def options(state: State, memory: Mapping[str, Any]) -> list[str]:
    """What may be chosen, in the order in which it is shown: ``#`` and the id of a row, ``+`` for
    the next page, else the code of a choice."""
    rows, following = page_of(state, memory)
    found = [f"#{row['id']}" for row in rows]
    if following is not None:
        found.append(MORE)
    return [*found, *state.choices]


def filled(text: str, memory: Mapping[str, Any]) -> str:
    """A text with its fields. One that is not there is a dash: the table is checked, so it is."""
    return FIELD.sub(lambda found: str(memory.get(found[1], "–")), text)


def say(name: str, conversation: Conversation, table: Table, before: str = "") -> Reply:
    """A state's message.

    Args:
        name: of a state that speaks.
        conversation: whose language and memory are taken.
        table: of states.
        before: said first, in the same message.
    """
    state = table.states[name]
    language = conversation.language or "mr"
    memory = conversation.memory
    assert state.says is not None
    text = filled(state.says.in_(language), memory)
    if before:
        text = f"{before}\n\n{text}"
    return Reply(_content(name, state, text, language, memory, table))


def _content(
    name: str, state: State, text: str, language: str, memory: Mapping[str, Any], table: Table
) -> Spoken:
    body = clipped(text, whatsapp.MAX_BODY)
    rows, following = page_of(state, memory)
    if state.pin:
        return AskLocation(body)
    if not rows and not state.choices:
        return TextContent(clipped(text, whatsapp.MAX_TEXT))
    if not rows and len(state.choices) <= whatsapp.MAX_BUTTONS:
        buttons = [
            whatsapp.Choice(
                f"{name}/{code}", clipped(choice.title.in_(language), whatsapp.MAX_BUTTON)
            )
            for code, choice in state.choices.items()
        ]
        return ButtonsContent(body, buttons)
    listed = [_row(name, row) for row in rows]
    if following is not None:
        title = clipped(table.texts["more"].in_(language), whatsapp.MAX_ROW_TITLE)
        listed.append(whatsapp.Choice(f"{name}/{MORE}", title))
    listed.extend(
        whatsapp.Choice(
            f"{name}/{code}", clipped(choice.title.in_(language), whatsapp.MAX_ROW_TITLE)
        )
        for code, choice in state.choices.items()
    )
    label = clipped(table.texts["choose"].in_(language), whatsapp.MAX_BUTTON)
    return ListContent(body, label, listed)


def _row(name: str, row: Mapping[str, Any]) -> whatsapp.Choice:
    title = str(row.get("title") or "")
    # What does not fit into the title is shown whole below it.
    text = str(row.get("text") or (title if len(title) > whatsapp.MAX_ROW_TITLE else ""))
    return whatsapp.Choice(
        f"{name}/#{row['id']}",
        clipped(title, whatsapp.MAX_ROW_TITLE),
        clipped(text, whatsapp.MAX_ROW_TEXT) if text.strip() else "",
    )
