"""PDFs signed as PAdES (ETSI EN 319 142-1): B-B, and B-T where an authority stamps the time."""

from io import BytesIO

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata
from pyhanko.sign.signers import Signer as PdfSigning
from pyhanko.sign.signers import sign_pdf as _sign
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from palika.errors import Invalid
from services.eoffice.signing.store import Signer


class _Key(PdfSigning):
    """An officer's key as pyHanko asks for one."""

    def __init__(self, signer: Signer) -> None:
        certificates = SimpleCertificateStore()
        certificates.register_multiple([_asn1(each) for each in signer.chain])
        super().__init__(
            signing_cert=_asn1(signer.certificate), cert_registry=certificates, embed_roots=True
        )
        self._signer = signer

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """See ``Signer.sign``; a dry run only asks how long it is."""
        return self._signer.sign(data)


def sign_pdf(
    pdf: bytes,
    signer: Signer,
    *,
    reason: str,
    location: str,
    field: str = "Signature",
    stamper: TimeStamper | None = None,
) -> bytes:
    """The same PDF, signed: what was there stays byte for byte, the signature is appended.

    Uses an event loop of its own: call it off the hub (``palika.blocking``), or from a process
    without Nameko.

    Args:
        reason: why, for the reader.
        location: where, for the reader.
        field: the name of the signature's field; each signature of a PDF has its own.
        stamper: the time-stamping authority; None: the time is the machine's.

    Raises:
        Invalid: it is no PDF that can be signed, or has that field already.
    """
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        location=location,
        name=signer.certificate.subject.rfc4514_string(),
    )
    try:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        if writer.prev.encrypted:
            raise Invalid("the PDF cannot be signed", {"pdf": ["it is encrypted"]})
        signed = _sign(writer, metadata, _Key(signer), timestamper=stamper)
    except (PdfError, SigningError, ValueError, KeyError, TypeError) as error:
        raise Invalid("the PDF cannot be signed", {"pdf": [str(error)]}) from error
    made: bytes = signed.getvalue()
    return made


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
