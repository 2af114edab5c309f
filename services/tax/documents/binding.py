"""Many PDFs bound into one, as they come: nothing of those before is kept in memory but where each
of their objects stands in the file."""

from array import array
from io import BytesIO
from typing import IO, Any

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
)

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_CATALOG, _PAGES = 1, 2


class Binder:
    """Binds PDFs in the order in which they are added. Every page keeps its look; outlines, tags
    and metadata of the parts are left out. ``close`` ends the file.

    Attributes:
        pages: how many it has so far.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """``file`` is empty, and open for writing."""
        self._file = file
        self._at = file.write(_HEADER)
        # By number, from 0; the catalogue and the root of the pages come at the end.
        self._places = array("Q", [0, 0, 0])
        self._parts = array("Q")
        self.pages = 0

    def add(self, pdf: bytes) -> int:
        """Add all pages of a PDF; gives how many they are."""
        reader = PdfReader(BytesIO(pdf))
        catalogue: Any = reader.trailer["/Root"].get_object()
        part = _Part(reader, len(self._places))
        root = part.number(catalogue.raw_get("/Pages"))
        count = int(catalogue["/Pages"]["/Count"])
        for number, content in part.objects():
            if number == root:
                content[NameObject("/Parent")] = IndirectObject(_PAGES, 0, reader)
            self._places.append(self._at)
            self._write(number, content)
        self._parts.append(root)
        self.pages += count
        return count

    def close(self) -> None:
        """Write what ends the file. The file stays open."""
        self._places[_PAGES] = self._at
        kids = " ".join(f"{root} 0 R" for root in self._parts)
        self._put(
            f"{_PAGES} 0 obj\n<< /Type /Pages /Count {self.pages} /Kids [{kids}] >>\nendobj\n"
        )
        self._places[_CATALOG] = self._at
        self._put(f"{_CATALOG} 0 obj\n<< /Type /Catalog /Pages {_PAGES} 0 R >>\nendobj\n")
        begins = self._at
        self._put(f"xref\n0 {len(self._places)}\n0000000000 65535 f \n")
        for place in self._places[1:]:
            self._put(f"{place:010} 00000 n \n")
        self._put(
            f"trailer\n<< /Size {len(self._places)} /Root {_CATALOG} 0 R >>\n"
            f"startxref\n{begins}\n%%EOF\n"
        )

    def _write(self, number: int, content: PdfObject) -> None:
        text = BytesIO()
        text.write(f"{number} 0 obj\n".encode())
        content.write_to_stream(text)
        text.write(b"\nendobj\n")
        self._at += self._file.write(text.getbuffer())

    def _put(self, text: str) -> None:
        self._at += self._file.write(text.encode())


class _Part:
    """The objects of one PDF under the numbers that they get in the whole."""

    def __init__(self, reader: PdfReader, first: int) -> None:
        self._reader = reader
        self._next = first
        self._numbers: dict[int, int] = {}
        self._waiting: list[tuple[int, IndirectObject]] = []

    def number(self, reference: IndirectObject) -> int:
        """The number in the whole; what is asked for the first time comes into ``objects``."""
        found = self._numbers.get(reference.idnum)
        if found is None:
            found = self._numbers[reference.idnum] = self._next
            self._next += 1
            self._waiting.append((found, reference))
        return found

    def objects(self) -> Any:
        """Each object, in the order of its number, with its references put right."""
        at = 0
        while at < len(self._waiting):
            number, reference = self._waiting[at]
            at += 1
            yield number, self._renumbered(reference.get_object())

    def _renumbered(self, content: Any) -> Any:
        if isinstance(content, IndirectObject):
            return IndirectObject(self.number(content), 0, self._reader)
        if isinstance(content, DictionaryObject):
            # The structure of a tagged PDF hangs on the pages, and would be torn.
            new = type(content)() if isinstance(content, StreamObject) else DictionaryObject()
            for key in content:
                if key not in ("/StructParents", "/StructParent"):
                    new[NameObject(key)] = self._renumbered(content.raw_get(key))
            if isinstance(content, StreamObject):
                new._data = content._data
            return new
        if isinstance(content, ArrayObject):
            return ArrayObject(self._renumbered(each) for each in content)
        return content
