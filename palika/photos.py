"""Photos: what they tell of place and time is read, then a new picture is made of the pixels alone.

The new picture has no metadata, no comment and nothing behind its end, so that neither the
citizen's home nor a script travels with it. All of this is CPU time: call it off the hub.
"""

import io
import logging
import math
import struct
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import pi_heif
from PIL import ExifTags, Image

from palika.blocking import threading
from palika.errors import Invalid
from palika.formats import Format
from palika.india import INDIA

pi_heif.register_heif_opener()
# What Pillow remarks on broken files is told in our answer. Its loggers must be still besides: a
# thread off the hub may not log.
warnings.filterwarnings("ignore", module=r"PIL\.")
for _name in ("ImageFile", "PngImagePlugin", "TiffImagePlugin"):
    logging.getLogger(f"PIL.{_name}").disabled = True

T = TypeVar("T")

LONGEST_SIDE: Final = 2_560
"""Of the picture that is kept: a house number can still be read, and it is a third of the bytes."""
THUMBNAIL_SIDE: Final = 320
# A JPEG is decoded at half or less where that is enough; the others only as a whole.
MOST_PIXELS: Final[Mapping[Format, int]] = {
    Format.JPEG: 50_000_000,
    Format.PNG: 25_000_000,
    Format.WEBP: 25_000_000,
    Format.HEIC: 25_000_000,
}
# The largest take 400 MB while they are read: a process has so many in hand, the others wait.
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_PLUGINS: Final = {"HEIC": "HEIF"}
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BEFORE_THIS_NO_PHOTO: Final = datetime(2000, 1, 1, tzinfo=UTC)
# What Pillow and its plugins raise over broken files.
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    struct.error,
    LookupError,
    TypeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo made anew: JPEG, upright, without metadata; and what the old one told.

    Attributes:
        location: latitude and longitude, in degrees.
        taken_at: when; a camera that names no zone means the city's.
    """

    content: bytes
    thumbnail: bytes
    width: int
    height: int
    location: tuple[float, float] | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Told:
    turn: Image.Transpose | None
    location: tuple[float, float] | None
    taken_at: datetime | None


def remake(content: bytes, found: Format, now: datetime) -> Photo:
    """Read a photo and make it anew.

    Args:
        content: as it came.
        found: its format.
        now: a photo cannot have been taken later.

    Raises:
        Invalid: it cannot be read as that format, or has too many pixels.
    """
    try:
        formats = [_PLUGINS.get(found.name, found.name)]
        with _AT_ONCE, Image.open(io.BytesIO(content), formats=formats) as image:
            _check_size(image.size, MOST_PIXELS[found])
            told = _told(image, now)
            picture = _upright(image, told.turn)
        width, height = picture.size
        whole = _jpeg(picture, 85)
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return Photo(whole, _jpeg(picture, 80), width, height, told.location, told.taken_at)
    except Image.DecompressionBombError as error:
        raise _too_many(MOST_PIXELS[found]) from error
    except _BROKEN as error:
        raise wrong(f"cannot be read as {found.name}") from error


def wrong(rule: str) -> Invalid:
    """The error of a content that breaks a rule."""
    return Invalid("this cannot be attached", {"content": [rule]})


def _check_size(size: tuple[int, int], most: int) -> None:
    if size[0] * size[1] > most:
        raise _too_many(most)


def _too_many(most: int) -> Invalid:
    return wrong(f"has too many pixels; at most {most // 1_000_000} million are taken")


def _upright(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """The picture as it is looked at, in RGB, no side longer than is kept."""
    side = (LONGEST_SIDE, LONGEST_SIDE)
    image.draft("RGB", side)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        clear.thumbnail(side)
        picture = Image.new("RGB", clear.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    else:
        image.thumbnail(side)
        picture = image.convert("RGB")
    return picture if turn is None else picture.transpose(turn)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    # A picture without its info: Pillow would copy the comment and the profile from there.
    picture.info.clear()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _told(image: Image.Image, now: datetime) -> _Told:
    """Turn, place and time from the EXIF data; what is broken there is not told, and no more."""
    exif = _or_none(image.getexif)
    if exif is None:
        return _Told(None, None, None)
    return _Told(
        _or_none(lambda: _TURNS.get(exif[ExifTags.Base.Orientation])),
        _or_none(lambda: _location(exif.get_ifd(ExifTags.IFD.GPSInfo))),
        _or_none(lambda: _taken_at(exif.get_ifd(ExifTags.IFD.Exif), now)),
    )


def _or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except _BROKEN:
        return None


def _location(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    latitude = _degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "NS", 90)
    longitude = _degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "EW", 180)
    # A camera without a fix writes zeros.
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    return latitude, longitude


def _degrees(gps: Mapping[int, Any], tag: int, side: int, sides: str, most: float) -> float | None:
    parts, sign = gps.get(tag), gps.get(side)
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    letter = sign.strip("\0 ").upper() if isinstance(sign, str) else ""
    if len(letter) != 1 or letter not in sides:
        return None
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3_600
    if not (math.isfinite(value) and 0 <= value <= most and minutes < 60 and seconds < 60):
        return None
    return round(-value if letter == sides[1] else value, 6)


def _taken_at(exif: Mapping[int, Any], now: datetime) -> datetime | None:
    text = exif.get(ExifTags.Base.DateTimeOriginal)
    offset = exif.get(ExifTags.Base.OffsetTimeOriginal)
    if not isinstance(text, str):
        return None
    local = datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    if isinstance(offset, str) and offset.strip("\0 "):
        zone = datetime.strptime(offset.strip("\0 "), "%z").tzinfo
    else:
        zone = INDIA
    taken = local.replace(tzinfo=zone).astimezone(UTC)
    # Clocks go wrong by minutes; a camera whose battery was out begins in some year of its own.
    if not _BEFORE_THIS_NO_PHOTO <= taken <= now + timedelta(hours=1):
        return None
    return taken
