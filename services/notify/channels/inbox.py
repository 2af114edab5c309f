"""The channel ``inbox``: messages that wait on the city's own pages until the citizen reads them.

Its provider is the service's own database: what is kept has arrived, and read is what the citizen
has opened (``commands/inbox.py``).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from palika.errors import Forbidden
from services.notify.commands.inbox import INBOX, keep, reference_of
from services.notify.domain.messages import Answer, Failed, Message, Receipt, Sent
from services.notify.domain.policy import Policy
from services.notify.models import InboxMessage
from services.notify.secrets import Secrets


@dataclass(frozen=True)
class Inbox:
    """The provider ``inbox``; see ``provider.Provider``.

    Attributes:
        begin: opens a transaction on the service's database.
        now: the present moment, aware.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    secrets: Secrets
    policy: Policy
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    name: str = field(default=INBOX, init=False)
    channel: str = field(default="inbox", init=False)

    def send(self, message: Message) -> Answer:
        """Keep one message, sealed; it counts as delivered."""
        try:
            with self.begin() as session:
                return Sent(keep(session, message, self.secrets, self.policy, self.now()))
        except (DBAPIError, PoolTimeout) as error:
            return Failed(
                False, "inbox_away", type(error).__name__, channel_down=True, uncertain=True
            )

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """Whether it is there; None while the database cannot say."""
        there = select(InboxMessage.id).where(InboxMessage.attempt_id == attempt_id)
        try:
            with self.begin() as session:
                found = session.scalars(there.limit(1)).first()
        except (DBAPIError, PoolTimeout):
            return None
        if found is None:
            return Failed(False, "inbox_never_kept", offered=False)
        return Sent(reference_of(attempt_id))

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """Nobody outside tells of it: Forbidden, always."""
        raise Forbidden("The inbox sends no receipts.")
