"""What an action is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from palika.auth import SYSTEM, Identity
from services.notify.chat.ports import Ports
from services.notify.domain.chat.conversation import Action, Conversation
from services.notify.domain.subjects import whatsapp_subject
from services.notify.models.chat import ConversationMessage, ConversationRow


@dataclass(frozen=True, slots=True)
class At:
    """A citizen, their conversation, and the message that it goes on by."""

    ports: Ports
    key: str
    phone: str = field(repr=False)
    name: str = field(repr=False)
    tenure: int
    language: str
    memory: Mapping[str, Any] = field(repr=False)
    action: Action
    message_id: str
    said_at: datetime
    began_at: datetime

    @classmethod
    def of(
        cls,
        row: ConversationRow,
        message: ConversationMessage,
        conversation: Conversation,
        action: Action,
        ports: Ports,
    ) -> Self:
        """The same out of the rows."""
        contact = {} if row.contact is None else ports.secrets.open(row.contact)
        return cls(
            ports=ports,
            key=row.recipient_key,
            phone=contact.get("phone", ""),
            name=contact.get("name", ""),
            tenure=row.tenure,
            language=conversation.language or "mr",
            memory=conversation.memory,
            action=action,
            message_id=message.id,
            said_at=message.at,
            began_at=row.began_at,
        )

    @property
    def now(self) -> datetime:
        """Aware."""
        return self.ports.now()

    @property
    def citizen(self) -> Identity:
        """The citizen towards other services. WhatsApp has made sure of the number, the key is made
        of it; after a long silence the number may be another's, who is another citizen then."""
        return Identity.of(self.subject, "citizen")

    @property
    def subject(self) -> str:
        """The same as a name: it tells nobody the number."""
        return whatsapp_subject(self.key, self.tenure)

    def ask(self, service: str, method: str, /, **arguments: Any) -> Any:
        """Call a service as notify itself. Raises PalikaError."""
        return self.ports.call(SYSTEM("notify"), service, method, **arguments)

    def ask_as_citizen(self, service: str, method: str, /, **arguments: Any) -> Any:
        """Call a service as the citizen, who gets what is theirs. Raises PalikaError."""
        return self.ports.call(self.citizen, service, method, **arguments)

    def called(self, code: str) -> str:
        """What a code is called in the citizen's language."""
        return self.ports.table.name_of(code, self.language)
