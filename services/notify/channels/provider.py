"""The one interface of what carries messages: a provider on a channel."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from services.notify.domain.messages import Answer, Message, Receipt


class Provider(Protocol):
    """Carries the messages of one channel. One object serves all threads of a process."""

    @property
    def name(self) -> str:
        """As attempts, receipts and settings call it: ``meta``."""

    @property
    def channel(self) -> str:
        """``whatsapp``, ``sms``, ``email``, ``voice`` or ``inbox``."""

    def send(self, message: Message) -> Answer:
        """Hand over one message, once. What goes wrong outside this process is an answer, and no
        exception; of one whose answer did not come, ``Failed.uncertain``."""

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """What became of a hand-over whose answer was never noted.

        Returns:
            None: the provider cannot say, now or ever. ``Failed``: it has never accepted it.
        """

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """What a webhook of the provider tells; none when it tells of other things.

        Args:
            headers: with small letters as keys.
            body: as it came.
            query: of the address.

        Raises:
            Forbidden: it is not signed by the provider.
            Invalid: it is signed, and not of the documented form.
        """
