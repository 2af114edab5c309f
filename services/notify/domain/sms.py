"""How long a text message is: its encoding, its units and the segments that are paid for.

Facts: 3GPP TS 23.038 (GSM 03.38), 6.2.1 and 6.2.1.1: the default alphabet of 7 bits and its
extension table, whose characters take an escape and so two septets; 3GPP TS 23.040, 9.2.3.24.1: the
header of a part of a longer message takes 6 of its 140 octets. What is not in the alphabet goes as
16 bits a unit (UCS-2; telephones read UTF-16, so what is beyond the basic plane takes a pair). The
national shift tables are not used: no Indian provider of the two offers them.
"""

from dataclasses import dataclass
from typing import Final

from palika.errors import Invalid

GSM, UCS2 = "gsm", "ucs2"
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
LIMITS: Final = {GSM: (160, 153), UCS2: (70, 67)}
"""Units of a message in one segment, and of each segment of a longer one."""
# What word processors put in place of a character of the alphabet.
_PLAIN: Final = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\xa0": " "}
    | {"₹": "Rs "}
)


@dataclass(frozen=True, slots=True)
class Measure:
    """The length of a text message.

    Attributes:
        encoding: `gsm` or `ucs2`.
        units: septets, or units of 16 bits.
        parts: the text of each segment; together they are the message.
        wide: the characters that are not in the alphabet of GSM, each once: they cost the most.
    """

    encoding: str
    units: int
    parts: tuple[str, ...]
    wide: str = ""

    @property
    def segments(self) -> int:
        """How many are paid for."""
        return len(self.parts)

    @property
    def left(self) -> int:
        """Units that still fit into as many segments, but for what cannot be split."""
        single, each = LIMITS[self.encoding]
        room = single if self.segments == 1 else each * self.segments
        return room - self.units


def plain(value: str) -> str:
    """A value with its typographic signs as the alphabet of GSM has them: “Asha” is "Asha"."""
    return value.translate(_PLAIN)


def measure(text: str) -> Measure:
    """Encoding, units and segments of a text.

    Raises:
        Invalid: half of a surrogate pair is in it: it is no text.
    """
    try:
        in_ucs2 = len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError as error:
        raise Invalid("Half of a surrogate pair is no text.") from error
    characters = dict.fromkeys(text)
    wide = "".join(c for c in characters if c not in _BASIC and c not in _EXTENSION)
    encoding = UCS2 if wide else GSM
    escaped = sum(text.count(c) for c in characters if c in _EXTENSION)
    units = in_ucs2 if wide else len(text) + escaped
    single, most = LIMITS[encoding]
    if units <= single:
        return Measure(encoding, units, (text,), wide)
    sizes = [_units(each, encoding) for each in text]
    parts: list[str] = []
    begin = used = 0
    for at, size in enumerate(sizes):
        # Neither an escape and its character nor a pair is split over two segments.
        if used + size > most:
            parts.append(text[begin:at])
            begin, used = at, 0
        used += size
    parts.append(text[begin:])
    return Measure(encoding, units, tuple(parts), wide)


def _units(character: str, encoding: str) -> int:
    if encoding == GSM:
        return 2 if character in _EXTENSION else 1
    return 2 if character > "\uffff" else 1
