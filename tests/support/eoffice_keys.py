"""Keys and certificates of the e-office's tests."""

import subprocess
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pypdf import PdfReader
from sqlalchemy.orm import Session, sessionmaker

from services.eoffice.commands.certificates import add_certificate
from services.eoffice.models import Certificate
from services.eoffice.signing.authority import authority, issue
from services.eoffice.signing.store import PrivateKey, SoftwareSigner, SoftwareStore


def store_in(folder: Path) -> SoftwareStore:
    """An empty key store."""
    return SoftwareStore(folder / "keys", [b"a pass phrase"])


def der(signer: SoftwareSigner) -> bytes:
    """The signer's certificate."""
    return signer.certificate.public_bytes(Encoding.DER)


def issued(
    sessions: sessionmaker[Session], store: SoftwareStore, person: str, now: datetime
) -> Certificate:
    """The officer has a key in the store, and its certificate is known."""
    above = authority(store, "Pune", now)
    made = issue(above, person, person, now)
    store.keep(person, made)
    with sessions.begin() as session:
        add_certificate(session, der(above), None, now)
        return add_certificate(session, der(made), person, now)


def certificate(
    key: PrivateKey,
    now: datetime,
    *,
    by: SoftwareSigner | None = None,
    days: int = 30,
    authority: bool = False,
    signs: bool = True,
) -> x509.Certificate:
    """A certificate of one's own making; of itself, or by another."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=signs,
                content_commitment=False,
                key_encipherment=not signs,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=authority,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(by.key if by else key, hashes.SHA256())
    )


def curve() -> ec.EllipticCurvePrivateKey:
    """A new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def found_good(
    folder: Path, authority: x509.Certificate, signature: bytes, over: bytes, at: datetime
) -> bool:
    """Whether openssl, which is not ours, finds a detached signature good at a moment."""
    (folder / "ca.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    (folder / "signature").write_bytes(signature)
    (folder / "over").write_bytes(over)
    command = [
        *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"),
        *("-in", "signature", "-content", "over", "-CAfile", "ca.pem", "-out", "out"),
        *("-attime", str(int(at.timestamp()))),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def cms_of(data: bytes, index: int = 0) -> tuple[bytes, bytes, str]:
    """The signature of a PDF, the bytes it is over, and its subfilter, by a reader that is not the
    library that has signed."""
    fields = PdfReader(BytesIO(data)).get_fields()
    assert fields is not None
    value = list(fields.values())[index]["/V"].get_object()
    at, length, after, rest = value["/ByteRange"]
    contents = bytes(value["/Contents"].original_bytes)
    made = cms.ContentInfo.load(contents).dump()
    return made, data[at : at + length] + data[after : after + rest], value["/SubFilter"]
