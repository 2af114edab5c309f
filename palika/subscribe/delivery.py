"""A message as the broker delivered it."""

import struct
from dataclasses import dataclass
from typing import Any, Final

import amqp
from amqp.basic_message import Message

_BASIC_CLASS = 60

UNDECODABLE: Final = (
    # Text that is no UTF-8, a moment out of range, the bytes of one end before its length does.
    ValueError,
    ArithmeticError,
    OSError,
    IndexError,
    struct.error,
    # Tables in tables without end, and a value of an unknown kind.
    RecursionError,
    amqp.exceptions.FrameSyntaxError,
)
"""What py-amqp raises for properties that it cannot decode, or not encode again; the broker takes
them from anybody."""


class MalformedProperties(ValueError):
    """Properties that cannot be decoded, or not written again; the body may be as good as any."""


def decode(raw: bytes) -> dict[str, Any]:
    """AMQP properties from their bytes, ``application_headers`` among them.

    Raises:
        MalformedProperties: they cannot be decoded.
    """
    message = Message()
    try:
        message._load_properties(_BASIC_CLASS, raw, 0)
    except UNDECODABLE as error:
        why = f"{type(error).__name__}: {error}"
        raise MalformedProperties(f"properties that cannot be decoded ({why})") from error
    return dict(message.properties)


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
        """The AMQP properties, ``application_headers`` among them.

        Raises:
            MalformedProperties: they cannot be decoded.
        """
        return decode(self.raw_properties)

    @property
    def headers(self) -> dict[str, Any]:
        """The application headers; empty if there are none.

        Raises:
            MalformedProperties: the properties cannot be decoded.
        """
        return self.properties.get("application_headers") or {}
