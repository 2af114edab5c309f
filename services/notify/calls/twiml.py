"""What the telephone provider is answered: TwiML (www.twilio.com/docs/voice/twiml).

``Response`` with ``Say`` or ``Play``, ``Gather`` (input, language, numDigits, timeout, finishOnKey,
actionOnEmptyResult, hints), ``Dial`` with ``Number``, ``Hangup``, ``Redirect``. With
``actionOnEmptyResult`` silence is told as an answer without digits and words.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from palika.text import NO_TEXT
from services.notify.domain.call.engine import Listen
from services.notify.domain.call.states import Voice
from services.notify.domain.call.texts import Said

MEDIA_TYPE: Final = "text/xml; charset=utf-8"
_HINTS: Final = 100
_HINT_LONGEST: Final = 100
_AFTER_WORDS_S: Final = "auto"


class Response:
    """One answer, put together from the front to the back."""

    def __init__(self, voices: Mapping[str, Voice]) -> None:
        self._voices = voices
        self._root = Element("Response")

    def say(self, says: Sequence[Said], sounds: Sequence[str] = ()) -> "Response":
        """Speak.

        Args:
            says: what.
            sounds: the addresses of its sounds, one for each; empty: the provider's voice speaks.
        """
        self._say(self._root, says, sounds)
        return self

    def listen(
        self,
        listen: Listen,
        language: str,
        action: str,
        says: Sequence[Said],
        sounds: Sequence[str] = (),
    ) -> "Response":
        """Speak, and wait for an answer meanwhile; ``action`` is told what comes."""
        hints = [each.replace(",", " ") for each in listen.hints if len(each) <= _HINT_LONGEST]
        gather = SubElement(
            self._root,
            "Gather",
            {
                "input": "dtmf speech" if listen.words else "dtmf",
                "language": self._voices[language].code,
                "numDigits": str(listen.digits),
                "timeout": str(listen.seconds),
                "speechTimeout": _AFTER_WORDS_S,
                "finishOnKey": "#",
                "actionOnEmptyResult": "true",
                "method": "POST",
                "action": action,
            },
        )
        if hints:
            gather.set("hints", ",".join(hints[:_HINTS]))
        self._say(gather, says, sounds)
        return self

    def dial(self, number: str, action: str, ring_s: int) -> "Response":
        """Put through to a number; ``action`` is told what became of it."""
        dial = SubElement(
            self._root,
            "Dial",
            {"action": action, "method": "POST", "timeout": str(ring_s)},
        )
        SubElement(dial, "Number").text = number
        return self

    def redirect(self, url: str) -> "Response":
        """Go on with what another address answers."""
        SubElement(self._root, "Redirect", {"method": "POST"}).text = url
        return self

    def hang_up(self) -> "Response":
        """End the call."""
        SubElement(self._root, "Hangup")
        return self

    def xml(self) -> bytes:
        """The document."""
        return tostring(self._root, encoding="utf-8", xml_declaration=True)

    def _say(self, parent: Element, says: Sequence[Said], sounds: Sequence[str]) -> None:
        if sounds:
            for url in sounds:
                SubElement(parent, "Play").text = url
            return
        for each in says:
            voice = self._voices[each.language]
            words = {"language": voice.code, "voice": voice.provider}
            # XML has no way to write the characters that are nobody's text.
            SubElement(parent, "Say", words).text = NO_TEXT.sub(" ", each.text)
