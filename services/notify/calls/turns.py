"""One turn of a call: the engine's steps until something has to be heard from the other side."""

from collections.abc import Callable
from dataclasses import dataclass

from services.notify.calls.outside import Facts
from services.notify.domain.call import engine
from services.notify.domain.call.engine import Ask, Do, Ear, HangUp, Heard, Listen, PutThrough
from services.notify.domain.call.states import Table
from services.notify.domain.call.texts import Said


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn came to.

    Attributes:
        call: as it stands now.
        says: in order.
        deeds: what was agreed to.
        last: how it goes on.
        understood: what was heard, as a code.
    """

    call: engine.Call
    says: tuple[Said, ...]
    deeds: tuple[Do, ...]
    last: Listen | PutThrough | HangUp
    understood: str


def turn(
    call: engine.Call,
    heard: Heard,
    table: Table,
    ask: Callable[[Ask], Facts | None],
    person: bool,
) -> Turn:
    """Work a turn out; nothing is kept.

    Args:
        call: as it stands.
        heard: what was heard.
        table: the flow.
        ask: asks another service; None: there is nothing.
        person: whether there is somebody to put calls through to.
    """
    says: list[Said] = []
    deeds: list[Do] = []
    understood = ""
    while True:
        made = engine.step(call, heard, table)
        call = made.call
        says += made.says
        understood = understood or made.understood
        *agreed, last = made.actions
        deeds += [each for each in agreed if isinstance(each, Do)]
        if isinstance(last, Ask):
            found = ask(last)
            ear = Ear.MISSING if found is None else Ear.FOUND
            heard = Heard(ear, heard.at, facts=found or {})
        elif isinstance(last, PutThrough) and not person:
            heard = Heard(Ear.NOT_TAKEN, heard.at)
        elif isinstance(last, Listen | PutThrough | HangUp):
            return Turn(call, tuple(says), tuple(deeds), last, understood)
