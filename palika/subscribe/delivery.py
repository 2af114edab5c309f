"""A message as the broker delivered it."""

from dataclasses import dataclass
from typing import Any

from amqp.basic_message import Message

_BASIC_CLASS = 60


@dataclass(slots=True, eq=False)
class Delivery:
    """One delivery: its tag, its body, and its properties as undecoded bytes.

    Only what fails needs its properties, so they are decoded when they are asked for.
    """

    tag: int
    body: bytes
    raw_properties: bytes
    redelivered: bool

    @property
    def properties(self) -> dict[str, Any]:
        """The AMQP properties, ``application_headers`` among them."""
        message = Message()
        message._load_properties(_BASIC_CLASS, self.raw_properties, 0)
        return dict(message.properties)

    @property
    def headers(self) -> dict[str, Any]:
        """The application headers; empty if there are none."""
        return self.properties.get("application_headers") or {}
