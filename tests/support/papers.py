"""Papers to hand in, made here: plain ones, and such as are refused."""

import io
import random
import zipfile
import zlib
from base64 import a85encode
from collections.abc import Callable

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

FONT = DictionaryObject(
    {
        NameObject("/Type"): NameObject("/Font"),
        NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
    }
)


def written(writer: PdfWriter) -> bytes:
    """The bytes of a PDF."""
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf(
    pages: int = 1,
    say: Callable[[int], str] = lambda page: f"Page {page}",
    change: Callable[[PdfWriter], object] = lambda writer: None,
) -> bytes:
    """A PDF whose pages say something; ``change`` makes it worse."""
    writer = PdfWriter()
    for number in range(1, pages + 1):
        page = writer.add_blank_page(595, 842)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 72 720 Td ({say(number)}) Tj ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(content)
        fonts = DictionaryObject({NameObject("/F1"): FONT})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    change(writer)
    return written(writer)


def _stream(writer: PdfWriter, data: bytes, *filters: str) -> None:
    stream = StreamObject()
    stream._data = data
    names = ArrayObject(NameObject(each) for each in filters)
    stream[NameObject("/Filter")] = names if len(names) != 1 else names[0]
    stream[NameObject("/Length")] = NumberObject(len(data))
    writer._add_object(stream)


def opening(action: str, on: str = "/OpenAction") -> bytes:
    """A PDF that does something when it is opened: ``/URI``, or only goes to a page."""
    said = DictionaryObject(
        {
            NameObject("/S"): NameObject(action),
            NameObject("/URI"): TextStringObject("https://example.org"),
        }
    )

    def change(writer: PdfWriter) -> None:
        at = writer._add_object(said)
        if on == "/OpenAction":
            writer.root_object[NameObject(on)] = at
        else:
            opened = DictionaryObject({NameObject("/O"): at})
            writer.pages[0][NameObject("/AA")] = opened

    return pdf(change=change)


def as_large_as_a_field() -> bytes:
    """A PDF with a page of nine thousand million points."""
    side = NumberObject(9_000_000_000)
    box = ArrayObject([NumberObject(0), NumberObject(0), side, side])

    def change(writer: PdfWriter) -> None:
        writer.pages[0][NameObject("/MediaBox")] = box

    return pdf(change=change)


def bomb() -> bytes:
    """A PDF of less than a megabyte that unpacks to 600."""
    return pdf(change=lambda writer: _stream(writer, _zeros(), "/FlateDecode"))


def bomb_as_text(how: str) -> bytes:
    """The same, written as text: ``/ASCII85Decode`` or ``/ASCIIHexDecode``."""
    hexadecimal = how == "/ASCIIHexDecode"
    packed = _zeros().hex().encode() + b">" if hexadecimal else a85encode(_zeros()) + b"~>"
    return pdf(change=lambda writer: _stream(writer, packed, how, "/FlateDecode"))


def _zeros() -> bytes:
    packer = zlib.compressobj(9)
    zeros = bytes(1024 * 1024)
    return b"".join(packer.compress(zeros) for _ in range(600)) + packer.flush()


def packed_twice() -> bytes:
    """A PDF with a bomb that is packed a second time."""
    packed = zlib.compress(zlib.compress(bytes(1024 * 1024)))
    return pdf(change=lambda writer: _stream(writer, packed, "/FlateDecode", "/FlateDecode"))


def encrypted() -> bytes:
    """A PDF that asks for a password."""
    return pdf(change=lambda writer: writer.encrypt("secret"))


def _opening(action: str, **more: str) -> Callable[[PdfWriter], object]:
    found = DictionaryObject({NameObject("/S"): NameObject(action)})
    found.update({NameObject(f"/{key}"): TextStringObject(each) for key, each in more.items()})
    return lambda writer: writer._root_object.update({NameObject("/OpenAction"): found})


def with_script() -> bytes:
    """A PDF that runs something when it is opened."""
    return pdf(change=_opening("/JavaScript", JS="app.alert(1)"))


def with_packed_script() -> bytes:
    """The same, where nothing is seen of it in the file's bytes: its objects are packed."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(x)>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    starts = [sum(len(each) + 1 for each in objects[:at]) for at in range(3)]
    head = " ".join(f"{at + 1} {start}" for at, start in enumerate(starts)).encode()
    packed = zlib.compress(head + b"\n" + b"\n".join(objects))
    out = b"%PDF-1.5\n"
    at_objects = len(out)
    out += b"4 0 obj<</Type/ObjStm/N 3/First %d/Filter/FlateDecode/Length %d>>stream\n" % (
        len(head) + 1,
        len(packed),
    )
    out += packed + b"\nendstream endobj\n"
    at_table = len(out)
    rows = [(0, 0, 255), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, at_objects, 0), (1, at_table, 0)]
    table = b"".join(
        bytes([kind]) + where.to_bytes(2) + bytes([last]) for kind, where, last in rows
    )
    out += b"5 0 obj<</Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    return out + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % at_table


def with_file() -> bytes:
    """A PDF that carries another file."""
    return pdf(change=lambda writer: writer.add_attachment("a.exe", b"MZ"))


def with_program() -> bytes:
    """A PDF that starts a program, its word for it written in another way."""
    plain = pdf(change=_opening("/Launch", F="calc.exe"))
    return plain.replace(b"/Launch", b"/L#61unch")


def and_archive() -> bytes:
    """A PDF that is a zip file too."""
    out = io.BytesIO(pdf())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("a.txt", "%%EOF")
    return out.getvalue()


def circle() -> bytes:
    """A PDF whose tree of pages goes round."""
    plain = pdf()
    return plain.replace(b"/Kids [", b"/Kids [ 2 0 R 2 0 R ", 1)


def large(size: int, chance: random.Random) -> bytes:
    """A PDF of at least that many bytes, which cannot be made smaller."""
    noise = chance.randbytes(size)
    return pdf(change=lambda writer: _stream(writer, noise, "/DCTDecode"))
