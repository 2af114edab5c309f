"""What a citizen lets the city send them: read and said through notify, by the proved number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from palika.auth import SYSTEM
from services.portal.accounts.numbers import own_phone
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext
from services.portal.rooms import services

PURPOSES: Final = {
    "service": N_("What becomes of what I have filed: grievances, applications, letters."),
    "tax": N_("Property tax: bills, receipts and notices."),
    "reminder": N_("Reminders that something is due."),
    "news": N_("News of the city."),
}
"""What is agreed to, in the words that the citizen is shown; they are kept with the consent."""
NAMES: Final = {
    "code": N_("Codes"),
    "service": N_("Grievances and services"),
    "tax": N_("Property tax"),
    "reminder": N_("Reminders"),
    "news": N_("News"),
}
CHANNELS: Final = {
    "whatsapp": N_("WhatsApp"),
    "sms": N_("Text message (SMS)"),
    "email": N_("E-mail"),
    "voice": N_("Telephone call"),
    "inbox": N_("This site"),
}
SOURCES: Final = {
    "whatsapp": N_("over WhatsApp"),
    "sms": N_("by a text message"),
    "voice": N_("in a call"),
    "portal": N_("on this site"),
    "officer": N_("at an office"),
}
_BY: Final = "portal"


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds now."""

    purposes: Mapping[str, Mapping[str, Any]]
    channels: Sequence[str]
    language: str | None

    @property
    def by_whatsapp(self) -> bool:
        """Whether bills come over WhatsApp first."""
        return bool(self.purposes["tax"]["told"]) and list(self.channels[:1]) == ["whatsapp"]


def standing_of(told: Mapping[str, Any]) -> Standing:
    """What ``notify.consent`` says."""
    return Standing(told["purposes"], told["channels"], told["language"])


def say(
    words: Mapping[str, bool],
    channels: Sequence[str] | None = None,
    language: str | None = None,
) -> None:
    """Tell notify a citizen's words, each with the text that it is about.

    Args:
        words: by purpose, whether they agree.
        channels: those that they like best, the best first; None: as it is.
        language: of messages; None: as it is.

    Raises:
        Unavailable: notify does not answer; words that were said by then stand.
    """
    phone = own_phone()
    with services(as_=SYSTEM("portal")) as city:
        for purpose, agreed in words.items():
            city.notify.set_consent(
                recipient=phone,
                purposes=[purpose],
                agreed=agreed,
                source=_BY,
                wording=gettext(PURPOSES[purpose]),
            )
        if channels is None and language is None:
            return
        now = standing_of(city.notify.consent(recipient=phone))
        city.notify.prefer(
            recipient=phone,
            channels=list(now.channels if channels is None else channels),
            language=language or now.language or current(),
        )


def over_whatsapp(wanted: bool) -> None:
    """Bills over WhatsApp first, or as the other channels stand; only yes agrees to anything.

    Raises:
        Unavailable: notify does not answer; words that were said by then stand.
    """
    with services(as_=SYSTEM("portal")) as city:
        now = standing_of(city.notify.consent(recipient=own_phone()))
    others = [each for each in now.channels if each != "whatsapp"]
    if wanted:
        say({"tax": True}, channels=["whatsapp", *others])
    else:
        say({}, channels=others)
