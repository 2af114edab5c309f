"""Which format some bytes are of. puremagic gives the first guess; where the mark that it goes by
is short, or shared by several formats, more of the bytes must agree. No I/O.
"""

import struct
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final


class Format(Enum):
    """The formats that we know, each with its one media type and suffix."""

    JPEG = ("image/jpeg", ".jpg")
    PNG = ("image/png", ".png")
    WEBP = ("image/webp", ".webp")
    TIFF = ("image/tiff", ".tif")
    HEIC = ("image/heic", ".heic")
    PDF = ("application/pdf", ".pdf")
    MP3 = ("audio/mpeg", ".mp3")
    AAC = ("audio/aac", ".aac")
    M4A = ("audio/mp4", ".m4a")
    OGG = ("audio/ogg", ".ogg")
    AMR = ("audio/amr", ".amr")
    WAV = ("audio/wav", ".wav")

    @property
    def media_type(self) -> str:
        """As in Content-Type."""
        return self.value[0]

    @property
    def suffix(self) -> str:
        """Of a file's name, with its dot."""
        return self.value[1]


_GUESSES: Final = {
    **dict.fromkeys((".jfif", ".jpeg", ".jpg", ".jpe"), Format.JPEG),
    ".png": Format.PNG,
    ".webp": Format.WEBP,
    **dict.fromkeys((".tif", ".tiff"), Format.TIFF),
    ".pdf": Format.PDF,
    **dict.fromkeys((".mp3", ".mpga"), Format.MP3),
    ".aac": Format.AAC,
    **dict.fromkeys((".ogg", ".oga", ".opus"), Format.OGG),
    ".amr": Format.AMR,
    ".wav": Format.WAV,
}
_TIFF_MARKS: Final = (b"II*\0", b"MM\0*")
_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"mif1")
_OGG_SOUNDS: Final = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia"})
_MOST_BOXES: Final = 1_000
# kbit/s of layer III, by the index in the frame's header: MPEG 1, and MPEG 2 and 2.5.
_MP3_1: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_2: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_HZ: Final = (44_100, 48_000, 32_000)


def recognise(content: bytes) -> Format | None:
    """The format; None when it is none of ours, or its bytes do not agree with its mark."""
    if content[4:8] == b"ftyp":
        return _of_boxes(content)
    # Only a process that is given contents has the library in memory.
    import puremagic

    try:
        guess = puremagic.magic_string(content)[0].extension
    except (puremagic.PureError, ValueError):
        return None
    found = _GUESSES.get(guess)
    if content[:4] in _TIFF_MARKS:
        # Cameras' own formats have the same mark, and are TIFF too.
        found = Format.TIFF
    if found is Format.PDF and not (content[:5] == b"%PDF-" and b"%%EOF" in content[-2048:]):
        return None
    if found is Format.OGG and not content[28:].startswith(_OGG_SOUNDS):
        return None
    if found is Format.WAV and content[8:16] != b"WAVEfmt ":
        return None
    if found is Format.MP3 and not _has_frames(content, _mp3_start(content), _mp3_frame):
        return None
    if found is Format.AAC and not _has_frames(content, 0, _adts_frame):
        return None
    return found


def _of_boxes(content: bytes) -> Format | None:
    """HEIC and MP4 are boxes in boxes; an MP4 is a recording if its tracks are sound only."""
    if content[8:12] in _HEIC_BRANDS:
        return Format.HEIC
    handlers = set(_handlers(content))
    return Format.M4A if handlers == {b"soun"} else None


def _handlers(content: bytes) -> Iterator[bytes]:
    todo, seen = [(0, len(content))], 0
    while todo:
        start, end = todo.pop()
        while start + 8 <= end and seen < _MOST_BOXES:
            seen += 1
            size, name = struct.unpack_from(">I4s", content, start)
            head = 8
            if size == 1 and start + 16 <= end:
                size, head = struct.unpack_from(">Q", content, start + 8)[0], 16
            size = size or end - start
            if size < head or start + size > end:
                break
            if name == b"hdlr":
                yield content[start + head + 8 : start + head + 12]
            elif name in _CONTAINERS:
                todo.append((start + head, start + size))
            start += size


def _has_frames(content: bytes, start: int, length_of: Callable[[bytes], int]) -> bool:
    """Whether a frame stands at ``start`` and another, or the end, where it says that it ends."""
    length = length_of(content[start : start + 6])
    if not length:
        return False
    following = content[start + length : start + length + 6]
    return len(following) < 6 or bool(length_of(following))


def _mp3_start(content: bytes) -> int:
    """Where the sound begins: after the tag, if there is one."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = 0
    for each in content[6:10]:
        size = size << 7 | each & 0x7F
    return 10 + size


def _mp3_frame(head: bytes) -> int:
    """The length of a frame of MPEG audio, layer III; 0 when this is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, hertz = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate in (0, 15) or hertz == 3:
        return 0
    first = version == 3
    bits = (_MP3_1 if first else _MP3_2)[rate - 1] * 1_000
    slower = {3: 1, 2: 2, 0: 4}[version]
    return (144 if first else 72) * bits * slower // _MP3_HZ[hertz] + (head[2] >> 1 & 1)


def _adts_frame(head: bytes) -> int:
    """The length of a frame of AAC in ADTS; 0 when this is none."""
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length >= 7 else 0
