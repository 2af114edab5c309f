"""The addresses that the telephone provider calls: what for, and what is in their query."""

from typing import Final
from urllib.parse import urlencode

ANSWER: Final = "/webhooks/voice/answer"
"""A call was taken, or somebody calls."""
TURN: Final = "/webhooks/voice/turn"
"""Keys, words or silence."""
DIALLED: Final = "/webhooks/voice/dialled"
"""What became of a transfer."""
STATUS: Final = "/webhooks/voice/status"
"""How a call goes on its way."""
AUDIO: Final = "/webhooks/voice/audio"
"""A part of what is said, as sound."""

ATTEMPT, CALL, NUMBER, PART = "attempt", "call", "turn", "part"
"""Of the query: our id of the hand-over, of the call, which turn, which part of what is said."""


def of(base: str, path: str, **query: object) -> str:
    """An address, as the provider reaches it; ``base`` is the portal's own."""
    return f"{base.rstrip('/')}{path}" + (f"?{urlencode(query)}" if query else "")
