"""What of a call lies sealed in its row: the call as the engine has it, and the last answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notify.domain.call import engine
from services.notify.domain.call.engine import HangUp, Listen, PutThrough
from services.notify.domain.call.texts import Said
from services.notify.secrets import Secrets


@dataclass(frozen=True, slots=True)
class Reply:
    """What a turn came to: what is said, and how the call goes on.

    Attributes:
        turn: that is waited for now.
        says: in order.
        language: that is listened in.
        last: listening, transferring or hanging up.
    """

    turn: int
    says: tuple[Said, ...]
    language: str
    last: Listen | PutThrough | HangUp


def seal_talk(secrets: Secrets, call: engine.Call) -> bytes:
    """A call as it lies in its row."""
    return secrets.seal(
        {
            "flow": call.flow,
            "language": call.language,
            "began_at": call.began_at.isoformat(),
            "state": call.state,
            "facts": dict(call.facts),
            "misses": call.misses,
            "wrong": call.wrong,
            "outcome": call.outcome,
        }
    )


def open_talk(secrets: Secrets, sealed: bytes) -> engine.Call:
    """The call again. Raises ValueError: the key is not there any more."""
    found = secrets.open(sealed)
    return engine.Call(**found | {"began_at": datetime.fromisoformat(found["began_at"])})


def seal_reply(secrets: Secrets, reply: Reply) -> bytes:
    """An answer as it lies in its row."""
    last: dict[str, Any]
    match reply.last:
        case Listen() as listen:
            last = {
                "listen": {
                    "digits": listen.digits,
                    "words": listen.words,
                    "hints": list(listen.hints),
                    "seconds": listen.seconds,
                }
            }
        case PutThrough():
            last = {"put_through": True}
        case HangUp(outcome):
            last = {"hang_up": outcome}
    says = [[each.code, each.language, each.text] for each in reply.says]
    return secrets.seal(
        {"turn": reply.turn, "says": says, "language": reply.language, "last": last}
    )


def open_reply(secrets: Secrets, sealed: bytes) -> Reply:
    """The answer again. Raises ValueError: the key is not there any more."""
    found = secrets.open(sealed)
    given = found["last"]
    last: Listen | PutThrough | HangUp
    if "listen" in given:
        listen = given["listen"]
        last = Listen(**listen | {"hints": tuple(listen["hints"])})
    elif "put_through" in given:
        last = PutThrough()
    else:
        last = HangUp(given["hang_up"])
    says = tuple(Said(*each) for each in found["says"])
    return Reply(found["turn"], says, found["language"], last)
