"""Looks into one paper, in a process of its own: what a hostile file does to it, it does to no one.

Run as a script, with nothing of the platform and none of its environment (``apart.py`` does):
``python -I inspecting.py check|text|scan FILE [PDF]``. It limits its own memory and processor time,
and answers with one line of JSON: what it found, or ``{"refused": why}``.
"""

import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

MIB: Final = 1024 * 1024
MEMORY: Final = 1536 * MIB
SECONDS: Final = {"check": 60, "text": 180, "scan": 120}
"""Of processor time."""
MOST_PAGES: Final = 3_000
LARGEST: Final = 14_400
"""Points of a page's longer side (200 inches): the most that ISO 32000-1, annex C, provides for."""
MOST_OBJECTS: Final = 500_000
MOST_IN_A_STREAM: Final = 256 * MIB
MOST_INFLATED: Final = 1024 * MIB
"""Of all streams together, and of a file of any size this times its bytes."""
MOST_TIMES: Final = 100
DEEPEST: Final = 60
LONGEST_PAGE: Final = 20_000
"""Characters of the text of one page that are kept."""
LONGEST_TEXT: Final = 2_000_000
"""Characters of all pages together."""
MOST_PIXELS: Final = 60_000_000
A4_INCHES: Final = (8.27, 11.69)
MOST_SCANNED: Final = 300
"""Pages of one TIFF."""
LONGEST_SIDE: Final = 3_508
"""Pixels of a scan's longer side: A4 at 300 dots an inch."""

_ACTIVE_KEYS: Final = frozenset({"/JavaScript", "/JS", "/EmbeddedFiles", "/EF", "/XFA"})
_ACTIVE_VALUES: Final = frozenset(
    {"/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia", "/SubmitForm", "/ImportData"}
)
_FLATE: Final = frozenset({"/FlateDecode", "/Fl"})
_INFLATING: Final = _FLATE | {"/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"}
_AS_TEXT: Final = {
    **dict.fromkeys(("/ASCII85Decode", "/A85"), "ASCII85Decode"),
    **dict.fromkeys(("/ASCIIHexDecode", "/AHx"), "ASCIIHexDecode"),
}
"""Filters that write bytes as text: what is packed may lie within."""


class Refused(Exception):
    """The paper breaks a rule; the message says which."""


def check(path: Path) -> dict[str, Any]:
    """The number of pages of a PDF that only shows something.

    Raises:
        Refused: it does something, is encrypted or damaged, hides another file, or inflates.
    """
    if _is_archive(path) or _has_an_archive_behind(path):
        raise Refused("is a PDF and an archive in one")
    reader = _opened(path)
    inflated = _Inflated(path.stat().st_size)
    numbers = sorted(
        {(number, generation) for generation, found in reader.xref.items() for number in found}
        | {(number, 0) for number in reader.xref_objStm}
    )
    if len(numbers) > MOST_OBJECTS:
        raise Refused(f"has more than {MOST_OBJECTS:,} objects")
    for number, generation in numbers:
        found = _object(reader, number, generation)
        for each in _parts(found):
            _check_passive(each)
            inflated.add(each)
    for each in _parts(reader.trailer):
        _check_passive(each)
    count = len(reader.pages)
    if not 1 <= count <= MOST_PAGES:
        raise Refused(f"has {count:,} pages; 1 to {MOST_PAGES:,} are taken")
    for number, page in enumerate(reader.pages, 1):
        if max(abs(float(side)) for side in (page.mediabox.width, page.mediabox.height)) > LARGEST:
            raise Refused(f"has a page larger than a sheet can be (page {number})")
    return {"pages": count}


def text(path: Path) -> dict[str, Any]:
    """The text of each page, as it can be searched; ``cut``: there was more.

    By PDFium, which reads what a page says it stands for (``/ActualText``): the glyphs of
    Devanagari alone do not tell their letters.
    """
    import pypdfium2

    pages: list[str] = []
    left, cut = LONGEST_TEXT, False
    document = pypdfium2.PdfDocument(path)
    for number in range(len(document)):
        page = document[number]
        read = page.get_textpage()
        written = _plain(read.get_text_range())
        read.close()
        page.close()
        keep = min(LONGEST_PAGE, left)
        cut = cut or len(written) > keep
        pages.append(written[:keep])
        left -= len(pages[-1])
    return {"pages": pages, "cut": cut}


