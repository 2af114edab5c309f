"""What a call needs of the city's other services, and of notify's own rooms."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from services.notify.calls.voices import Engine
from services.notify.channels.voice import VoiceProvider
from services.notify.domain.call.states import Table
from services.notify.domain.care import Care
from services.notify.domain.messages import Receipt
from services.notify.secrets import Secrets

Facts = Mapping[str, Any]
PROPERTY_ID = "property_id"
"""Among the facts of a call: the id that other services know the property by. It is never said."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom to call about a property.

    Attributes:
        phone: as the register has it.
        language: mr or en; or None.
        facts: what the call is about, as ``GIVES[Lookup.DUES]`` names it, with ``PROPERTY_ID``.
    """

    phone: str | None = field(repr=False)
    language: str | None
    facts: Facts = field(repr=False)


class Outside(Protocol):
    """The other services. Each raises Unavailable when one does not answer."""

    def owner(self, property_id: UUID) -> Owner | None:
        """Who has to be called, and what is owed now; None: there is no such property."""

    def dues(self, phone: str) -> Facts | None:
        """The facts of the one property that this number (E.164) is registered with; None: there is
        none, or more than one."""

    def grievance(self, digits: str, phone: str) -> Facts | None:
        """Where the grievance stands that has these digits and was filed with this number."""


@dataclass(frozen=True)
class Desk:
    """All that a call is held with.

    Attributes:
        begin: a transaction on the service's database.
        table: the flow.
        care: quiet hours and caps.
        secrets: that seal and tell apart.
        outside: the other services.
        provider: who carries calls.
        engine: whose voice speaks; None: the provider's.
        receive: keeps the receipts of messages.
        person: the number that calls are transferred to; empty: nobody is free.
        now: the present moment, aware.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    table: Table
    care: Care
    secrets: Secrets
    outside: Outside
    provider: VoiceProvider
    engine: Engine | None
    receive: Callable[[Session, Sequence[Receipt]], None]
    person: str
    now: Callable[[], datetime]
