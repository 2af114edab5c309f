"""The signature in a PDF that was signed here, without the library that signs."""

from dataclasses import dataclass
from io import BytesIO


@dataclass(frozen=True, slots=True)
class InPdf:
    """The signature of a PDF.

    Attributes:
        over: the bytes that it is over: all of the file but itself.
        cms: detached SignedData (RFC 5652) in DER.
        reason: as its dictionary says.
    """

    over: bytes
    cms: bytes
    reason: str


def signature_in(pdf: bytes) -> InPdf:
    """The last signature of a PDF, which is over the whole of it.

    Raises:
        ValueError: there is none that is over the whole of it.
    """
    # The libraries are large: only a process that looks into PDFs has them in memory.
    from asn1crypto import core
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        fields = (PdfReader(BytesIO(pdf)).get_fields() or {}).values()
        # Of a field, "/V" is the value; a signature's alone says which bytes it is over.
        values = [each["/V"].get_object() for each in fields if "/V" in each]
        for value in values:
            if "/ByteRange" not in value:
                continue
            at, length, after, rest = (int(each) for each in value["/ByteRange"])
            if (at, after + rest) != (0, len(pdf)) or not 0 < length < after:
                continue
            between = bytes.fromhex(pdf[length + 1 : after - 1].decode("ascii"))
            # Behind the DER the place is filled up with zeros.
            cms = core.Asn1Value.load(between).dump()
            return InPdf(pdf[:length] + pdf[after:], cms, str(value.get("/Reason", "")))
    except (PyPdfError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"it cannot be read ({error})") from error
    raise ValueError("it has no signature over the whole of it")
