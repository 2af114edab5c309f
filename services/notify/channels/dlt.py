"""What the operators' registers of India (DLT) say when they stop a text message: 600 to 699.

The codes are the registers' own, and are passed through by whoever carries the message; they are as
Exotel publishes them (support.exotel.com/support/solutions/articles/3000120944, "DLT Platform Error
Codes in India"). All tell of what is registered, or of the text, so the same message fails again:
the city's templates must be put right.
"""

from typing import Final

from services.notify.channels.answers import is_number
from services.notify.domain.messages import Dlt, Failed, Message

_NAMES: Final = {
    600: "entity_not_found",
    601: "entity_not_registered",
    602: "entity_inactive",
    603: "entity_blacklisted",
    604: "entity_id_invalid",
    610: "telemarketer_not_registered",
    611: "telemarketer_inactive",
    612: "telemarketer_blacklisted",
    620: "header_not_found",
    621: "header_inactive",
    622: "header_blacklisted",
    623: "header_of_another_entity",
    630: "template_not_found",
    631: "template_inactive",
    632: "template_blacklisted",
}
_FAMILIES: Final = {60: "entity", 61: "telemarketer", 62: "header", 63: "template"}


def registered(provider: str, message: Message) -> Dlt | Failed:
    """What the registers want to see on a text message; a refusal of one that cannot be offered:
    its address is no number, or its text is not registered, so every operator would stop it."""
    if not is_number(message.address):
        return Failed(True, f"{provider}_address_invalid", offered=False)
    return message.dlt or Failed(True, f"{provider}_not_registered", offered=False)


def reason_of(code: int) -> str | None:
    """The reason for a code: ``dlt_template_not_found``; None: it is none of the registers'."""
    if not 600 <= code <= 699:
        return None
    known = _NAMES.get(code)
    family = _FAMILIES.get(code // 10)
    if known:
        return f"dlt_{known}"
    return f"dlt_{family}_{code}" if family else f"dlt_{code}"
