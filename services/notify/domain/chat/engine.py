"""What becomes of a conversation by what is heard: pure, and the same for the same.

``step`` takes one message (or an officer's answer, or a tick of time); if what it gives has an
action, whoever carries that out goes on with ``resume``, until there is none. Whatever is heard, it
raises nothing, the citizen is answered (but for a reaction), and the state is one of the table.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from palika.text import NO_TEXT, is_blank
from services.notify.domain import whatsapp
from services.notify.domain.chat import words
from services.notify.domain.chat.checks import wanted
from services.notify.domain.chat.conversation import (
    TRAIL,
    Action,
    Conversation,
    Heard,
    OfficerSaid,
    Outcome,
    Reply,
    Step,
    Tick,
)
from services.notify.domain.chat.speaking import (
    MORE,
    clipped,
    filled,
    options,
    page_of,
    rows_of,
    say,
)
from services.notify.domain.chat.table import AGAIN, BACK, State, Table, Taken
from services.notify.domain.whatsapp import DocumentContent, TextContent
from services.notify.domain.whatsapp_inbound import (
    Chosen,
    MediaKind,
    Said,
    SaidMedia,
    SaidOther,
    SaidPlace,
    SaidText,
)

_LONGEST_HEARD: Final = 4_096
_NO_WORDS: Final = frozenset({"reaction"})
"""Of what cannot be read, what nobody expects an answer to: a thumb under a message."""


def step(conversation: Conversation, heard: Heard, table: Table) -> Step:
    """Go on by what was heard."""
    if conversation.state not in table.states:
        # None yet, or one of a table that the city has changed since.
        conversation = replace(conversation, state="", trail=(), memory={})
    if isinstance(heard, OfficerSaid):
        return _officer(conversation, heard, table)
    if isinstance(heard, Tick):
        return _tick(conversation, heard, table)
    if isinstance(heard, SaidOther) and heard.kind in _NO_WORDS:
        return Step(conversation)
    here = table.states.get(conversation.state)
    if here is None:
        return _begin(conversation, heard, table)
    if here.says is None:
        # It was left in the middle of an action: that is done first.
        return _enter(conversation, conversation.state, table)
    if isinstance(heard, Chosen):
        return _chosen(conversation, here, heard, table)
    if isinstance(heard, SaidText):
        return _text(conversation, here, heard, table)
    taken = _taken_file(here, heard)
    if taken is not None:
        return _remember(conversation, taken[0], taken[1], table)
    return _miss(conversation, table, "cannot_read")


def resume(conversation: Conversation, outcome: Outcome, table: Table) -> Step:
    """Go on by what an action has come to."""
    here = table.states.get(conversation.state)
    memory = {key: each for key, each in conversation.memory.items() if key not in outcome.forget}
    now = replace(
        conversation,
        memory=memory | dict(outcome.found) | {"page": 0},
        trail=() if outcome.over else conversation.trail,
    )
    replies = tuple(
        Reply(
            DocumentContent(clipped(str(each.get("caption", "")), whatsapp.MAX_BODY)),
            {key: value for key, value in each.items() if key != "caption"},
        )
        for each in outcome.documents
    )
    to = table.away if here is None else here.on.get(outcome.name, table.away)
    after = _enter(now, to, table)
    return replace(after, replies=(*replies, *after.replies))


# -- where it leads -------------------------------------------------------------------------------


def _enter(conversation: Conversation, to: str, table: Table, before: str = "") -> Step:
    """Come to a state: it speaks, or asks for its action."""
    if to == table.home:
        if not conversation.language:
            to = table.first
        conversation = replace(conversation, trail=(), memory={})
    if wanted(table.states[to]) - conversation.memory.keys():
        # The way back leads into something that is done and forgotten.
        return _enter(conversation, table.home, table, before)
    state = table.states[to]
    conversation = replace(conversation, state=to)
    if state.do is not None:
        return Step(conversation, (), (Action(state.do),))
    return Step(conversation, (say(to, conversation, table, before),))


def _go(conversation: Conversation, to: str, table: Table) -> Step:
    """Follow a way that the citizen has chosen."""
    conversation = replace(conversation, misses=0)
    if to == AGAIN:
        return _enter(conversation, conversation.state, table)
    if to == BACK:
        trail = [each for each in conversation.trail if each in table.states]
        if not trail:
            return _enter(conversation, table.home, table)
        back = replace(conversation, trail=tuple(trail[:-1]), memory=_first_page(conversation))
        return _enter(back, trail[-1], table)
    trail = list(conversation.trail)
    left = conversation.state
    if left in table.states and table.states[left].says is not None and trail[-1:] != [left]:
        trail.append(left)
    gone = replace(conversation, trail=tuple(trail[-TRAIL:]), memory=_first_page(conversation))
    return _enter(gone, to, table)


def _first_page(conversation: Conversation) -> dict[str, Any]:
    return {key: each for key, each in conversation.memory.items() if key != "page"}


def _begin(conversation: Conversation, heard: Said, table: Table) -> Step:
    """The first words of a conversation: a wish at once, or the menu (the language, before)."""
    if isinstance(heard, Chosen) and (pressed := _old_button(conversation, heard, table)):
        return pressed
    if isinstance(heard, SaidText | Chosen):
        said = heard.text if isinstance(heard, SaidText) else heard.title
        command = _command(said, conversation, table)
        if command is not None and command != BACK:
            return _go(conversation, command, table)
        if conversation.language and (wish := _shortcut(conversation, said, table)):
            return wish
    return _enter(conversation, table.home, table)


# -- what is heard --------------------------------------------------------------------------------


def _commanded(conversation: Conversation, to: str, table: Table) -> Step:
    if to not in (BACK, AGAIN):
        # A wish of another kind: what was begun is forgotten.
        conversation = replace(conversation, trail=(), memory={})
    return _go(conversation, to, table)


def _command(text: str, conversation: Conversation, table: Table) -> str | None:
    found = words.meant(text, {name: each.words for name, each in table.commands.items()})
    if found is None:
        return None
    is_idle = conversation.state in ("", table.first, table.home)
    return table.commands[found].idle if is_idle else table.commands[found].to


def _text(conversation: Conversation, here: State, heard: SaidText, table: Table) -> Step:
    text = NO_TEXT.sub(" ", heard.text[:_LONGEST_HEARD]).strip()
    if is_blank(text):
        return _miss(conversation, table, "not_understood")
    named = _named(here, conversation)
    taken = here.takes.get("text")
    if taken is not None and taken.digit and not any(each.isdigit() for each in text):
        taken = None
    command = _command(text, conversation, table)
    found = words.meant(text, named)
    if command is not None and found is None:
        return _commanded(conversation, command, table)
    shown = options(here, conversation.memory)
    number = words.number_in(text)
    if number is not None and not (taken is not None and taken.numbers) and shown:
        if 1 <= number <= len(shown):
            return _choose(conversation, here, shown[number - 1], table)
        if taken is None:
            return _miss(conversation, table, "not_understood")
    if found is None and (taken is None or taken.last):
        found = words.mentioned(text, named)
    if found is not None:
        return _choose(conversation, here, found, table)
    if taken is None and conversation.language and (wish := _shortcut(conversation, text, table)):
        return wish
    if (taken is None or taken.last) and _is_courtesy(text, table):
        thanked = table.texts["courtesy"].in_(conversation.language or "mr")
        return Step(conversation, (Reply(TextContent(thanked)),))
    if taken is not None and taken.shortest <= len(text) <= taken.longest:
        return _remember(conversation, taken, text, table)
    return _miss(conversation, table, "not_understood")


def _is_courtesy(text: str, table: Table) -> bool:
    # A sign is no word: it is what it is.
    return text in table.courtesies or words.meant(text, {"": table.courtesies}) is not None


def _named(here: State, conversation: Conversation) -> dict[str, tuple[str, ...]]:
    """The words for what may be chosen."""
    found: dict[str, tuple[str, ...]] = {
        f"#{row['id']}": (str(row.get("title", "")), str(row.get("text", "")))
        for row in rows_of(here, conversation.memory)
    }
    for code, choice in here.choices.items():
        found[code] = (*choice.words, choice.title.mr, choice.title.en)
    return found


def _shortcut(conversation: Conversation, text: str, table: Table) -> Step | None:
    """What the menu offers is understood where it is not shown as well."""
    home = table.states[table.home]
    named = {
        code: (*choice.words, choice.title.mr, choice.title.en)
        for code, choice in home.choices.items()
    }
    found = words.meant(text, named) or words.mentioned(text, named)
    if found is None:
        return None
    begun = replace(conversation, state=table.home, trail=(), memory={})
    return _choose(begun, home, found, table)


def _chosen(conversation: Conversation, here: State, heard: Chosen, table: Table) -> Step:
    state, _, option = heard.id.partition("/")
    if state == conversation.state and option in options(here, conversation.memory):
        return _choose(conversation, here, option, table)
    # A row may be of an earlier page.
    rows = {f"#{row['id']}" for row in rows_of(here, conversation.memory)}
    if state == conversation.state and option in rows:
        return _choose(conversation, here, option, table)
    pressed = _old_button(conversation, heard, table)
    if pressed is not None:
        return pressed
    found = words.meant(heard.title, _named(here, conversation))
    if found is not None:
        return _choose(conversation, here, found, table)
    # A button of a template, or one of long ago: what is on it may be a command.
    command = _command(heard.title, conversation, table)
    if command is not None:
        return _commanded(conversation, command, table)
    return _miss(conversation, table, "not_understood")


def _old_button(conversation: Conversation, heard: Chosen, table: Table) -> Step | None:
    """A button of the menu, or of the languages, in a message of long ago."""
    state, _, option = heard.id.partition("/")
    if state not in (table.first, table.home) or option not in table.states[state].choices:
        return None
    if state == table.home and not conversation.language:
        return None
    begun = replace(conversation, state=state, trail=(), memory={})
    return _choose(begun, table.states[state], option, table)


def _choose(conversation: Conversation, here: State, option: str, table: Table) -> Step:
    memory = dict(conversation.memory)
    if option == MORE:
        _, following = page_of(here, memory)
        shown = replace(conversation, memory=memory | {"page": following or 0}, misses=0)
        return Step(shown, (say(shown.state, shown, table),))
    if option.startswith("#"):
        assert here.rows is not None
        row = next(each for each in rows_of(here, memory) if f"#{each['id']}" == option)
        memory[here.rows.key] = row["id"]
        memory[f"{here.rows.key}_name"] = str(row.get("title", ""))
        return _go(replace(conversation, memory=memory), here.rows.to, table)
    choice = here.choices[option]
    language = choice.sets.get("language", conversation.language)
    memory.update({key: each for key, each in choice.sets.items() if key != "language"})
    return _go(replace(conversation, language=language, memory=memory), choice.to, table)


def _taken_file(here: State, heard: Said) -> tuple[Taken, Mapping[str, Any]] | None:
    """A place or a photograph, if it is taken here."""
    if isinstance(heard, SaidPlace) and "place" in here.takes:
        place = {
            "lat": heard.latitude,
            "lon": heard.longitude,
            "address": ", ".join(each for each in (heard.name, heard.address) if each),
        }
        return here.takes["place"], place
    if isinstance(heard, SaidMedia) and "photo" in here.takes:
        is_picture = heard.kind is MediaKind.IMAGE or heard.media_type.startswith("image/")
        if is_picture:
            photo = {"media_id": heard.media_id, "media_type": heard.media_type}
            return here.takes["photo"], photo
    return None


def _remember(conversation: Conversation, taken: Taken, what: Any, table: Table) -> Step:
    # A state takes one thing or another: an address now stands for the place that was sent before.
    others = {each.key for each in table.states[conversation.state].takes.values()}
    memory = {key: each for key, each in conversation.memory.items() if key not in others}
    memory[taken.key] = what
    return _go(replace(conversation, memory=memory), taken.to, table)


# -- what is not an answer ------------------------------------------------------------------------


def _miss(conversation: Conversation, table: Table, why: str) -> Step:
    """Say so, and ask again; after several times in a row, offer another way."""
    misses = conversation.misses + 1
    if misses >= table.rules.misses and conversation.state != table.lost:
        return _go(conversation, table.lost, table)
    before = table.texts[why].in_(conversation.language or "mr")
    missed = replace(conversation, misses=misses)
    return Step(missed, (say(missed.state, missed, table, before),))


def _officer(conversation: Conversation, heard: OfficerSaid, table: Table) -> Step:
    language = conversation.language or "mr"
    text = filled(table.texts["officer"].in_(language), {"text": heard.text})
    said = Reply(TextContent(clipped(text, whatsapp.MAX_TEXT)))
    here = table.states.get(conversation.state)
    is_there = here is not None and here.stays
    if not heard.over:
        if conversation.state not in table.states:
            # The citizen's answer is for the officer.
            conversation = replace(conversation, state=table.with_person)
        elif here is not None and here.says is not None and not is_there:
            # Their next word is not for the officer: what it answers is asked again.
            return Step(conversation, (said, say(conversation.state, conversation, table)))
        return Step(conversation, (said,))
    over = table.texts["over"].in_(language)
    if not is_there:
        return Step(conversation, (said, Reply(TextContent(over))))
    after = _enter(conversation, table.home, table, over)
    return replace(after, replies=(said, *after.replies))


def _tick(conversation: Conversation, tick: Tick, table: Table) -> Step:
    here = table.states.get(conversation.state)
    if here is None or here.says is None or here.stays:
        return Step(conversation)
    language = conversation.language or "mr"
    if tick is Tick.REMIND:
        if not here.reminds:
            return Step(conversation)
        before = table.texts["remind"].in_(language)
        return Step(conversation, (say(conversation.state, conversation, table, before),))
    ended = Conversation(language=conversation.language)
    if not here.reminds:
        return Step(ended)
    return Step(ended, (Reply(TextContent(table.texts["goodbye"].in_(language))),))