def scan(path: Path, target: Path) -> dict[str, Any]:
    """Make a PDF of a scanned picture, a page of each that it has (a TIFF may have several);
    nothing but the pixels is taken."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(path, formats=["JPEG", "PNG", "TIFF"]) as image:
        # Of a PNG with several pictures (APNG) the first is the scan.
        count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        if count > MOST_SCANNED:
            raise Refused(f"has {count:,} pages; at most {MOST_SCANNED} are taken of a TIFF")
        for number in range(count):
            if count > 1:
                image.seek(number)
            if image.width * image.height > MOST_PIXELS:
                most = f"at most {MOST_PIXELS // 10**6} million are taken"
                raise Refused(f"has too many pixels; {most}")
            picture = _picture(image)
            short, long = sorted(picture.size)
            dots = max(short / A4_INCHES[0], long / A4_INCHES[1])
            said: dict[str, Any] = {"resolution": dots, "quality": 80, "append": number > 0}
            picture.save(target, "PDF", producer="Palika", creator="", **said)
    return {"pages": count}


def _picture(image: Any) -> Any:
    """A page of a scan as it is kept: upright, on white, no larger than is of use, and without
    anything that stands beside the pixels."""
    from PIL import Image, ImageOps

    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        clear = upright.convert("RGBA")
        picture = Image.new("RGB", clear.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    else:
        picture = upright.convert("L" if upright.mode in ("1", "L") else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info.clear()
    return picture


class _Inflated:
    """How much all streams come to when they are unpacked; none of it is kept."""

    def __init__(self, size: int) -> None:
        self._most = max(MOST_INFLATED // 4, min(MOST_INFLATED, size * MOST_TIMES))
        self._total = 0

    def add(self, found: Any) -> None:
        """Count a stream.

        Raises:
            Refused: it, or all together, are too much.
        """
        packed = getattr(found, "_data", None)
        if not isinstance(packed, bytes) or not hasattr(found, "get"):
            return
        filters = found.get("/Filter")
        filters = filters.get_object() if filters is not None else []
        names = [str(each) for each in (filters if isinstance(filters, list) else [filters])]
        if sum(each in _INFLATING for each in names) > 1:
            raise Refused("has a stream that is packed twice, as zip bombs are")
        while names and names[0] in _AS_TEXT:
            packed = _as_bytes(packed, _AS_TEXT[names.pop(0)])
        if not names or names[0] not in _FLATE:
            return
        self._total += self._size(packed)
        if self._total > self._most:
            raise Refused("unpacks to far more than it is, as zip bombs do")

    def _size(self, packed: bytes) -> int:
        unpacker, size = zlib.decompressobj(), 0
        try:
            while packed and not unpacker.eof:
                size += len(unpacker.decompress(packed, MIB))
                packed = unpacker.unconsumed_tail
                if size > MOST_IN_A_STREAM or self._total + size > self._most:
                    raise Refused("unpacks to far more than it is, as zip bombs do")
        except zlib.error:
            return size  # A damaged stream shows nothing, or what came before the damage.
        return size


def _as_bytes(written: bytes, how: str) -> bytes:
    from pypdf import filters
    from pypdf.errors import PyPdfError

    try:
        return bytes(getattr(filters, how).decode(written))
    except (ValueError, PyPdfError):
        return b""  # A damaged stream shows nothing.


def _is_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path):
            return True
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _has_an_archive_behind(path: Path) -> bool:
    """Whether files lie packed behind the end of the PDF, with a table of contents or without."""
    with path.open("rb") as file:
        end = 0
        kept, at = b"", 0
        # The last end counts: a PDF that was changed has one for each change.
        while part := file.read(MIB):
            searched = kept + part
            if (found := searched.rfind(b"%%EOF")) >= 0:
                end = at - len(kept) + found
            kept, at = searched[-4:], at + len(part)
        file.seek(end)
        kept = b""
        while part := file.read(MIB):
            if b"PK\x03\x04" in kept + part:
                return True
            kept = part[-3:]
    return False


def _opened(path: Path) -> Any:
    from pypdf import PdfReader

    reader = PdfReader(path, strict=False)
    if reader.is_encrypted:
        raise Refused("is encrypted; save it without a password")
    return reader


def _object(reader: Any, number: int, generation: int) -> Any:
    from pypdf.errors import PyPdfError
    from pypdf.generic import IndirectObject

    try:
        return reader.get_object(IndirectObject(number, generation, reader))
    except PyPdfError:
        return None  # A hole in the table of objects; a viewer finds nothing there either.


def _parts(found: Any) -> Iterator[Any]:
    """An object and what is in it, but not what it points to: that is looked at by itself."""
    todo: list[tuple[Any, int]] = [(found, 0)]
    while todo:
        each, depth = todo.pop()
        if depth > DEEPEST:
            raise Refused("has objects in objects without end")
        if isinstance(each, dict):
            yield each
            todo.extend((value, depth + 1) for value in each.values())
        elif isinstance(each, list):
            todo.extend((value, depth + 1) for value in each)


def _check_passive(found: dict[Any, Any]) -> None:
    active = _ACTIVE_KEYS.intersection(map(str, found)) or {
        str(found.get(name))
        for name in ("/S", "/Type", "/Subtype")
        if str(found.raw_get(name) if name in found else "") in _ACTIVE_VALUES
    }
    active = active or _at_once(found)
    if active:
        what = min(active).removeprefix("/")
        raise Refused(f"is a PDF with an active part ({what}); print it to a plain one")


def _at_once(found: dict[Any, Any]) -> set[str]:
    """What is done by opening it, or a page of it, and is more than showing a place in it."""
    opening = found.get("/OpenAction") if "/OpenAction" in found else None
    events = found.get("/AA") if "/AA" in found else None
    actions = [opening, *(events.values() if isinstance(events, dict) else ())]
    done = [each.get_object() for each in actions if hasattr(each, "get_object")]
    kinds = {str(each.get("/S")) for each in done if isinstance(each, dict)}
    return kinds - {"/GoTo", "/Named"}


def _plain(written: str) -> str:
    """Without what no database stores, and with the blanks that a reader sees."""
    kept = "".join(each for each in written if each in "\n\t" or each.isprintable())
    return "\n".join(" ".join(line.split()) for line in kept.splitlines() if line.strip())


def main(arguments: list[str]) -> int:
    """Do what is asked; see the head of this file. Exit status 0: the answer is on the output."""
    what, path = arguments[0], Path(arguments[1])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS[what], SECONDS[what]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        if what == "scan":
            found = scan(path, Path(arguments[2]))
        else:
            found = {"check": check, "text": text}[what](path)
    except Refused as error:
        found = {"refused": str(error)}
    except RecursionError:
        found = {"refused": "has objects in objects without end"}
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
