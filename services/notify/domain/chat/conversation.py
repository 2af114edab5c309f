"""A conversation as plain data: where it is, what it remembers, what is said and asked for next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from services.notify.domain.whatsapp import (
    AskLocation,
    ButtonsContent,
    DocumentContent,
    ListContent,
    TextContent,
)
from services.notify.domain.whatsapp_inbound import Said

Spoken = TextContent | ButtonsContent | ListContent | AskLocation | DocumentContent
"""What the bot says: all that WhatsApp takes within 24 hours of the citizen's last message."""

TRAIL: Final = 20
"""So many steps back are remembered."""


class Tick(StrEnum):
    """What time does to a conversation."""

    REMIND = "remind"
    END = "end"


@dataclass(frozen=True, slots=True)
class OfficerSaid:
    """A person of the city answers; ``over``: and that was all."""

    text: str = field(repr=False)
    over: bool = False


Heard = Said | OfficerSaid | Tick
"""All that a conversation goes on by: the citizen's words, an officer's, and time."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a citizen is.

    Attributes:
        state: of the table; empty: none, it begins with the next message.
        language: ``mr`` or ``en``; empty: not chosen yet.
        trail: the states before that have spoken, the last one last: where ``back`` leads.
        memory: what the citizen has said and what actions have found, as JSON. Personal data.
        misses: how often in a row the citizen was not understood.
    """

    state: str = ""
    language: str = ""
    trail: tuple[str, ...] = ()
    memory: Mapping[str, Any] = field(default_factory=dict, repr=False)
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the citizen. ``document`` says which file goes with it: what the edge fetches
    it by when it is sent, so that no file waits in a table."""

    content: Spoken
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What has to be done before the conversation can go on: a name of ``actions.ACTIONS``."""

    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action has come to.

    Attributes:
        name: one of the action's outcomes, or ``AWAY``.
        found: fields that texts may show, and lists of rows (``id``, ``title``, ``text``).
        documents: files to be sent, each as ``Reply.document`` and with a ``caption``.
        forget: what need not be remembered any more.
        over: what was begun is done: there is no way back into it.
    """

    name: str
    found: Mapping[str, Any] = field(default_factory=dict, repr=False)
    documents: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    forget: Sequence[str] = ()
    over: bool = False


AWAY: Final = "away"
"""The outcome of every action whose service does not answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """What has become of a conversation: what is said, and what has to be done. With actions (one
    at the most) it goes on by their outcome; without, it waits for the citizen."""

    conversation: Conversation
    replies: tuple[Reply, ...] = ()
    actions: tuple[Action, ...] = ()
